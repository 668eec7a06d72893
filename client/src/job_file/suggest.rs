//! "Did you mean": the known word that is nearest to a misspelt one.

/// The nearest of `known` to `word`, if it is near enough to be meant.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
	known
		.into_iter()
		.map(|candidate| (distance(word, candidate), candidate))
		.filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
		.min_by_key(|(distance, _)| *distance)
		.map(|(_, candidate)| candidate)
}

/// The Levenshtein distance where swapping two neighbours counts once (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
	let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
	let mut before: Vec<usize> = Vec::new();
	let mut last: Vec<usize> = (0..=b.len()).collect();
	for (i, left) in a.iter().enumerate() {
		let mut row = vec![i + 1];
		for (j, right) in b.iter().enumerate() {
			let change = last[j] + usize::from(left != right);
			let mut best = change.min(last[j + 1] + 1).min(row[j] + 1);
			if i > 0 && j > 0 && *left == b[j - 1] && a[i - 1] == *right {
				best = best.min(before[j - 1] + 1);
			}
			row.push(best);
		}
		before = std::mem::replace(&mut last, row);
	}
	last[b.len()]
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn slips_are_recognised_and_strangers_are_not() {
		let known = [
			"kernel",
			"items",
			"max_units",
			"params",
			"public",
			"inputs",
			"output",
			"offer",
		];
		for (word, meant) in [
			("itmes", Some("items")),
			("item", Some("items")),
			("kernal", Some("kernel")),
			("maxunits", Some("max_units")),
			("input", Some("inputs")),
			("colour", None),
			("x", None),
		] {
			assert_eq!(nearest(word, known), meant, "{word}");
		}
		assert_eq!(distance("kitten", "sitting"), 3);
		assert_eq!(distance("", "abc"), 3);
		assert_eq!(distance("ab", "ba"), 1);
	}
}
