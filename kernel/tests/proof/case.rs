//! Jobs over a few kernels that read in different ways, with random inputs and bounds.

use millrace_kernel::{
	asm::assemble,
	eval::{Machine, Slices, Task},
	leaf::{eval_leaf, leaf_count, Leaf},
	program::Program,
	proof::{judge, prove, Commitment, InputCommitment, JudgeError, Judgement, LeafProof, Opening, WholeInput},
	tree::{input_leaves, input_root_of_leaves, output_path, output_root, Blake2b, Digest, Pair, SumNode},
};

/// Gathers from one input at places that another names, over two cursors; traps out of range. 8 items a leaf.
const GATHER: &str = "
.item 8
.inputs table list
.params k
.max_units 2000
.max_faults 64
.w zero i j x y
.d p
  index   i
  param   p, k
  lo      j, p
  mad     j, i, 37, j
  ld32.z  x, list[i]
  and     x, x, 2047
  ld16u   y, table[x]
  add     y, y, x
  ld32.z  x, table[i + 253]:1
  add     y, y, x
  ld32.z  x, list[j]:1
  sto32   [zero], y
  sto32   [zero + 1], x
";

/// Walks in long steps until the end; too many faults where the input is long, an explicit trap in one item of eight. 4
/// items a leaf.
const WALK: &str = "
.item 256
.inputs data
.max_units 3000
.max_faults 3
.w zero i n x sum t
  index   i
  and     t, i, 7
  eq      x, t, 3
  if x
    trap
  end
  len     n, data
  shru    n, n, 2
  mov     t, i
  loop top
    ld32.z x, data[t]
    add    sum, sum, x
    add    t, t, 97
    ltu    x, t, n
    br_if  x, top
  end
  sto32   [zero], sum
";

/// Loops as often as a byte says, for ever where it is 0; nothing is read where the first load is out of range. 8 items
/// a leaf.
const SPIN: &str = "
.item 128
.inputs a b c
.scratch 64
.max_units 600
.max_faults 40
.w zero i x y n
  index   i
  ld8u    x, a[i]
  and     n, x, 63
  loop top
    ld32.z y, b[x]:3
    sts32  [x], y
    add    x, x, y
    and    x, x, 1023
    sub    n, n, 1
    br_if  n, top
  end
  ld8u.z  y, c[x]
  lds32   n, [i]
  add     x, x, y
  sto32   [zero], x
  sto32   [zero + 7], n
";

/// Wide loads around the borders of chunks, three cursors on two inputs, the incomplete last element. 4 items a leaf.
const EDGES: &str = "
.item 16
.inputs left right
.max_units 1500
.max_faults 100
.w zero i a0 a1 a2 a3 t
.d p
  index   i
  mul     t, i, 61
  ld128.z a0, left[t]:1
  ld64.z  p, left[t + 127]:2
  lo      t, p
  xor     a0, a0, t
  ld16s.z t, right[i + 500]:1
  xor     a1, a1, t
  ld16s.z t, right[i + 511]
  add     a2, a2, t
  sto128  [zero], a0
";

/// Reads nothing. 4 items a leaf.
pub(crate) const PLAIN: &str = "
.item 256
.max_units 100
.w i zero
  index   i
  mul     i, i, 3
  sto32   [zero], i
";

pub(crate) const KERNELS: [&str; 5] = [GATHER, WALK, SPIN, EDGES, PLAIN];

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
	pub(crate) fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	pub(crate) fn below(&mut self, bound: u32) -> u32 {
		(self.next() % u64::from(bound.max(1))) as u32
	}

	pub(crate) fn bytes(&mut self, len: u32) -> Vec<u8> {
		(0..len).map(|_| self.next() as u8).collect()
	}
}

/// A job and its inputs.
pub(crate) struct Case {
	pub(crate) program: Program,
	pub(crate) items: u32,
	pub(crate) max_units: u32,
	pub(crate) params: Vec<u64>,
	pub(crate) inputs: Vec<Vec<u8>>,
	/// The hashes of each input's chunks.
	pub(crate) hashes: Vec<Vec<Digest>>,
	pub(crate) roots: Vec<InputCommitment>,
}

impl Case {
	pub(crate) fn new(kernel: &str, items: u32, max_units: u32, params: Vec<u64>, inputs: Vec<Vec<u8>>) -> Case {
		let program = assemble(kernel).unwrap_or_else(|error| panic!("{error}\n{kernel}"));
		let hashes: Vec<Vec<Digest>> = inputs.iter().map(|bytes| input_leaves::<Blake2b>(bytes)).collect();
		let roots = inputs
			.iter()
			.zip(&hashes)
			.map(|(bytes, hashes)| InputCommitment {
				root: input_root_of_leaves::<Blake2b>(hashes),
				len: bytes.len() as u32,
			})
			.collect();
		let case = Case {
			program,
			items,
			max_units,
			params,
			inputs,
			hashes,
			roots,
		};
		case.task().check(&case.program, case.inputs.len()).unwrap();
		case
	}

	/// Of `kernel`: up to five leaves, short and longer inputs, the kernel's bound or any lower one.
	pub(crate) fn random(kernel: &str, random: &mut Random) -> Case {
		let program = assemble(kernel).unwrap_or_else(|error| panic!("{error}\n{kernel}"));
		let header = program.header();
		let lengths = [0, 3, 700, 1024, 1500, 2048, 3001, 5120, 6007];
		let inputs = (0..header.inputs)
			.map(|_| {
				let len = lengths[random.below(lengths.len() as u32) as usize];
				random.bytes(len)
			})
			.collect();
		let least = header.item_cost();
		let max_units = match random.below(3) {
			0 => least + random.below(header.max_units - least),
			_ => header.max_units,
		};
		let params = (0..header.params).map(|_| random.next()).collect();
		let items = 1 + random.below(5 * program.items_per_leaf());
		Case::new(kernel, items, max_units, params, inputs)
	}

	pub(crate) fn task(&self) -> Task<'_> {
		Task {
			items: self.items,
			max_units: self.max_units,
			params: &self.params,
		}
	}

	pub(crate) fn slices(&self) -> Vec<&[u8]> {
		self.inputs.iter().map(Vec::as_slice).collect()
	}

	/// The inputs as [`prove`] takes them.
	pub(crate) fn whole(&self) -> Vec<WholeInput<'_>> {
		let inputs = self.inputs.iter().zip(&self.hashes);
		inputs.map(|(bytes, leaves)| WholeInput { bytes, leaves }).collect()
	}

	/// Some chunks of one input.
	pub(crate) fn open(&self, input: usize, chunks: &[u32]) -> Opening {
		Opening::new::<Blake2b>(&self.inputs[input], &self.hashes[input], chunks).unwrap()
	}

	pub(crate) fn commitment(&self, root: SumNode) -> Commitment<'_> {
		Commitment {
			program: &self.program,
			task: self.task(),
			inputs: &self.roots,
			root,
		}
	}

	/// All leaves as they are.
	pub(crate) fn leaves(&self) -> Vec<Leaf> {
		let inputs = self.slices();
		let mut machine = Machine::new(&self.program);
		(0..leaf_count(self.program.items_per_leaf(), self.items))
			.map(|leaf| eval_leaf(&self.program, &self.task(), &Slices(&inputs), leaf, &mut machine).unwrap())
			.collect()
	}

	/// The proof for leaf number `leaf` of a provider that committed to `root`, over `pairs`.
	pub(crate) fn proof(&self, root: SumNode, leaf: u32, pairs: Vec<Pair>) -> LeafProof {
		prove::<Blake2b>(&self.commitment(root), &self.whole(), leaf, pairs).unwrap()
	}

	pub(crate) fn judge(&self, root: SumNode, proof: &LeafProof) -> Result<Judgement, JudgeError> {
		judge::<Blake2b>(&self.commitment(root), &proof.view())
	}
}

/// The nodes of leaves, in order.
pub(crate) fn nodes(leaves: &[Leaf]) -> Vec<SumNode> {
	(0u32..)
		.zip(leaves)
		.map(|(number, leaf)| leaf.node::<Blake2b>(number))
		.collect()
}

/// What a provider of these leaves commits to.
pub(crate) fn root(nodes: &[SumNode]) -> SumNode {
	output_root::<Blake2b>(nodes).unwrap()
}

pub(crate) fn path(nodes: &[SumNode], leaf: u32) -> Vec<Pair> {
	output_path::<Blake2b>(nodes, leaf).unwrap()
}
