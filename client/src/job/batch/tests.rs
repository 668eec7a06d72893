//! What jobs of one call share, and what keeps them apart.

use super::*;
use crate::{
	amount::MILL,
	chain::Price,
	job::fixture::{in_the_book, to_one},
};

fn file(path: &str, output: Option<&str>) -> JobFile {
	let output = output.map_or(String::new(), |name| format!("[output]\nfile = \"{name}\"\n"));
	JobFile::parse(Path::new(path), &format!("kernel = \"a.mk\"\nitems = 1\n{output}")).unwrap()
}

#[test]
fn one_job_goes_by_its_own_call_and_several_by_one() {
	let (one, other) = (in_the_book().spec, to_one().spec);
	assert_eq!(submission(vec![one.clone()]), Call::SubmitJob { spec: one.clone() });
	let specs = vec![one, other];
	assert_eq!(submission(specs.clone()), Call::SubmitJobs { specs });
}

#[test]
fn shares_add_up_to_the_planck() {
	assert_eq!(shares(11, 3).collect::<Vec<_>>(), [4, 4, 3]);
	assert_eq!(shares(2, 3).collect::<Vec<_>>(), [1, 1, 0]);
	assert_eq!(shares(5, 1).collect::<Vec<_>>(), [5]);
	assert_eq!(shares(u128::MAX, 100).sum::<Balance>(), u128::MAX);
}

#[test]
fn two_jobs_do_not_write_one_file() {
	let apart = [
		file("jobs/a.toml", Some("a.tsv")),
		file("jobs/b.toml", Some("b.tsv")),
		file("other/a.toml", Some("a.tsv")),
		file("jobs/c.toml", None),
		file("jobs/c.toml", None),
	];
	assert_eq!(check_outputs(&apart), Ok(()));
	let same = [file("jobs/a.toml", Some("a.tsv")), file("jobs/b.toml", Some("a.tsv"))];
	let error = check_outputs(&same).unwrap_err();
	assert_eq!(error.to_string(), "jobs/a.toml and jobs/b.toml both write jobs/a.tsv");
	assert!(error.hint().contains("`[output]`"), "{}", error.hint());
}

#[test]
fn a_file_is_the_same_however_its_folder_is_written() {
	let dir = tempfile::tempdir().unwrap();
	std::fs::create_dir(dir.path().join("inner")).unwrap();
	let plain = dir.path().join("job.toml");
	let around = dir.path().join("inner/../job.toml");
	let write = |path: &Path| file(path.to_str().unwrap(), Some("out.tsv"));
	assert!(matches!(
		check_outputs(&[write(&plain), write(&around)]),
		Err(BatchError::SameOutput { .. })
	));
}

#[test]
fn the_file_with_another_kernel_is_named() {
	let (one, other) = (KernelHash([1; 32]), KernelHash([2; 32]));
	let (first, second) = (file("a.toml", None), file("b.toml", None));
	assert_eq!(same_kernel((&first, one), (&second, one)), Ok(()));
	let error = same_kernel((&first, one), (&second, other)).unwrap_err();
	let text = error.to_string();
	assert!(text.starts_with("b.toml runs the kernel 0x0202"), "{text}");
	assert!(text.contains("a.toml runs 0x0101"), "{text}");
}

#[test]
fn a_batch_costs_what_its_jobs_cost_together() {
	let cost = |escrow, transaction_fees| WorstCost {
		price: Price(50),
		data_units: 7,
		units_max: 9,
		escrow,
		job_fees: 3 * MILL,
		deposit: MILL / 2,
		transaction_fees,
	};
	let sum = BatchCost::default()
		.with(&cost(5 * MILL, MILL / 4))
		.with(&cost(6 * MILL, MILL / 4));
	assert_eq!(
		sum,
		BatchCost {
			jobs: 2,
			escrow: 11 * MILL,
			job_fees: 6 * MILL,
			deposit: MILL,
			transaction_fees: MILL / 2,
		}
	);
	assert_eq!(sum.total(), 17 * MILL + MILL / 2, "the deposit returns");
	let text = sum.to_string();
	for part in ["2 jobs", "17.5 MILL", "11 MILL", "6 MILL", "0.5 MILL", "1 MILL"] {
		assert!(text.contains(part), "{part}: {text}");
	}
}
