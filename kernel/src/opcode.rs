//! The instruction table: the single source of codes, mnemonics, operand forms and costs.
//!
//! The decoder, the interpreter, the assembler and the disassembler read it; a test compares the table of `SPEC.md`
//! with it. An instruction is one 8-byte word `op:u8 dst:u8 a:u8 b:u8 imm:u32`; a [`Form`] says what each of the four
//! fields means and, by [`Form::fields`], how it is validated.
//!
//! Two-source instructions come as a pair under one mnemonic: the register form has an even code, the immediate form
//! the odd one after it. Instructions of the 64-bit file carry the suffix `.d` where the 32-bit file has one of the
//! same name (and `mulhiu.d`, `mulhis.d` for uniformity).

/// What one field (`dst`, `a`, `b` or `imm`) of an instruction word holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
	/// Unused: must be 0.
	Zero,
	/// A `w` register (32 bit), below the declared count.
	W,
	/// A `d` register (64 bit), below the declared count.
	D,
	/// The first of four consecutive `w` registers, all four below the declared count; no alignment is asked for.
	W4,
	/// A 32-bit immediate operand.
	Value,
	/// A 32-bit immediate operand, sign-extended to 64 bits.
	SignedValue,
	/// A third source, a `w` register, in bits 0..8 of `imm`; the other bits are 0.
	ThirdW,
	/// A third source, a `d` register, in bits 0..8 of `imm`; the other bits are 0.
	ThirdD,
	/// A branch depth: 0 names the innermost open block, loop or if; below the number that are open.
	Depth,
	/// A shift of a 64-bit product, 0 to 63.
	Shift,
	/// Four nibbles, least significant first, each 0 to 7: which byte of `b:a` goes to which byte; bits 16.. are 0.
	Selector,
	/// A bit position in bits 0..8, a length in bits 8..16, with length >= 1 and position + length <= 32; the other
	/// bits are 0.
	BitField,
	/// `input | cursor << 3 | z << 7`: a declared input, one of its 16 cursors, and whether a read out of range
	/// gives 0 (`z` = 1) or traps (`z` = 0).
	Input,
	/// The number of a declared input.
	InputIndex,
	/// The number of a declared parameter.
	ParamIndex,
	/// An offset in elements (units of the access width), added to the index register modulo 2^32.
	Element,
}

/// The meaning of the four fields of an instruction word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields {
	/// The `dst` field.
	pub dst: Field,
	/// The `a` field.
	pub a: Field,
	/// The `b` field.
	pub b: Field,
	/// The `imm` field.
	pub imm: Field,
}

/// The operand form of an instruction. The comment shows the order of the text form; `#` marks an immediate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
	/// `op`
	None,
	/// `op w[a]`
	Condition,
	/// `op depth`
	Depth,
	/// `op w[a], depth`
	ConditionDepth,
	/// `op w[dst], w[a]`
	WUnary,
	/// `op w[dst], #imm`
	WConst,
	/// `op w[dst], w[a], w[b]`
	WBinary,
	/// `op w[dst], w[a], #imm`
	WBinaryImm,
	/// `op w[dst], w[a], w[b], w[imm]`
	WTernary,
	/// `op w[dst], w[a], #imm, w[b]`: the third source moves to `b`
	WTernaryImm,
	/// `op w[dst], w[a], w[b], #selector`
	Permute,
	/// `op w[dst], w[a], #position, #length`
	Extract,
	/// `op w[dst], w[a], w[b], #shift`
	MulShift,
	/// `op d[dst], d[a]`
	DUnary,
	/// `op d[dst], #imm` (sign-extended)
	DConst,
	/// `op d[dst], d[a], d[b]`
	DBinary,
	/// `op d[dst], d[a], #imm` (sign-extended)
	DBinaryImm,
	/// `op w[dst], d[a], d[b]`
	DCompare,
	/// `op w[dst], d[a], #imm` (sign-extended)
	DCompareImm,
	/// `op d[dst], d[a], d[b], d[imm]`
	DTernary,
	/// `op d[dst], d[a], #imm, d[b]` (sign-extended): the third source moves to `b`
	DTernaryImm,
	/// `op d[dst], d[a], d[b], w[imm]`
	DSelect,
	/// `op w[dst], d[a]`
	WFromD,
	/// `op d[dst], w[a], w[b]`
	Pack,
	/// `op d[dst], w[a]`
	DFromW,
	/// `op w[dst]`
	WGet,
	/// `op w[dst], input`
	Length,
	/// `op d[dst], parameter`
	Parameter,
	/// `op d[dst], w[a], w[b]`
	WideBinary,
	/// `op d[dst], w[a], w[b], d[imm]`
	WideTernary,
	/// `op w[dst], input[w[a] + #imm]` with a cursor and `z`
	LoadW,
	/// `op d[dst], input[w[a] + #imm]` with a cursor and `z`
	LoadD,
	/// `op w[dst..dst+4], input[w[a] + #imm]` with a cursor and `z`
	LoadW4,
	/// `op w[dst], [w[a] + #imm]`
	ReadW,
	/// `op d[dst], [w[a] + #imm]`
	ReadD,
	/// `op [w[a] + #imm], w[b]`
	WriteW,
	/// `op [w[a] + #imm], d[b]`
	WriteD,
	/// `op [w[a] + #imm], w[b..b+4]`
	WriteW4,
}

impl Form {
	/// What each field of the word holds.
	pub const fn fields(self) -> Fields {
		use Field::*;
		let (dst, a, b, imm) = match self {
			Form::None => (Zero, Zero, Zero, Zero),
			Form::Condition => (Zero, W, Zero, Zero),
			Form::Depth => (Zero, Zero, Zero, Depth),
			Form::ConditionDepth => (Zero, W, Zero, Depth),
			Form::WUnary => (W, W, Zero, Zero),
			Form::WConst => (W, Zero, Zero, Value),
			Form::WBinary => (W, W, W, Zero),
			Form::WBinaryImm => (W, W, Zero, Value),
			Form::WTernary => (W, W, W, ThirdW),
			Form::WTernaryImm => (W, W, W, Value),
			Form::Permute => (W, W, W, Selector),
			Form::Extract => (W, W, Zero, BitField),
			Form::MulShift => (W, W, W, Shift),
			Form::DUnary => (D, D, Zero, Zero),
			Form::DConst => (D, Zero, Zero, SignedValue),
			Form::DBinary => (D, D, D, Zero),
			Form::DBinaryImm => (D, D, Zero, SignedValue),
			Form::DCompare => (W, D, D, Zero),
			Form::DCompareImm => (W, D, Zero, SignedValue),
			Form::DTernary => (D, D, D, ThirdD),
			Form::DTernaryImm => (D, D, D, SignedValue),
			Form::DSelect => (D, D, D, ThirdW),
			Form::WFromD => (W, D, Zero, Zero),
			Form::Pack => (D, W, W, Zero),
			Form::DFromW => (D, W, Zero, Zero),
			Form::WGet => (W, Zero, Zero, Zero),
			Form::Length => (W, Zero, Zero, InputIndex),
			Form::Parameter => (D, Zero, Zero, ParamIndex),
			Form::WideBinary => (D, W, W, Zero),
			Form::WideTernary => (D, W, W, ThirdD),
			Form::LoadW => (W, W, Input, Element),
			Form::LoadD => (D, W, Input, Element),
			Form::LoadW4 => (W4, W, Input, Element),
			Form::ReadW => (W, W, Zero, Element),
			Form::ReadD => (D, W, Zero, Element),
			Form::WriteW => (Zero, W, W, Element),
			Form::WriteD => (Zero, W, D, Element),
			Form::WriteW4 => (Zero, W, W4, Element),
		};
		Fields { dst, a, b, imm }
	}

	/// Whether this is the immediate form of a pair.
	pub const fn is_immediate(self) -> bool {
		matches!(
			self,
			Form::WConst
				| Form::WBinaryImm
				| Form::WTernaryImm
				| Form::DConst
				| Form::DBinaryImm
				| Form::DCompareImm
				| Form::DTernaryImm
		)
	}
}

/// The memory that an instruction touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
	/// A job's input: range-checked.
	Input,
	/// The program's constants: index masked.
	Constants,
	/// The item's scratch: index masked.
	Scratch,
	/// The item's output: index masked.
	Output,
}

/// Where a memory instruction reads or writes, and how wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
	/// The memory.
	pub area: Area,
	/// The base-2 logarithm of the width in bytes: 0, 1, 2, 3 or 4.
	pub width_log2: u32,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpInfo {
	/// The opcode.
	pub code: u8,
	/// The name in the text form. The two forms of a pair share it.
	pub mnemonic: &'static str,
	/// What the fields of the word hold.
	pub form: Form,
	/// Cost of one execution, in units, without faults.
	pub units: u8,
}

impl OpInfo {
	/// Whether this is the immediate form of a pair.
	pub const fn is_immediate(&self) -> bool {
		self.form.is_immediate()
	}

	/// Where this instruction reads or writes memory; `None` for those that do not.
	pub const fn access(&self) -> Option<Access> {
		let (area, width_log2) = match self.code {
			LD8U | LD8S => (Area::Input, 0),
			LD16U | LD16S => (Area::Input, 1),
			LD32 => (Area::Input, 2),
			LD64 => (Area::Input, 3),
			LD128 => (Area::Input, 4),
			CONST8U => (Area::Constants, 0),
			CONST32 => (Area::Constants, 2),
			CONST64 => (Area::Constants, 3),
			LDS8U | STS8 => (Area::Scratch, 0),
			LDS32 | STS32 => (Area::Scratch, 2),
			LDS64 | STS64 => (Area::Scratch, 3),
			STO8 => (Area::Output, 0),
			STO16 => (Area::Output, 1),
			STO32 => (Area::Output, 2),
			STO64 => (Area::Output, 3),
			STO128 => (Area::Output, 4),
			_ => return None,
		};
		Some(Access { area, width_log2 })
	}
}

macro_rules! table {
	($($code:literal $name:ident $mnemonic:literal $form:ident $units:literal;)*) => {
		$(
			#[doc = concat!("`", $mnemonic, "`, operand form [`Form::", stringify!($form), "`].")]
			pub const $name: u8 = $code;
		)*

		/// Every instruction, by ascending code.
		pub static TABLE: &[OpInfo] = &[
			$(OpInfo { code: $code, mnemonic: $mnemonic, form: Form::$form, units: $units },)*
		];

		/// The row of `code`; `None` for a code that version 1 does not define.
		pub const fn info(code: u8) -> Option<&'static OpInfo> {
			match code {
				$($code => {
					const INFO: &OpInfo =
						&OpInfo { code: $code, mnemonic: $mnemonic, form: Form::$form, units: $units };
					Some(INFO)
				},)*
				_ => None,
			}
		}
	};
}

table! {
	// Control.
	0x01 BLOCK "block" None 0;
	0x02 LOOP "loop" None 0;
	0x03 IF "if" Condition 1;
	0x04 ELSE "else" None 1;
	0x05 END "end" None 0;
	0x06 BR "br" Depth 1;
	0x07 BR_IF "br_if" ConditionDepth 1;
	0x08 BR_IFZ "br_ifz" ConditionDepth 1;
	0x09 RETURN "return" None 1;
	0x0a TRAP "trap" None 1;
	// `w` file, pairs: register form even, immediate form odd.
	0x10 MOV "mov" WUnary 1;
	0x11 MOV_I "mov" WConst 1;
	0x12 ADD "add" WBinary 1;
	0x13 ADD_I "add" WBinaryImm 1;
	0x14 SUB "sub" WBinary 1;
	0x15 SUB_I "sub" WBinaryImm 1;
	0x16 MUL "mul" WBinary 1;
	0x17 MUL_I "mul" WBinaryImm 1;
	0x18 MAD "mad" WTernary 1;
	0x19 MAD_I "mad" WTernaryImm 1;
	0x1a AND "and" WBinary 1;
	0x1b AND_I "and" WBinaryImm 1;
	0x1c OR "or" WBinary 1;
	0x1d OR_I "or" WBinaryImm 1;
	0x1e XOR "xor" WBinary 1;
	0x1f XOR_I "xor" WBinaryImm 1;
	0x20 SHL "shl" WBinary 1;
	0x21 SHL_I "shl" WBinaryImm 1;
	0x22 SHRU "shru" WBinary 1;
	0x23 SHRU_I "shru" WBinaryImm 1;
	0x24 SHRS "shrs" WBinary 1;
	0x25 SHRS_I "shrs" WBinaryImm 1;
	0x26 ROTL "rotl" WBinary 1;
	0x27 ROTL_I "rotl" WBinaryImm 1;
	0x28 MINU "minu" WBinary 1;
	0x29 MINU_I "minu" WBinaryImm 1;
	0x2a MINS "mins" WBinary 1;
	0x2b MINS_I "mins" WBinaryImm 1;
	0x2c MAXU "maxu" WBinary 1;
	0x2d MAXU_I "maxu" WBinaryImm 1;
	0x2e MAXS "maxs" WBinary 1;
	0x2f MAXS_I "maxs" WBinaryImm 1;
	0x30 EQ "eq" WBinary 1;
	0x31 EQ_I "eq" WBinaryImm 1;
	0x32 NE "ne" WBinary 1;
	0x33 NE_I "ne" WBinaryImm 1;
	0x34 LTU "ltu" WBinary 1;
	0x35 LTU_I "ltu" WBinaryImm 1;
	0x36 LTS "lts" WBinary 1;
	0x37 LTS_I "lts" WBinaryImm 1;
	0x38 LEU "leu" WBinary 1;
	0x39 LEU_I "leu" WBinaryImm 1;
	0x3a LES "les" WBinary 1;
	0x3b LES_I "les" WBinaryImm 1;
	0x3c FSHR "fshr" WTernary 1;
	0x3d FSHR_I "fshr" WTernaryImm 1;
	0x3e DIVU "divu" WBinary 20;
	0x3f DIVU_I "divu" WBinaryImm 20;
	0x40 DIVS "divs" WBinary 20;
	0x41 DIVS_I "divs" WBinaryImm 20;
	0x42 REMU "remu" WBinary 20;
	0x43 REMU_I "remu" WBinaryImm 20;
	0x44 REMS "rems" WBinary 20;
	0x45 REMS_I "rems" WBinaryImm 20;
	// `w` file, single forms.
	0x46 SEL "sel" WTernary 1;
	0x47 PRMT "prmt" Permute 1;
	0x48 DP4A_SS "dp4a.ss" WTernary 1;
	0x49 DP4A_US "dp4a.us" WTernary 1;
	0x4a DP4A_UU "dp4a.uu" WTernary 1;
	0x4b BFEU "bfeu" Extract 2;
	0x4c BFES "bfes" Extract 2;
	0x4d MULSHRU "mulshru" MulShift 3;
	0x4e MULSHRS "mulshrs" MulShift 3;
	0x4f CLZ "clz" WUnary 4;
	0x50 POPCNT "popcnt" WUnary 4;
	0x51 BREV "brev" WUnary 4;
	0x52 CTZ "ctz" WUnary 8;
	// `d` file, pairs.
	0x60 MOV_D "mov.d" DUnary 2;
	0x61 MOV_D_I "mov.d" DConst 2;
	0x62 ADD_D "add.d" DBinary 2;
	0x63 ADD_D_I "add.d" DBinaryImm 2;
	0x64 SUB_D "sub.d" DBinary 2;
	0x65 SUB_D_I "sub.d" DBinaryImm 2;
	0x66 AND_D "and.d" DBinary 2;
	0x67 AND_D_I "and.d" DBinaryImm 2;
	0x68 OR_D "or.d" DBinary 2;
	0x69 OR_D_I "or.d" DBinaryImm 2;
	0x6a XOR_D "xor.d" DBinary 2;
	0x6b XOR_D_I "xor.d" DBinaryImm 2;
	0x6c SHL_D "shl.d" DBinary 2;
	0x6d SHL_D_I "shl.d" DBinaryImm 2;
	0x6e SHRU_D "shru.d" DBinary 2;
	0x6f SHRU_D_I "shru.d" DBinaryImm 2;
	0x70 SHRS_D "shrs.d" DBinary 2;
	0x71 SHRS_D_I "shrs.d" DBinaryImm 2;
	0x72 ROTL_D "rotl.d" DBinary 2;
	0x73 ROTL_D_I "rotl.d" DBinaryImm 2;
	0x74 MINU_D "minu.d" DBinary 2;
	0x75 MINU_D_I "minu.d" DBinaryImm 2;
	0x76 MINS_D "mins.d" DBinary 2;
	0x77 MINS_D_I "mins.d" DBinaryImm 2;
	0x78 MAXU_D "maxu.d" DBinary 2;
	0x79 MAXU_D_I "maxu.d" DBinaryImm 2;
	0x7a MAXS_D "maxs.d" DBinary 2;
	0x7b MAXS_D_I "maxs.d" DBinaryImm 2;
	0x7c EQ_D "eq.d" DCompare 2;
	0x7d EQ_D_I "eq.d" DCompareImm 2;
	0x7e NE_D "ne.d" DCompare 2;
	0x7f NE_D_I "ne.d" DCompareImm 2;
	0x80 LTU_D "ltu.d" DCompare 2;
	0x81 LTU_D_I "ltu.d" DCompareImm 2;
	0x82 LTS_D "lts.d" DCompare 2;
	0x83 LTS_D_I "lts.d" DCompareImm 2;
	0x84 LEU_D "leu.d" DCompare 2;
	0x85 LEU_D_I "leu.d" DCompareImm 2;
	0x86 LES_D "les.d" DCompare 2;
	0x87 LES_D_I "les.d" DCompareImm 2;
	0x88 MUL_D "mul.d" DBinary 4;
	0x89 MUL_D_I "mul.d" DBinaryImm 4;
	0x8a MAD_D "mad.d" DTernary 4;
	0x8b MAD_D_I "mad.d" DTernaryImm 4;
	0x8c DIVU_D "divu.d" DBinary 96;
	0x8d DIVU_D_I "divu.d" DBinaryImm 96;
	0x8e DIVS_D "divs.d" DBinary 96;
	0x8f DIVS_D_I "divs.d" DBinaryImm 96;
	0x90 REMU_D "remu.d" DBinary 96;
	0x91 REMU_D_I "remu.d" DBinaryImm 96;
	0x92 REMS_D "rems.d" DBinary 96;
	0x93 REMS_D_I "rems.d" DBinaryImm 96;
	// `d` file, single forms.
	0x94 SEL_D "sel.d" DSelect 2;
	0x95 MULHIU_D "mulhiu.d" DBinary 8;
	0x96 MULHIS_D "mulhis.d" DBinary 8;
	0x97 CLZ_D "clz.d" DUnary 8;
	0x98 CTZ_D "ctz.d" DUnary 8;
	0x99 POPCNT_D "popcnt.d" DUnary 8;
	0x9a BREV_D "brev.d" DUnary 8;
	// Both files, and what an item knows of its task.
	0xa0 LO "lo" WFromD 1;
	0xa1 HI "hi" WFromD 1;
	0xa2 PACK "pack" Pack 1;
	0xa3 ZEXT "zext" DFromW 1;
	0xa4 SEXT "sext" DFromW 1;
	0xa5 INDEX "index" WGet 1;
	0xa6 ITEMS "items" WGet 1;
	0xa7 LEN "len" Length 1;
	0xa8 PARAM "param" Parameter 1;
	0xa9 MULWU "mulwu" WideBinary 2;
	0xaa MULWS "mulws" WideBinary 2;
	0xab MADWU "madwu" WideTernary 2;
	0xac MADWS "madws" WideTernary 2;
	// Memory: inputs, constants, scratch, output.
	0xb0 LD8U "ld8u" LoadW 8;
	0xb1 LD8S "ld8s" LoadW 8;
	0xb2 LD16U "ld16u" LoadW 8;
	0xb3 LD16S "ld16s" LoadW 8;
	0xb4 LD32 "ld32" LoadW 8;
	0xb5 LD64 "ld64" LoadD 8;
	0xb6 LD128 "ld128" LoadW4 16;
	0xb7 CONST8U "const8u" ReadW 4;
	0xb8 CONST32 "const32" ReadW 4;
	0xb9 CONST64 "const64" ReadD 4;
	0xba LDS8U "lds8u" ReadW 8;
	0xbb LDS32 "lds32" ReadW 8;
	0xbc LDS64 "lds64" ReadD 8;
	0xbd STS8 "sts8" WriteW 8;
	0xbe STS32 "sts32" WriteW 8;
	0xbf STS64 "sts64" WriteD 8;
	0xc0 STO8 "sto8" WriteW 4;
	0xc1 STO16 "sto16" WriteW 4;
	0xc2 STO32 "sto32" WriteW 4;
	0xc3 STO64 "sto64" WriteD 4;
	0xc4 STO128 "sto128" WriteW4 8;
}

/// The instruction called `name`, in its immediate or its other form.
///
/// Only pairs have an immediate form: for every other instruction `immediate` must be false. `None` where there is no
/// such name, or no such form of it.
pub fn by_name(name: &str, immediate: bool) -> Option<&'static OpInfo> {
	TABLE
		.iter()
		.find(|row| row.mnemonic == name && row.is_immediate() == immediate)
}
