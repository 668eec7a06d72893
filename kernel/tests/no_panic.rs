//! Nothing panics, whatever the bytes: the fuzz targets' bodies over the committed corpus, over mutations of it, over
//! random bytes and over random valid programs.

#![cfg(feature = "hash")]

use std::{fs, path::Path};

use millrace_kernel::{
	eval::Task,
	opcode::{self, Field, Form},
	program::{Header, Instruction, Program},
	proof::Verdict,
};

#[allow(unreachable_pub)]
#[path = "../fuzz/bodies.rs"]
mod bodies;

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	fn below(&mut self, bound: u32) -> u32 {
		(self.next() % u64::from(bound.max(1))) as u32
	}

	fn bytes(&mut self, len: u32) -> Vec<u8> {
		(0..len).map(|_| self.next() as u8).collect()
	}
}

/// What a fuzz target does with bytes.
type Body = fn(&[u8]);

/// A target and its seeds.
fn corpus() -> Vec<(&'static str, Body, Vec<Vec<u8>>)> {
	let targets: [(&str, Body); 5] = [
		("decode", bodies::decode),
		("validate", bodies::validate),
		("eval", bodies::eval),
		("opening", bodies::opening),
		("proof", bodies::proof),
	];
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
	let seeds = |name: &str| -> Vec<Vec<u8>> {
		let files = fs::read_dir(folder.join(name)).unwrap();
		let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
		paths.sort();
		paths.iter().map(|path| fs::read(path).unwrap()).collect()
	};
	targets
		.into_iter()
		.map(|(name, body)| (name, body, seeds(name)))
		.collect()
}

#[test]
fn the_corpus_passes() {
	for (name, body, seeds) in corpus() {
		assert!(seeds.len() >= 3, "{name} has no seeds");
		seeds.iter().for_each(|seed| body(seed));
	}
}

#[test]
fn the_corpus_holds_valid_programs() {
	for (name, _, seeds) in corpus().into_iter().filter(|(name, ..)| *name != "opening") {
		let programs = seeds.iter().filter(|seed| {
			let bytes = if matches!(name, "eval" | "proof") {
				let length = usize::from(u16::from_le_bytes([seed[0], seed[1]]));
				&seed[2..2 + length]
			} else {
				seed.as_slice()
			};
			Program::decode(bytes).is_ok()
		});
		assert!(programs.count() >= 3, "{name}");
	}
}

#[test]
fn mutated_seeds_pass() {
	let mut random = Random(1);
	for (_, body, seeds) in corpus() {
		for seed in seeds {
			for _ in 0..400 {
				let mut bytes = seed.clone();
				for _ in 0..=random.below(4) {
					let at = random.below(bytes.len() as u32) as usize;
					match random.below(4) {
						0 => bytes.truncate(at),
						1 => bytes.insert(at, random.next() as u8),
						2 if at < bytes.len() => bytes[at] = random.next() as u8,
						_ if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
						_ => {}
					}
				}
				body(&bytes);
			}
		}
	}
}

#[test]
fn random_bytes_pass() {
	let mut random = Random(2);
	for round in 0..4000 {
		let len = random.below(600);
		let mut bytes = random.bytes(len);
		// Half of them begin like a program, so that more than the first check is reached.
		if round % 2 == 0 && bytes.len() >= 10 {
			bytes[..10].copy_from_slice(b"MILL\x01\0\0\0\0\0");
		}
		bodies::decode(&bytes);
		bodies::validate(&bytes);
		bodies::eval(&bytes);
		bodies::opening(&bytes);
		bodies::proof(&bytes);
	}
}

fn header(random: &mut Random) -> Header {
	let size = |random: &mut Random, most: u32| 1u16 << random.below(most + 1);
	let header = Header {
		features: 0,
		code_len: 0,
		item_size: size(random, 10).max(16),
		scratch_size: size(random, 12).max(8),
		const_size: size(random, 8).max(8),
		w_count: 4 + random.below(253) as u16,
		d_count: 1 + random.below(128) as u8,
		inputs: 1 + random.below(8) as u8,
		params: 1 + random.below(16) as u8,
		max_units: 1 << 21,
		max_faults: 1 + random.below(512) as u16,
	};
	Header {
		max_units: header.item_cost() + random.below(5000),
		..header
	}
}

/// A valid value of a field; of `open` blocks one is named by a depth.
fn value(random: &mut Random, header: &Header, field: Field, open: usize) -> u32 {
	match field {
		Field::Zero => 0,
		Field::W | Field::ThirdW => random.below(header.w_count.into()),
		Field::D | Field::ThirdD => random.below(header.d_count.into()),
		Field::W4 => random.below(u32::from(header.w_count) - 3),
		Field::Value | Field::SignedValue => random.next() as u32,
		Field::Element => random.below(3000).wrapping_sub(random.below(2)),
		Field::Depth => random.below(open as u32),
		Field::Shift => random.below(64),
		Field::Selector => random.next() as u32 & 0x7777,
		Field::BitField => {
			let position = random.below(32);
			position + 256 * (1 + random.below(32 - position))
		}
		// Two cursors an input, so that eight inputs name 16 pairs.
		Field::Input => {
			random.below(header.inputs.into()) + 8 * random.below(2) + if random.below(8) > 0 { 128 } else { 0 }
		}
		Field::InputIndex => random.below(header.inputs.into()),
		Field::ParamIndex => random.below(header.params.into()),
	}
}

/// A random valid program of up to 200 instructions.
fn program(random: &mut Random) -> Program {
	let header = header(random);
	let mut code: Vec<Instruction> = Vec::new();
	// For each open block, whether an else may come.
	let mut open: Vec<bool> = Vec::new();
	for _ in 0..random.below(200) {
		let row = &opcode::TABLE[random.below(opcode::TABLE.len() as u32) as usize];
		match row.code {
			opcode::BLOCK | opcode::LOOP | opcode::IF if open.len() < 64 => open.push(row.code == opcode::IF),
			opcode::ELSE if open.last() == Some(&true) => *open.last_mut().unwrap() = false,
			opcode::END if !open.is_empty() => {
				open.pop();
			}
			opcode::BLOCK | opcode::LOOP | opcode::IF | opcode::ELSE | opcode::END => continue,
			_ if matches!(row.form, Form::Depth | Form::ConditionDepth) && open.is_empty() => continue,
			// A trap or return ends most items early: keep few.
			opcode::TRAP | opcode::RETURN if random.below(4) > 0 => continue,
			_ => {}
		}
		let fields = row.form.fields();
		let mut pick = |field| value(random, &header, field, open.len());
		let (dst, a, b, imm) = (pick(fields.dst), pick(fields.a), pick(fields.b), pick(fields.imm));
		code.push(Instruction {
			op: row.code,
			dst: dst as u8,
			a: a as u8,
			b: b as u8,
			imm,
		});
	}
	code.extend(open.iter().map(|_| Instruction {
		op: opcode::END,
		..Instruction::default()
	}));
	let header = Header {
		code_len: code.len() as u16,
		..header
	};
	let constants = random.bytes(header.const_size.into());
	Program::new(header, code, constants).expect("the generator writes valid programs")
}

#[test]
fn random_valid_programs_pass() {
	let mut random = Random(3);
	let (mut trapped, mut verdicts) = (0, [0; 3]);
	for _ in 0..3000 {
		let program = program(&mut random);
		bodies::validate(&program.encode());
		let len = random.below(5000);
		let input = random.bytes(len);
		bodies::eval_program(&program, &input);
		// The first bytes of the input say what is claimed and proved.
		verdicts[match bodies::prove_program(&program, &input) {
			Verdict::Right => 0,
			Verdict::Different { .. } => 1,
			Verdict::Inconsistent { .. } => 2,
		}] += 1;
		trapped += usize::from(traps(&program, &input));
	}
	// Neither all nor none: both ends of an item are exercised.
	assert!((300..2700).contains(&trapped), "{trapped} of 3,000 trapped");
	assert!(verdicts.iter().all(|times| *times > 300), "{verdicts:?}");
}

fn traps(program: &Program, input: &[u8]) -> bool {
	use millrace_kernel::eval::{eval_item, Machine, Slices};
	let header = program.header();
	let params = vec![0; header.params.into()];
	let task = Task {
		items: 1,
		max_units: header.max_units,
		params: &params,
	};
	let inputs = [input; 8];
	let mut out = vec![0; header.item_size.into()];
	eval_item(
		program,
		&task,
		&Slices(&inputs),
		0,
		&mut Machine::new(program),
		&mut out,
	)
	.unwrap()
	.trapped
}
