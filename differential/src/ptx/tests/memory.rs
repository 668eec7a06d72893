//! Loads, stores, and what they may not do.

use super::{doubles, fault, module, refused, run, words, BODY_LINE, HEADER};
use crate::ptx::{Error, Fault, Memory, Module};

/// Runs `threads` threads of a body with the address of `bytes` in `%d9`, and gives what becomes of them.
fn with_bytes(body: &str, bytes: &[u8], threads: u32) -> Result<Vec<u8>, Error> {
	let module = Module::parse(&module(body))?;
	let mut memory = Memory::new();
	let address = memory.allocate(bytes.to_vec());
	module.launch(&mut memory, "test", 1, threads, &address.to_le_bytes())?;
	memory.read(address, bytes.len())
}

fn fault_of(result: Result<Vec<u8>, Error>) -> Fault {
	match result {
		Err(Error::Fault { fault, .. }) => fault,
		other => panic!("{other:?}"),
	}
}

#[test]
fn narrow_loads_extend_to_the_register() {
	let bytes: Vec<u8> = (0..32).map(|byte| 0x80 + byte).collect();
	for (load, expected) in [
		("ld.global.u8 %d1, [%d9+1]", 0x81),
		("ld.global.s8 %d1, [%d9+1]", 0xffff_ffff_ffff_ff81),
		("ld.global.b8 %d1, [%d9+1]", 0x81),
		("ld.global.u16 %d1, [%d9+2]", 0x8382),
		("ld.global.s16 %d1, [%d9+2]", 0xffff_ffff_ffff_8382),
		("ld.global.u32 %d1, [%d9+4]", 0x8786_8584),
		("ld.global.s32 %d1, [%d9+4]", 0xffff_ffff_8786_8584),
		("ld.global.b32 %d1, [%d9+4]", 0x8786_8584),
		("ld.global.b64 %d1, [%d9+8]", 0x8f8e_8d8c_8b8a_8988),
		("ld.global.s8 %w1, [%d9]; cvt.u64.u32 %d1, %w1", 0xffff_ff80),
		("ld.global.u8 %h1, [%d9]; cvt.u64.u16 %d1, %h1", 0x80),
		("ld.global.s8 %h1, [%d9]; cvt.u64.u16 %d1, %h1", 0xff80),
		("ld.global.ca.u8 %d1, [%d9+3]", 0x83),
		(
			"ld.global.v2.s16 {%w1, %w2}, [%d9+4]; mov.b64 %d1, {%w1, %w2}",
			0xffff_8786_ffff_8584,
		),
		(
			"ld.global.v4.u8 {%w1, %w2, %w3, %w4}, [%d9+4]; mov.b64 %d1, {%w1, %w4}",
			0x87_0000_0084,
		),
		(
			"ld.global.v4.u32 {%w1, %w2, %w3, %w4}, [%d9]; mov.b64 %d1, {%w2, %w3}",
			0x8b8a_8988_8786_8584,
		),
		("ld.global.v2.u64 {%d2, %d1}, [%d9]", 0x8f8e_8d8c_8b8a_8988),
	] {
		let stored = with_bytes(&format!("{load}; st.global.b64 [%d9+16], %d1;"), &bytes, 1).unwrap();
		assert_eq!(stored[16..24], u64::to_le_bytes(expected), "{load}");
		assert_eq!((&stored[..16], &stored[24..]), (&bytes[..16], &bytes[24..]), "{load}");
	}
}

#[test]
fn narrow_stores_take_the_lowest_bits() {
	let set = "mov.b64 %d1, 0x1122334455667788; mov.b32 %w1, 0x99aabbcc;";
	assert_eq!(doubles(&format!("{set} st.global.u8 [%d9+2], %d1;"))[0], 0x88_0000);
	assert_eq!(doubles(&format!("{set} st.global.b16 [%d9+2], %w1;"))[0], 0xbbcc_0000);
	assert_eq!(
		doubles(&format!("{set} st.global.s32 [%d9+4], %d1;"))[0],
		0x5566_7788_0000_0000
	);
	assert_eq!(doubles(&format!("{set} st.global.u8 [%d9], 0x1ff;"))[0], 0xff);
	assert_eq!(
		doubles(&format!("{set} st.global.cs.v2.b64 [%d9], {{%d1, -1}};")),
		[0x1122_3344_5566_7788, u64::MAX]
	);
	assert_eq!(
		words(&format!("{set} st.global.v4.u32 [%d9], {{%w1, 0, 1, %w1}};")),
		[0x99aa_bbcc, 0, 1, 0x99aa_bbcc]
	);
	assert_eq!(
		words(&format!("{set} st.global.v4.u8 [%d9+4], {{%w1, 1, 2, %w1}};"))[1],
		0xcc02_01cc
	);
}

/// A parameter area with gaps: bytes 0 to 2, then 4 to 7, then 8 to 15, then 16 to 31.
#[test]
fn parameters_lie_at_their_alignment() {
	let text = format!(
		"{HEADER}.visible .entry test(.param .align 1 .b8 bytes[3], .param .u32 word,
			.param .u64 .ptr .global .align 16 result, .param .align 16 .b8 block[16])
		.maxntid 128, 1, 1 .minnctapersm 2
		{{
			.reg .b64 %d<4>; .reg .b32 %w<5>;
			ld.param.u64 %d1, [result];
			ld.param.s8 %w1, [bytes + 2];
			ld.param.u32 %w2, [word];
			ld.param.v2.u32 {{%w3, %w4}}, [block+8];
			st.global.v4.u32 [%d1], {{%w1, %w2, %w3, %w4}};
			ret;
		}}"
	);
	let module = Module::parse(&text).unwrap();
	let mut memory = Memory::new();
	let result = memory.allocate(vec![0; 16]);
	let mut parameters = vec![1_u8, 2, 0xfd, 0, 4, 0, 0, 0];
	parameters.extend(result.to_le_bytes());
	parameters.extend(0..16);
	module
		.launch(&mut memory, "test", 1, 128, &parameters)
		.expect_err("128 threads store to one place");
	module.launch(&mut memory, "test", 1, 1, &parameters).unwrap();
	let expected = [0xffff_fffd, 4, 0x0b0a_0908, 0x0f0e_0d0c_u32]
		.map(u32::to_le_bytes)
		.concat();
	assert_eq!(memory.read(result, 16).unwrap(), expected);
	let short = module.launch(&mut memory, "test", 1, 1, &parameters[..31]).unwrap_err();
	assert!(matches!(short, Error::Launch { .. }), "{short}");
	let shape = module.launch(&mut memory, "test", 1, 129, &parameters).unwrap_err();
	assert!(matches!(shape, Error::Launch { .. }), "{shape}");
}

#[test]
fn parameters_are_read_within_their_bounds_and_aligned() {
	for load in [
		"u64 %d1, [result+8]",
		"u32 %w1, [result+-4]",
		"u32 %w1, [result+2]",
		"v2.u64 {%d1, %d2}, [result]",
	] {
		assert!(
			matches!(
				refused(&format!("ld.param.{load};")),
				Error::Operand { line: BODY_LINE, .. }
			),
			"{load}"
		);
	}
	assert!(run("ld.param.u32 %w1, [result+4]; ld.param.u8 %w1, [result+7];").is_ok());
}

#[test]
fn accesses_stay_in_one_allocation() {
	for (access, offset) in [
		("ld.global.u32 %w1, [%d9+16]", 16),
		("ld.global.u8 %w1, [%d9+16]", 16),
		("ld.global.v4.u32 {%w1, %w2, %w3, %w4}, [%d9+8]", 8),
		("st.global.u64 [%d9+24], 1", 24),
		("ld.global.nc.u64 %d1, [%d9+16]", 16),
	] {
		match fault(&format!("{access};")) {
			Fault::OverTheEnd {
				space: "global",
				offset: found,
				len: 16,
				..
			} => assert_eq!(found, offset, "{access}"),
			other => panic!("{other} of {access}"),
		}
	}
	for access in [
		"ld.global.u8 %w1, [%d9+-1]",
		"mov.b64 %d1, 0; st.global.u8 [%d1], 1",
		"ld.global.u8 %w1, [%d1]",
	] {
		// Arithmetic in 32 bits loses the address.
		let body = format!("cvt.u64.u32 %d1, %d9; {access};");
		assert!(
			matches!(fault(&body), Fault::Unmapped { space: "global", .. }),
			"{access}"
		);
	}
	// Far behind one allocation there is not the next one.
	let text = module("add.u64 %d1, %d9, 0x100000000; st.global.u8 [%d1], 1;");
	let mut memory = Memory::new();
	let addresses: Vec<u64> = (0..4).map(|_| memory.allocate(vec![0; 100_000])).collect();
	assert!(addresses.iter().all(|address| address.is_multiple_of(256)));
	let error = Module::parse(&text)
		.unwrap()
		.launch(&mut memory, "test", 1, 1, &addresses[1].to_le_bytes());
	assert!(
		matches!(
			error,
			Err(Error::Fault {
				fault: Fault::OverTheEnd { .. },
				..
			})
		),
		"{error:?}"
	);
	assert_eq!(memory.read(addresses[2] + 99_999, 1), Ok(vec![0]));
	for (address, len) in [(addresses[2] + 99_999, 2), (addresses[2] - 1, 1), (0, 1), (u64::MAX, 1)] {
		assert_eq!(memory.read(address, len), Err(Error::Read { address, len }));
	}
}

#[test]
fn accesses_are_aligned_to_all_of_their_bytes() {
	for access in [
		"ld.global.u16 %w1, [%d9+1]",
		"ld.global.u32 %w1, [%d9+2]",
		"st.global.u64 [%d9+4], 1",
		"ld.global.v2.u32 {%w1, %w2}, [%d9+4]",
		"ld.global.nc.v2.u16 {%w1, %w2}, [%d9+2]",
		"st.global.v4.u8 [%d9+2], {1, 2, 3, 4}",
	] {
		assert!(
			matches!(fault(&format!("{access};")), Fault::Misaligned { space: "global", .. }),
			"{access}"
		);
	}
	// An address is as aligned as its declaration says, whatever it happens to be.
	let local = ".local .align 8 .b8 area[32]; st.local.v4.u32 [area], {1, 2, 3, 4};";
	assert!(matches!(
		fault(local),
		Fault::Misaligned {
			space: "local",
			align: 8,
			..
		}
	));
}

#[test]
fn local_memory_is_unknown_until_it_is_written() {
	let declare = ".local .align 16 .b8 area[32]; .local .b64 other;";
	let body = format!(
		"{declare} mov.u64 %d1, area; mov.b32 %w1, area; st.local.v4.u32 [%d1], {{1, 2, 3, 4}}; add.u32 %w1, %w1, 8;
		ld.local.u32 %w2, [%w1+-4]; ld.local.u8 %w3, [area+12]; st.local.b64 [other], 5; ld.local.u32 %w4, [other+4];
		st.global.v2.u32 [%d9], {{%w2, %w3}}; st.global.u32 [%d9+8], %w4;"
	);
	assert_eq!(words(&body), [2, 4, 0, 0]);
	for access in [
		"ld.local.u8 %w1, [area+16]",
		"st.local.u16 [area], 1; ld.local.u32 %w1, [area]",
	] {
		let expected = fault(&format!("{declare} {access};"));
		assert!(
			matches!(expected, Fault::UninitialisedLocal { .. }),
			"{access}: {expected}"
		);
	}
	assert!(matches!(
		fault(&format!("{declare} st.local.u8 [area+32], 1;")),
		Fault::OverTheEnd { len: 32, .. }
	));
	assert!(matches!(
		fault(&format!("{declare} st.local.u8 [%d9], 1;")),
		Fault::Unmapped { space: "local", .. }
	));
	// What thread 0 wrote, thread 1 does not know.
	let body = format!(
		"{declare} mov.u32 %w1, %tid.x; setp.eq.u32 %p1, %w1, 0; @%p1 st.local.b64 [other], 5;
		ld.local.b64 %d1, [other];"
	);
	let Err(Error::Fault { thread, fault, .. }) = with_bytes(&body, &[0; 16], 2) else {
		panic!("thread 1 knows what thread 0 wrote");
	};
	assert!(
		thread == 1 && matches!(fault, Fault::UninitialisedLocal { .. }),
		"thread {thread}: {fault}"
	);
}

#[test]
fn the_read_only_cache_is_for_what_is_not_written() {
	let load = "ld.global.nc.u8 %w1, [%d9];";
	let store = "st.global.u8 [%d9+8], 1;";
	assert!(run(load).is_ok());
	assert!(matches!(fault(&format!("{store} {load}")), Fault::ReadOnlyCache { .. }));
	assert!(matches!(fault(&format!("{load} {store}")), Fault::ReadOnlyCache { .. }));
	// Also across threads, in either order; not across launches.
	let by_thread = format!("mov.u32 %w1, %tid.x; setp.eq.u32 %p1, %w1, 0; @%p1 {store} @!%p1 {load}");
	assert!(matches!(
		fault_of(with_bytes(&by_thread, &[0; 16], 2)),
		Fault::ReadOnlyCache { .. }
	));
	let text = module(&format!(
		"mov.u32 %w1, %nctaid.x; setp.eq.u32 %p1, %w1, 1; @%p1 {store} @!%p1 {load}"
	));
	let module = Module::parse(&text).unwrap();
	let mut memory = Memory::new();
	let address = memory.allocate(vec![0; 16]);
	for grid in [1, 2, 1] {
		module
			.launch(&mut memory, "test", grid, 1, &address.to_le_bytes())
			.unwrap();
	}
}

#[test]
fn threads_do_not_share() {
	let place = "mov.u32 %w1, %tid.x; mul.wide.u32 %d1, %w1, 4; add.u64 %d1, %d1, %d9;";
	let own = format!("{place} st.global.u32 [%d1], %w1; ld.global.u32 %w2, [%d1]; st.global.u8 [%d1], 9;");
	let expected = [9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0];
	assert_eq!(with_bytes(&own, &[1; 16], 4), Ok(expected.to_vec()));

	let same = with_bytes("st.global.u32 [%d9+4], 7;", &[0; 16], 2);
	let Err(Error::Fault {
		line,
		thread,
		fault: Fault::Shared { other, .. },
	}) = same
	else {
		panic!("{same:?}");
	};
	assert_eq!((line, thread, other), (BODY_LINE, 1, 0));

	let overlapping = format!("{place} st.global.u8 [%d1+3], 1; ld.global.u8 %w2, [%d9+3];");
	assert!(matches!(
		fault_of(with_bytes(&overlapping, &[0; 16], 2)),
		Fault::Shared { other: 0, .. }
	));
}
