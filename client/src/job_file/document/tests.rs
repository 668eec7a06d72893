//! Everything that a job file can say, and every mistake.

use super::*;

const SMALL: &str = "kernel = \"k.mk\"\nitems = 4\n[output]\nfile = \"out.bin\"\n";

fn parse(text: &str) -> Result<JobFile, JobFileError> {
	JobFile::parse(Path::new("jobs/job.toml"), text)
}

#[test]
fn the_least_job() {
	let job = parse(SMALL).unwrap();
	assert_eq!(job.kernel, Kernel::Text(PathBuf::from("jobs/k.mk")));
	assert_eq!(
		job.output,
		Some(OutputSpec {
			file: PathBuf::from("jobs/out.bin"),
			format: OutputFormat::Raw
		})
	);
	assert_eq!(
		job.offer.buy,
		Buy::Book {
			pool: "cpu-4/any".parse().unwrap(),
			level: None
		}
	);
	assert!(!job.public && job.inputs.is_empty() && job.params.is_empty() && job.max_units.is_none());
}

#[test]
fn everything_that_can_be_said() {
	let hash = format!("0x{}", "ab".repeat(32));
	let job = parse(&format!(
		r#"
		kernel = "{hash}"
		items = 65_536
		max_units = 1000
		params = [1, -1, 0x10, -2]
		public = true
		[[inputs]]
		file = "data/genome.fa.gz"
		format = "fasta"
		[[inputs]]
		text = "ACGT"
		[[inputs]]
		hex = "00 ff"
		[output]
		file = "/tmp/out.txt"
		format = "u32-table"
		columns = 2
		sum = true
		[offer]
		pool = "gpu-8g/7"
		level = 170
		run_ticks = 100
		window = 1200
		expires_in = 50
		"#
	))
	.unwrap();
	assert_eq!(job.kernel, Kernel::Hash(KernelHash([0xab; 32])));
	assert_eq!(job.params, [1, u64::MAX, 16, u64::MAX - 1]);
	assert_eq!(
		job.inputs,
		[
			(
				InputSource::File(PathBuf::from("jobs/data/genome.fa.gz")),
				InputFormat::Fasta
			),
			(InputSource::Bytes(b"ACGT".to_vec()), InputFormat::Raw),
			(InputSource::Bytes(vec![0, 255]), InputFormat::Raw),
		]
	);
	let format = OutputFormat::U32Table { columns: 2, sum: true };
	assert_eq!(
		job.output,
		Some(OutputSpec {
			file: PathBuf::from("/tmp/out.txt"),
			format
		})
	);
	assert_eq!(
		job.offer,
		Offer {
			buy: Buy::Book {
				pool: "gpu-8g/7".parse().unwrap(),
				level: Some(Level(170))
			},
			run_ticks: Some(100),
			window: Some(1200),
			expires_in: Some(50),
			minima: Minima::default(),
		}
	);
}

#[test]
fn a_named_provider_may_need_a_record() {
	let minima =
		|keys: &str| parse(&format!("{SMALL}[offer]\nprovider = 3\nlevel = 100\n{keys}")).map(|job| job.offer.minima);
	assert_eq!(minima("").unwrap(), Minima::default());
	let asked = minima("min_paid_jobs = 20\nmax_failed = 5\nmin_stake = \"5000 MILL\"").unwrap();
	assert_eq!(
		asked,
		Minima {
			paid_jobs: 20,
			failed_percent: 5,
			stake: 5_000_000_000_000_000,
		}
	);
	assert!(minima("max_failed = 101").is_err());
	assert!(minima("min_stake = \"much\"").is_err());
}

#[test]
fn prices_become_levels_that_cost_no_more() {
	let level = |price: &str| {
		let Buy::Book { level, .. } = parse(&format!("{SMALL}[offer]\nmax_price = \"{price}\"\n"))?.offer.buy else {
			unreachable!("the offer names no provider");
		};
		Ok::<_, JobFileError>(level.unwrap().price())
	};
	let price = level("0.00003 MILL").unwrap();
	assert!(price.0 <= 30_000_000 && price.0 * 27 / 25 > 30_000_000, "{price:?}");
	assert!(level("63planck").unwrap_err().to_string().contains("lowest level"));
	assert!(level("cheap").unwrap_err().to_string().contains("no price"));
	let targeted = parse(&format!("{SMALL}[offer]\nprovider = 3\nmax_price = \"65planck\"\n")).unwrap();
	assert_eq!(
		targeted.offer.buy,
		Buy::Provider {
			provider: 3,
			price: Price(65)
		}
	);
	let targeted = parse(&format!("{SMALL}[offer]\nprovider = 3\nlevel = 9\n")).unwrap();
	assert_eq!(
		targeted.offer.buy,
		Buy::Provider {
			provider: 3,
			price: Price(128)
		}
	);
}

#[test]
fn misspelt_keys_are_named_with_what_was_meant() {
	for (text, line, key, meant) in [
		(SMALL.replace("items", "itmes"), 2, "itmes", Some("items")),
		(format!("{SMALL}formt = \"raw\"\n"), 5, "formt", Some("format")),
		(
			format!("{SMALL}[offer]\nmaxprice = \"1\"\n"),
			6,
			"maxprice",
			Some("max_price"),
		),
		(format!("colour = 1\n{SMALL}"), 1, "colour", None),
		(format!("{SMALL}[[inputs]]\nfil = \"x\"\n"), 6, "fil", Some("file")),
	] {
		match parse(&text).unwrap_err() {
			JobFileError::UnknownKey {
				line: at,
				key: found,
				meant: suggested,
				..
			} => {
				assert_eq!((at, found.as_str(), suggested.as_deref()), (line, key, meant));
			}
			other => panic!("{other}"),
		}
	}
}

#[test]
fn wrong_kinds_and_missing_keys_have_a_line() {
	for (text, part) in [
		("kernel = ", "line 1"),
		("items = 4\n[output]\nfile = \"x\"\n", "kernel"),
		("kernel = \"k.mk\"\nitems = \"4\"\n[output]\nfile = \"x\"\n", "line 2"),
		("kernel = \"k.mk\"\nitems = -4\n[output]\nfile = \"x\"\n", "line 2"),
		(
			"kernel = \"k.mk\"\nitems = 4294967296\n[output]\nfile = \"x\"\n",
			"line 2",
		),
		(
			"kernel = \"k.mk\"\nitems = 4\nparams = [1.5]\n[output]\nfile = \"x\"\n",
			"line 3",
		),
		(
			"kernel = \"k.mk\"\nitems = 4\nparams = [\"1\"]\n[output]\nfile = \"x\"\n",
			"line 3",
		),
		(
			"kernel = \"k.mk\"\nitems = 4\n[output]\nfile = \"x\"\nformat = \"jpeg\"\n",
			"line 5",
		),
	] {
		let error = parse(text).unwrap_err();
		assert!(matches!(error, JobFileError::Malformed { .. }), "{text}: {error}");
		assert!(error.to_string().contains(part), "{text}: {error}");
	}
}

#[test]
fn values_that_make_no_sense() {
	let many = |item: &str, count: usize| vec![item; count].join(",");
	for (text, key) in [
		(SMALL.replace("= 4", "= 0"), "items"),
		(SMALL.replace("k.mk", "k.wasm"), "kernel"),
		(SMALL.replace("k.mk", "0x12"), "kernel"),
		(
			SMALL.replace("items", &format!("params = [{}]\nitems", many("1", 17))),
			"params",
		),
		(format!("{SMALL}{}", "[[inputs]]\ntext = \"\"\n".repeat(9)), "inputs"),
		(format!("{SMALL}[[inputs]]\nformat = \"raw\"\n"), "inputs"),
		(format!("{SMALL}[[inputs]]\nfile = \"x\"\nhex = \"00\"\n"), "inputs"),
		(format!("{SMALL}[[inputs]]\nhex = \"0\"\n"), "hex"),
		(format!("{SMALL}width = 4\n"), "width"),
		(format!("{SMALL}sum = true\n"), "columns"),
		(format!("{SMALL}format = \"png-gray8\"\nwidth = 4\n"), "width"),
		(
			format!("{SMALL}format = \"png-gray8\"\nwidth = 0\nheight = 1\n"),
			"width",
		),
		(format!("{SMALL}format = \"u32-table\"\n"), "columns"),
		(format!("{SMALL}format = \"u32-table\"\ncolumns = 0\n"), "columns"),
		(
			format!("{SMALL}[[inputs]]\ntext = \"x\"\nformat = \"fasta\"\n"),
			"format",
		),
		(format!("{SMALL}[offer]\nprovider = 1\n"), "provider"),
		(
			format!("{SMALL}[offer]\nprovider = 1\nlevel = 1\npool = \"cpu-4\"\n"),
			"provider",
		),
		(format!("{SMALL}[offer]\nmax_price = \"20000000 MILL\"\n"), "max_price"),
		(format!("{SMALL}[offer]\npool = \"cpu4\"\n"), "pool"),
		(format!("{SMALL}[offer]\nlevel = 1\nmax_price = \"1\"\n"), "level"),
	] {
		match parse(&text).unwrap_err() {
			JobFileError::Value { key: found, .. } => assert_eq!(found, key, "{text}"),
			other => panic!("{text}: {other}"),
		}
	}
}
