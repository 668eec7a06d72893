//! A line of text as tokens.

use alloc::{format, string::String, vec::Vec};

use super::AsmError;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
	/// A name, a mnemonic or a directive.
	Word(&'a str),
	/// A number without its sign, below 2^64.
	Number(u64),
	/// One of `, : [ ] + -`.
	Mark(char),
}

impl Kind<'_> {
	/// The token as messages show it.
	pub(super) fn shown(&self) -> String {
		match self {
			Kind::Word(word) => format!("`{word}`"),
			Kind::Number(number) => format!("the number {number}"),
			Kind::Mark(mark) => format!("`{mark}`"),
		}
	}
}

/// A token and the character of the line at which it begins, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
	pub(super) kind: Kind<'a>,
	pub(super) column: u32,
	/// The expansion of a macro that a label of this name belongs to; 0 outside of macros.
	pub(super) scope: usize,
}

fn is_blank(c: char) -> bool {
	matches!(c, ' ' | '\t' | '\r')
}

fn begins_word(c: char) -> bool {
	c.is_ascii_alphabetic() || c == '_' || c == '.'
}

fn continues_word(c: char) -> bool {
	c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

/// The longest start of `text` whose characters all fulfil `keep`, and the rest.
fn split(text: &str, keep: fn(char) -> bool) -> (&str, &str) {
	let end = text.find(|c: char| !keep(c)).unwrap_or(text.len());
	text.split_at(end)
}

/// The number that `digits` writes, in decimal or after `0x` in hexadecimal.
fn number(digits: &str) -> Option<u64> {
	match digits.strip_prefix("0x") {
		// `from_str_radix` would take a sign here; the lexer lets none through.
		Some(hex) => u64::from_str_radix(hex, 16).ok(),
		None => digits.parse().ok(),
	}
}

/// The tokens of `text`, which is line `line` of the source without its end.
pub(super) fn tokens(text: &str, line: u32) -> Result<Vec<Token<'_>>, AsmError> {
	let mut rest = text.split(';').next().unwrap_or_default();
	let mut column = 1u32;
	let mut tokens = Vec::new();
	while let Some(first) = rest.chars().next() {
		let (piece, after) = if is_blank(first) {
			split(rest, is_blank)
		} else if continues_word(first) {
			split(rest, continues_word)
		} else {
			rest.split_at(first.len_utf8())
		};
		let fail = |message: String, hint: Option<String>| AsmError::new(line, column, message, hint);
		let kind = if is_blank(first) {
			None
		} else if begins_word(first) {
			Some(Kind::Word(piece))
		} else if first.is_ascii_digit() {
			let value = number(piece).ok_or_else(|| {
				fail(
					format!("expected a number below 2^64, found `{piece}`"),
					Some("numbers are decimal, or hexadecimal after 0x".into()),
				)
			})?;
			Some(Kind::Number(value))
		} else if matches!(first, ',' | ':' | '[' | ']' | '+' | '-') {
			Some(Kind::Mark(first))
		} else {
			let shown = first.escape_debug();
			return Err(fail(
				format!("expected a name, a number or one of `, : [ ] + -`, found `{shown}`"),
				None,
			));
		};
		if let Some(kind) = kind {
			tokens.push(Token { kind, column, scope: 0 });
		}
		column = column.saturating_add(u32::try_from(piece.chars().count()).unwrap_or(u32::MAX));
		rest = after;
	}
	Ok(tokens)
}
