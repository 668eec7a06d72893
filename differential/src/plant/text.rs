//! Errors as edits of the generated text: what the generator would write if one of its lines were wrong.
//!
//! An edit knows how the text looks, and where the generator comes to write it in another way the edit changes nothing
//! any more. Its error is then never found, which the tests report.

/// An error of the generator.
pub(super) struct Edit {
	pub(super) name: &'static str,
	/// Whether the kernel may then do what no kernel may, such as read outside of its buffers.
	pub(super) may_fail: bool,
	/// The wrong text; the same text where the error cannot show.
	pub(super) apply: fn(&str) -> String,
}

const fn wrong(name: &'static str, apply: fn(&str) -> String) -> Edit {
	Edit {
		name,
		may_fail: false,
		apply,
	}
}

const fn wild(name: &'static str, apply: fn(&str) -> String) -> Edit {
	Edit {
		name,
		may_fail: true,
		apply,
	}
}

pub(super) const EDITS: &[Edit] = &[
	// Shifts.
	wrong("the count of a 32-bit shift is not masked", |text| {
		lines(text, |line, next| match operands(line, "and.b32")?.as_slice() {
			["%t0", count, "31"] if next.starts_with("\tsh") => Some(format!("\tmov.b32 %t0, {count};")),
			_ => None,
		})
	}),
	wrong("the count of a 64-bit shift is not masked", |text| {
		lines(text, |line, next| match operands(line, "and.b32")?.as_slice() {
			["%t0", "%t0", "63"] if next.starts_with("\tsh") => Some(String::new()),
			_ => None,
		})
	}),
	wrong("the way back of a 64-bit rotation is not masked", |text| {
		text.replace("\tand.b32 %t1, %t1, 63;\n", "")
	}),
	wrong("a funnel shift turns the other way", |text| {
		text.replace("shf.l.wrap.b32", "shf.r.wrap.b32")
	}),
	wrong("a 32-bit shift lets zeros in", |text| {
		text.replace("\tshr.s32 ", "\tshr.u32 ")
	}),
	wrong("a 64-bit shift lets zeros in", |text| {
		text.replace("\tshr.s64 ", "\tshr.u64 ")
	}),
	// Signs.
	wrong("a loaded byte is not sign-extended", |text| {
		text.replace("ld.global.nc.s8 ", "ld.global.nc.u8 ")
	}),
	wrong("a loaded half is not sign-extended", |text| {
		text.replace("ld.global.nc.s16 ", "ld.global.nc.u16 ")
	}),
	wrong("a word is not sign-extended", |text| {
		text.replace("cvt.s64.s32 ", "cvt.u64.u32 ")
	}),
	wrong("a bit field is not sign-extended", |text| {
		text.replace("bfe.s32 ", "bfe.u32 ")
	}),
	wrong("a wide product is unsigned", |text| {
		text.replace("mul.wide.s32 ", "mul.wide.u32 ")
	}),
	wrong("a wide sum of products is unsigned", |text| {
		text.replace("mad.wide.s32 ", "mad.wide.u32 ")
	}),
	wrong("the high half of a product is unsigned", |text| {
		text.replace("mul.hi.s64 ", "mul.hi.u64 ")
	}),
	wrong("both factors of a dot product are unsigned", |text| {
		text.replace("dp4a.u32.s32 ", "dp4a.u32.u32 ")
	}),
	wrong("the signs of a dot product's factors are exchanged", |text| {
		text.replace("dp4a.u32.s32 ", "dp4a.s32.u32 ")
	}),
	wrong("a comparison of words is unsigned", |text| {
		text.replace("setp.lt.s32 ", "setp.lt.u32 ")
	}),
	wrong("a comparison of long words leaves out equality", |text| {
		text.replace("setp.le.s64 ", "setp.lt.s64 ")
	}),
	wrong("a minimum of long words is unsigned", |text| {
		text.replace("min.s64 ", "min.u64 ")
	}),
	// Division.
	wild("division by 0 has no guard", |text| {
		lines(text, |line, _| match operands(line, "setp.eq.u32")?.as_slice() {
			// The quotient is taken where nothing equals 0.
			["%p0", divisor, "0"] => Some(format!("\tsetp.gt.u32 %p0, {divisor}, {divisor};")),
			_ => None,
		})
	}),
	wild("signed division by 0 has no guard", |text| {
		without(text, "\tsetp.eq.or.s32 ")
	}),
	wild("the guard of the least number does not ask for -1", |text| {
		without(text, "\tsetp.eq.and.s64 ")
	}),
	wrong("a remainder is a quotient", |text| {
		text.replace("\trem.u32 ", "\tdiv.u32 ")
	}),
	// Loads.
	wrong("chunks are of 2,048 bytes", |text| {
		lines(text, |line, next| match operands(line, "shr.u32")?.as_slice() {
			["%t1", element, shift] if next.contains("%chunk") => {
				Some(format!("\tshr.u32 %t1, {element}, {};", shift.parse::<u32>().ok()? + 1))
			}
			_ => None,
		})
	}),
	wrong("a fault is counted where the chunk is the remembered one", |text| {
		text.replace("setp.ne.s32 %p0, %chunk", "setp.eq.s32 %p0, %chunk")
	}),
	wrong("the chunk is not remembered", |text| {
		lines(text, |line, _| {
			let remembers = line.starts_with("\tmov.b32 %chunk") && !line.ends_with(", -1;");
			remembers.then(String::new)
		})
	}),
	wild("a load that gives 0 reads one element too far", |text| {
		lines(text, |line, _| match operands(line, "setp.lt.u32")?.as_slice() {
			["%p0", element, count] if count.starts_with("%count") => {
				Some(format!("\tsetp.le.u32 %p0, {element}, {count};"))
			}
			_ => None,
		})
	}),
	wild("a plain load reads one element too far", |text| {
		text.replace("setp.ge.or.u32 %bad0", "setp.gt.or.u32 %bad0")
	}),
	wrong("a load out of range keeps what its destination held", |text| {
		lines(text, |line, next| {
			let clears = operands(line, "mov.b32").or_else(|| operands(line, "mov.b64"))?;
			(clears.get(1) == Some(&"0") && next.starts_with("\t@%p0 ld.")).then(String::new)
		})
	}),
	wild("the index of a table is not masked", |text| {
		lines(text, |line, next| match operands(line, "and.b32")?.as_slice() {
			["%t0", element, _] if next.starts_with("\tmad.wide.u32 %x0, %t0, ") => {
				Some(format!("\tmov.b32 %t0, {element};"))
			}
			_ => None,
		})
	}),
	wrong("a byte of scratch goes to its neighbour", |text| {
		lines(text, |line, _| match operands(line, "bfi.b32")?.as_slice() {
			[cell, from, into, position, "8"] => {
				let position = position.parse::<u32>().ok()? ^ 8;
				Some(format!("\tbfi.b32 {cell}, {from}, {into}, {position}, 8;"))
			}
			_ => None,
		})
	}),
	wrong("the index is the launch's", |text| text.replace(", %index0;", ", %n0;")),
	// Bounds and traps.
	wrong("the units are not checked at the end", |text| {
		at_the_end(text, |end| end.replace("%p0, %t0, %max0", "%p0, %t0, %t0"))
	}),
	wrong("the units are checked a unit late", |text| {
		let late = "\tadd.s32 %t1, %max0, 1;\n";
		text.replace(
			"\tsetp.gt.u32 %p0, %t0, %max0;",
			&format!("{late}\tsetp.gt.u32 %p0, %t0, %t1;"),
		)
		.replace(
			"\tsetp.gt.or.u32 %p0, %t0, %max0, %bad0;",
			&format!("{late}\tsetp.gt.or.u32 %p0, %t0, %t1, %bad0;"),
		)
	}),
	wrong("the units are checked a unit early", |text| {
		text.replace("setp.gt.u32 %p0, %t0, %max0;", "setp.ge.u32 %p0, %t0, %max0;")
	}),
	wrong("the faults are not checked", |text| {
		without(text, "\tsetp.gt.or.u32 %p0, %faults0, ")
	}),
	wrong("the faults are checked a fault late", |text| {
		lines(text, |line, _| match operands(line, "setp.gt.or.u32")?.as_slice() {
			["%p0", "%faults0", most, "%p0"] => {
				let late = most.parse::<u32>().ok()? + 1;
				Some(format!("\tsetp.gt.or.u32 %p0, %faults0, {late}, %p0;"))
			}
			_ => None,
		})
	}),
	wrong("a plain load out of range is forgotten", |text| {
		text.replace("setp.gt.or.u32 %p0, %t0, %max0, %bad0;", "setp.gt.u32 %p0, %t0, %max0;")
	}),
	wrong("a fault costs 127 units", |text| {
		text.replace("mad.lo.s32 %t0, %faults0, 128,", "mad.lo.s32 %t0, %faults0, 127,")
	}),
	wrong("a trap does not ask whether a bound was passed", |text| {
		text.replace("\t@!%p0 bra ZERO;", "\tbra ZERO;")
	}),
	wrong("a trap keeps the output", |text| {
		at_the_end(text, |end| {
			let (exits, done) = end.split_once("\nDONE:\n").unwrap_or((end, ""));
			format!("{}\nDONE:\n{done}", without(exits, "\tst.global."))
		})
	}),
	wrong("units of a straight line are charged twice", |text| {
		lines(text, |line, _| {
			line.starts_with("\tadd.s32 %units0, %units0, ")
				.then(|| format!("{line}\n{line}"))
		})
	}),
];

/// The operands of a line that is this instruction.
fn operands<'a>(line: &'a str, name: &str) -> Option<Vec<&'a str>> {
	let operands = line.strip_prefix('\t')?.strip_prefix(name)?.strip_prefix(' ')?;
	Some(operands.strip_suffix(';')?.split(", ").collect())
}

/// The text with the lines replaced that `edit` gives others for; it also sees the next line. An empty line is nothing.
fn lines(text: &str, edit: impl Fn(&str, &str) -> Option<String>) -> String {
	let mut edited = String::with_capacity(text.len());
	let mut rest = text.lines().peekable();
	while let Some(line) = rest.next() {
		let next = rest.peek().copied().unwrap_or_default();
		match edit(line, next) {
			Some(other) => edited.push_str(&other),
			None => edited.push_str(line),
		}
		edited.push('\n');
	}
	edited
}

/// The text without the lines that begin like this.
fn without(text: &str, start: &str) -> String {
	lines(text, |line, _| line.starts_with(start).then(String::new))
}

/// The text with another end: what follows the last instruction of the program.
fn at_the_end(text: &str, edit: impl Fn(&str) -> String) -> String {
	match text.split_once("\nEND:\n") {
		Some((program, end)) => format!("{program}\nEND:\n{}", edit(end)),
		None => text.to_owned(),
	}
}
