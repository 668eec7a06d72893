//! Which metrics a PromQL expression reads, and whether they are exported.
//!
//! No grammar, which `promtool` checks: names of metrics are told from functions, operators, labels, numbers and durations, so
//! that each can be looked up. The same reads what a program exports, as a line of that is a selector and a number.

use std::{iter::Peekable, str::Chars, vec::IntoIter};

/// What Prometheus makes itself for each program that it scrapes.
const OF_PROMETHEUS: [&str; 1] = ["up"];
/// Labels that Prometheus adds to what it scrapes.
const LABELS_OF_PROMETHEUS: [&str; 2] = ["instance", "job"];
/// Words before a list of labels.
const LISTS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
/// Operators and numbers that are words.
const WORDS: [&str; 8] = ["and", "or", "unless", "atan2", "bool", "offset", "inf", "nan"];
/// Aggregations: between them and their bracket a list of labels may stand.
const AGGREGATIONS: [&str; 12] = [
	"avg",
	"bottomk",
	"count",
	"count_values",
	"group",
	"max",
	"min",
	"quantile",
	"stddev",
	"stdvar",
	"sum",
	"topk",
];

/// A metric, and what is asked of its labels; of an exported one, what they are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Selector {
	/// The metric's name.
	pub(crate) metric: String,
	/// In the order in which they are written.
	pub(crate) matchers: Vec<Matcher>,
}

/// A condition on a label.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Matcher {
	pub(crate) label: String,
	/// `=`, `!=`, `=~` or `!~`.
	pub(crate) operator: String,
	pub(crate) value: String,
}

/// What an expression is made of, without numbers and durations.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Token {
	Name(String),
	Text(String),
	Sign(char),
}

type Tokens = Peekable<IntoIter<Token>>;

/// The metrics of an expression. The error says what is no PromQL.
pub(crate) fn selectors(expression: &str) -> Result<Vec<Selector>, String> {
	let mut rest: Tokens = tokens(expression)?.into_iter().peekable();
	let mut selectors = Vec::new();
	while let Some(token) = rest.next() {
		let metric = match token {
			Token::Name(name) => name,
			Token::Sign('{') => return Err("labels without the name of a metric".to_owned()),
			Token::Text(_) | Token::Sign(_) => continue,
		};
		let opens = rest.peek() == Some(&Token::Sign('('));
		let word = metric.to_lowercase();
		if LISTS.contains(&word.as_str()) {
			if opens {
				skip_list(&mut rest)?;
			}
		} else if !opens && !WORDS.contains(&word.as_str()) && !AGGREGATIONS.contains(&word.as_str()) {
			let matchers = match rest.next_if_eq(&Token::Sign('{')) {
				Some(_) => matchers(&mut rest)?,
				None => Vec::new(),
			};
			selectors.push(Selector { metric, matchers });
		}
	}
	Ok(selectors)
}

/// Everything in a text as programs export it. The error says which line is none.
pub(crate) fn exported(text: &str) -> Result<Vec<Selector>, String> {
	let mut samples = Vec::new();
	for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
		match selectors(line).as_deref() {
			Ok([sample]) => samples.push(sample.clone()),
			other => return Err(format!("{line:?}: {other:?}")),
		}
	}
	Ok(samples)
}

impl Selector {
	/// What keeps it from finding anything among `samples`; nothing where it finds something, or would once the event that
	/// it waits for has happened: a label must be there, but only what `=` asks must have its value.
	pub(crate) fn complaint(&self, samples: &[Selector]) -> Option<String> {
		if OF_PROMETHEUS.contains(&self.metric.as_str()) {
			return None;
		}
		let of_this_name: Vec<&Selector> = samples.iter().filter(|sample| sample.metric == self.metric).collect();
		if of_this_name.is_empty() {
			return Some(format!("nobody exports {}", self.metric));
		}
		let asked: Vec<&Matcher> = self
			.matchers
			.iter()
			.filter(|matcher| !LABELS_OF_PROMETHEUS.contains(&matcher.label.as_str()))
			.collect();
		let finds = |sample: &&Selector| asked.iter().all(|matcher| sample.can_match(matcher));
		if of_this_name.iter().any(finds) {
			return None;
		}
		Some(format!("{} is exported, but never with {asked:?}", self.metric))
	}

	/// Whether a sample has the label, with the value where one is asked for that is no variable of a dashboard.
	fn can_match(&self, matcher: &Matcher) -> bool {
		let any_value = matcher.operator != "=" || matcher.value.contains('$');
		let found = self.matchers.iter().find(|own| own.label == matcher.label);
		found.is_some_and(|own| any_value || own.value == matcher.value)
	}
}

fn tokens(expression: &str) -> Result<Vec<Token>, String> {
	let mut tokens = Vec::new();
	let mut rest = expression.chars().peekable();
	while let Some(first) = rest.next() {
		match first {
			' ' | '\t' | '\n' => {}
			'#' => while rest.next_if(|next| *next != '\n').is_some() {},
			'"' | '\'' | '`' => tokens.push(Token::Text(quoted(first, &mut rest)?)),
			// A range or a subquery: durations only, in a dashboard a variable.
			'[' => while rest.next().ok_or("a range has no end")? != ']' {},
			'a'..='z' | 'A'..='Z' | '_' | ':' => {
				let mut name = String::from(first);
				while let Some(next) = rest.next_if(|next| next.is_ascii_alphanumeric() || matches!(next, '_' | ':')) {
					name.push(next);
				}
				tokens.push(Token::Name(name));
			}
			// A number or a duration.
			'0'..='9' | '.' => {
				while rest
					.next_if(|next| next.is_ascii_alphanumeric() || *next == '.')
					.is_some()
				{}
			}
			'(' | ')' | '{' | '}' | ',' | '=' | '!' | '~' | '<' | '>' | '+' | '-' | '*' | '/' | '%' | '^' | '@' => {
				tokens.push(Token::Sign(first));
			}
			other => return Err(format!("{other:?} is no part of PromQL")),
		}
	}
	Ok(tokens)
}

/// The text up to the closing quote; a backslash takes what follows as it is, but in backquotes.
fn quoted(quote: char, rest: &mut Peekable<Chars<'_>>) -> Result<String, String> {
	let mut text = String::new();
	while let Some(next) = rest.next() {
		match next {
			next if next == quote => return Ok(text),
			'\\' if quote != '`' => text.extend(rest.next()),
			next => text.push(next),
		}
	}
	Err("a text has no end".to_owned())
}

/// The labels of a list, from its opening bracket to its closing one.
fn skip_list(rest: &mut Tokens) -> Result<(), String> {
	for token in rest.by_ref() {
		match token {
			Token::Sign(')') => return Ok(()),
			Token::Sign('(' | ',') | Token::Name(_) => {}
			other => return Err(format!("{other:?} in a list of labels")),
		}
	}
	Err("a list of labels has no end".to_owned())
}

/// Conditions, from behind the opening brace to the closing one.
fn matchers(rest: &mut Tokens) -> Result<Vec<Matcher>, String> {
	let mut matchers = Vec::new();
	loop {
		let label = match rest.next() {
			Some(Token::Sign('}')) => return Ok(matchers),
			Some(Token::Sign(',')) => continue,
			Some(Token::Name(label)) => label,
			other => return Err(format!("{other:?} in place of a label")),
		};
		let mut operator = String::new();
		while let Some(Token::Sign(sign)) = rest.next_if(|next| matches!(next, Token::Sign('=' | '!' | '~'))) {
			operator.push(sign);
		}
		let value = match (operator.as_str(), rest.next()) {
			("=" | "!=" | "=~" | "!~", Some(Token::Text(value))) => value,
			(_, other) => return Err(format!("{label}{operator}{other:?} is no condition")),
		};
		matchers.push(Matcher { label, operator, value });
	}
}

/// The metrics of an expression that is known to be right.
fn names(expression: &str) -> Vec<String> {
	let selectors = selectors(expression).unwrap_or_else(|problem| panic!("{expression}: {problem}"));
	selectors.into_iter().map(|selector| selector.metric).collect()
}

#[test]
fn metrics_are_told_from_everything_else() {
	for (expression, expected) in [
		("up", vec!["up"]),
		("1 + 2.5e3 > bool Inf", vec![]),
		("time() - a:b_total offset 5m @ 1e9", vec!["a:b_total"]),
		("rate(x{l=\"sum(y)\", m!~'z|}'}[$__rate_interval])", vec!["x"]),
		(
			"sum by (le, job) (rate(x_bucket[5m])) / on (a) group_left y",
			vec!["x_bucket", "y"],
		),
		("topk(10, sum(x) without (y))", vec!["x"]),
		("x == 4 and (y or z) unless on() w # v", vec!["x", "y", "z", "w"]),
		("max_over_time(x[1h:5m])", vec!["x"]),
	] {
		assert_eq!(names(expression), expected, "{expression}");
	}
	for wrong in [
		"x{",
		"x{a}",
		"x{a=1}",
		"x[5m",
		"x{a=\"b}",
		"{a=\"b\"}",
		"sum by (a x",
		"x $y",
		"x{a==\"b\"}",
	] {
		assert!(selectors(wrong).is_err(), "{wrong}: {:?}", selectors(wrong));
	}
}

#[test]
fn a_selector_that_finds_nothing_is_complained_of() {
	let text = r#"
# HELP h Height
# TYPE h gauge
h{chain="c",status="best"} 12
h{chain="c",status="final"} 1e-05
t_bucket{chain="c",le="+Inf"} NaN
plain 3
"#;
	let samples = exported(text).expect("every line is one");
	assert_eq!(samples.len(), 4);
	for (selector, right) in [
		("h", true),
		("plain", true),
		("up{job=\"j\"}", true),
		("t_bucket{instance=~\"i\"}", true),
		("h{chain=\"$chain\",status=\"final\",instance=\"i\"}", true),
		("h{status!=\"best\"}", true),
		("h{status=~\"lost\"}", true),
		("t", false),
		("H", false),
		("h{status=\"lost\"}", false),
		("h{state=\"best\"}", false),
		("plain{status!=\"best\"}", false),
	] {
		let parsed = selectors(selector).expect("it is one");
		assert_eq!(parsed.len(), 1, "{selector}");
		let complaint = parsed[0].complaint(&samples);
		assert_eq!(complaint.is_none(), right, "{selector}: {complaint:?}");
	}
	for wrong in ["h g 3", "{a=\"b\"} 3", "3"] {
		assert!(exported(wrong).is_err(), "{wrong}");
	}
}
