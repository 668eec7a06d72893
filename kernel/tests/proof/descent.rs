//! Descending served trees: what is asked for, what is found, and that garbage leads nowhere.

use millrace_kernel::{
	proof::{first_difference, Descent, DescentError, Difference, Place},
	tree::{verify_output_path, Blake2b, Claim, Pair, SumNode},
};

use crate::{case::Random, tree::Tree};

fn leaves(random: &mut Random, count: u32) -> Vec<SumNode> {
	let leaf = |random: &mut Random| {
		let mut hash = [0; 32];
		hash.fill_with(|| random.next() as u8);
		let units = random.next() >> 40;
		SumNode { hash, units }
	};
	(0..count).map(|_| leaf(random)).collect()
}

fn place(level: u32, index: u32) -> Place {
	Place { level, index }
}

fn honest(leaves: &[SumNode]) -> Tree {
	Tree::new(leaves, |_, sum| sum)
}

/// Descends to the end; also gives the places that were asked for.
fn descend(own: &[SumNode], served: &Tree) -> Option<(Vec<Place>, Difference)> {
	let mut descent = Descent::new::<Blake2b>(own, served.root()).unwrap()?;
	let mut asked = Vec::new();
	while let Some(place) = descent.wanted() {
		assert_eq!(descent.clone().finish(), None, "the way is not at its end");
		asked.push(place);
		descent
			.follow::<Blake2b>(served.children(place).expect("it has children"))
			.unwrap();
	}
	let any = Pair {
		left: own[0],
		right: own[0],
	};
	assert_eq!(descent.follow::<Blake2b>(any), Err(DescentError::Finished));
	Some((asked, descent.finish().unwrap()))
}

#[test]
fn the_first_difference_of_two_lists() {
	let own = leaves(&mut Random(71), 6);
	let mut claimed = own.clone();
	assert_eq!(first_difference(&own, &claimed), None);
	assert_eq!(first_difference(&[], &[]), None);
	claimed[4].units += 1;
	assert_eq!(first_difference(&own, &claimed), Some(4));
	claimed[1].hash[31] ^= 128;
	assert_eq!(first_difference(&own, &claimed), Some(1));
	assert_eq!(first_difference(&own, &own[..3]), Some(3));
	assert_eq!(first_difference(&own[..5], &own), Some(5));
	assert_eq!(first_difference(&own[..5], &claimed), Some(1));
}

/// Five leaves, by hand. The last one moves up twice: the node over it is the leaf.
#[test]
fn one_pair_a_level_is_asked_for() {
	let own = leaves(&mut Random(72), 5);
	let wrong = |at: usize| {
		let mut claimed = own.clone();
		claimed[at].hash[0] ^= 1;
		descend(&own, &honest(&claimed)).unwrap()
	};
	let (asked, found) = wrong(2);
	assert_eq!(asked, [place(3, 0), place(2, 0), place(1, 1)]);
	assert_eq!((found.leaf, found.pairs.len()), (2, 3));
	let (asked, found) = wrong(4);
	assert_eq!(asked, [place(3, 0)]);
	assert_eq!((found.leaf, found.pairs.len()), (4, 1));
	let mut claimed = own[4];
	claimed.hash[0] ^= 1;
	assert_eq!(found.claim, Claim::Leaf(claimed));
}

#[test]
fn a_single_leaf_is_the_root() {
	let own = leaves(&mut Random(73), 1);
	assert_eq!(descend(&own, &honest(&own)), None);
	let mut claimed = own[0];
	claimed.units += 1;
	let found = Difference {
		leaf: 0,
		pairs: Vec::new(),
		claim: Claim::Leaf(claimed),
	};
	assert_eq!(descend(&own, &honest(&[claimed])), Some((Vec::new(), found)));
}

/// Trees with false leaves and false sums anywhere.
#[test]
fn what_is_found_is_a_valid_path_to_something_wrong() {
	let seed = 74;
	println!("seed {seed}");
	let mut random = Random(seed);
	let (mut right, mut different, mut inconsistent) = (0, 0, 0);
	for _ in 0..3000 {
		let count = 1 + random.below(40);
		let own = leaves(&mut random, count);
		let mut claimed = own.clone();
		for _ in 0..random.below(3) {
			let at = random.below(count) as usize;
			match random.below(2) {
				0 => claimed[at].hash[random.below(32) as usize] ^= 1 << random.below(8),
				_ => claimed[at].units = random.next() >> 40,
			}
		}
		let mut false_sums = Vec::new();
		let lies = random.below(2) * random.below(3);
		let served = Tree::new(&claimed, |place, sum| {
			if random.below(2 * count) < lies {
				false_sums.push(place);
				sum.wrapping_add(1 + random.next() % 9)
			} else {
				sum
			}
		});
		let Some((asked, found)) = descend(&own, &served) else {
			assert_eq!(served.root(), honest(&own).root());
			assert!(claimed == own && false_sums.is_empty());
			right += 1;
			continue;
		};
		assert!(asked.len() <= found.pairs.len() && found.pairs.len() <= 6);
		let claim = verify_output_path::<Blake2b>(&served.root(), count, found.leaf, &found.pairs);
		assert_eq!(claim, Ok(found.claim));
		let above = served.above(found.leaf);
		match found.claim {
			Claim::Leaf(leaf) => {
				assert_eq!(leaf, claimed[found.leaf as usize]);
				assert_ne!(leaf, own[found.leaf as usize]);
				assert!(above.iter().all(|(place, _)| !false_sums.contains(place)));
				different += 1;
			}
			Claim::Inconsistent { pair } => {
				let (place, shown) = above[pair as usize];
				assert!(false_sums.contains(&place));
				assert_eq!(found.pairs.last(), Some(&shown));
				assert_eq!(found.pairs.len(), pair as usize + 1);
				assert_eq!(found.leaf, place.index << place.level, "the first leaf below");
				inconsistent += 1;
			}
		}
		if false_sums.is_empty() {
			assert_eq!(Some(found.leaf), first_difference(&own, &claimed));
		}
	}
	assert!(
		right > 300 && different > 300 && inconsistent > 300,
		"{right} {different} {inconsistent}"
	);
}

#[test]
fn a_false_sum_over_right_children_is_found_without_them() {
	let own = leaves(&mut Random(75), 6);
	let tree = |lie: Place| Tree::new(&own, |place, sum| if place == lie { sum + 5 } else { sum });
	let pairs = |places: &[Place]| -> Vec<Pair> {
		let tree = honest(&own);
		places.iter().map(|place| tree.children(*place).unwrap()).collect()
	};
	let (asked, found) = descend(&own, &tree(place(3, 0))).unwrap();
	assert!(asked.is_empty());
	assert_eq!((found.leaf, found.claim), (0, Claim::Inconsistent { pair: 0 }));
	assert_eq!(found.pairs, pairs(&[place(3, 0)]));
	// The right half is the pair of leaves 4 and 5, moved up one level. The root's children carry its lie.
	let lying = tree(place(1, 2));
	let (asked, found) = descend(&own, &lying).unwrap();
	assert_eq!(asked, [place(3, 0)]);
	assert_eq!((found.leaf, found.claim), (4, Claim::Inconsistent { pair: 1 }));
	assert_eq!(
		found.pairs,
		[lying.children(place(3, 0)).unwrap(), pairs(&[place(1, 2)])[0]]
	);
}

#[test]
fn garbage_is_refused_and_the_way_goes_on() {
	let seed = 76;
	println!("seed {seed}");
	let mut random = Random(seed);
	for count in [2, 3, 5, 8, 13, 33] {
		let own = leaves(&mut random, count);
		let mut claimed = own.clone();
		claimed[random.below(count) as usize].hash[7] ^= 16;
		let served = honest(&claimed);
		let mut descent = Descent::new::<Blake2b>(&own, served.root()).unwrap().unwrap();
		while let Some(place) = descent.wanted() {
			let children = served.children(place).unwrap();
			let mut garbage: Vec<Pair> = served.pairs().into_iter().map(|(_, pair)| pair).collect();
			garbage.extend(honest(&own).pairs().into_iter().map(|(_, pair)| pair));
			garbage.retain(|pair| *pair != children);
			let changed = |change: &dyn Fn(&mut Pair)| {
				let mut pair = children;
				change(&mut pair);
				pair
			};
			garbage.push(changed(&|pair| std::mem::swap(&mut pair.left, &mut pair.right)));
			garbage.push(changed(&|pair| pair.left.hash[0] ^= 1));
			garbage.push(changed(&|pair| pair.right.hash[31] ^= 128));
			// The sum stays.
			garbage.push(changed(&|pair| {
				pair.left.units += 1;
				pair.right.units = pair.right.units.wrapping_sub(1);
			}));
			for pair in garbage {
				assert_eq!(descent.follow::<Blake2b>(pair), Err(DescentError::Unrelated { place }));
				assert_eq!(descent.wanted(), Some(place));
			}
			descent.follow::<Blake2b>(children).unwrap();
		}
		let found = descent.finish().unwrap();
		assert_eq!(Some(found.leaf), first_difference(&own, &claimed));
	}
}

#[test]
fn what_is_no_job_is_refused() {
	let root = SumNode {
		hash: [0; 32],
		units: 0,
	};
	let new = |own: &[SumNode]| Descent::new::<Blake2b>(own, root).map(|descent| descent.is_some());
	assert_eq!(new(&[]), Err(DescentError::NoLeaves));
	let huge = SumNode {
		hash: [1; 32],
		units: 1 << 63,
	};
	assert_eq!(new(&[huge; 2]), Err(DescentError::Sum));
	assert_eq!(new(&[huge]), Ok(true));
	let mut messages: Vec<String> = [
		DescentError::NoLeaves,
		DescentError::Sum,
		DescentError::Unrelated { place: place(1, 2) },
		DescentError::Finished,
	]
	.iter()
	.map(ToString::to_string)
	.collect();
	assert!(messages[2].contains("does not hash to it"), "{}", messages[2]);
	messages.sort();
	messages.dedup();
	assert!(messages.len() == 4 && messages.iter().all(|message| message.len() > 10));
}
