//! Inputs as they are committed to and sent.

use crate::{
	chain::{InputRef, H256},
	endpoint::{EndpointError, Fetched, InputsProgress, Session, MAX_CHUNK_BYTES},
	job_file::{read_input, InputFormat, InputSource, JobFileError},
};
use bytes::Bytes;
use millrace_kernel::{
	program::CHUNK,
	tree::{input_leaves, input_root_of_leaves, Blake2b},
};
use std::sync::Arc;

/// An input's bytes and the hashes of its chunks. Copies share both.
#[derive(Clone, Debug)]
pub struct Input {
	bytes: Bytes,
	leaves: Arc<[[u8; 32]]>,
	/// Root and length.
	pub reference: InputRef,
}

impl Input {
	/// Computes the tree over an input's bytes, of which there are less than 2³².
	pub fn new(bytes: Vec<u8>) -> Input {
		let leaves = input_leaves::<Blake2b>(&bytes);
		let root = H256(input_root_of_leaves::<Blake2b>(&leaves));
		let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
		Input {
			bytes: Bytes::from(bytes),
			leaves: leaves.into(),
			reference: InputRef { root, len },
		}
	}

	/// One that was fetched from a provider, and so checked against `reference` already.
	pub fn checked(fetched: Fetched, reference: InputRef) -> Input {
		Input {
			bytes: Bytes::from(fetched.bytes),
			leaves: fetched.leaves.into(),
			reference,
		}
	}

	/// Its bytes.
	pub fn bytes(&self) -> &[u8] {
		&self.bytes
	}

	/// The hashes of its chunks.
	pub fn leaves(&self) -> &[[u8; 32]] {
		&self.leaves
	}

	/// `count` chunks from `first` on, less where the input ends.
	fn chunks(&self, first: u32, count: u32) -> Bytes {
		let at = |chunk: u64| {
			usize::try_from(chunk * CHUNK as u64)
				.unwrap_or(usize::MAX)
				.min(self.bytes.len())
		};
		let (start, end) = (at(u64::from(first)), at(u64::from(first) + u64::from(count)));
		self.bytes.slice(start..end)
	}
}

/// Reads and decodes inputs; `limit` is for all of them together.
///
/// # Errors
/// As [`read_input`].
pub fn read_inputs(sources: &[(InputSource, InputFormat)], limit: u64) -> Result<Vec<Input>, JobFileError> {
	Shelf::default().read(sources, limit)
}

/// Inputs that were read: what several jobs bring is read once, and in memory once.
#[derive(Default)]
pub(super) struct Shelf<'a> {
	kept: Vec<(&'a (InputSource, InputFormat), Input)>,
}

impl<'a> Shelf<'a> {
	/// Reads and decodes the inputs of a job; `limit` is for all of these together.
	pub(super) fn read(
		&mut self,
		sources: &'a [(InputSource, InputFormat)],
		limit: u64,
	) -> Result<Vec<Input>, JobFileError> {
		let mut left = limit;
		let mut inputs = Vec::with_capacity(sources.len());
		for wanted in sources {
			let kept = self.kept.iter().find(|(source, _)| *source == wanted);
			let kept = kept.map(|(_, input)| input.clone());
			// One that does not fit is read all the same, and refused in the words for that.
			let input = match kept.filter(|input| u64::from(input.reference.len) <= left) {
				Some(input) => input,
				None => self.add(wanted, left, limit)?,
			};
			left = left.saturating_sub(input.reference.len.into());
			inputs.push(input);
		}
		Ok(inputs)
	}

	fn add(&mut self, wanted: &'a (InputSource, InputFormat), left: u64, limit: u64) -> Result<Input, JobFileError> {
		let (source, format) = wanted;
		let bytes = read_input(source, *format, left).map_err(|error| match error {
			// What is left depends on the inputs before; a person knows the limit for all.
			JobFileError::TooLarge { name, .. } => JobFileError::TooLarge { name, limit },
			other => other,
		})?;
		let input = Input::new(bytes);
		self.kept.push((wanted, input.clone()));
		Ok(input)
	}

	/// Bytes of all that was read.
	pub(super) fn bytes(&self) -> u64 {
		let kept = self.kept.iter();
		kept.map(|(_, input)| u64::from(input.reference.len)).sum()
	}
}

/// Pushes what the provider does not have yet, and returns once it has everything. `told` is given the bytes that are
/// there.
///
/// # Errors
/// The first request that fails; what was pushed stays there.
pub async fn push(
	session: &mut Session,
	inputs: &[Input],
	told: &mut (dyn FnMut(u64) + Send),
) -> Result<(), EndpointError> {
	let nonsense = |reason: &str| EndpointError::Nonsense {
		object: "inputs".to_owned(),
		reason: reason.to_owned(),
	};
	let total: u64 = inputs.iter().map(|input| u64::from(input.reference.len)).sum();
	let mut last_missing = None;
	loop {
		let progress: InputsProgress = session.progress().await?;
		if progress.inputs.len() != inputs.len() {
			return Err(nonsense("it speaks of another number of inputs"));
		}
		if progress.is_complete() {
			told(total);
			return Ok(());
		}
		// A provider that never has more than before would keep us busy for ever.
		let missing: Vec<_> = progress
			.inputs
			.iter()
			.map(|input| (input.leaves, input.missing.clone()))
			.collect();
		if last_missing.as_ref() == Some(&missing) {
			return Err(nonsense("what was pushed did not arrive"));
		}

		let mut before = 0u64;
		for (number, (input, there)) in inputs.iter().zip(&progress.inputs).enumerate() {
			let mut sent = |bytes: u64| told(before.saturating_add(bytes));
			if !there.leaves {
				session.put_leaves(number, &input.leaves).await?;
				// Until now it could not say which chunks it lacks: all of them.
				let all = u32::try_from(input.leaves.len()).unwrap_or(u32::MAX);
				push_range(session, number, input, (0, all), &mut sent).await?;
			}
			for range in there.missing.iter().filter(|_| there.leaves) {
				push_range(session, number, input, *range, &mut sent).await?;
			}
			before = before.saturating_add(u64::from(input.reference.len));
		}
		last_missing = Some(missing);
	}
}

async fn push_range(
	session: &mut Session,
	number: usize,
	input: &Input,
	(first, count): (u32, u32),
	told: &mut (dyn FnMut(u64) + Send),
) -> Result<(), EndpointError> {
	let step = u32::try_from(MAX_CHUNK_BYTES / CHUNK).unwrap_or(1);
	let end = first
		.saturating_add(count)
		.min(u32::try_from(input.leaves.len()).unwrap_or(u32::MAX));
	let mut at = first;
	while at < end {
		let now = step.min(end - at);
		let bytes = input.chunks(at, now);
		let sent = u64::from(at) * CHUNK as u64 + bytes.len() as u64;
		session.put_chunks(number, at, bytes).await?;
		told(sent);
		at = at.saturating_add(now);
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use millrace_kernel::tree::input_root;

	#[test]
	fn chunks_cover_the_input() {
		let bytes: Vec<u8> = (0..2_500u32).map(|number| number as u8).collect();
		let input = Input::new(bytes.clone());
		assert_eq!(input.reference.len, 2_500);
		assert_eq!(input.reference.root.0, input_root::<Blake2b>(&bytes));
		assert_eq!(input.leaves.len(), 3);
		assert_eq!(input.chunks(0, 2), bytes[..2_048]);
		assert_eq!(input.chunks(2, 1), bytes[2_048..]);
		assert_eq!(input.chunks(2, 9), bytes[2_048..]);
		assert!(input.chunks(3, 1).is_empty());
	}

	#[test]
	fn an_empty_input_has_one_leaf() {
		let input = Input::new(Vec::new());
		assert_eq!(input.leaves.len(), 1);
		assert_eq!(input.reference.root.0, input_root::<Blake2b>(&[]));
		assert!(input.chunks(0, 1).is_empty());
	}

	#[test]
	fn what_several_jobs_bring_is_kept_once() {
		let source = |length| (InputSource::Bytes(vec![1; length]), InputFormat::Raw);
		let (first, second) = ([source(3), source(5)], [source(5), source(7)]);
		let mut shelf = Shelf::default();
		let one = shelf.read(&first, 8).unwrap();
		let other = shelf.read(&second, 12).unwrap();
		assert_eq!(shelf.bytes(), 3 + 5 + 7);
		let shared = (one[1].bytes().as_ptr(), other[0].bytes().as_ptr());
		assert_eq!(shared.0, shared.1, "the same bytes in memory");
		assert!(
			matches!(shelf.read(&second, 11), Err(JobFileError::TooLarge { limit: 11, .. })),
			"each job has the whole limit, and no more"
		);
	}

	#[test]
	fn the_limit_is_for_all_inputs() {
		let three = (InputSource::Bytes(vec![0; 3]), InputFormat::Raw);
		assert_eq!(read_inputs(&[three.clone(), three.clone()], 6).unwrap().len(), 2);
		assert!(matches!(
			read_inputs(&[three.clone(), three.clone()], 5),
			Err(JobFileError::TooLarge { limit: 5, .. })
		));
	}
}
