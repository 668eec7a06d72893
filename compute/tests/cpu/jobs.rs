//! Jobs: threads, leaves, settings, and what is refused.

use crate::harness::{compare, engine, leaf_len, run};
use millrace_compute::{CpuEngine, CpuError, CpuJob, CpuKernel, CpuThread, LeafFigures};
use millrace_kernel::{asm::assemble, eval::Task, program::Program};
use std::thread;

/// Items of 4 bytes, eight a leaf: byte i of the data × the parameter + i; a trap behind the data.
fn kernel() -> Program {
	let text = ".item 4\n.inputs data\n.params factor\n.max_units 300\n.max_faults 64\n.w i x f zero\n.d p\n  \
	            index i\n  \
	            param p, factor\n  lo f, p\n  ld8u x, data[i]\n  mad x, x, f, i\n  sto32 [zero], x\n";
	let program = assemble(text).unwrap();
	assert_eq!(program.items_per_leaf(), 8);
	program
}

fn task(items: u32, params: &[u64]) -> Task<'_> {
	Task {
		items,
		max_units: 300,
		params,
	}
}

#[test]
fn what_threads_share_may_be_shared() {
	fn shared<T: Send + Sync>() {}
	fn sent<T: Send>() {}
	shared::<CpuEngine>();
	shared::<CpuKernel>();
	shared::<CpuJob>();
	sent::<CpuThread>();
}

#[test]
fn threads_share_a_job() {
	let program = kernel();
	let data: Vec<u8> = (0..2000).map(|at| (at * 7 + at / 256) as u8).collect();
	let job = engine()
		.load(&program)
		.unwrap()
		.job(&task(2003, &[5]), &[&data])
		.unwrap();
	let leaves = 251;
	let run = |first: u32| -> Vec<(u32, Vec<u8>, LeafFigures)> {
		let mut thread = job.thread().unwrap();
		(first..leaves)
			.step_by(4)
			.map(|leaf| {
				let mut out = vec![0xaa; leaf_len(&program, 2003, leaf)];
				let figures = thread.leaf(leaf, &mut out).unwrap();
				(leaf, out, figures)
			})
			.collect()
	};
	let mut all: Vec<_> = thread::scope(|scope| {
		let threads: Vec<_> = (0..4).map(|first| scope.spawn(move || run(first))).collect();
		threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
	});
	all.sort_by_key(|(leaf, ..)| *leaf);
	let output: Vec<u8> = all.iter().flat_map(|(_, out, _)| out.iter().copied()).collect();
	let expected: Vec<u8> = (0..2003u32)
		.flat_map(|i| data.get(i as usize).map_or(0, |x| u32::from(*x) * 5 + i).to_le_bytes())
		.collect();
	assert_eq!(output, expected);
	// 16 + 1 + 1 + 1 + 8 + 128 + 1 + 4; the last leaf has three items, all behind the data.
	for (leaf, _, figures) in &all {
		let expected = if *leaf < 250 { (8 * 160, 0) } else { (3 * 300, 3) };
		assert_eq!((figures.units, figures.traps), expected, "leaf {leaf}");
	}
}

#[test]
fn a_leaf_may_be_run_again_and_in_any_order() {
	let program = kernel();
	let data = [1, 2, 3, 4, 5, 6, 7, 8, 9];
	let job = engine().load(&program).unwrap().job(&task(20, &[1]), &[&data]).unwrap();
	let mut thread = job.thread().unwrap();
	let mut first = vec![0; 32];
	let figures = thread.leaf(0, &mut first).unwrap();
	let mut last = vec![0; 16];
	assert_eq!(thread.leaf(2, &mut last).unwrap().traps, 4);
	assert_eq!(last, [0; 16]);
	let mut again = vec![1; 32];
	assert_eq!(thread.leaf(0, &mut again).unwrap(), figures);
	assert_eq!(again, first);
	let words: Vec<u8> = first.iter().copied().step_by(4).collect();
	assert_eq!(words, [1, 3, 5, 7, 9, 11, 13, 15]);
}

#[test]
fn leaves_that_do_not_exist_and_wrong_buffers_are_refused() {
	let program = kernel();
	let job = engine()
		.load(&program)
		.unwrap()
		.job(&task(20, &[1]), &[&[1; 20]])
		.unwrap();
	let mut thread = job.thread().unwrap();
	let mut out = vec![0; 32];
	for leaf in [3, 4, 1 << 29, u32::MAX] {
		assert!(matches!(thread.leaf(leaf, &mut out), Err(CpuError::NoLeaf { leaf: no }) if no == leaf));
	}
	for len in [0, 31, 33, 1024] {
		let result = thread.leaf(0, &mut vec![0; len]);
		assert!(
			matches!(result, Err(CpuError::OutputLength { leaf: 0, expected: 32, actual }) if actual == len),
			"{len} bytes"
		);
	}
	// The last leaf has four items.
	assert!(thread.leaf(2, &mut out).is_err());
	assert!(thread.leaf(2, &mut out[..16]).is_ok());
	let empty = engine().load(&program).unwrap().job(&task(0, &[1]), &[&[]]).unwrap();
	assert!(matches!(
		empty.thread().unwrap().leaf(0, &mut []),
		Err(CpuError::NoLeaf { leaf: 0 })
	));
}

#[test]
fn an_item_knows_its_job() {
	let text = ".item 32\n.inputs a b c\n.params p q\n.max_units 100\n.w i n la lb lc zero\n.d dp dq\n  \
	            index i\n  items n\n  \
	            len la, a\n  len lb, b\n  len lc, c\n  param dp, p\n  param dq, q\n  sto32 [zero], i\n  \
	            sto32 [zero + 1], n\n  \
	            sto32 [zero + 2], la\n  sto32 [zero + 3], lb\n  sto32 [zero + 4], lc\n  sto32 [zero + 5], i\n  \
	            sto64 [zero + 3], dp\n";
	let long = vec![0; 70_000];
	let ran = run(text, 3, &[0x1122_3344_5566_7788, 9], &[&long, &[], &[1]]);
	let item = |i: u32| [i, 3, 70_000, 0, 1, i, 0x5566_7788, 0x1122_3344];
	let expected: Vec<u32> = (0..3).flat_map(item).collect();
	assert_eq!(ran.words(), expected);
}

#[test]
fn the_last_indices_are_reached() {
	let program = assemble(".item 4\n.max_units 30\n.w i zero\n  index i\n  sto32 [zero], i\n").unwrap();
	let task = Task {
		items: u32::MAX,
		max_units: 30,
		params: &[],
	};
	let mut thread = engine()
		.load(&program)
		.unwrap()
		.job(&task, &[])
		.unwrap()
		.thread()
		.unwrap();
	// 256 items a leaf: the last has 255.
	let last = (1 << 24) - 1;
	let mut out = vec![0; 255 * 4];
	let figures = thread.leaf(last, &mut out).unwrap();
	assert_eq!((figures.units, figures.traps), (255 * 21, 0));
	assert_eq!(out[..4], 0xffff_ff00u32.to_le_bytes());
	assert_eq!(out[254 * 4..], 0xffff_fffeu32.to_le_bytes());
}

#[test]
fn long_inputs_arrive_whole() {
	// Several windows of the copy, and a part of one.
	let data: Vec<u8> = (0..1_500_001u32)
		.flat_map(|at| (at ^ 0x5a5a_5a5a).to_le_bytes())
		.collect();
	let data = &data[..data.len() - 1];
	let text = ".item 4\n.inputs data\n.max_units 200\n.max_faults 1\n.w i x zero\n  index i\n  \
	            mul x, i, 1511\n  ld32 x, data[x]\n  \
	            sto32 [zero], x\n";
	let ran = run(text, 1000, &[], &[data]);
	let expected: Vec<u32> = (0..1000)
		.map(|i| i * 1511)
		.map(|at| if at < 1_500_000 { at ^ 0x5a5a_5a5a } else { 0 })
		.collect();
	assert_eq!(ran.words(), expected);
	assert_eq!(ran.traps(), (0..1000).filter(|i| i * 1511 >= 1_500_000).count() as u32);
}

#[test]
fn a_task_that_lacks_something_reads_zeros() {
	// As the reference interpreter does; nobody should run such a task.
	let program = kernel();
	let all_params: [&[u64]; 3] = [&[], &[7], &[7, 8]];
	let all_inputs: [&[&[u8]]; 3] = [&[], &[&[1, 2, 3]], &[&[1, 2, 3], &[4]]];
	for params in all_params {
		for inputs in all_inputs {
			compare("lacking", &program, &task(9, params), inputs);
		}
	}
}

#[test]
fn a_kernel_outlives_its_engine_and_serves_several_jobs() {
	let program = kernel();
	let kernel = CpuEngine::new().unwrap().load(&program).unwrap();
	let jobs: Vec<CpuJob> = (0..3u8)
		.map(|byte| kernel.job(&task(8, &[u64::from(byte)]), &[&[byte; 8]]).unwrap())
		.collect();
	drop(kernel);
	for (byte, job) in (0..3u32).zip(jobs) {
		let mut out = vec![0; 32];
		job.thread().unwrap().leaf(0, &mut out).unwrap();
		let expected: Vec<u8> = (0..8u32).flat_map(|i| (byte * byte + i).to_le_bytes()).collect();
		assert_eq!(out, expected);
	}
}

#[test]
fn the_cache_forgets_and_compiles_again() {
	let engine = CpuEngine::new().unwrap();
	for round in 0..2 {
		for number in 0..80u32 {
			let text = format!(".item 4\n.max_units 30\n.w i zero\n  mov i, {number}\n  sto32 [zero], i\n");
			let program = assemble(&text).unwrap();
			let task = Task {
				items: 1,
				max_units: 30,
				params: &[],
			};
			let mut out = [0; 4];
			let job = engine.load(&program).unwrap().job(&task, &[]).unwrap();
			job.thread().unwrap().leaf(0, &mut out).unwrap();
			assert_eq!(u32::from_le_bytes(out), number, "round {round}");
		}
	}
}
