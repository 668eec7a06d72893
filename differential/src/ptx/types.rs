//! Instruction types: how many bits an operand has, and how they are read.

/// How the bits of a value are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
	/// `.pred`
	Predicate,
	/// `.b8` to `.b64`
	Bits,
	/// `.u8` to `.u64`
	Unsigned,
	/// `.s8` to `.s64`
	Signed,
}

/// The type of an instruction, a register or a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Type {
	/// How the bits are read.
	pub(super) kind: Kind,
	/// Their number: 1 for a predicate, else 8, 16, 32 or 64.
	pub(super) bits: u32,
}

impl Type {
	/// The type that a modifier names, without its dot. There are no floating-point types here.
	pub(super) fn parse(text: &str) -> Option<Type> {
		let (kind, bits) = match text {
			"pred" => (Kind::Predicate, 1),
			"b8" => (Kind::Bits, 8),
			"b16" => (Kind::Bits, 16),
			"b32" => (Kind::Bits, 32),
			"b64" => (Kind::Bits, 64),
			"u8" => (Kind::Unsigned, 8),
			"u16" => (Kind::Unsigned, 16),
			"u32" => (Kind::Unsigned, 32),
			"u64" => (Kind::Unsigned, 64),
			"s8" => (Kind::Signed, 8),
			"s16" => (Kind::Signed, 16),
			"s32" => (Kind::Signed, 32),
			"s64" => (Kind::Signed, 64),
			_ => return None,
		};
		Some(Type { kind, bits })
	}

	/// Whether the highest bit is a sign.
	pub(super) fn is_signed(self) -> bool {
		self.kind == Kind::Signed
	}

	/// Whether it is an unsigned or signed integer, not bits alone.
	pub(super) fn is_integer(self) -> bool {
		matches!(self.kind, Kind::Unsigned | Kind::Signed)
	}

	/// The same number of bits, read as an unsigned integer where they were bits alone.
	pub(super) fn with_bits_unsigned(self) -> Type {
		match self.kind {
			Kind::Bits => Type {
				kind: Kind::Unsigned,
				bits: self.bits,
			},
			_ => self,
		}
	}
}

/// The lowest `bits` bits set; `bits` is 1 to 64.
pub(super) fn mask(bits: u32) -> u64 {
	u64::MAX >> (64 - bits)
}

/// The lowest `bits` bits of a value, with zeros or copies of the highest of them above; `bits` is 1 to 64.
pub(super) fn extend(value: u64, bits: u32, signed: bool) -> u64 {
	let spare = 64 - bits;
	if signed {
		(((value << spare) as i64) >> spare) as u64
	} else {
		(value << spare) >> spare
	}
}
