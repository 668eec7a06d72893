//! Each instruction with values whose result is known, each rule with a text that breaks it.

mod arithmetic;
mod bits;
mod compare;
mod control;
mod data;
mod fields;
mod memory;
mod refused;

use super::{Error, Fault, Memory, Module};

/// What every module begins with.
const HEADER: &str = ".version 6.3\n.target sm_75\n.address_size 64\n";
/// Line on which the body of [`module`] begins.
const BODY_LINE: u32 = 11;

/// A module whose entry `test` has the address of 16 bytes for results in `%d9`.
fn module(body: &str) -> String {
	format!(
		"{HEADER}.visible .entry test(.param .u64 result)\n{{\n.reg .pred %p<8>;\n.reg .b16 %h<8>;\n.reg .b32 %w<8>;\n\
		.reg .b64 %d<10>;\nld.param.u64 %d9, [result];\n{body}\nret;\n}}\n"
	)
}

/// Runs one thread and gives its results.
fn run(body: &str) -> Result<[u8; 16], Error> {
	let module = Module::parse(&module(body))?;
	let mut memory = Memory::new();
	let result = memory.allocate(vec![0; 16]);
	module.launch(&mut memory, "test", 1, 1, &result.to_le_bytes())?;
	Ok(memory.read(result, 16)?.try_into().unwrap())
}

/// Runs one thread and gives its results as words.
fn words(body: &str) -> [u32; 4] {
	let bytes = run(body).unwrap_or_else(|error| panic!("{error} in {body}"));
	[0, 4, 8, 12].map(|at| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()))
}

/// Runs one thread and gives its results as double words.
fn doubles(body: &str) -> [u64; 2] {
	let bytes = run(body).unwrap_or_else(|error| panic!("{error} in {body}"));
	[0, 8].map(|at| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()))
}

/// Runs one thread that must fail, and gives what it did.
fn fault(body: &str) -> Fault {
	match run(body) {
		Err(Error::Fault { thread: 0, fault, .. }) => fault,
		other => panic!("{other:?} of {body}"),
	}
}

/// Why a text is refused.
fn refused(body: &str) -> Error {
	Module::parse(&module(body)).expect_err(body)
}

/// A value of a register. As text it is `h:`, `w:`, `d:` or `p:`, for 16, 32 or 64 bits or a predicate, and a number.
#[derive(Clone, Copy)]
struct Value<'t> {
	kind: &'t str,
	number: &'t str,
}

impl<'t> Value<'t> {
	fn parse(text: &'t str) -> Value<'t> {
		let (kind, number) = text.split_once(':').unwrap();
		Value { kind, number }
	}

	fn ty(self) -> &'static str {
		match self.kind {
			"h" => "b16",
			"w" => "b32",
			"d" => "b64",
			"p" => "pred",
			other => panic!("unknown kind {other}"),
		}
	}

	fn bits(self) -> u64 {
		match self.number.strip_prefix("0x") {
			Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
			None => self.number.parse().unwrap(),
		}
	}
}

/// Runs an instruction with its sources in registers, then as immediates.
fn check(instruction: &str, sources: &[Value<'_>], expected: Value<'_>) {
	let mut set = String::new();
	let (mut registers, mut immediates) = (Vec::new(), Vec::new());
	for (nth, source) in (1..).zip(sources) {
		let register = format!("%{}{nth}", source.kind);
		set += &format!("mov.{} {register}, {}; ", source.ty(), source.number);
		registers.push(register);
		immediates.push(source.number);
	}
	let store = match expected.kind {
		"p" => "selp.b32 %w0, 1, 0, %p0; st.global.b32 [%d9], %w0;".to_owned(),
		kind => format!("st.global.{} [%d9], %{kind}0;", expected.ty()),
	};
	for (set, operands) in [(set.as_str(), registers.join(", ")), ("", immediates.join(", "))] {
		let body = format!("{set}{instruction} %{}0, {operands}; {store}", expected.kind);
		let [found, above] = doubles(&body);
		assert_eq!(found, expected.bits(), "{found:#x} is not {}: {body}", expected.number);
		assert_eq!(above, 0, "{body}");
	}
}

/// Runs each instruction of a table with a line for each: `add.u32 w:1 w:2 = w:3`.
fn check_all(table: &str) {
	for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
		let (call, expected) = line.split_once(" = ").unwrap();
		let mut words = call.split(' ');
		let instruction = words.next().unwrap();
		let sources: Vec<_> = words.map(Value::parse).collect();
		check(instruction, &sources, Value::parse(expected));
	}
}
