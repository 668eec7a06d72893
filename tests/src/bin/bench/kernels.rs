//! W3: the CPU backend beside native code; W2 and W5: the CUDA backend beside CUDA C, where there is a device.

use crate::{
	cases::{Kernel, KERNELS},
	cuda,
	report::Report,
};
use millrace_compute::{Choice, Computed, Options, Runner};
use std::{
	hint::black_box,
	time::{Duration, Instant},
};

/// Times that each is run.
const ROUNDS: usize = 9;
const GOAL: f64 = 3.0;

pub(crate) fn measure(report: &mut Report) {
	let cpu = Runner::new(Choice::Cpu, None).expect("the CPU backend starts everywhere");
	report.note(&format!(
		"W3 on {}: CPU backend ÷ Rust and rayon, target {}",
		cpu.describe(),
		target()
	));
	let longest = KERNELS
		.iter()
		.map(|kernel| (on_cpu(report, &cpu, kernel), kernel.name))
		.max_by(|one, other| one.0.total_cmp(&other.0));
	if let Some((share, name)) = longest {
		report.goal(
			"W4 share",
			&format!("{:.0} % of a job, {name}", share * 100.0),
			"<= 50 %",
			share <= 0.5,
		);
	}
	cuda::measure(report);
}

/// What native code was compiled for: ratios depend on it.
fn target() -> String {
	let features: Vec<&str> = [
		("avx512f", cfg!(target_feature = "avx512f")),
		("avx2", cfg!(target_feature = "avx2")),
		("sse4.2", cfg!(target_feature = "sse4.2")),
	]
	.into_iter()
	.filter_map(|(name, on)| on.then_some(name))
	.collect();
	let extra = if features.is_empty() {
		"baseline".to_owned()
	} else {
		features.join(", ")
	};
	format!("{}, {extra}", std::env::consts::ARCH)
}

/// Measures a kernel, and gives the share of its job that goes into hashing.
fn on_cpu(report: &mut Report, runner: &Runner, kernel: &Kernel) -> f64 {
	let case = (kernel.case)(1);
	let inputs = case.inputs();
	let task = case.task();
	let expected = (case.native)();
	let (mut by_hand, mut by_kernel) = (Vec::new(), Vec::new());
	let mut computed = None;
	// Taking turns, so that a change of the clock rate meets both.
	for _ in 0..ROUNDS {
		let start = Instant::now();
		black_box((case.native)());
		by_hand.push(start.elapsed().as_secs_f64());
		let run = runner
			.run(&case.program, &task, &inputs, &Options::default())
			.expect("a shipped kernel runs");
		assert!(run.output == expected, "{}: other bytes than native code", kernel.name);
		by_kernel.push((run.times.run.saturating_sub(hashing(&run))).as_secs_f64());
		computed = Some(run);
	}
	let Some(computed) = computed else { return 0.0 };
	// The best of each: what else this machine did meanwhile only ever adds.
	let (by_hand, by_kernel) = (least(&by_hand), least(&by_kernel));
	let ratio = by_kernel / by_hand;
	let threads = std::thread::available_parallelism().map_or(1, usize::from) as f64;
	report.goal(
		&format!("W3 {}", kernel.name),
		&format!("{ratio:.2} x"),
		"<= 3 x",
		ratio <= GOAL,
	);
	let items = f64::from(case.items);
	let share = computed.times.hash.as_secs_f64() / threads / computed.times.run.as_secs_f64();
	report.note(&format!(
		"{:.1} ns an item by hand, {:.1} by the kernel, {:.3} ns a unit on a core; hashing {:.0} % of the job, compiling {:.1} ms",
		by_hand * threads / items * 1e9,
		by_kernel * threads / items * 1e9,
		by_kernel * threads / computed.root.units as f64 * 1e9,
		share * 100.0,
		computed.times.prepare.as_secs_f64() * 1e3,
	));
	if let Some((how, otherwise)) = &case.otherwise {
		assert!(otherwise() == expected, "{}: {how} gives other bytes", kernel.name);
		let times = (0..ROUNDS)
			.map(|_| {
				let start = Instant::now();
				black_box(otherwise());
				start.elapsed().as_secs_f64()
			})
			.collect::<Vec<f64>>();
		let seconds = least(&times);
		report.note(&format!(
			"{:.1} ns an item by another algorithm, {how}: {:.2} x",
			seconds * threads / items * 1e9,
			by_kernel / seconds
		));
	}
	share
}

/// The part of a run that native code does not do: hashing, shared by all threads.
fn hashing(run: &Computed) -> Duration {
	let threads = std::thread::available_parallelism().map_or(1, usize::from);
	run.times.hash / u32::try_from(threads).unwrap_or(1)
}

fn least(times: &[f64]) -> f64 {
	times.iter().copied().fold(f64::INFINITY, f64::min)
}
