//! Reads PTX and refuses what a kernel must not contain.
//!
//! The lists below hold what the emitted modules need, taken from the PTX ISA's integer instructions: no floats, no
//! approximations, no atomics, nothing that another thread's progress or the device's make could change. What is not on
//! a list is refused, so what PTX may gain later is refused too.

use std::collections::{BTreeMap, BTreeSet};

/// Types of integers, by size and sign.
const INTEGERS: &[&str] = &["s32", "u32", "s64", "u64"];
/// Types of bit strings.
const BITS: &[&str] = &["b32", "b64"];
/// What a comparison tests, and what it does with the predicate that it takes along.
const COMPARISONS: &[&str] = &["eq", "ne", "lt", "le", "gt", "ge", "and", "or"];
/// The types of memory accesses, and vectors of four.
const ACCESSES: &[&str] = &["u8", "s8", "u16", "s16", "u32", "u64", "v4"];

/// Every opcode, with the lists of the modifiers that it may have.
const OPCODES: &[(&str, &[&[&str]])] = &[
	("add", &[INTEGERS]),
	("and", &[BITS]),
	("bfe", &[&["s32", "u32"]]),
	("bfi", &[BITS]),
	("bra", &[]),
	("brev", &[BITS]),
	("clz", &[BITS]),
	("cvt", &[INTEGERS]),
	("div", &[INTEGERS]),
	("dp4a", &[&["s32", "u32"]]),
	("ld", &[&["param", "local", "global", "nc"], ACCESSES]),
	("mad", &[&["lo", "wide"], INTEGERS]),
	("max", &[INTEGERS]),
	("min", &[INTEGERS]),
	("mov", &[BITS, &["u32"]]),
	("mul", &[&["lo", "hi", "wide"], INTEGERS]),
	("neg", &[&["s32", "s64"]]),
	("or", &[BITS]),
	("popc", &[BITS]),
	("prmt", &[&["b32"]]),
	("rem", &[INTEGERS]),
	("ret", &[]),
	("selp", &[BITS]),
	("setp", &[COMPARISONS, INTEGERS]),
	("shf", &[&["l", "r", "wrap", "b32"]]),
	("shl", &[BITS]),
	("shr", &[INTEGERS]),
	("st", &[&["local", "global"], ACCESSES]),
	("sub", &[INTEGERS]),
	("xor", &[BITS]),
];

/// The special registers: which item a thread computes is all that it may know of itself.
const SPECIAL: &[&str] = &["%ctaid.x", "%tid.x"];

/// The names under which registers may be declared: none is, or begins like, a special register.
const PREFIXES: &[&str] = &[
	"%bad", "%cell", "%chunk", "%count", "%d", "%faults", "%in", "%index", "%max", "%n", "%out", "%p", "%scratch",
	"%t", "%table", "%units", "%w", "%x",
];

/// Reads a module and accepts it if every line is one that the emitter may write: its opcodes, types and special
/// registers are on the lists of this crate, and every name in it is declared in it.
///
/// # Errors
/// The first line that is not, with its number and the reason. In particular floats, `.approx`, `atom`, `red`,
/// `shfl`, `vote`, `match`, `bar`, `barrier`, `membar`, `fence`, `activemask`, `call`, `trap`, loads from global memory
/// that is not read-only, volatile and shared memory, `%clock`, `%smid`, `%warpid`, `%nwarpid`, `%laneid`,
/// `%globaltimer`, `%pm`, `%gridid` and `WARP_SZ` are refused.
pub fn lint(ptx: &str) -> Result<(), String> {
	let names = Names::of(ptx);
	for (number, line) in (1..).zip(ptx.lines()) {
		names
			.check_line(bare(line))
			.map_err(|reason| format!("line {number}: {reason}"))?;
	}
	Ok(())
}

/// A line without its comment and the blanks around it.
fn bare(line: &str) -> &str {
	line.split_once("//").map_or(line, |(code, _)| code).trim()
}

/// What a module declares.
struct Names<'a> {
	/// Registers: how many there are under each prefix.
	registers: BTreeMap<&'a str, u32>,
	/// Labels, parameters and variables.
	symbols: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
	fn of(ptx: &'a str) -> Names<'a> {
		let mut names = Names {
			registers: BTreeMap::new(),
			symbols: BTreeSet::new(),
		};
		for line in ptx.lines().map(bare) {
			if let Some(label) = line.strip_suffix(':') {
				names.symbols.insert(label);
				continue;
			}
			let words: Vec<&str> = line.split_whitespace().collect();
			match words.as_slice() {
				[".reg", _, declared] => {
					if let Some((prefix, count)) = register_set(declared) {
						names.registers.insert(prefix, count);
					}
				}
				[".param", _, name] | [".param" | ".local" | ".global", ".align", _, _, name, ..] => {
					let end = name.find(|c: char| !is_name(c)).unwrap_or(name.len());
					names.symbols.insert(&name[..end]);
				}
				_ => {}
			}
		}
		names
	}

	fn check_line(&self, line: &str) -> Result<(), String> {
		match line.chars().next() {
			None => Ok(()),
			Some('.') => directive(line),
			_ if matches!(line, "{" | "}" | ")") => Ok(()),
			_ => match line.strip_suffix(':') {
				Some(label) if is_symbol(label) => Ok(()),
				Some(label) => Err(format!("`{label}` is not a label")),
				None => self.instruction(line),
			},
		}
	}

	/// One instruction: an optional guard, the opcode, the operands, a semicolon.
	fn instruction(&self, line: &str) -> Result<(), String> {
		let mut rest = line
			.strip_suffix(';')
			.ok_or_else(|| format!("expected an instruction and `;`, found `{line}`"))?;
		if let Some(guarded) = rest.strip_prefix('@') {
			let (guard, instruction) = guarded
				.split_once(char::is_whitespace)
				.ok_or_else(|| format!("`{line}` guards nothing"))?;
			let register = guard.strip_prefix('!').unwrap_or(guard);
			if !self.is_register(register) {
				return Err(format!("`{register}` is not a register that is declared"));
			}
			rest = instruction.trim_start();
		}
		let (name, operands) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
		opcode(name)?;
		self.operands(operands)
	}

	/// Operands are registers, names, integers, and the punctuation between them.
	fn operands(&self, operands: &str) -> Result<(), String> {
		if let Some(other) = operands
			.chars()
			.find(|c| !(is_name(*c) || matches!(c, '%' | '.' | ' ' | ',' | '[' | ']' | '{' | '}' | '+' | '-')))
		{
			return Err(format!("`{other}` does not belong in `{operands}`"));
		}
		let words = operands.split(|c: char| !(is_name(c) || matches!(c, '%' | '.')));
		for word in words.filter(|word| !word.is_empty()) {
			let known = if word.starts_with('%') {
				SPECIAL.contains(&word) || self.is_register(word)
			} else if word.starts_with(|c: char| c.is_ascii_digit()) {
				is_integer(word)
			} else {
				self.symbols.contains(word)
			};
			if !known {
				return Err(format!(
					"`{word}` is no integer, nothing that is declared, and no special register that may be read"
				));
			}
		}
		Ok(())
	}

	/// Whether `word` is a register of a declared set.
	fn is_register(&self, word: &str) -> bool {
		let digits = word.trim_start_matches(|c: char| !c.is_ascii_digit());
		let prefix = &word[..word.len() - digits.len()];
		let number = is_integer(digits).then(|| digits.parse::<u32>().ok()).flatten();
		matches!((self.registers.get(prefix), number), (Some(count), Some(number)) if number < *count)
	}
}

/// Checks an opcode and its modifiers.
fn opcode(name: &str) -> Result<(), String> {
	let mut parts = name.split('.');
	let base = parts.next().unwrap_or_default();
	let modifiers: Vec<&str> = parts.collect();
	let Some((_, allowed)) = OPCODES.iter().find(|(known, _)| *known == base) else {
		return Err(format!("`{name}` is not an instruction that a kernel may contain"));
	};
	if let Some(other) = modifiers
		.iter()
		.find(|modifier| !allowed.iter().any(|list| list.contains(modifier)))
	{
		return Err(format!(
			"`.{other}` is not a form of `{base}` that a kernel may contain"
		));
	}
	let names_one_of = |spaces: &[&str]| modifiers.iter().any(|modifier| spaces.contains(modifier));
	match base {
		// What an item reads must not depend on what another has written.
		"ld" if !names_one_of(&["param", "local", "nc"]) => Err(format!(
			"`{name}` may read what another thread writes; expected `ld.global.nc`"
		)),
		"st" if !names_one_of(&["local", "global"]) => Err(format!("`{name}` does not say where it writes")),
		_ => Ok(()),
	}
}

/// Checks a line that begins with a directive.
fn directive(line: &str) -> Result<(), String> {
	let words: Vec<&str> = line.split_whitespace().collect();
	let known = match words.as_slice() {
		[".version", "6.3"] | [".target", "sm_75"] | [".address_size", "64"] | [".maxntid", "128,", "1,", "1"] => true,
		[".visible", ".entry", name] => name.strip_suffix('(').is_some_and(is_symbol),
		[".param", ".u64" | ".u32", name] => is_symbol(name.strip_suffix(',').unwrap_or(name)),
		[".param", ".align", "8", ".b8", array] => is_array(array),
		[".reg", ".pred" | ".b32" | ".b64", declared] => {
			register_set(declared).is_some_and(|(prefix, _)| PREFIXES.contains(&prefix))
		}
		[".local", ".align", "16", ".b8", array] => array.strip_suffix(';').is_some_and(is_array),
		[".global", ".align", "16", ".b8", array, "=", values @ ..] => {
			let list = values.concat();
			is_array(array)
				&& list
					.strip_prefix('{')
					.and_then(|list| list.strip_suffix("};"))
					.is_some_and(|list| list.split(',').all(is_integer))
		}
		_ => false,
	};
	if known {
		Ok(())
	} else {
		Err(format!("`{line}` is not a declaration that a kernel may contain"))
	}
}

/// Prefix and count of `%prefix<count>;`.
fn register_set(declared: &str) -> Option<(&str, u32)> {
	let (prefix, count) = declared.strip_suffix(">;")?.split_once('<')?;
	Some((prefix, is_integer(count).then(|| count.parse().ok()).flatten()?))
}

/// Whether `text` is `name[size]`.
fn is_array(text: &str) -> bool {
	text.strip_suffix(']')
		.and_then(|text| text.split_once('['))
		.is_some_and(|(name, size)| is_symbol(name) && is_integer(size))
}

/// Whether `text` can name a label, a parameter or a variable.
fn is_symbol(text: &str) -> bool {
	text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_name)
}

/// Whether `text` is a decimal integer. Floats are written in hexadecimal (`0f3f800000`) or with a point.
fn is_integer(text: &str) -> bool {
	!text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

fn is_name(c: char) -> bool {
	c.is_ascii_alphanumeric() || c == '_'
}
