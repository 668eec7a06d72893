//! Which function computes an instruction, and how wide its operands are. What is not here is no instruction.

use super::{
	arithmetic::{self, Binary, Carrying, Comparison, Division, Field, Ternary, Unary},
	bits,
	types::{Kind, Type},
};

/// A function with the widths of what it gives and takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form<F, const N: usize> {
	/// The function.
	pub(super) function: F,
	/// Bits of the result.
	pub(super) to: u32,
	/// Bits of the sources.
	pub(super) from: [u32; N],
}

/// A function with a carry.
#[derive(Clone, Copy, Debug)]
pub(super) struct CarryForm {
	/// The function. One of two sources does not look at its third value.
	pub(super) function: Carrying,
	/// Whether it has a third source.
	pub(super) has_third: bool,
	/// Bits of the result and of all sources.
	pub(super) bits: u32,
	/// Whether it takes the carry flag; else it takes no carry.
	pub(super) reads: bool,
	/// Whether it sets the carry flag.
	pub(super) writes: bool,
}

/// `function::<SIGNED, WIDTH>` for the integer types of 16, 32 and 64 bits.
macro_rules! integer {
	($ty:expr, $pointer:ty, $module:ident :: $function:ident) => {
		match ($ty.kind, $ty.bits) {
			(Kind::Unsigned, 16) => Some($module::$function::<false, 16> as $pointer),
			(Kind::Unsigned, 32) => Some($module::$function::<false, 32> as $pointer),
			(Kind::Unsigned, 64) => Some($module::$function::<false, 64> as $pointer),
			(Kind::Signed, 16) => Some($module::$function::<true, 16> as $pointer),
			(Kind::Signed, 32) => Some($module::$function::<true, 32> as $pointer),
			(Kind::Signed, 64) => Some($module::$function::<true, 64> as $pointer),
			_ => None,
		}
	};
}

/// `function::<WIDTH>` for the types of one kind with 16, 32 and 64 bits.
macro_rules! of_kind {
	($kind:ident, $ty:expr, $pointer:ty, $module:ident :: $function:ident) => {
		match ($ty.kind, $ty.bits) {
			(Kind::$kind, 16) => Some($module::$function::<16> as $pointer),
			(Kind::$kind, 32) => Some($module::$function::<32> as $pointer),
			(Kind::$kind, 64) => Some($module::$function::<64> as $pointer),
			_ => None,
		}
	};
}

/// An instruction of one source.
pub(super) fn unary(opcode: &str, qualifiers: &[&str], ty: Type) -> Option<Form<Unary, 1>> {
	let bits = ty.bits;
	let (function, to) = match (opcode, qualifiers) {
		("neg", []) => (of_kind!(Signed, ty, Unary, arithmetic::neg), bits),
		("abs", []) => (of_kind!(Signed, ty, Unary, arithmetic::abs), bits),
		("not", []) => (of_kind!(Bits, ty, Unary, bits::not), bits),
		("cnot", []) => (of_kind!(Bits, ty, Unary, bits::cnot), bits),
		("brev", []) if bits >= 32 => (of_kind!(Bits, ty, Unary, bits::brev), bits),
		("popc", []) if bits >= 32 => (of_kind!(Bits, ty, Unary, bits::popc), 32),
		("clz", []) if bits >= 32 => (of_kind!(Bits, ty, Unary, bits::clz), 32),
		("bfind", []) if bits >= 32 => (integer!(ty, Unary, bits::bfind), 32),
		("bfind", ["shiftamt"]) if bits >= 32 => (integer!(ty, Unary, bits::bfind_shiftamt), 32),
		_ => return None,
	};
	Some(Form {
		function: function?,
		to,
		from: [bits],
	})
}

/// An instruction of two sources.
pub(super) fn binary(opcode: &str, qualifiers: &[&str], ty: Type) -> Option<Form<Binary, 2>> {
	let bits = ty.bits;
	let (function, to, from) = match (opcode, qualifiers) {
		("add", []) => (integer!(ty, Binary, arithmetic::add), bits, [bits; 2]),
		("sub", []) => (integer!(ty, Binary, arithmetic::sub), bits, [bits; 2]),
		("mul", ["lo"]) => (integer!(ty, Binary, arithmetic::mul_lo), bits, [bits; 2]),
		("mul", ["hi"]) => (integer!(ty, Binary, arithmetic::mul_hi), bits, [bits; 2]),
		("mul", ["wide"]) if bits <= 32 => (integer!(ty, Binary, arithmetic::mul_wide), 2 * bits, [bits; 2]),
		("min", []) => (integer!(ty, Binary, arithmetic::min), bits, [bits; 2]),
		("max", []) => (integer!(ty, Binary, arithmetic::max), bits, [bits; 2]),
		("and", []) => (of_kind!(Bits, ty, Binary, bits::and), bits, [bits; 2]),
		("or", []) => (of_kind!(Bits, ty, Binary, bits::or), bits, [bits; 2]),
		("xor", []) => (of_kind!(Bits, ty, Binary, bits::xor), bits, [bits; 2]),
		("shl", []) => (of_kind!(Bits, ty, Binary, bits::shl), bits, [bits, 32]),
		("shr", []) => (integer!(ty.with_bits_unsigned(), Binary, bits::shr), bits, [bits, 32]),
		_ => return None,
	};
	Some(Form {
		function: function?,
		to,
		from,
	})
}

/// An instruction of three sources.
pub(super) fn ternary(opcode: &str, qualifiers: &[&str], ty: Type) -> Option<Form<Ternary, 3>> {
	let bits = ty.bits;
	let is_word = ty
		== Type {
			kind: Kind::Bits,
			bits: 32,
		};
	let (function, to, from) = match (opcode, qualifiers) {
		("mad", ["lo"]) => (integer!(ty, Ternary, arithmetic::mad_lo), bits, [bits; 3]),
		("mad", ["hi"]) => (integer!(ty, Ternary, arithmetic::mad_hi), bits, [bits; 3]),
		("mad", ["wide"]) if bits <= 32 => (
			integer!(ty, Ternary, arithmetic::mad_wide),
			2 * bits,
			[bits, bits, 2 * bits],
		),
		("sad", []) => (integer!(ty, Ternary, arithmetic::sad), bits, [bits; 3]),
		("dp4a", [a]) => (dp4a(Type::parse(a)?, ty), 32, [32; 3]),
		("slct", [chosen])
			if ty
				== (Type {
					kind: Kind::Signed,
					bits: 32,
				}) =>
		{
			let chosen = Type::parse(chosen).filter(|chosen| chosen.bits >= 16)?.bits;
			(Some(arithmetic::slct as Ternary), chosen, [chosen, chosen, 32])
		}
		("prmt", []) if is_word => (Some(bits::prmt as Ternary), 32, [32; 3]),
		("shf", ["l", "wrap"]) if is_word => (Some(bits::shf_l_wrap as Ternary), 32, [32; 3]),
		("shf", ["l", "clamp"]) if is_word => (Some(bits::shf_l_clamp as Ternary), 32, [32; 3]),
		("shf", ["r", "wrap"]) if is_word => (Some(bits::shf_r_wrap as Ternary), 32, [32; 3]),
		("shf", ["r", "clamp"]) if is_word => (Some(bits::shf_r_clamp as Ternary), 32, [32; 3]),
		_ => return None,
	};
	Some(Form {
		function: function?,
		to,
		from,
	})
}

fn dp4a(a: Type, b: Type) -> Option<Ternary> {
	if a.bits != 32 || b.bits != 32 {
		return None;
	}
	match (a.kind, b.kind) {
		(Kind::Unsigned, Kind::Unsigned) => Some(arithmetic::dp4a::<false, false> as Ternary),
		(Kind::Unsigned, Kind::Signed) => Some(arithmetic::dp4a::<false, true> as Ternary),
		(Kind::Signed, Kind::Unsigned) => Some(arithmetic::dp4a::<true, false> as Ternary),
		(Kind::Signed, Kind::Signed) => Some(arithmetic::dp4a::<true, true> as Ternary),
		_ => None,
	}
}

/// `bfe` or `bfi`: the first does not look at its second value.
pub(super) fn field(opcode: &str, qualifiers: &[&str], ty: Type) -> Option<Form<Field, 4>> {
	let bits = ty.bits;
	let function = match (opcode, qualifiers) {
		("bfe", []) if bits >= 32 => integer!(ty, Field, bits::bfe),
		("bfi", []) if bits >= 32 => of_kind!(Bits, ty, Field, bits::bfi),
		_ => None,
	};
	Some(Form {
		function: function?,
		to: bits,
		from: [bits, bits, 32, 32],
	})
}

/// An instruction of two sources that is not defined for all values.
pub(super) fn division(opcode: &str, qualifiers: &[&str], ty: Type) -> Option<Form<Division, 2>> {
	let function = match (opcode, qualifiers) {
		("div", []) => integer!(ty, Division, arithmetic::div),
		("rem", []) => integer!(ty, Division, arithmetic::rem),
		_ => None,
	};
	Some(Form {
		function: function?,
		to: ty.bits,
		from: [ty.bits; 2],
	})
}

/// An instruction that takes or sets the carry flag.
pub(super) fn carrying(opcode: &str, qualifiers: &[&str], ty: Type) -> Option<CarryForm> {
	if ty.bits < 32 {
		return None;
	}
	let (function, has_third, reads, writes) = match (opcode, qualifiers) {
		("add", ["cc"]) => (integer!(ty, Carrying, arithmetic::add_cc), false, false, true),
		("addc", []) => (integer!(ty, Carrying, arithmetic::add_cc), false, true, false),
		("addc", ["cc"]) => (integer!(ty, Carrying, arithmetic::add_cc), false, true, true),
		("sub", ["cc"]) => (integer!(ty, Carrying, arithmetic::sub_cc), false, false, true),
		("subc", []) => (integer!(ty, Carrying, arithmetic::sub_cc), false, true, false),
		("subc", ["cc"]) => (integer!(ty, Carrying, arithmetic::sub_cc), false, true, true),
		("mad", ["lo", "cc"]) => (integer!(ty, Carrying, arithmetic::mad_lo_cc), true, false, true),
		("mad", ["hi", "cc"]) => (integer!(ty, Carrying, arithmetic::mad_hi_cc), true, false, true),
		("madc", ["lo"]) => (integer!(ty, Carrying, arithmetic::mad_lo_cc), true, true, false),
		("madc", ["hi"]) => (integer!(ty, Carrying, arithmetic::mad_hi_cc), true, true, false),
		("madc", ["lo", "cc"]) => (integer!(ty, Carrying, arithmetic::mad_lo_cc), true, true, true),
		("madc", ["hi", "cc"]) => (integer!(ty, Carrying, arithmetic::mad_hi_cc), true, true, true),
		_ => return None,
	};
	Some(CarryForm {
		function: function?,
		has_third,
		bits: ty.bits,
		reads,
		writes,
	})
}

/// The relation of a `setp` or `set`. Bits are only equal or not; `lo` to `hs` are the unsigned names.
pub(super) fn comparison(relation: &str, ty: Type) -> Option<Comparison> {
	let is_unsigned = ty.kind == Kind::Unsigned;
	match relation {
		"eq" => integer!(ty.with_bits_unsigned(), Comparison, arithmetic::eq),
		"ne" => integer!(ty.with_bits_unsigned(), Comparison, arithmetic::ne),
		"lt" => integer!(ty, Comparison, arithmetic::lt),
		"le" => integer!(ty, Comparison, arithmetic::le),
		"gt" => integer!(ty, Comparison, arithmetic::gt),
		"ge" => integer!(ty, Comparison, arithmetic::ge),
		"lo" if is_unsigned => integer!(ty, Comparison, arithmetic::lt),
		"ls" if is_unsigned => integer!(ty, Comparison, arithmetic::le),
		"hi" if is_unsigned => integer!(ty, Comparison, arithmetic::gt),
		"hs" if is_unsigned => integer!(ty, Comparison, arithmetic::ge),
		_ => None,
	}
}
