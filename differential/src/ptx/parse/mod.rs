//! Tokens to a module.

mod body;
mod declaration;

use super::{
	error::Error,
	lexer::{tokens, Located, Token},
	space::Space,
	syntax::Text,
};

/// Parses a module.
pub(super) fn parse(text: &str) -> Result<Text<'_>, Error> {
	let tokens = tokens(text)?;
	let mut parser = Parser { tokens: &tokens, at: 0 };
	parser.module()
}

struct Parser<'a, 't> {
	tokens: &'t [Located<'a>],
	at: usize,
}

impl<'a> Parser<'a, '_> {
	fn module(&mut self) -> Result<Text<'a>, Error> {
		self.header()?;
		let mut text = Text::default();
		while let Some(token) = self.peek() {
			match token {
				Token::Dot("visible") => self.at += 1,
				Token::Dot("global") => {
					self.at += 1;
					text.variables.push(self.variable(Space::Global)?);
				}
				Token::Dot("const") => {
					self.at += 1;
					text.variables.push(self.variable(Space::Constant)?);
				}
				Token::Dot("entry") => {
					self.at += 1;
					text.entries.push(self.entry()?);
				}
				_ if self.annotation()? => {}
				_ => return self.unexpected("a variable or an entry"),
			}
		}
		Ok(text)
	}

	/// `.version`, `.target` and `.address_size`, which begin every module in this order.
	fn header(&mut self) -> Result<(), Error> {
		self.expect(Token::Dot("version"))?;
		self.number()?;
		self.dot()?;
		self.expect(Token::Dot("target"))?;
		self.word()?;
		self.expect(Token::Dot("address_size"))?;
		match self.number()? {
			64 => Ok(()),
			other => self.error(format!("addresses of {other} bits, not of 64")),
		}
	}

	/// Goes over a directive that has no effect on what is computed, and tells whether there was one.
	fn annotation(&mut self) -> Result<bool, Error> {
		match self.peek() {
			Some(Token::Dot("pragma")) => {
				self.at += 1;
				self.expect(Token::Text)?;
				self.expect(Token::Mark(';'))?;
			}
			Some(Token::Dot("loc")) => {
				self.at += 1;
				for _ in 0..3 {
					self.number()?;
				}
			}
			Some(Token::Dot("file")) => {
				self.at += 1;
				self.number()?;
				self.expect(Token::Text)?;
				while self.eat(Token::Mark(',')) {
					self.number()?;
				}
			}
			_ => return Ok(false),
		}
		Ok(true)
	}

	/// An integer with or without a sign, in two's complement.
	fn integer(&mut self) -> Result<u64, Error> {
		if self.eat(Token::Mark('-')) {
			return self.number().map(u64::wrapping_neg);
		}
		self.number()
	}

	fn number(&mut self) -> Result<u64, Error> {
		match self.peek() {
			Some(Token::Number(value)) => {
				self.at += 1;
				Ok(value)
			}
			_ => self.unexpected("a number"),
		}
	}

	fn word(&mut self) -> Result<&'a str, Error> {
		match self.peek() {
			Some(Token::Word(word)) => {
				self.at += 1;
				Ok(word)
			}
			_ => self.unexpected("a name"),
		}
	}

	fn dot(&mut self) -> Result<&'a str, Error> {
		match self.peek() {
			Some(Token::Dot(word)) => {
				self.at += 1;
				Ok(word)
			}
			_ => self.unexpected("a dot and a word"),
		}
	}

	fn expect(&mut self, token: Token<'_>) -> Result<(), Error> {
		if self.eat(token) {
			return Ok(());
		}
		self.unexpected(&shown(token))
	}

	/// Goes over the next token if it is this one, and tells whether it was.
	fn eat(&mut self, token: Token<'_>) -> bool {
		let found = self.is(token);
		self.at += usize::from(found);
		found
	}

	fn is(&self, token: Token<'_>) -> bool {
		self.peek() == Some(token)
	}

	fn peek(&self) -> Option<Token<'a>> {
		self.tokens.get(self.at).map(|located| located.token)
	}

	/// Line of the next token, or of the last one at the end.
	fn line(&self) -> u32 {
		self.tokens
			.get(self.at)
			.or(self.tokens.last())
			.map_or(1, |located| located.line)
	}

	fn unexpected<T>(&self, expected: &str) -> Result<T, Error> {
		let found = self.peek().map_or_else(|| "the end".to_owned(), shown);
		self.error(format!("expected {expected}, found {found}"))
	}

	fn error<T>(&self, text: impl Into<String>) -> Result<T, Error> {
		fail(self.line(), text)
	}
}

fn fail<T>(line: u32, text: impl Into<String>) -> Result<T, Error> {
	Err(Error::Syntax {
		line,
		text: text.into(),
	})
}

/// A token as a message shows it.
fn shown(token: Token<'_>) -> String {
	match token {
		Token::Word(word) => format!("`{word}`"),
		Token::Dot(word) => format!("`.{word}`"),
		Token::Number(value) => format!("`{value}`"),
		Token::Text => "text in quotes".to_owned(),
		Token::Mark(mark) => format!("`{mark}`"),
	}
}
