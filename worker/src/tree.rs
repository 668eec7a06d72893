//! The output tree of a committed job, computed from its bundle on the disk.
//!
//! ```text
//!            root                  kept: every level of at most 2^18 nodes, 20 MiB at most
//!           /    \
//!         …        …
//!       /   \    /   \             base: the lowest of them, the leaves themselves for most jobs
//!      ▲     ▲  ▲     ▲            below: hashed from the bundle's bytes when it is asked for
//! ```
//!
//! An output of 64 MiB can have 2^26 leaves of one byte, and the tree over them takes 5 GiB: it is never held. The node
//! at `position` of a level stands over the leaves from `position << level` on, 1 << level of them or what is left.

use millrace_client::chain::{JobId, JobView};
use millrace_compute::{LeafFigures, FIGURES_BYTES};
use millrace_kernel::{
	leaf::leaf_count,
	tree::{
		output_leaves, output_parents, output_path, output_root, shape as steps, Blake2b, Digest, Pair, Step, SumNode,
		SumOverflow,
	},
};
use std::{
	fs::File,
	io,
	os::unix::fs::FileExt,
	path::{Path, PathBuf},
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Nodes of the largest level that is kept. A job of 2^26 leaves then has 2^8 leaves below each node of its base, and
/// 4,096 nodes of any level take 2^19 leaves to compute.
const KEPT_NODES: u32 = 1 << 18;
/// Leaves that are read and hashed at once: 4 MiB of them.
const LEAVES_AT_ONCE: u32 = 1 << 12;
/// Nodes of all trees that [`Trees`] keeps: 40 MiB.
const CACHED_NODES: usize = 1 << 20;

/// What decides where everything lies in a bundle, and the shape of the tree.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OutputShape {
	/// Items of the job.
	pub items: u32,
	/// Bytes of one item.
	pub item_size: u16,
	/// Items of a full leaf.
	pub items_per_leaf: u32,
}

impl OutputShape {
	/// The shape of a job's output.
	pub fn of(job: &JobView) -> Self {
		Self {
			items: job.spec.items,
			item_size: job.item_size,
			items_per_leaf: job.items_per_leaf,
		}
	}

	/// Leaves of the tree.
	pub fn leaves(&self) -> u32 {
		leaf_count(self.items_per_leaf, self.items)
	}

	/// The level of the root; the leaves are level 0.
	pub fn height(&self) -> u32 {
		u32::BITS - self.leaves().saturating_sub(1).leading_zeros()
	}

	/// Nodes of a level; none above the root.
	pub fn nodes(&self, level: u32) -> u32 {
		match level {
			level if level > self.height() => 0,
			// Only a tree of more than 2^31 leaves is that high.
			32.. => 1,
			level => self.leaves().div_ceil(1 << level),
		}
	}

	/// Bytes of a full leaf.
	fn leaf_bytes(&self) -> u64 {
		u64::from(self.items_per_leaf.max(1)) * u64::from(self.item_size.max(1))
	}

	/// Bytes of the whole output.
	fn output_bytes(&self) -> u64 {
		u64::from(self.items) * u64::from(self.item_size)
	}
}

/// Why a tree cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
	/// The bundle cannot be read.
	#[error("the bundle cannot be read")]
	Read(#[from] io::Error),
	/// The units of the leaves overflow. No honest bundle's do.
	#[error("the bundle is damaged")]
	Units(#[from] SumOverflow),
	/// The bundle makes another root than the one that the chain shows.
	#[error("the bundle is not the one that was committed")]
	Root,
	/// There are no such nodes.
	#[error("the tree has no such nodes")]
	Range,
}

impl TreeError {
	/// Whether the bundle is gone or damaged, so that reading it again will not help.
	pub fn is_loss(&self) -> bool {
		match self {
			Self::Read(error) => matches!(
				error.kind(),
				io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData
			),
			Self::Units(_) | Self::Root => true,
			Self::Range => false,
		}
	}
}

/// The output tree over a bundle.
#[derive(Debug)]
pub struct OutputTree {
	bundle: PathBuf,
	shape: OutputShape,
	/// The level of the first of `kept`.
	base: u32,
	/// Whole levels, from the base up to the root.
	kept: Vec<Vec<SumNode>>,
}

impl OutputTree {
	/// Hashes the whole bundle: a tenth of a second for each 64 MiB of full leaves, some seconds where each has one byte.
	///
	/// # Errors
	/// [`TreeError::Read`], also where the bundle is too short, and [`TreeError::Units`].
	pub fn read(bundle: &Path, shape: OutputShape) -> Result<Self, TreeError> {
		Self::read_keeping(bundle, shape, KEPT_NODES)
	}

	fn read_keeping(bundle: &Path, shape: OutputShape, most: u32) -> Result<Self, TreeError> {
		let base = (0..shape.height())
			.find(|level| shape.nodes(*level) <= most)
			.unwrap_or(shape.height());
		let file = File::open(bundle)?;
		let mut kept = vec![compute(&file, &shape, base, 0, shape.nodes(base))?];
		while let Some(level) = kept.last().filter(|level| level.len() > 1) {
			let above = output_parents::<Blake2b>(level)?;
			kept.push(above);
		}
		Ok(Self {
			bundle: bundle.to_path_buf(),
			shape,
			base,
			kept,
		})
	}

	/// The root. `None` for a job without items, which there is not.
	pub fn root(&self) -> Option<SumNode> {
		self.kept.last()?.first().copied()
	}

	/// `count` nodes of `level`, from number `first` on.
	///
	/// # Errors
	/// [`TreeError::Range`] where the level has no such nodes. Below the levels that are kept the bundle is read, which can
	/// fail.
	pub fn nodes(&self, level: u32, first: u32, count: u32) -> Result<Vec<SumNode>, TreeError> {
		let end = first
			.checked_add(count)
			.filter(|end| *end <= self.shape.nodes(level))
			.ok_or(TreeError::Range)?;
		match level.checked_sub(self.base) {
			Some(above) => {
				let level = self.kept.get(index(above));
				let nodes = level.and_then(|level| level.get(index(first)..index(end)));
				Ok(nodes.ok_or(TreeError::Range)?.to_vec())
			}
			None => compute(&File::open(&self.bundle)?, &self.shape, level, first, count),
		}
	}

	/// The pairs on the way from the root to a leaf.
	///
	/// # Errors
	/// As [`OutputTree::nodes`].
	pub fn path(&self, leaf: u32) -> Result<Vec<Pair>, TreeError> {
		if leaf >= self.shape.leaves() {
			return Err(TreeError::Range);
		}
		let over = leaf.checked_shr(self.base).unwrap_or(0);
		let mut at = index(over);
		let mut path = Vec::new();
		for (level, step) in self.kept.iter().zip(steps(self.shape.nodes(self.base), over)) {
			let left = match step {
				Step::Left => Some(at),
				Step::Right => at.checked_sub(1),
				Step::Promoted => None,
			};
			path.extend(left.and_then(|left| {
				Some(Pair {
					left: *level.get(left)?,
					right: *level.get(left.checked_add(1)?)?,
				})
			}));
			at /= 2;
		}
		path.reverse();
		if self.base > 0 {
			let (first, count) = below(&self.shape, self.base, over);
			let leaves = compute(&File::open(&self.bundle)?, &self.shape, 0, first, count)?;
			path.extend(output_path::<Blake2b>(&leaves, leaf.saturating_sub(first))?);
		}
		Ok(path)
	}

	/// A leaf's bytes and figures.
	///
	/// # Errors
	/// [`TreeError::Range`] where there is no such leaf; the bundle cannot be read.
	pub fn leaf(&self, leaf: u32) -> Result<(Vec<u8>, LeafFigures), TreeError> {
		if leaf >= self.shape.leaves() {
			return Err(TreeError::Range);
		}
		let (bytes, figures) = read_leaves(&File::open(&self.bundle)?, &self.shape, leaf, 1)?;
		let (units, traps) = figures.first().copied().ok_or(TreeError::Range)?;
		Ok((bytes, LeafFigures { units, traps }))
	}

	/// Nodes in memory.
	fn size(&self) -> usize {
		self.kept.iter().map(Vec::len).sum()
	}
}

/// The leaves below a node: the first, and how many.
fn below(shape: &OutputShape, level: u32, position: u32) -> (u32, u32) {
	let first = u64::from(position) << level;
	let count = (1u64 << level).min(u64::from(shape.leaves()).saturating_sub(first));
	(
		u32::try_from(first).unwrap_or(u32::MAX),
		u32::try_from(count).unwrap_or(u32::MAX),
	)
}

/// Nodes of a level, from the bundle's bytes. The level has them.
fn compute(file: &File, shape: &OutputShape, level: u32, first: u32, count: u32) -> Result<Vec<SumNode>, TreeError> {
	// A whole number of nodes at once, so that each subtree is built from leaves that are read together.
	let at_once = LEAVES_AT_ONCE.checked_shr(level).unwrap_or(0).max(1);
	let span = 1usize.checked_shl(level).unwrap_or(usize::MAX);
	let end = first.saturating_add(count);
	let mut nodes = Vec::with_capacity(index(count));
	let mut at = first;
	while at < end {
		let next = at.saturating_add(at_once).min(end);
		let (first_leaf, _) = below(shape, level, at);
		let (last_leaf, last_count) = below(shape, level, next - 1);
		let leaves = last_leaf.saturating_add(last_count).saturating_sub(first_leaf);
		let (bytes, figures) = read_leaves(file, shape, first_leaf, leaves)?;
		let leaves = output_leaves::<Blake2b>(u64::from(first_leaf), &bytes, wide(shape.leaf_bytes()), &figures);
		for subtree in leaves.chunks(span) {
			nodes.push(output_root::<Blake2b>(subtree)?);
		}
		at = next;
	}
	Ok(nodes)
}

/// Bytes of consecutive leaves, and the units and traps of each.
type Leaves = (Vec<u8>, Vec<(u64, u32)>);

/// Reads consecutive leaves of a bundle.
fn read_leaves(file: &File, shape: &OutputShape, first: u32, count: u32) -> io::Result<Leaves> {
	let (output, figures_bytes) = (shape.output_bytes(), FIGURES_BYTES as u64);
	let (first, count) = (u64::from(first), u64::from(count));
	let start = first.saturating_mul(shape.leaf_bytes()).min(output);
	let end = first
		.saturating_add(count)
		.saturating_mul(shape.leaf_bytes())
		.min(output);
	let mut bytes = vec![0u8; wide(end - start)];
	file.read_exact_at(&mut bytes, start)?;

	let mut figures = vec![0u8; wide(count * figures_bytes)];
	file.read_exact_at(&mut figures, output + first * figures_bytes)?;
	let figures = figures
		.chunks_exact(FIGURES_BYTES)
		.map(|figures| {
			let (units, traps) = figures.split_at(8);
			(
				units.try_into().map_or(0, u64::from_le_bytes),
				traps.try_into().map_or(0, u32::from_le_bytes),
			)
		})
		.collect();
	Ok((bytes, figures))
}

fn index(number: u32) -> usize {
	usize::try_from(number).unwrap_or(usize::MAX)
}

fn wide(number: u64) -> usize {
	usize::try_from(number).unwrap_or(usize::MAX)
}

/// The trees that were asked for last.
#[derive(Default)]
pub struct Trees {
	/// The one used last stands at the end.
	cached: Mutex<Vec<Cached>>,
	/// Held while a bundle is hashed: one core at a time, whoever asks for what.
	turn: Mutex<()>,
}

struct Cached {
	job: JobId,
	root: Digest,
	tree: Arc<OutputTree>,
}

impl Trees {
	/// The tree over the bundle of a job, hashing it where it was not asked for lately. Blocks.
	///
	/// # Errors
	/// [`TreeError::Root`] where the bundle does not make `root`; else as [`OutputTree::read`].
	pub fn get(
		&self,
		job: &JobId,
		root: &Digest,
		bundle: &Path,
		shape: OutputShape,
	) -> Result<Arc<OutputTree>, TreeError> {
		if let Some(tree) = self.find(job, root) {
			return Ok(tree);
		}
		let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
		// Whoever had the turn before may have wanted the same.
		if let Some(tree) = self.find(job, root) {
			return Ok(tree);
		}
		let tree = Arc::new(OutputTree::read(bundle, shape)?);
		if tree.root().map(|node| node.hash) != Some(*root) {
			return Err(TreeError::Root);
		}
		let mut cached = self.cached();
		cached.push(Cached {
			job: *job,
			root: *root,
			tree: tree.clone(),
		});
		let mut size: usize = cached.iter().map(|cached| cached.tree.size()).sum();
		while size > CACHED_NODES && cached.len() > 1 {
			size -= cached.remove(0).tree.size();
		}
		Ok(tree)
	}

	fn find(&self, job: &JobId, root: &Digest) -> Option<Arc<OutputTree>> {
		let mut cached = self.cached();
		let at = cached
			.iter()
			.position(|cached| cached.job == *job && cached.root == *root)?;
		let found = cached.remove(at);
		let tree = found.tree.clone();
		cached.push(found);
		Some(tree)
	}

	fn cached(&self) -> MutexGuard<'_, Vec<Cached>> {
		self.cached.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

#[cfg(test)]
mod tests;
