//! The `Range` header: one range of bytes (RFC 9110, section 14).

/// What a `Range` header asks of a body of known length.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Asked {
	/// Everything: no header, another unit, several ranges, or something malformed. A server may always ignore it.
	Whole,
	/// The bytes `first..=last`.
	Part {
		/// The first byte.
		first: u64,
		/// The last byte.
		last: u64,
	},
	/// Nothing of the body.
	Unsatisfiable,
}

/// Reads a `Range` header for a body of `len` bytes.
pub(crate) fn asked(header: Option<&str>, len: u64) -> Asked {
	let Some((first, last)) = header
		.and_then(|header| header.trim().strip_prefix("bytes="))
		.filter(|ranges| !ranges.contains(','))
		.and_then(|range| range.split_once('-'))
	else {
		return Asked::Whole;
	};
	let (first, last) = (first.trim(), last.trim());
	let number = |text: &str| {
		text.bytes()
			.all(|byte| byte.is_ascii_digit())
			.then(|| text.parse::<u64>().ok())
			.flatten()
	};
	match (first.is_empty(), last.is_empty()) {
		(true, true) => Asked::Whole,
		(true, false) => match number(last) {
			None => Asked::Whole,
			Some(0) => Asked::Unsatisfiable,
			Some(_) if len == 0 => Asked::Unsatisfiable,
			Some(count) => Asked::Part {
				first: len.saturating_sub(count),
				last: len - 1,
			},
		},
		(false, open) => {
			let (Some(first), Some(last)) = (number(first), if open { Some(u64::MAX) } else { number(last) }) else {
				return Asked::Whole;
			};
			if last < first {
				Asked::Whole
			} else if first >= len {
				Asked::Unsatisfiable
			} else {
				Asked::Part {
					first,
					last: last.min(len - 1),
				}
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn ranges_of_the_standard() {
		let part = |first, last| Asked::Part { first, last };
		for (header, expected) in [
			(None, Asked::Whole),
			(Some("bytes=0-0"), part(0, 0)),
			(Some("bytes=2-5"), part(2, 5)),
			(Some("bytes=2-"), part(2, 9)),
			(Some("bytes=2-99"), part(2, 9)),
			(Some("bytes=-3"), part(7, 9)),
			(Some("bytes=-30"), part(0, 9)),
			(Some("bytes=-0"), Asked::Unsatisfiable),
			(Some("bytes=10-"), Asked::Unsatisfiable),
			(Some("bytes=5-2"), Asked::Whole),
			(Some("bytes=0-1,3-4"), Asked::Whole),
			(Some("lines=0-1"), Asked::Whole),
			(Some("bytes=-"), Asked::Whole),
			(Some("bytes=+1-2"), Asked::Whole),
			(Some("bytes=99999999999999999999-"), Asked::Whole),
		] {
			assert_eq!(asked(header, 10), expected, "{header:?}");
		}
		assert_eq!(asked(Some("bytes=0-"), 0), Asked::Unsatisfiable);
		assert_eq!(asked(Some("bytes=-1"), 0), Asked::Unsatisfiable);
	}
}
