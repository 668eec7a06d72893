//! Variables, and entries with their parameters and directives.

use super::{fail, Parser};
use crate::ptx::{
	error::Error,
	lexer::Token,
	space::{Space, MOST_ALIGN, MOST_VARIABLE_BYTES},
	syntax::{Entry, Limits, Parameter, Variable},
	types::{Kind, Type},
};

/// Most bytes of parameters that a driver takes.
const MOST_PARAMETER_BYTES: u64 = 4_352;

impl<'a> Parser<'a, '_> {
	/// A variable, from behind the name of its space: `.align 4 .b8 table[4] = {1, 2};`
	pub(super) fn variable(&mut self, space: Space) -> Result<Variable<'a>, Error> {
		let line = self.line();
		let align = self.align()?;
		let ty = self.data_type()?;
		let name = self.word()?;
		let width = u64::from(ty.bits / 8);
		let is_array = self.eat(Token::Mark('['));
		let mut count = Some(1);
		if is_array {
			count = if self.is(Token::Mark(']')) {
				None
			} else {
				Some(self.number()?)
			};
			self.expect(Token::Mark(']'))?;
		}
		let values = self.initial_values(space, is_array)?;
		self.expect(Token::Mark(';'))?;

		let count = count.unwrap_or(values.len() as u64);
		if values.len() as u64 > count {
			return fail(
				line,
				format!("`{name}` has {count} elements and {} initial values", values.len()),
			);
		}
		if count == 0 || count > MOST_VARIABLE_BYTES / width {
			return fail(line, format!("`{name}` has {count} elements of {width} bytes"));
		}
		let mut bytes = vec![0; (count * width) as usize];
		for (element, value) in bytes.chunks_exact_mut(width as usize).zip(values) {
			element.copy_from_slice(&value.to_le_bytes()[..width as usize]);
		}
		Ok(Variable {
			line,
			space,
			name,
			align: align.unwrap_or(width),
			bytes,
		})
	}

	fn initial_values(&mut self, space: Space, is_array: bool) -> Result<Vec<u64>, Error> {
		if !self.eat(Token::Mark('=')) {
			return Ok(Vec::new());
		}
		if space == Space::Local {
			return self.error("a local variable has no initial value");
		}
		if !is_array {
			return Ok(vec![self.integer()?]);
		}
		self.expect(Token::Mark('{'))?;
		let mut values = vec![self.integer()?];
		while self.eat(Token::Mark(',')) {
			values.push(self.integer()?);
		}
		self.expect(Token::Mark('}'))?;
		Ok(values)
	}

	/// An entry, from behind `.entry`.
	pub(super) fn entry(&mut self) -> Result<Entry<'a>, Error> {
		let line = self.line();
		let name = self.word()?;
		let parameters = self.parameters()?;
		let mut limits = Limits::default();
		loop {
			match self.peek() {
				Some(Token::Dot("maxntid")) => {
					self.at += 1;
					limits.most = Some(self.extent()?.iter().product());
				}
				Some(Token::Dot("reqntid")) => {
					self.at += 1;
					limits.exact = Some(self.extent()?);
				}
				Some(Token::Dot("minnctapersm")) => {
					self.at += 1;
					self.number()?;
				}
				_ if self.annotation()? => {}
				_ => break,
			}
		}
		self.expect(Token::Mark('{'))?;
		let statements = self.body()?;
		let end = self.line();
		self.expect(Token::Mark('}'))?;
		Ok(Entry {
			line,
			name,
			parameters,
			limits,
			statements,
			end,
		})
	}

	/// One to three numbers; what is left out is 1.
	fn extent(&mut self) -> Result<[u64; 3], Error> {
		let mut extent = [1; 3];
		for (nth, size) in extent.iter_mut().enumerate() {
			if nth > 0 && !self.eat(Token::Mark(',')) {
				break;
			}
			let number = self.number()?;
			if !(1..=1_024).contains(&number) {
				return self.error(format!("{number} threads in one dimension of a block"));
			}
			*size = number;
		}
		Ok(extent)
	}

	/// The list of parameters, each at the next offset that suits it.
	fn parameters(&mut self) -> Result<Vec<Parameter<'a>>, Error> {
		let mut parameters = Vec::new();
		if !self.eat(Token::Mark('(')) || self.eat(Token::Mark(')')) {
			return Ok(parameters);
		}
		let mut used = 0_u64;
		loop {
			self.expect(Token::Dot("param"))?;
			let line = self.line();
			let align = self.align()?;
			let ty = self.data_type()?;
			if self.eat(Token::Dot("ptr")) {
				self.pointee()?;
			}
			let name = self.word()?;
			let width = u64::from(ty.bits / 8);
			let mut count = 1;
			if self.eat(Token::Mark('[')) {
				count = self.number()?;
				self.expect(Token::Mark(']'))?;
			}
			if count == 0 || count > MOST_PARAMETER_BYTES / width {
				return fail(line, format!("`{name}` has {count} elements of {width} bytes"));
			}
			let align = align.unwrap_or(width);
			let offset = used.next_multiple_of(align);
			used = offset + count * width;
			if used > MOST_PARAMETER_BYTES {
				return fail(line, format!("more than {MOST_PARAMETER_BYTES} bytes of parameters"));
			}
			parameters.push(Parameter {
				line,
				name,
				offset,
				align,
				size: count * width,
			});
			if !self.eat(Token::Mark(',')) {
				break;
			}
		}
		self.expect(Token::Mark(')'))?;
		Ok(parameters)
	}

	/// What a pointer points to, from behind `.ptr`. It is a promise to the compiler and not needed here.
	fn pointee(&mut self) -> Result<(), Error> {
		if !self.eat(Token::Dot("global")) && !self.eat(Token::Dot("const")) {
			return self.unexpected("`.global` or `.const`");
		}
		self.align().map(drop)
	}

	/// `.align N`, if it is there.
	fn align(&mut self) -> Result<Option<u64>, Error> {
		if !self.eat(Token::Dot("align")) {
			return Ok(None);
		}
		let align = self.number()?;
		if !align.is_power_of_two() || align > MOST_ALIGN {
			return self.error(format!("alignment {align} is no power of two up to {MOST_ALIGN}"));
		}
		Ok(Some(align))
	}

	/// A type of something in memory.
	fn data_type(&mut self) -> Result<Type, Error> {
		match self.peek() {
			Some(Token::Dot(text)) => match Type::parse(text) {
				Some(ty) if ty.kind != Kind::Predicate => {
					self.at += 1;
					Ok(ty)
				}
				_ => self.unexpected("an integer type"),
			},
			_ => self.unexpected("an integer type"),
		}
	}
}
