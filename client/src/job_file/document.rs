//! The text of a job file, read strictly.

use super::{suggest::nearest, InputFormat, InputSource, JobFileError, OutputFormat, OutputSpec};
use crate::{
	amount,
	chain::{KernelHash, Level, Minima, Pool, Price, ProviderId, Tick},
};
use serde::Deserialize;
use std::{
	fs,
	path::{Path, PathBuf},
};

/// A job file is small; anything larger is the wrong file.
const MAX_BYTES: u64 = 1 << 20;

/// What to run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kernel {
	/// The text form, a `.mk` file.
	Text(PathBuf),
	/// The encoding, a `.mkb` file.
	Binary(PathBuf),
	/// A registered kernel.
	Hash(KernelHash),
}

/// From whom, and for how much.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Buy {
	/// From the book.
	Book {
		/// The market.
		pool: Pool,
		/// The most to pay; none is "what the lowest ask wants now".
		level: Option<Level>,
	},
	/// From one provider.
	Provider {
		/// Which.
		provider: ProviderId,
		/// At this price.
		price: Price,
	},
}

/// How to buy. What is not said follows from the chain's rules.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Offer {
	/// From whom, and for how much.
	pub buy: Buy,
	/// Ticks from acceptance to the deadline.
	pub run_ticks: Option<Tick>,
	/// Ticks of the challenge window.
	pub window: Option<Tick>,
	/// Ticks for which the job may wait for a provider.
	pub expires_in: Option<Tick>,
	/// The least record that a provider must have which the job names.
	pub minima: Minima,
}

/// A job file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JobFile {
	/// Where it is.
	pub path: PathBuf,
	/// What to run.
	pub kernel: Kernel,
	/// On how many items.
	pub items: u32,
	/// Bound of units for one item; none is the kernel's own.
	pub max_units: Option<u32>,
	/// The kernel's parameters.
	pub params: Vec<u64>,
	/// Whether anyone may fetch the output from the provider.
	pub public: bool,
	/// The inputs.
	pub inputs: Vec<(InputSource, InputFormat)>,
	/// What becomes of the output; none: it is checked and not kept.
	pub output: Option<OutputSpec>,
	/// How to buy.
	pub offer: Offer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
	kernel: String,
	items: u32,
	max_units: Option<u32>,
	#[serde(default)]
	params: Vec<i64>,
	#[serde(default)]
	public: bool,
	#[serde(default)]
	inputs: Vec<InputSection>,
	output: Option<OutputSection>,
	#[serde(default)]
	offer: OfferSection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputSection {
	file: Option<PathBuf>,
	text: Option<String>,
	hex: Option<String>,
	format: Option<InputFormat>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum OutputKind {
	#[default]
	Raw,
	PngGray8,
	U32Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputSection {
	file: PathBuf,
	#[serde(default)]
	format: OutputKind,
	width: Option<u32>,
	height: Option<u32>,
	columns: Option<u32>,
	sum: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfferSection {
	pool: Option<String>,
	max_price: Option<String>,
	level: Option<u8>,
	provider: Option<u32>,
	run_ticks: Option<u32>,
	window: Option<u32>,
	expires_in: Option<u32>,
	min_paid_jobs: Option<u32>,
	max_failed: Option<u8>,
	min_stake: Option<String>,
}

impl JobFile {
	/// Reads a job file. The files that it names are not opened.
	///
	/// # Errors
	/// [`JobFileError`], with the line where there is one.
	pub fn read(path: &Path) -> Result<JobFile, JobFileError> {
		let read_error = |source| JobFileError::Read {
			path: path.to_owned(),
			source,
		};
		let size = fs::metadata(path).map_err(read_error)?.len();
		if size > MAX_BYTES {
			return Err(JobFileError::Malformed {
				path: path.to_owned(),
				line: 1,
				message: format!("a job file has at most {MAX_BYTES} bytes, and this one has {size}"),
			});
		}
		JobFile::parse(path, &fs::read_to_string(path).map_err(read_error)?)
	}

	/// Parses the text of the job file at `path`.
	///
	/// # Errors
	/// As [`JobFile::read`].
	pub fn parse(path: &Path, text: &str) -> Result<JobFile, JobFileError> {
		let document: Document = toml::from_str(text).map_err(|error| malformed(path, text, &error))?;
		let value = |key, problem: &str, hint| JobFileError::Value {
			path: path.to_owned(),
			key,
			problem: problem.to_owned(),
			hint,
		};
		let folder = path.parent().unwrap_or_else(|| Path::new(""));

		if document.items == 0 {
			return Err(value("items", "is 0", "a job has at least one item"));
		}
		if document.params.len() > 16 {
			return Err(value(
				"params",
				"has more than 16 numbers",
				"a kernel takes at most 16 parameters",
			));
		}
		if document.inputs.len() > 8 {
			return Err(value(
				"inputs",
				"is there more than 8 times",
				"a kernel takes at most 8 inputs",
			));
		}
		let kernel = kernel(folder, &document.kernel).ok_or_else(|| {
			value(
				"kernel",
				"is neither a file of ours nor a hash",
				"name a .mk or .mkb file, or a kernel's 0x… hash",
			)
		})?;
		let inputs = document
			.inputs
			.into_iter()
			.map(|section| {
				let inline = section.file.is_none() && (section.text.is_some() || section.hex.is_some());
				if inline && section.format.is_some() {
					return Err(value(
						"format",
						"belongs to a file",
						"remove it: `text` and `hex` are bytes already",
					));
				}
				let format = section.format.unwrap_or_default();
				let source = match (section.file, section.text, section.hex) {
					(Some(file), None, None) => InputSource::File(folder.join(file)),
					(None, Some(text), None) => InputSource::Bytes(text.into_bytes()),
					(None, None, Some(digits)) => InputSource::Bytes(bytes_of(&digits).ok_or_else(|| {
						value(
							"hex",
							"is not an even number of hexadecimal digits",
							"write bytes as `00ff10`",
						)
					})?),
					_ => {
						return Err(value(
							"inputs",
							"needs one source",
							"give one of `file`, `text` and `hex`",
						))
					}
				};
				Ok((source, format))
			})
			.collect::<Result<Vec<_>, JobFileError>>()?;
		let output = document
			.output
			.map(|section| output(folder, section, &value))
			.transpose()?;
		let offer = offer(document.offer, &value)?;
		Ok(JobFile {
			path: path.to_owned(),
			kernel,
			items: document.items,
			max_units: document.max_units,
			// A negative number stands for its two's complement.
			params: document.params.into_iter().map(|number| number as u64).collect(),
			public: document.public,
			inputs,
			output,
			offer,
		})
	}
}

fn kernel(folder: &Path, text: &str) -> Option<Kernel> {
	if text.starts_with("0x") {
		return text.parse().ok().map(Kernel::Hash);
	}
	match Path::new(text).extension()?.to_str()? {
		"mk" => Some(Kernel::Text(folder.join(text))),
		"mkb" => Some(Kernel::Binary(folder.join(text))),
		_ => None,
	}
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
	let digits: String = digits.chars().filter(|c| !c.is_whitespace()).collect();
	hex::decode(digits.strip_prefix("0x").unwrap_or(&digits)).ok()
}

const PRICE_HINT: &str = "a price is money for 2^30 units: `0.00003 MILL` or `30000000planck`";

/// Makes a [`JobFileError::Value`]: key, problem, hint.
type ValueError<'a> = &'a dyn Fn(&'static str, &str, &'static str) -> JobFileError;

fn output(folder: &Path, section: OutputSection, value: ValueError<'_>) -> Result<OutputSpec, JobFileError> {
	let is_picture = section.format == OutputKind::PngGray8;
	let is_table = section.format == OutputKind::U32Table;
	if !is_picture && (section.width.is_some() || section.height.is_some()) {
		return Err(value(
			"width",
			"and `height` belong to pictures",
			"remove them, or set format = \"png-gray8\"",
		));
	}
	if !is_table && (section.columns.is_some() || section.sum.is_some()) {
		return Err(value(
			"columns",
			"and `sum` belong to tables",
			"remove them, or set format = \"u32-table\"",
		));
	}
	let format = match section.format {
		OutputKind::Raw => OutputFormat::Raw,
		OutputKind::PngGray8 => match (section.width, section.height) {
			(Some(width @ 1..), Some(height @ 1..)) => OutputFormat::PngGray8 { width, height },
			_ => {
				return Err(value(
					"width",
					"or `height` is missing or 0",
					"a picture needs both, in pixels",
				))
			}
		},
		OutputKind::U32Table => match section.columns {
			Some(columns @ 1..) => OutputFormat::U32Table {
				columns,
				sum: section.sum.unwrap_or(false),
			},
			_ => {
				return Err(value(
					"columns",
					"is missing or 0",
					"say how many 32-bit numbers a row has",
				))
			}
		},
	};
	Ok(OutputSpec {
		file: folder.join(section.file),
		format,
	})
}

fn offer(section: OfferSection, value: ValueError<'_>) -> Result<Offer, JobFileError> {
	let max_price = section
		.max_price
		.as_deref()
		.map(|text| {
			text.parse::<Price>()
				.map_err(|error| value("max_price", &format!("is no price: {error}"), PRICE_HINT))
		})
		.transpose()?;
	if section.level.is_some() && max_price.is_some() {
		return Err(value(
			"level",
			"and `max_price` say the same thing twice",
			"keep one of them",
		));
	}
	let buy = match section.provider {
		Some(provider) => {
			if section.pool.is_some() {
				return Err(value(
					"provider",
					"and `pool` exclude each other",
					"remove the pool: the provider has one",
				));
			}
			let price = max_price
				.or(section.level.map(|level| Level(level).price()))
				.ok_or_else(|| {
					value(
						"provider",
						"needs a price",
						"add max_price or level: an offer is made at exactly that price",
					)
				})?;
			Buy::Provider { provider, price }
		}
		None => {
			let text = section.pool.as_deref().unwrap_or("cpu-4/any");
			let pool: Pool = text.parse().map_err(|error| {
				value(
					"pool",
					&format!("is no market: {error}"),
					"write a class and a region: cpu-4/any",
				)
			})?;
			let level = match (section.level, max_price) {
				(Some(level), _) => Some(Level(level)),
				(None, Some(price)) => Some(Level::at_most(price).ok_or_else(|| {
					value(
						"max_price",
						"is below the lowest level, 64 planck for 2^30 units",
						"raise it",
					)
				})?),
				(None, None) => None,
			};
			Buy::Book { pool, level }
		}
	};
	Ok(Offer {
		buy,
		run_ticks: section.run_ticks,
		window: section.window,
		expires_in: section.expires_in,
		minima: minima(section.min_paid_jobs, section.max_failed, section.min_stake, &value)?,
	})
}

/// The least record that a named provider must have; nothing where nothing is said.
fn minima(
	paid_jobs: Option<u32>,
	max_failed: Option<u8>,
	min_stake: Option<String>,
	value: &ValueError<'_>,
) -> Result<Minima, JobFileError> {
	let anything = Minima::default();
	let failed_percent = max_failed.unwrap_or(anything.failed_percent);
	if failed_percent > 100 {
		return Err(value("max_failed", "is more than a hundred percent", "write 0 to 100"));
	}
	let stake = min_stake
		.as_deref()
		.map(|text| {
			amount::parse(text)
				.map_err(|error| value("min_stake", &format!("is no amount: {error}"), "write 5000 MILL"))
		})
		.transpose()?;
	Ok(Minima {
		paid_jobs: paid_jobs.unwrap_or(anything.paid_jobs),
		failed_percent,
		stake: stake.unwrap_or(anything.stake),
	})
}

/// The parser's error in our words.
fn malformed(path: &Path, text: &str, error: &toml::de::Error) -> JobFileError {
	let start = error.span().map_or(0, |span| span.start);
	let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
	let message = error.message().trim();
	if let Some(rest) = message.strip_prefix("unknown field ") {
		// "`itmes`, expected one of `kernel`, `items`, …": every second piece between backticks is a name.
		let mut names = rest.split('`').skip(1).step_by(2).map(str::to_owned);
		let key = names.next().unwrap_or_default();
		let known: Vec<String> = names.collect();
		return JobFileError::UnknownKey {
			path: path.to_owned(),
			line,
			meant: nearest(&key, known.iter().map(String::as_str)).map(str::to_owned),
			key,
			known: known.join(", "),
		};
	}
	let message = message.lines().collect::<Vec<_>>().join("; ");
	JobFileError::Malformed {
		path: path.to_owned(),
		line,
		message,
	}
}

#[cfg(test)]
mod tests;
