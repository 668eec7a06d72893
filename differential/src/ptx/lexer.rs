//! Text to tokens. White space and comments go; every token keeps its line.

use super::error::Error;

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
	/// A name or an opcode: `%w0`, `add`, `$L1`, `_`.
	Word(&'a str),
	/// A dot and a word, without the dot: a directive, a modifier, or what follows `6` in `6.3`.
	Dot(&'a str),
	/// An integer literal.
	Number(u64),
	/// Text in quotes. What it says has no meaning here.
	Text,
	/// Any other character of the syntax.
	Mark(char),
}

/// A token and where it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located<'a> {
	/// The token.
	pub(super) token: Token<'a>,
	/// Its line, from 1.
	pub(super) line: u32,
}

/// All tokens of a text.
pub(super) fn tokens(text: &str) -> Result<Vec<Located<'_>>, Error> {
	let mut lexer = Lexer { rest: text, line: 1 };
	let mut tokens = Vec::new();
	while let Some(located) = lexer.located()? {
		tokens.push(located);
	}
	Ok(tokens)
}

struct Lexer<'a> {
	rest: &'a str,
	line: u32,
}

impl<'a> Lexer<'a> {
	fn located(&mut self) -> Result<Option<Located<'a>>, Error> {
		self.skip()?;
		let line = self.line;
		let Some(first) = self.rest.chars().next() else {
			return Ok(None);
		};
		let token = match first {
			'0'..='9' => {
				let text = self.take(word_len(self.rest));
				match number(text) {
					Some(value) => Token::Number(value),
					None => return self.error(format!("`{text}` is no integer of 64 bits")),
				}
			}
			'.' => {
				self.take(1);
				match word_len(self.rest) {
					0 => return self.error("a dot without a word".to_owned()),
					len => Token::Dot(self.take(len)),
				}
			}
			'%' | '$' | '_' | 'a'..='z' | 'A'..='Z' => Token::Word(self.take(1 + word_len(&self.rest[1..]))),
			'"' => match self.rest[1..].find('"') {
				Some(end) => {
					self.pass(end + 2);
					Token::Text
				}
				None => return self.error("quotes are not closed".to_owned()),
			},
			',' | ';' | ':' | '{' | '}' | '[' | ']' | '(' | ')' | '<' | '>' | '@' | '!' | '|' | '+' | '-' | '=' => {
				self.take(1);
				Token::Mark(first)
			}
			other => return self.error(format!("unexpected character {other:?}")),
		};
		Ok(Some(Located { token, line }))
	}

	/// White space and comments.
	fn skip(&mut self) -> Result<(), Error> {
		loop {
			self.pass(self.rest.len() - self.rest.trim_start().len());
			if self.rest.starts_with("//") {
				self.pass(self.rest.find('\n').unwrap_or(self.rest.len()));
			} else if self.rest.starts_with("/*") {
				match self.rest[2..].find("*/") {
					Some(end) => self.pass(end + 4),
					None => return self.error("a comment is not closed".to_owned()),
				}
			} else {
				return Ok(());
			}
		}
	}

	/// The next `len` bytes, which hold no line break.
	fn take(&mut self, len: usize) -> &'a str {
		let (taken, rest) = self.rest.split_at(len);
		self.rest = rest;
		taken
	}

	/// Goes over the next `len` bytes.
	fn pass(&mut self, len: usize) {
		let passed = self.take(len);
		self.line += passed.bytes().filter(|byte| *byte == b'\n').count() as u32;
	}

	fn error<T>(&self, text: String) -> Result<T, Error> {
		Err(Error::Syntax { line: self.line, text })
	}
}

/// Bytes of the word that a text begins with.
fn word_len(text: &str) -> usize {
	text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'))
		.unwrap_or(text.len())
}

/// An integer literal: hexadecimal, binary, octal (a leading zero) or decimal, with or without `U`.
fn number(text: &str) -> Option<u64> {
	let digits = text.strip_suffix('U').unwrap_or(text);
	let (digits, radix) = if let Some(rest) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
		(rest, 16)
	} else if let Some(rest) = digits.strip_prefix("0b").or_else(|| digits.strip_prefix("0B")) {
		(rest, 2)
	} else if digits.len() > 1 && digits.starts_with('0') {
		(&digits[1..], 8)
	} else {
		(digits, 10)
	};
	u64::from_str_radix(digits, radix).ok()
}
