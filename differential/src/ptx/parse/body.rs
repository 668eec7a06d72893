//! The statements of an entry.

use super::Parser;
use crate::ptx::{
	error::Error,
	lexer::Token,
	space::Space,
	syntax::{Instruction, Operand, Statement},
	types::Type,
};

/// Most registers of one declaration.
const MOST_REGISTERS: u64 = 1 << 16;

impl<'a> Parser<'a, '_> {
	/// The statements up to the brace that closes the body.
	pub(super) fn body(&mut self) -> Result<Vec<Statement<'a>>, Error> {
		let mut statements = Vec::new();
		loop {
			match self.peek() {
				Some(Token::Mark('}')) => return Ok(statements),
				Some(Token::Mark('{')) => return self.error("nested blocks are not in this subset"),
				Some(Token::Dot("reg")) => {
					self.at += 1;
					self.registers(&mut statements)?;
				}
				Some(Token::Dot("local")) => {
					self.at += 1;
					statements.push(Statement::Variable(self.variable(Space::Local)?));
				}
				Some(Token::Dot(_)) => {
					if !self.annotation()? {
						return self.unexpected("a statement");
					}
				}
				Some(Token::Word(name)) if self.follows(Token::Mark(':')) => {
					statements.push(Statement::Label {
						line: self.line(),
						name,
					});
					self.at += 2;
				}
				Some(Token::Word(_) | Token::Mark('@')) => {
					statements.push(Statement::Instruction(self.instruction()?));
				}
				_ => return self.unexpected("a statement"),
			}
		}
	}

	/// A declaration, from behind `.reg`.
	fn registers(&mut self, statements: &mut Vec<Statement<'a>>) -> Result<(), Error> {
		let ty = match self.peek() {
			Some(Token::Dot(text)) => Type::parse(text),
			_ => None,
		};
		let Some(ty) = ty else {
			return self.unexpected("an integer type or `.pred`");
		};
		self.at += 1;
		loop {
			let line = self.line();
			let name = self.word()?;
			let mut count = None;
			if self.eat(Token::Mark('<')) {
				let number = self.number()?;
				if number > MOST_REGISTERS {
					return self.error(format!("more than {MOST_REGISTERS} registers"));
				}
				self.expect(Token::Mark('>'))?;
				count = Some(number);
			}
			statements.push(Statement::Registers { line, ty, name, count });
			if !self.eat(Token::Mark(',')) {
				return self.expect(Token::Mark(';'));
			}
		}
	}

	/// An instruction with its guard, up to its semicolon.
	fn instruction(&mut self) -> Result<Instruction<'a>, Error> {
		let mut guard = None;
		if self.eat(Token::Mark('@')) {
			let negated = self.eat(Token::Mark('!'));
			guard = Some((self.word()?, negated));
		}
		let line = self.line();
		let opcode = self.word()?;
		let mut modifiers = Vec::new();
		while let Some(Token::Dot(modifier)) = self.peek() {
			self.at += 1;
			modifiers.push(modifier);
		}
		let mut operands = Vec::new();
		if !self.is(Token::Mark(';')) {
			operands.push(self.operand()?);
			while self.eat(Token::Mark(',')) {
				operands.push(self.operand()?);
			}
		}
		self.expect(Token::Mark(';'))?;
		Ok(Instruction {
			line,
			guard,
			opcode,
			modifiers,
			operands,
		})
	}

	fn operand(&mut self) -> Result<Operand<'a>, Error> {
		match self.peek() {
			Some(Token::Mark('[')) => {
				self.at += 1;
				let base = self.word()?;
				let offset = if self.eat(Token::Mark('+')) { self.integer()? } else { 0 };
				self.expect(Token::Mark(']'))?;
				Ok(Operand::Address { base, offset })
			}
			Some(Token::Mark('{')) => {
				self.at += 1;
				let mut elements = vec![self.element()?];
				while self.eat(Token::Mark(',')) {
					elements.push(self.element()?);
				}
				self.expect(Token::Mark('}'))?;
				Ok(Operand::Vector(elements))
			}
			Some(Token::Mark('!')) => {
				self.at += 1;
				Ok(Operand::Not(self.word()?))
			}
			Some(Token::Word(name)) => {
				self.at += 1;
				if self.eat(Token::Mark('|')) {
					return Ok(Operand::Pair(name, self.word()?));
				}
				if self.eat(Token::Mark('+')) {
					return Ok(Operand::Offset(name, self.integer()?));
				}
				if let Some(Token::Dot(component)) = self.peek() {
					self.at += 1;
					return Ok(Operand::Special(name, component));
				}
				Ok(Operand::Name(name))
			}
			Some(Token::Number(_) | Token::Mark('-')) => Ok(Operand::Number(self.integer()?)),
			_ => self.unexpected("an operand"),
		}
	}

	/// An element of a vector.
	fn element(&mut self) -> Result<Operand<'a>, Error> {
		match self.peek() {
			Some(Token::Word(name)) => {
				self.at += 1;
				Ok(Operand::Name(name))
			}
			_ => Ok(Operand::Number(self.integer()?)),
		}
	}

	/// Whether the token after the next one is this one.
	fn follows(&self, token: Token<'_>) -> bool {
		self.tokens
			.get(self.at + 1)
			.is_some_and(|located| located.token == token)
	}
}
