//! One program for every reason to refuse one, and the uniqueness of the encoding.

use millrace_kernel::{
	opcode::{self, Field},
	program::{
		Header, Instruction, Problem, Program, ProgramError, HEADER_BYTES, MAX_INSTRUCTIONS, MAX_NESTING,
		MAX_PROGRAM_BYTES, REFUTE_FAULTS, REFUTE_UNITS,
	},
};

fn header() -> Header {
	Header {
		features: 0,
		code_len: 0,
		item_size: 16,
		scratch_size: 16,
		const_size: 16,
		w_count: 8,
		d_count: 8,
		inputs: 2,
		params: 2,
		max_units: 1000,
		max_faults: 4,
	}
}

fn instruction(op: u8, fields: [u8; 3], imm: u32) -> Instruction {
	let [dst, a, b] = fields;
	Instruction { op, dst, a, b, imm }
}

fn build(header: Header, code: Vec<Instruction>) -> Result<Program, ProgramError> {
	let constants = (0..header.const_size).map(|i| i as u8).collect();
	Program::new(
		Header {
			code_len: code.len() as u16,
			..header
		},
		code,
		constants,
	)
}

fn problem(code: Vec<Instruction>) -> (u16, Problem) {
	match build(header(), code) {
		Err(ProgramError::Instruction { at, problem }) => (at, problem),
		other => panic!("expected an invalid instruction, got {other:?}"),
	}
}

/// The least and the greatest valid value, and some invalid ones, of a field under [`header`].
fn values(field: Field) -> (Vec<u32>, Vec<(u32, Problem)>) {
	let refused = |values: &[u32], problem: Problem| -> Vec<(u32, Problem)> {
		values.iter().map(|value| (*value, problem)).collect()
	};
	match field {
		Field::Zero => (vec![0], refused(&[1, 255], Problem::UnusedField)),
		Field::W | Field::D => (vec![0, 7], refused(&[8, 255], Problem::Register)),
		Field::W4 => (vec![0, 4], refused(&[5, 7, 255], Problem::Register)),
		Field::ThirdW | Field::ThirdD => (vec![0, 7], refused(&[8, 256, 1 << 31], Problem::Register)),
		Field::Value | Field::SignedValue | Field::Element => (vec![0, 1, u32::MAX], Vec::new()),
		// Inside one block.
		Field::Depth => (vec![0], refused(&[1, 63, u32::MAX], Problem::Depth)),
		Field::Shift => (vec![0, 63], refused(&[64, 256, u32::MAX], Problem::Shift)),
		Field::Selector => (
			vec![0, 0x7777, 0x3210],
			refused(&[0x8, 0x80, 0x800, 0x8000, 0x1_0000, u32::MAX], Problem::Selector),
		),
		Field::BitField => (
			vec![0x0100, 0x2000, 0x011f, 0x1010],
			refused(
				&[0, 0x001f, 0x2001, 0x0120, 0x2100, 0x1_0100, u32::MAX],
				Problem::BitField,
			),
		),
		Field::Input => (
			vec![0x00, 0x01, 0x79, 0xf8],
			refused(&[0x02, 0x07, 0xfa], Problem::Input),
		),
		Field::InputIndex => (vec![0, 1], refused(&[2, 256, u32::MAX], Problem::Input)),
		Field::ParamIndex => (vec![0, 1], refused(&[2, 256, u32::MAX], Problem::Parameter)),
	}
}

/// The instruction in a block, so that branches have something to name; an `else` or `end` in its place.
fn surrounded(word: Instruction) -> (Vec<Instruction>, u16) {
	let plain = |op| instruction(op, [0; 3], 0);
	match word.op {
		opcode::BLOCK | opcode::LOOP | opcode::IF => (vec![word, plain(opcode::END)], 0),
		opcode::ELSE => (vec![instruction(opcode::IF, [0; 3], 0), word, plain(opcode::END)], 1),
		opcode::END => (vec![plain(opcode::BLOCK), word], 1),
		_ => (vec![plain(opcode::BLOCK), word, plain(opcode::END)], 1),
	}
}

#[test]
fn every_field_of_every_instruction_is_checked() {
	for row in opcode::TABLE {
		let fields = row.form.fields();
		let all = [fields.dst, fields.a, fields.b, fields.imm].map(values);
		let first = [0, 1, 2, 3].map(|i: usize| all[i].0[0]);
		for (slot, (valid, invalid)) in all.iter().enumerate() {
			let word = |value: u32| {
				let mut chosen = first;
				chosen[slot] = value;
				let [dst, a, b, imm] = chosen;
				surrounded(instruction(row.code, [dst as u8, a as u8, b as u8], imm))
			};
			for value in valid {
				let (code, _) = word(*value);
				assert!(
					build(header(), code).is_ok(),
					"{} field {slot} = {value:#x}",
					row.mnemonic
				);
			}
			for (value, reason) in invalid {
				let (code, at) = word(*value);
				assert_eq!(
					problem(code),
					(at, *reason),
					"{} field {slot} = {value:#x}",
					row.mnemonic
				);
			}
		}
	}
}

#[test]
fn codes_outside_the_table_are_refused() {
	let undefined: Vec<u8> = (0..=255).filter(|code| opcode::info(*code).is_none()).collect();
	assert_eq!(undefined.len(), 256 - 170);
	for code in undefined {
		assert_eq!(problem(vec![instruction(code, [0; 3], 0)]), (0, Problem::Opcode(code)));
	}
}

#[test]
fn an_access_wider_than_its_area_is_refused() {
	for row in opcode::TABLE {
		let Some(access) = row.access().filter(|access| access.area != opcode::Area::Input) else {
			continue;
		};
		let width = 1u16 << access.width_log2;
		for size in [0u16, 1, 2, 4, 8, 16] {
			let mut header = header();
			match access.area {
				opcode::Area::Constants => header.const_size = size,
				opcode::Area::Scratch => header.scratch_size = size,
				_ if size == 0 => continue,
				_ => header.item_size = size,
			}
			let built = build(header, vec![instruction(row.code, [0; 3], 0)]).map(|_| ());
			let refused = Err(ProgramError::Instruction {
				at: 0,
				problem: Problem::AreaTooSmall,
			});
			assert_eq!(
				built,
				if size >= width { Ok(()) } else { refused },
				"{} into {size}",
				row.mnemonic
			);
		}
	}
}

#[test]
fn control_flow_is_structured() {
	let [block, end, otherwise] = [opcode::BLOCK, opcode::END, opcode::ELSE].map(|op| instruction(op, [0; 3], 0));
	let [condition, looping, br] = [opcode::IF, opcode::LOOP, opcode::BR].map(|op| instruction(op, [0; 3], 0));
	assert_eq!(problem(vec![end]), (0, Problem::End));
	assert_eq!(problem(vec![block, end, end]), (2, Problem::End));
	assert_eq!(problem(vec![otherwise]), (0, Problem::Else));
	assert_eq!(problem(vec![block, otherwise, end]), (1, Problem::Else));
	assert_eq!(problem(vec![looping, otherwise, end]), (1, Problem::Else));
	assert_eq!(problem(vec![condition, otherwise, otherwise, end]), (2, Problem::Else));
	assert_eq!(problem(vec![condition, block, otherwise, end, end]), (2, Problem::Else));
	assert_eq!(problem(vec![br]), (0, Problem::Depth));
	for open in [
		vec![block],
		vec![looping],
		vec![condition],
		vec![condition, otherwise],
		vec![block, looping, end],
	] {
		assert_eq!(build(header(), open), Err(ProgramError::Unclosed));
	}
	let nested = |depth: usize| [vec![block; depth], vec![end; depth]].concat();
	assert!(build(header(), nested(MAX_NESTING)).is_ok());
	assert_eq!(problem(nested(MAX_NESTING + 1)), (MAX_NESTING as u16, Problem::Nesting));
	// Dead code is as strict as any other, and valid.
	let dead = instruction(opcode::ADD, [9, 0, 0], 0);
	assert_eq!(
		problem(vec![instruction(opcode::RETURN, [0; 3], 0), dead]),
		(1, Problem::Register)
	);
	let live = instruction(opcode::ADD, [7, 0, 0], 0);
	assert!(build(header(), vec![instruction(opcode::RETURN, [0; 3], 0), live]).is_ok());
}

#[test]
fn every_header_field_is_checked() {
	let refused = |header: Header| build(header, Vec::new()).unwrap_err();
	let base = header();
	assert_eq!(refused(Header { features: 1, ..base }), ProgramError::Features(1));
	for size in [0, 3, 24, 2048] {
		assert_eq!(
			refused(Header {
				item_size: size,
				..base
			}),
			ProgramError::ItemSize(size)
		);
	}
	for size in [3, 4095, 8192] {
		assert_eq!(
			refused(Header {
				scratch_size: size,
				max_units: 1 << 20,
				..base
			}),
			ProgramError::ScratchSize(size)
		);
		assert_eq!(
			refused(Header {
				const_size: size,
				..base
			}),
			ProgramError::ConstSize(size)
		);
	}
	assert_eq!(refused(Header { w_count: 257, ..base }), ProgramError::WCount(257));
	assert_eq!(refused(Header { d_count: 129, ..base }), ProgramError::DCount(129));
	assert_eq!(refused(Header { inputs: 9, ..base }), ProgramError::Inputs(9));
	assert_eq!(refused(Header { params: 17, ..base }), ProgramError::Params(17));
	// 16 + 16 / 4 + 16 / 8 + (8 + 2 × 8) / 16 = 16 + 4 + 2 + 1
	let item_cost = 23;
	for max_units in [0, item_cost - 1, REFUTE_UNITS + 1, u32::MAX] {
		assert_eq!(
			refused(Header { max_units, ..base }),
			ProgramError::MaxUnits { item_cost, max_units }
		);
	}
	assert_eq!(
		refused(Header {
			max_faults: 513,
			..base
		}),
		ProgramError::MaxFaults(513)
	);
	for header in [
		Header {
			item_size: 1,
			scratch_size: 0,
			const_size: 0,
			w_count: 0,
			d_count: 0,
			..base
		},
		Header {
			item_size: 1024,
			scratch_size: 4096,
			const_size: 4096,
			w_count: 256,
			d_count: 128,
			max_units: 1200,
			..base
		},
		Header {
			inputs: 0,
			params: 0,
			max_faults: 0,
			..base
		},
		Header {
			inputs: 8,
			params: 16,
			max_faults: REFUTE_FAULTS as u16,
			max_units: REFUTE_UNITS,
			..base
		},
		Header {
			max_units: item_cost,
			..base
		},
	] {
		assert!(build(header, Vec::new()).is_ok(), "{header:?}");
	}
}

#[test]
fn loads_need_faults_and_few_cursors() {
	let load = |source: u8| instruction(opcode::LD8U, [0, 0, source], 0);
	assert_eq!(
		build(
			Header {
				max_faults: 0,
				..header()
			},
			vec![load(0)]
		),
		Err(ProgramError::NoFaults)
	);
	let len = instruction(opcode::LEN, [0; 3], 0);
	assert!(
		build(
			Header {
				max_faults: 0,
				..header()
			},
			vec![len]
		)
		.is_ok(),
		"a length is no load"
	);
	// 16 cursors of two inputs are 32 pairs, in plain and in zero form; a third input's is one too many.
	let mut code: Vec<Instruction> = (0..16u8)
		.flat_map(|c| [load(c * 8), load(c * 8 + 1), load(c * 8 + 128)])
		.collect();
	let wide = Header { inputs: 3, ..header() };
	assert!(build(wide, code.clone()).is_ok());
	code.push(load(2));
	assert_eq!(build(wide, code), Err(ProgramError::Cursors));
}

#[test]
fn lengths_must_agree() {
	let one = vec![instruction(opcode::TRAP, [0; 3], 0)];
	assert_eq!(
		Program::new(
			Header {
				code_len: 2,
				..header()
			},
			one.clone(),
			vec![0; 16]
		),
		Err(ProgramError::CodeMismatch { declared: 2, actual: 1 })
	);
	assert_eq!(
		Program::new(
			Header {
				code_len: 1,
				..header()
			},
			one.clone(),
			vec![0; 8]
		),
		Err(ProgramError::ConstantsMismatch {
			declared: 16,
			actual: 8
		})
	);
	let bytes = build(header(), one).unwrap().encode();
	assert_eq!(bytes.len(), 40 + 8 + 16);
	for len in 0..bytes.len() {
		let expected = match len {
			0..HEADER_BYTES => ProgramError::NoHeader,
			_ => ProgramError::Length {
				expected: 64,
				actual: len,
			},
		};
		assert_eq!(Program::decode(&bytes[..len]), Err(expected));
	}
	let longer = [bytes.as_slice(), &[0]].concat();
	assert_eq!(
		Program::decode(&longer),
		Err(ProgramError::Length {
			expected: 64,
			actual: 65
		})
	);
}

#[test]
fn the_most_instructions_fit_and_no_more() {
	let header = Header {
		const_size: 4096,
		..header()
	};
	let most = usize::from(MAX_INSTRUCTIONS);
	let program = build(header, vec![instruction(opcode::TRAP, [0; 3], 0); most]).unwrap();
	assert_eq!(program.encode().len(), MAX_PROGRAM_BYTES);
	let more = build(header, vec![instruction(opcode::TRAP, [0; 3], 0); most + 1]);
	assert_eq!(more, Err(ProgramError::CodeLen(4097)));
}

/// The header of a program byte by byte, written by hand from the layout.
#[test]
fn the_encoding_is_the_one_of_the_layout() {
	let code = vec![
		instruction(opcode::MAD, [1, 2, 3], 4),
		instruction(opcode::MOV_I, [5, 0, 0], 0x0102_0304),
	];
	let program = build(
		Header {
			max_units: 0x0001_0203,
			..header()
		},
		code,
	)
	.unwrap();
	let mut expected = b"MILL".to_vec();
	expected.extend([1, 0]); // version
	expected.extend([0, 0, 0, 0]); // features
	expected.extend([2, 0]); // instructions
	expected.extend([16, 0, 16, 0, 16, 0]); // item, scratch, constants
	expected.extend([8, 0, 8, 0, 0]); // w, d, f, g
	expected.extend([2, 2]); // inputs, parameters
	expected.extend([3, 2, 1, 0]); // max_units
	expected.extend([4, 0]); // max_faults
	expected.extend([0; 9]);
	expected.extend([0x18, 1, 2, 3, 4, 0, 0, 0]);
	expected.extend([0x11, 5, 0, 0, 4, 3, 2, 1]);
	expected.extend(0..16);
	assert_eq!(program.encode(), expected);
	assert_eq!(Program::decode(&expected), Ok(program));
}

#[test]
fn no_other_bytes_mean_the_same_program() {
	let code = vec![
		instruction(opcode::LD8U, [0, 0, 0x81], 7),
		instruction(opcode::TRAP, [0; 3], 0),
	];
	let bytes = build(header(), code).unwrap().encode();
	let mut valid = 0;
	for at in 0..bytes.len() {
		for flip in 1..=255u8 {
			let mut other = bytes.clone();
			other[at] ^= flip;
			if let Ok(program) = Program::decode(&other) {
				assert_eq!(program.encode(), other, "byte {at}");
				valid += 1;
			}
		}
	}
	assert!(valid > 0);
	let with = |at: usize, value: u8| {
		let mut other = bytes.clone();
		other[at] = value;
		Program::decode(&other).unwrap_err()
	};
	assert_eq!(with(0, b'm'), ProgramError::Magic);
	assert_eq!(with(4, 2), ProgramError::Version(2));
	assert_eq!(with(6, 1), ProgramError::Features(1));
	for at in (21..23).chain(31..40) {
		assert_eq!(with(at, 1), ProgramError::Reserved, "byte {at}");
	}
}

#[test]
fn every_error_has_a_sentence_of_its_own() {
	let errors = [
		ProgramError::NoHeader,
		ProgramError::Magic,
		ProgramError::Version(2),
		ProgramError::Features(1),
		ProgramError::Reserved,
		ProgramError::CodeLen(5000),
		ProgramError::ItemSize(3),
		ProgramError::ScratchSize(3),
		ProgramError::ConstSize(3),
		ProgramError::WCount(300),
		ProgramError::DCount(200),
		ProgramError::Inputs(9),
		ProgramError::Params(17),
		ProgramError::MaxUnits {
			item_cost: 16,
			max_units: 0,
		},
		ProgramError::MaxFaults(600),
		ProgramError::NoFaults,
		ProgramError::Length {
			expected: 40,
			actual: 41,
		},
		ProgramError::CodeMismatch { declared: 1, actual: 2 },
		ProgramError::ConstantsMismatch { declared: 1, actual: 2 },
		ProgramError::Cursors,
		ProgramError::Unclosed,
		ProgramError::Instruction {
			at: 3,
			problem: Problem::End,
		},
	];
	let sentences: std::collections::BTreeSet<String> = errors.iter().map(ToString::to_string).collect();
	assert_eq!(sentences.len(), errors.len());
	assert!(sentences.contains("instruction 3: the end closes nothing"));
}
