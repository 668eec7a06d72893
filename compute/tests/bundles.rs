//! Runs, bundles and checks over a small kernel whose result is also computed natively.

use millrace_compute::{
	bundle_len, check_leaves, check_within, parse_bundle, probe, self_check, BundleError, Check, ComputeError,
	Computed, Options, Runner,
};
use millrace_kernel::{asm::assemble, eval::Task, program::Program};
use proptest::prelude::*;
use std::{
	sync::{
		atomic::{AtomicBool, AtomicU32, Ordering},
		Mutex,
	},
	time::Duration,
};

/// Item i: x = data[i] × factor + i, then for n = x mod 16 down to 1: x ^= n − 1. Past the end of the data it traps.
const KERNEL: &str = "
.item 4
.inputs data
.params factor
.max_units 1000
.max_faults 64          ; eight items a leaf
.w i x f n zero
.d p
  index i
  param p, factor
  lo f, p
  ld8u x, data[i + 0]
  mul x, x, f
  add x, x, i
  and n, x, 15
  block done
  loop again
    br_ifz n, done
    sub n, n, 1
    xor x, x, n
    br again
  end
  end
  sto32 [zero + 0], x
";

fn kernel() -> Program {
	let program = assemble(KERNEL).unwrap();
	assert_eq!(program.items_per_leaf(), 8);
	program
}

fn run(program: &Program, task: &Task<'_>, inputs: &[&[u8]], options: &Options<'_>) -> Result<Computed, ComputeError> {
	Runner::reference().run(program, task, inputs, options)
}

fn native(data: &[u8], factor: u32, items: u32) -> Vec<u8> {
	let item = |i: u32| {
		let Some(byte) = data.get(i as usize) else { return 0 };
		let mut x = u32::from(*byte).wrapping_mul(factor).wrapping_add(i);
		let mut n = x % 16;
		while n != 0 {
			n -= 1;
			x ^= n;
		}
		x
	};
	(0..items).flat_map(|i| item(i).to_le_bytes()).collect()
}

fn data(len: usize) -> Vec<u8> {
	(0..len).map(|i| (i * 37 + i / 251) as u8).collect()
}

#[test]
fn the_output_is_the_native_one() {
	let program = kernel();
	let data = data(1_000);
	// 24 items beyond the data: they trap, and their bytes are 0.
	let task = Task {
		items: 1_024,
		max_units: 1_000,
		params: &[0x1_0000_0003],
	};
	let computed = run(&program, &task, &[&data], &Options::default()).unwrap();
	assert_eq!(computed.output, native(&data, 3, 1_024));
	assert_eq!(computed.leaves.len(), 128);
	assert_eq!(computed.leaves.iter().map(|leaf| leaf.traps).sum::<u32>(), 24);
	assert_eq!(
		computed.root.units,
		computed.leaves.iter().map(|leaf| leaf.units).sum::<u64>()
	);
	// A trapped item costs exactly its bound.
	assert_eq!(computed.leaves[127].units, 8 * 1_000);
}

#[test]
fn a_cancelled_run_ends() {
	let program = kernel();
	let task = Task {
		items: 100_000,
		max_units: 1_000,
		params: &[3],
	};
	let cancel = AtomicBool::new(true);
	let options = Options {
		cancel: Some(&cancel),
		..Options::default()
	};
	assert!(matches!(
		run(&program, &task, &[&[]], &options),
		Err(ComputeError::Cancelled)
	));
}

#[test]
fn progress_ends_with_all_leaves() {
	let program = kernel();
	let task = Task {
		items: 10_000,
		max_units: 1_000,
		params: &[3],
	};
	let calls = AtomicU32::new(0);
	let last = Mutex::new(0);
	let progress = |progress: millrace_compute::Progress| {
		calls.fetch_add(1, Ordering::Relaxed);
		let mut last = last.lock().unwrap();
		*last = progress.done.max(*last);
		assert_eq!(progress.leaves, 1_250);
	};
	run(
		&program,
		&task,
		&[&data(10_000)],
		&Options {
			threads: 2,
			progress: Some(&progress),
			cancel: None,
		},
	)
	.unwrap();
	assert_eq!(*last.lock().unwrap(), 1_250);
	assert!(calls.load(Ordering::Relaxed) <= 400);
}

#[test]
fn a_task_that_does_not_fit_is_refused() {
	let program = kernel();
	for (items, max_units, params, inputs) in [(0, 1_000, 1, 1), (8, 1_001, 1, 1), (8, 1_000, 0, 1), (8, 1_000, 1, 0)] {
		let params = vec![3u64; params];
		let task = Task {
			items,
			max_units,
			params: &params,
		};
		let bytes = [1u8; 8];
		let inputs = vec![bytes.as_slice(); inputs];
		assert!(matches!(
			run(&program, &task, &inputs, &Options::default()),
			Err(ComputeError::Task(_))
		));
	}
}

#[test]
fn a_probe_runs_first_and_last_and_estimates() {
	let program = kernel();
	let data = data(10_000);
	let task = Task {
		items: 10_000,
		max_units: 1_000,
		params: &[3],
	};
	let few = probe(&Runner::reference(), &program, &task, &[&data], 16).unwrap();
	assert_eq!((few.leaves, few.of), (16, 1_250));
	assert!(few.units > 0);
	assert!(few.estimate(1) >= few.elapsed);
	assert!(few.estimate(2) <= few.estimate(1));
	let one = probe(&Runner::reference(), &program, &Task { items: 1, ..task }, &[&data], 16).unwrap();
	assert_eq!((one.leaves, one.of), (1, 1));
}

/// Without time one round is run; with enough, all leaves are, and a wrong one is found.
#[test]
fn a_check_within_a_budget_ends_with_it() {
	let (program, runner) = (kernel(), Runner::reference());
	let data = data(80_000);
	let task = Task {
		items: 80_000,
		max_units: 1_000,
		params: &[3],
	};
	let computed = run(&program, &task, &[&data], &Options::default()).unwrap();
	let mut bytes = computed.bundle();
	let check = |bytes: &[u8], budget| {
		let bundle = parse_bundle(bytes, 80_000, 4, 8).unwrap();
		check_within(&runner, &program, &task, &[&data], &bundle, 1, budget).unwrap()
	};
	let brief = check(&bytes, Duration::ZERO);
	assert_eq!((brief.checked, brief.random, brief.total), (64, 64, 10_000));
	assert!(brief.agrees() && !brief.is_complete());
	let whole = check(&bytes, Duration::from_secs(3_600));
	assert!(whole.agrees() && whole.is_complete());
	bytes[123_456] ^= 1;
	let wrong = check(&bytes, Duration::from_secs(3_600));
	assert_eq!(wrong.mismatches.len(), 1);
	assert_eq!(wrong.mismatches[0].leaf, 123_456 / 32);
}

#[test]
fn hostile_figures_are_refused() {
	let program = kernel();
	let task = Task {
		items: 20,
		max_units: 1_000,
		params: &[3],
	};
	let good = run(&program, &task, &[&data(20)], &Options::default())
		.unwrap()
		.bundle();
	let parse = |bytes: &[u8]| parse_bundle(bytes, 20, 4, 8);
	assert!(parse(&good).is_ok());

	let mut overflowing = good.clone();
	overflowing[80..88].copy_from_slice(&u64::MAX.to_le_bytes());
	assert_eq!(parse(&overflowing).unwrap_err(), BundleError::UnitsOverflow);

	// The third leaf has four items.
	let mut trapping = good;
	trapping[80 + 24 + 8] = 5;
	assert_eq!(
		parse(&trapping).unwrap_err(),
		BundleError::Traps {
			leaf: 2,
			traps: 5,
			items: 4
		}
	);
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

	#[test]
	fn any_thread_count_gives_the_same_bundle(
		data in proptest::collection::vec(any::<u8>(), 0..600),
		items in 1u32..700,
		factor: u64,
		threads in 1usize..9,
	) {
		let program = kernel();
		let params = [factor];
		let task = Task { items, max_units: 1_000, params: &params };
		let one = run(&program, &task, &[&data], &Options { threads: 1, ..Options::default() }).unwrap();
		let many = run(&program, &task, &[&data], &Options { threads, ..Options::default() }).unwrap();
		prop_assert_eq!(one.root, many.root);
		prop_assert_eq!(one.bundle(), many.bundle());
		let compiled = Runner::cpu().unwrap();
		let compiled = compiled.run(&program, &task, &[&data], &Options { threads, ..Options::default() }).unwrap();
		prop_assert_eq!(one.root, compiled.root);
		prop_assert_eq!(one.bundle(), compiled.bundle());
		let bytes = one.bundle();
		prop_assert_eq!(bytes.len() as u64, bundle_len(items, 4, 8));
		let bundle = parse_bundle(&bytes, items, 4, 8).unwrap();
		prop_assert_eq!(bundle.root(), one.root);
		prop_assert_eq!(bundle.output(), native(&data, factor as u32, items));
		let report = check_leaves(&Runner::reference(), &program, &task, &[&data], &bundle, Check::All).unwrap();
		prop_assert!(report.agrees() && report.is_complete());
		prop_assert!(self_check(&Runner::reference(), &program, &task, &[&data], &bundle, factor).unwrap().agrees());
	}

	#[test]
	fn a_tampered_bundle_has_another_root_and_is_found(
		items in 1u32..500,
		position: prop::sample::Index,
		bit in 0u32..8,
	) {
		let program = kernel();
		let data = data(400);
		let task = Task { items, max_units: 1_000, params: &[5] };
		let computed = run(&program, &task, &[&data], &Options::default()).unwrap();
		let mut bytes = computed.bundle();
		let at = position.index(bytes.len());
		bytes[at] ^= 1 << bit;
		match parse_bundle(&bytes, items, 4, 8) {
			Ok(bundle) => {
				prop_assert_ne!(bundle.root(), computed.root);
				let report = check_leaves(&Runner::reference(), &program, &task, &[&data], &bundle, Check::All).unwrap();
				prop_assert_eq!(report.mismatches.len(), 1);
				prop_assert!(!report.proves().contains("verified"));
			},
			Err(BundleError::Traps { .. } | BundleError::UnitsOverflow) => {},
			Err(other) => return Err(TestCaseError::fail(other.to_string())),
		}
	}

	#[test]
	fn truncated_and_overlong_bundles_are_refused(items in 1u32..200, cut in 1usize..64) {
		let program = kernel();
		let task = Task { items, max_units: 1_000, params: &[5] };
		let mut bytes = run(&program, &task, &[&data(100)], &Options::default()).unwrap().bundle();
		let expected = bytes.len() as u64;
		let short = bytes.len().saturating_sub(cut);
		let actual = short as u64;
		prop_assert_eq!(
			parse_bundle(&bytes[..short], items, 4, 8).unwrap_err(),
			BundleError::Length { expected, actual }
		);
		bytes.extend(vec![0; cut]);
		prop_assert!(parse_bundle(&bytes, items, 4, 8).is_err());
	}
}
