//! Inputs on a disk of the test's own.

use super::*;
use millrace_client::chain::H256;
use millrace_kernel::tree::input_root;

fn leaves(bytes: &[u8]) -> Vec<u8> {
	bytes.chunks(CHUNK).flat_map(input_leaf::<Blake2b>).collect()
}

fn input(dir: &Path, bytes: &[u8]) -> Input {
	let reference = InputRef {
		root: H256(input_root::<Blake2b>(bytes)),
		len: bytes.len() as u32,
	};
	Input::open(dir, 0, reference).unwrap()
}

fn sample(len: usize) -> Vec<u8> {
	(0..len).map(|at| (at % 253) as u8 + 1).collect()
}

#[test]
fn chunks_arrive_in_any_order_and_survive_a_restart() {
	let dir = tempfile::tempdir().unwrap();
	let bytes = sample(3 * CHUNK + 100);
	let mut first = input(dir.path(), &bytes);
	assert!(matches!(first.put_chunks(0, &bytes), Err(PutError::NoLeaves)));
	first.put_leaves(&leaves(&bytes)).unwrap();
	first.put_chunks(3, &bytes[3 * CHUNK..]).unwrap();
	first.put_chunks(1, &bytes[CHUNK..2 * CHUNK]).unwrap();
	assert_eq!(
		first.progress(),
		InputProgress {
			len: 3_172,
			leaves: true,
			missing: vec![(0, 1), (2, 1)]
		}
	);
	assert_eq!(first.load().unwrap(), None);
	drop(first);

	let mut second = input(dir.path(), &bytes);
	assert_eq!(second.progress().missing, vec![(0, 1), (2, 1)]);
	assert!(second.leaf_list().is_none(), "not before all is there");
	second.put_chunks(0, &bytes[..3 * CHUNK]).unwrap();
	assert!(second.is_complete());
	assert_eq!(second.leaf_list().unwrap().as_ref(), leaves(&bytes));
	assert_eq!(second.load().unwrap(), Some(bytes));
}

#[test]
fn wrong_bytes_are_refused_and_change_nothing() {
	let dir = tempfile::tempdir().unwrap();
	let bytes = sample(2 * CHUNK + 7);
	let mut input = input(dir.path(), &bytes);
	let mut other = leaves(&bytes);
	other[40] ^= 1;
	assert!(matches!(input.put_leaves(&other), Err(PutError::Root)));
	assert!(matches!(
		input.put_leaves(&other[..64]),
		Err(PutError::LeavesLength {
			expected: 96,
			actual: 64
		})
	));
	input.put_leaves(&leaves(&bytes)).unwrap();
	input.put_leaves(&leaves(&bytes)).unwrap();
	assert!(matches!(input.put_leaves(&other), Err(PutError::Root)));

	let mut wrong = bytes.clone();
	wrong[CHUNK] ^= 1;
	assert!(matches!(input.put_chunks(0, &wrong), Err(PutError::Chunk(1))));
	assert_eq!(input.progress().missing, vec![(0, 3)]);
	for (first, part) in [
		(0, &bytes[..0]),
		(0, &bytes[..100]),
		(1, &bytes[..]),
		(2, &bytes[..CHUNK]),
		(3, &bytes[..CHUNK]),
		(u64::MAX, &bytes[..CHUNK]),
		(u64::MAX / 1_024, &bytes[..CHUNK]),
	] {
		assert!(
			matches!(input.put_chunks(first, part), Err(PutError::Bounds)),
			"{first} {}",
			part.len()
		);
	}
	// A chunk shown at another place.
	assert!(matches!(input.put_chunks(1, &bytes[..CHUNK]), Err(PutError::Chunk(1))));
}

#[test]
fn bytes_that_rot_on_the_disk_count_as_missing() {
	let dir = tempfile::tempdir().unwrap();
	let bytes = sample(4 * CHUNK);
	let mut input = input(dir.path(), &bytes);
	input.put_leaves(&leaves(&bytes)).unwrap();
	input.put_chunks(0, &bytes).unwrap();
	input.file.write_all_at(&[0], 2 * CHUNK as u64 + 5).unwrap();
	assert_eq!(input.load().unwrap(), None);
	assert_eq!(input.progress().missing, vec![(2, 1)]);
}

#[test]
fn chunks_are_given_as_they_came_and_never_when_they_rot() {
	let dir = tempfile::tempdir().unwrap();
	let bytes = sample((CHUNKS_AT_ONCE + 2) * CHUNK + 9);
	let mut input = input(dir.path(), &bytes);
	input.put_leaves(&leaves(&bytes)).unwrap();
	input.put_chunks(0, &bytes).unwrap();
	assert_eq!(input.chunks(0).unwrap().unwrap(), bytes[..CHUNKS_AT_ONCE * CHUNK]);
	assert_eq!(
		input.chunks(5).unwrap().unwrap(),
		bytes[5 * CHUNK..][..bytes.len() - 5 * CHUNK]
	);
	assert_eq!(
		input.chunks(CHUNKS_AT_ONCE + 2).unwrap().unwrap(),
		bytes[bytes.len() - 9..]
	);
	assert_eq!(input.count(), CHUNKS_AT_ONCE + 3);

	input.file.write_all_at(&[0], 7 * CHUNK as u64).unwrap();
	assert_eq!(input.chunks(7).unwrap(), None);
	assert_eq!(input.progress().missing, vec![(7, 1)]);
}

#[test]
fn an_empty_input_needs_nothing() {
	let dir = tempfile::tempdir().unwrap();
	let mut empty = input(dir.path(), &[]);
	assert!(empty.is_complete());
	assert_eq!(empty.load().unwrap(), Some(Vec::new()));
	assert_eq!(empty.leaf_list().unwrap().as_ref(), input_leaf::<Blake2b>(&[]));
	assert_eq!(empty.chunks(0).unwrap(), Some(Vec::new()));
	let other = Input::open(
		dir.path(),
		1,
		InputRef {
			root: H256([1; 32]),
			len: 0,
		},
	)
	.unwrap();
	assert!(!other.is_complete());
}

#[test]
fn zeros_are_bytes_like_others() {
	let dir = tempfile::tempdir().unwrap();
	let bytes = vec![0u8; 2 * CHUNK];
	let mut input = input(dir.path(), &bytes);
	assert!(!input.is_complete(), "without the leaf list nothing is known");
	input.put_leaves(&leaves(&bytes)).unwrap();
	input.put_chunks(0, &bytes).unwrap();
	assert_eq!(input.load().unwrap(), Some(bytes));
}
