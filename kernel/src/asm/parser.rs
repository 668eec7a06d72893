//! The grammar inside a line: names, numbers, operands.

use alloc::{
	format,
	string::{String, ToString},
	vec::{self, Vec},
};
use core::iter::Peekable;

use super::{
	lexer::{tokens, Kind, Token},
	AsmError,
};

/// A name or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar<'a> {
	/// A name, and the expansion that it belongs to if it is a label; what it names depends on where it stands.
	Name(&'a str, usize),
	/// A number from -(2^64 - 1) to 2^64 - 1.
	Number(i128),
}

/// `area[register + offset]:cursor`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Memory<'a> {
	/// The input or the table.
	pub(super) area: Option<&'a str>,
	/// The index register.
	pub(super) register: &'a str,
	/// Added to it; a name is one of `.equ`.
	pub(super) offset: Scalar<'a>,
	/// Whether `offset` is subtracted instead.
	pub(super) negative: bool,
	/// The cursor, where one is written.
	pub(super) cursor: Option<Scalar<'a>>,
}

/// An operand of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand<'a> {
	/// A register, a number, a label, an input, a parameter.
	Scalar(Scalar<'a>),
	/// A place in memory.
	Memory(Memory<'a>),
}

/// A line that is being read.
pub(super) struct Line<'a> {
	/// Its number, from 1.
	number: u32,
	/// The column just after its text.
	end: u32,
	tokens: Peekable<vec::IntoIter<Token<'a>>>,
}

impl<'a> Line<'a> {
	/// Line `number` of a source.
	pub(super) fn new(text: &'a str, number: u32) -> Result<Line<'a>, AsmError> {
		Ok(Line {
			number,
			end: u32::try_from(text.chars().count())
				.unwrap_or(u32::MAX)
				.saturating_add(1),
			tokens: tokens(text, number)?.into_iter().peekable(),
		})
	}

	/// The number of the line, from 1.
	pub(super) fn number(&self) -> u32 {
		self.number
	}

	/// The line as it stands in expansion number `scope` of a macro: what `argument` gives for a name takes its place.
	/// The first word is an instruction or a macro, and stays.
	pub(super) fn expanded<'b>(&self, scope: usize, argument: impl Fn(&str) -> Option<&'b [Token<'a>]>) -> Line<'a>
	where
		'a: 'b,
	{
		let mut tokens = Vec::new();
		for (at, token) in self.tokens.clone().enumerate() {
			let replacement = match token.kind {
				Kind::Word(word) if at > 0 => argument(word),
				_ => None,
			};
			let column = token.column;
			match replacement {
				Some(parts) => tokens.extend(parts.iter().map(|part| Token { column, ..*part })),
				None => tokens.push(Token { scope, ..token }),
			}
		}
		Line {
			number: self.number,
			end: self.end,
			tokens: tokens.into_iter().peekable(),
		}
	}

	/// The column of the next token, or that after the text.
	pub(super) fn column(&mut self) -> u32 {
		self.tokens.peek().map_or(self.end, |token| token.column)
	}

	/// Whether nothing is left.
	pub(super) fn is_empty(&mut self) -> bool {
		self.tokens.peek().is_none()
	}

	/// An error at the next token: `expected` says what should stand there.
	pub(super) fn expected(&mut self, expected: &str) -> AsmError {
		let column = self.column();
		let found = match self.tokens.peek() {
			Some(token) => token.kind.shown(),
			None => "the end of the line".to_string(),
		};
		self.error(column, format!("expected {expected}, found {found}"), None)
	}

	/// An error at `column` of this line.
	pub(super) fn error(&self, column: u32, message: String, hint: Option<String>) -> AsmError {
		AsmError::new(self.number, column, message, hint)
	}

	/// The next token, which stays, if it is a word.
	pub(super) fn peek_word(&mut self) -> Option<&'a str> {
		match self.tokens.peek() {
			Some(Token {
				kind: Kind::Word(word), ..
			}) => Some(*word),
			_ => None,
		}
	}

	/// The next token if it is a word.
	pub(super) fn accept_word(&mut self) -> Option<&'a str> {
		let word = self.peek_word()?;
		self.tokens.next();
		Some(word)
	}

	/// The next token, which is a word: `expected` says of what kind.
	pub(super) fn word(&mut self, expected: &str) -> Result<&'a str, AsmError> {
		self.accept_word().ok_or_else(|| self.expected(expected))
	}

	/// A new name: letters, digits and `_`, not beginning with a digit.
	pub(super) fn new_name(&mut self, expected: &str) -> Result<&'a str, AsmError> {
		let column = self.column();
		let name = self.word(expected)?;
		if name.contains('.') {
			return Err(self.error(
				column,
				format!("expected {expected}, found `{name}`"),
				Some("names have letters, digits and _".to_string()),
			));
		}
		Ok(name)
	}

	/// Whether the next token is `mark`; if so it is consumed.
	pub(super) fn accept(&mut self, mark: char) -> bool {
		let is_next = matches!(self.tokens.peek(), Some(Token { kind: Kind::Mark(found), .. }) if *found == mark);
		if is_next {
			self.tokens.next();
		}
		is_next
	}

	/// Consumes `mark`, or says that it was expected.
	fn require(&mut self, mark: char) -> Result<(), AsmError> {
		if self.accept(mark) {
			Ok(())
		} else {
			Err(self.expected(&format!("`{mark}`")))
		}
	}

	/// A name, or a number with or without a sign.
	pub(super) fn scalar(&mut self, expected: &str) -> Result<Scalar<'a>, AsmError> {
		if let Some(Token {
			kind: Kind::Word(word),
			scope,
			..
		}) = self.tokens.next_if(is_word)
		{
			return Ok(Scalar::Name(word, scope));
		}
		let negative = self.accept('-');
		match self.tokens.peek() {
			Some(Token {
				kind: Kind::Number(number),
				..
			}) => {
				let value = i128::from(*number);
				self.tokens.next();
				Ok(Scalar::Number(if negative { value.saturating_neg() } else { value }))
			}
			_ => Err(self.expected(expected)),
		}
	}

	/// Nothing more.
	pub(super) fn end(&mut self) -> Result<(), AsmError> {
		if self.is_empty() {
			Ok(())
		} else {
			Err(self.expected("the end of the line"))
		}
	}

	/// The rest of the line: operands with commas between them, each with its column.
	pub(super) fn operands(&mut self) -> Result<Vec<(Operand<'a>, u32)>, AsmError> {
		let mut operands = Vec::new();
		if self.is_empty() {
			return Ok(operands);
		}
		loop {
			let column = self.column();
			operands.push((self.operand()?, column));
			if self.is_empty() {
				return Ok(operands);
			}
			if !self.accept(',') {
				return Err(self.expected("`,` or the end of the line"));
			}
		}
	}

	/// The rest of the line: the arguments of a macro with commas between them, each a name or a number as tokens.
	pub(super) fn arguments(&mut self) -> Result<Vec<Vec<Token<'a>>>, AsmError> {
		let mut arguments = Vec::new();
		if self.is_empty() {
			return Ok(arguments);
		}
		loop {
			let sign = self.tokens.next_if(|token| token.kind == Kind::Mark('-'));
			let value = self
				.tokens
				.next_if(|token| matches!(token.kind, Kind::Number(_)) || (sign.is_none() && is_word(token)));
			let Some(value) = value else {
				return Err(self.expected("an argument, which is a name or a number"));
			};
			arguments.push(sign.into_iter().chain([value]).collect());
			if self.is_empty() {
				return Ok(arguments);
			}
			if !self.accept(',') {
				return Err(self.expected("`,` or the end of the line"));
			}
		}
	}

	fn operand(&mut self) -> Result<Operand<'a>, AsmError> {
		if self.accept('[') {
			return self.memory(None).map(Operand::Memory);
		}
		let scalar = self.scalar("an operand")?;
		match scalar {
			Scalar::Name(area, _) if self.accept('[') => self.memory(Some(area)).map(Operand::Memory),
			_ => Ok(Operand::Scalar(scalar)),
		}
	}

	/// What follows the `[` of a place.
	fn memory(&mut self, area: Option<&'a str>) -> Result<Memory<'a>, AsmError> {
		let column = self.column();
		let register = match self.scalar("an index register")? {
			Scalar::Name(register, _) => register,
			Scalar::Number(number) => {
				return Err(self.error(
					column,
					format!("expected an index register, found the number {number}"),
					Some(format!(
						"registers start at 0: name one that stays so, `[zero + {number}]`"
					)),
				));
			}
		};
		let plus = self.accept('+');
		let negative = !plus && self.accept('-');
		let offset = if plus || negative {
			self.scalar("an offset")?
		} else {
			Scalar::Number(0)
		};
		self.require(']')?;
		let cursor = if self.accept(':') {
			Some(self.scalar("a cursor from 0 to 15")?)
		} else {
			None
		};
		Ok(Memory {
			area,
			register,
			offset,
			negative,
			cursor,
		})
	}
}

fn is_word(token: &Token<'_>) -> bool {
	matches!(token.kind, Kind::Word(_))
}
