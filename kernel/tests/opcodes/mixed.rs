//! Instructions between the two files, and what an item knows of its task.

use crate::{
	probe::{code, probe, run, run_at, word, Random, EDGES_D, EDGES_W},
	Seen,
};

pub(crate) fn all(seen: &mut Seen) {
	conversions(seen);
	products(seen);
	task(seen);
}

fn conversions(seen: &mut Seen) {
	let mut random = Random::new(8);
	let [lo, hi] = ["lo", "hi"].map(|name| probe(&[word(name, false, [8, 0, 0], 0)]));
	for a in EDGES_D.into_iter().chain((0..200).map(|_| random.long())) {
		assert_eq!(u64::from(run(&lo, [a, 0, 0, 0]).word()), a % (1 << 32), "lo {a:#x}");
		assert_eq!(u64::from(run(&hi, [a, 0, 0, 0]).word()), a / (1 << 32), "hi {a:#x}");
	}
	let pack = probe(&[word("pack", false, [8, 0, 1], 0)]);
	let [zext, sext] = ["zext", "sext"].map(|name| probe(&[word(name, false, [8, 0, 0], 0)]));
	let (words, seconds) = (
		Vec::from_iter((0..200).map(|_| random.word())),
		Vec::from_iter((0..300).map(|_| random.word())),
	);
	for (a, b) in EDGES_W.into_iter().chain(words).zip(seconds) {
		let params = [a.into(), b.into(), 0, 0];
		assert_eq!(
			run(&pack, params).long(),
			u64::from(b) * (1 << 32) + u64::from(a),
			"pack {a:#x}, {b:#x}"
		);
		assert_eq!(run(&zext, params).long(), u64::from(a), "zext {a:#x}");
		assert_eq!(run(&sext, params).long(), i64::from(a as i32) as u64, "sext {a:#x}");
	}
	for name in ["lo", "hi", "pack", "zext", "sext"] {
		seen.insert(code(name, false));
	}
}

fn products(seen: &mut Seen) {
	let mut random = Random::new(9);
	let [mulwu, mulws] = ["mulwu", "mulws"].map(|name| probe(&[word(name, false, [8, 0, 1], 0)]));
	let [madwu, madws] = ["madwu", "madws"].map(|name| probe(&[word(name, false, [8, 0, 1], 2)]));
	let edges = EDGES_W.into_iter().flat_map(|a| EDGES_W.map(|b| (a, b)));
	let more: Vec<(u32, u32)> = (0..300).map(|_| (random.word(), random.word())).collect();
	for (a, b) in edges.chain(more) {
		let c = random.long();
		let unsigned = u128::from(a) * u128::from(b);
		let signed = i128::from(a as i32) * i128::from(b as i32);
		let params = [a.into(), b.into(), c, 0];
		assert_eq!(run(&mulwu, params).long(), unsigned as u64, "mulwu {a:#x}, {b:#x}");
		assert_eq!(run(&mulws, params).long(), signed as u64, "mulws {a:#x}, {b:#x}");
		assert_eq!(
			run(&madwu, params).long(),
			(unsigned + u128::from(c)) as u64,
			"madwu {a:#x}, {b:#x}, {c:#x}"
		);
		assert_eq!(
			run(&madws, params).long(),
			(signed + i128::from(c)) as u64,
			"madws {a:#x}, {b:#x}, {c:#x}"
		);
	}
	for name in ["mulwu", "mulws", "madwu", "madws"] {
		seen.insert(code(name, false));
	}
}

fn task(seen: &mut Seen) {
	let index = probe(&[word("index", false, [8, 0, 0], 0)]);
	let items = probe(&[word("items", false, [8, 0, 0], 0)]);
	for (count, at) in [(1, 0), (77, 76), (u32::MAX, u32::MAX - 1)] {
		assert_eq!(run_at(&index, [0; 4], &[&[], &[]], count, at).word(), at);
		assert_eq!(run_at(&items, [0; 4], &[&[], &[]], count, at).word(), count);
	}
	for input in 0..2u8 {
		let len = probe(&[word("len", false, [8, 0, 0], input.into())]);
		assert_eq!(
			run_at(&len, [0; 4], &[&[7; 1500], &[7; 3]], 1, 0).word(),
			[1500, 3][usize::from(input)]
		);
	}
	let params = [u64::MAX, 0, 1 << 63, 0x0123_4567_89ab_cdef];
	for k in 0..4u8 {
		let param = probe(&[word("param", false, [8, 0, 0], k.into())]);
		assert_eq!(run(&param, params).long(), params[usize::from(k)]);
	}
	for name in ["index", "items", "len", "param"] {
		seen.insert(code(name, false));
	}
}
