//! Branches, guards, ends, and launches.

use super::{fault, module, run, words, BODY_LINE, HEADER};
use crate::ptx::{execute::MOST_INSTRUCTIONS, Error, Fault, Memory, Module, Stats};

#[test]
fn branches_go_both_ways() {
	// 1 + 2 + … + 10, with a branch over what must not be executed.
	let body = "
		mov.u32 %w1, 0;
		mov.u32 %w2, 1;
		bra.uni $head;
		trap;
	$head:
		add.u32 %w1, %w1, %w2; add.u32 %w2, %w2, 1; // two on a line
		setp.le.u32 %p1, %w2, 10; /* a comment
		over two lines */ @%p1 bra $head;
		@!%p1 bra done; trap;
	done: st.global.v2.u32 [%d9], {%w1, %w2};";
	assert_eq!(words(body)[..2], [55, 11]);
}

#[test]
fn what_is_predicated_off_reads_and_writes_nothing() {
	let body = "mov.pred %p1, 0; mov.u32 %w1, 5;
		@%p1 mov.u32 %w1, %w7; @%p1 ld.global.u32 %w1, [%d1]; @%p1 st.global.u32 [%d2], %w6; @%p1 div.u32 %w1, 1, 0;
		@%p1 trap; @%p1 ret; @%p1 exit; @!%p1 add.u32 %w1, %w1, 1; st.global.u32 [%d9], %w1;";
	assert_eq!(words(body)[0], 6);
	let unknown = |register: &str| Fault::Uninitialised {
		register: register.to_owned(),
	};
	assert_eq!(fault("@%p1 mov.u32 %w1, 1;"), unknown("%p1"));
	assert_eq!(
		fault("mov.pred %p1, 0; @%p1 mov.u32 %w1, 1; mov.u32 %w2, %w1;"),
		unknown("%w1")
	);
}

#[test]
fn threads_end() {
	for end in [
		"ret;",
		"exit;",
		"ret.uni;",
		"mov.pred %p1, 1; @%p1 ret;",
		"mov.pred %p1, 0; @!%p1 exit;",
	] {
		assert_eq!(
			words(&format!("st.global.u32 [%d9], 3; {end} st.global.u32 [%d9], 4;"))[0],
			3,
			"{end}"
		);
	}
	assert_eq!(fault("trap;"), Fault::Trap);
	let text = format!("{HEADER}.entry test()\n{{\n.reg .b32 %w<2>;\nmov.u32 %w1, 1;\n}}\n");
	let error = Module::parse(&text)
		.unwrap()
		.launch(&mut Memory::new(), "test", 1, 1, &[])
		.unwrap_err();
	assert_eq!(
		error,
		Error::Fault {
			line: 8,
			thread: 0,
			fault: Fault::EndOfBody
		}
	);
}

#[test]
fn no_thread_runs_for_ever() {
	assert_eq!(
		fault("L: bra L;"),
		Fault::Endless {
			bound: MOST_INSTRUCTIONS
		}
	);
}

#[test]
fn faults_name_line_and_thread() {
	let text = module("mov.u32 %w1, %tid.x;\n\nsub.u32 %w1, 5, %w1;\ndiv.u32 %w1, 100,\n\t%w1;");
	let mut memory = Memory::new();
	let result = memory.allocate(vec![0; 16]);
	let error = Module::parse(&text)
		.unwrap()
		.launch(&mut memory, "test", 1, 8, &result.to_le_bytes())
		.unwrap_err();
	assert_eq!(
		error,
		Error::Fault {
			line: BODY_LINE + 3,
			thread: 5,
			fault: Fault::DivisionByZero
		}
	);
	assert_eq!(
		error.to_string(),
		format!("line {}, thread 5: division by zero", BODY_LINE + 3)
	);
}

/// Each thread begins with nothing that another one left.
#[test]
fn threads_begin_afresh() {
	let body = "mov.u32 %w1, %tid.x; setp.eq.u32 %p1, %w1, 0; @%p1 mov.u32 %w2, 7; mov.u32 %w3, %w2;";
	let module = Module::parse(&module(body)).unwrap();
	let mut memory = Memory::new();
	let result = memory.allocate(vec![0; 16]);
	let error = module
		.launch(&mut memory, "test", 1, 2, &result.to_le_bytes())
		.unwrap_err();
	let fault = Fault::Uninitialised {
		register: "%w2".to_owned(),
	};
	assert_eq!(
		error,
		Error::Fault {
			line: BODY_LINE,
			thread: 1,
			fault
		}
	);
	let stats = module.launch(&mut memory, "test", 1, 1, &result.to_le_bytes()).unwrap();
	assert_eq!(
		stats,
		Stats {
			threads: 1,
			instructions: 6
		}
	);

	let body = "mov.u32 %w1, %tid.x; setp.eq.u32 %p1, %w1, 0; @%p1 add.cc.u32 %w2, 1, 1; addc.u32 %w3, 0, 0;";
	let module = Module::parse(&super::module(body)).unwrap();
	let error = module
		.launch(&mut memory, "test", 1, 2, &result.to_le_bytes())
		.unwrap_err();
	assert_eq!(
		error,
		Error::Fault {
			line: BODY_LINE,
			thread: 1,
			fault: Fault::UninitialisedCarry
		}
	);
}

#[test]
fn launches_that_a_driver_refuses() {
	let text = format!(
		"{HEADER}.entry any() {{ ret; }}
		.visible .entry most().maxntid 64, 2 {{ ret; }}
		.entry exact() .reqntid 32 .pragma \"nounroll\"; {{ ret; }}
		.entry wide() .reqntid 16, 2 {{ ret; }}"
	);
	let module = Module::parse(&text).unwrap();
	let mut memory = Memory::new();
	for (entry, grid, block, accepted) in [
		("any", 1, 1, true),
		("any", 3, 1_024, true),
		("any", 0, 1, false),
		("any", 1, 0, false),
		("any", 1, 1_025, false),
		("any", u32::MAX, 1, false),
		("any", 1 << 30, 4, false),
		("most", 1, 128, true),
		("most", 1, 129, false),
		("exact", 2, 32, true),
		("exact", 2, 31, false),
		("wide", 1, 32, false),
	] {
		let result = module.launch(&mut memory, entry, grid, block, &[]);
		match accepted {
			true => assert_eq!(
				result.unwrap().threads,
				u64::from(grid) * u64::from(block),
				"{entry} {grid} {block}"
			),
			false => assert!(
				matches!(result, Err(Error::Launch { .. })),
				"{entry} {grid} {block}: {result:?}"
			),
		}
	}
	let none = module.launch(&mut memory, "none", 1, 1, &[]);
	assert_eq!(
		none,
		Err(Error::NoEntry {
			entry: "none".to_owned()
		})
	);
	assert!(matches!(
		module.launch(&mut memory, "any", 1, 1, &[0]),
		Err(Error::Launch { .. })
	));
}

/// Speed: 20 million instructions of an ordinary loop, which take about a second without optimisation of this crate.
#[test]
fn long_loops_are_run() {
	let body = "mov.u32 %w1, 0; mov.u32 %w2, 1;
	L: mad.lo.u32 %w2, %w2, 1664525, 1013904223; shf.l.wrap.b32 %w2, %w2, %w2, 7; add.u32 %w1, %w1, 1;
		setp.lt.u32 %p1, %w1, 4000000; @%p1 bra L; st.global.u32 [%d9], %w2;";
	let mut expected = 1_u32;
	for _ in 0..4_000_000 {
		expected = expected
			.wrapping_mul(1_664_525)
			.wrapping_add(1_013_904_223)
			.rotate_left(7);
	}
	assert_eq!(words(body)[0], expected);
	assert!(run("").is_ok());
}
