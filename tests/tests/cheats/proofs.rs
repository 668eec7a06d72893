//! False accusations against an honest provider, and bytes that are no accusation at all. Each costs its sender a fee or
//! is refused at the door; nobody else loses anything, and the node keeps its memory.

use super::{
	books::{Block, Scene},
	cast::Cast,
	lies::computed,
	world::{key, World, ITEMS},
};
use millrace_client::{
	chain::{Call, ChainError, JobId},
	check::Subject,
	job::Input,
};
use millrace_compute::parse_bundle;
use millrace_kernel::{
	proof::{prove, LeafProof, Opening, WholeInput},
	tree::{output_path, Blake2b},
};
use millrace_tests::raw::Raw;

/// How much more resident memory the node may have once all of this has come in, and at most meanwhile: several
/// transactions of 4 MiB are in the air at once, in hexadecimal and decoded.
const MEMORY: (u64, u64) = (100 << 20, 200 << 20);
/// Most units of a leaf, and most chunks.
const MOST: (u32, u32) = (1 << 21, 512);

/// The case against leaf 5 of an honest result, which shows that it is right.
fn truth(world: &World, job: JobId, salt: u64) -> LeafProof {
	let subject = world.block_on(async {
		let at = world.chain.best().await.expect("a block");
		Subject::read(&at, job).await.expect("a committed job")
	});
	let bundle = parse_bundle(
		&computed(world, salt).bundle(),
		ITEMS,
		16,
		subject.program.items_per_leaf(),
	);
	let nodes = bundle.expect("a bundle").nodes();
	let input = Input::new(world.input.clone());
	let whole = [WholeInput {
		bytes: input.bytes(),
		leaves: input.leaves(),
	}];
	let pairs = output_path::<Blake2b>(&nodes, 5).expect("a path");
	prove::<Blake2b>(&subject.commitment(), &whole, 5, pairs).expect("a proof")
}

/// Well-formed accusations, and the chain's answer to each.
fn accusations(truth: &LeafProof) -> Vec<(&'static str, LeafProof, &'static str)> {
	let but = |change: &dyn Fn(&mut LeafProof)| {
		let mut proof = truth.clone();
		change(&mut proof);
		proof
	};
	let bomb = Opening {
		chunks: (0..512).collect(),
		bytes: vec![0xa5; 256 << 10],
		siblings: vec![[0x5a; 32]; 6_000],
	};
	vec![
		("the leaf as it is", truth.clone(), "NoFraud"),
		(
			"the same with all that may be declared",
			but(&|proof| (proof.units, proof.chunks) = MOST),
			"NoFraud",
		),
		(
			"an inner node shown as a leaf",
			but(&|proof| proof.pairs.truncate(3)),
			"BadProof",
		),
		(
			"the root shown as a leaf",
			but(&|proof| proof.pairs.clear()),
			"BadProof",
		),
		(
			"a leaf shown as an inner node",
			but(&|proof| proof.pairs.extend_from_within(3..)),
			"BadProof",
		),
		(
			"a pair with another sum",
			but(&|proof| proof.pairs[2].left.units += 1),
			"BadProof",
		),
		("another leaf's way", but(&|proof| proof.leaf = 6), "BadProof"),
		("a leaf that the job lacks", but(&|proof| proof.leaf = 16), "BadProof"),
		(
			"the last leaf there can be",
			but(&|proof| proof.leaf = u32::MAX),
			"BadProof",
		),
		("no units", but(&|proof| proof.units = 0), "BadProof"),
		("no chunks", but(&|proof| proof.chunks = 0), "BadProof"),
		("a unit too many", but(&|proof| proof.units = MOST.0 + 1), "BadProof"),
		("a chunk too many", but(&|proof| proof.chunks = MOST.1 + 1), "BadProof"),
		("no opening", but(&|proof| proof.openings.clear()), "BadProof"),
		(
			"an empty opening",
			but(&|proof| proof.openings[0] = Opening::default()),
			"BadProof",
		),
		(
			"two openings",
			but(&|proof| proof.openings.push(Opening::default())),
			"BadProof",
		),
		(
			"another byte",
			but(&|proof| proof.openings[0].bytes[9] ^= 1),
			"BadProof",
		),
		(
			"another sibling",
			but(&|proof| proof.openings[0].siblings[0][0] ^= 1),
			"BadProof",
		),
		(
			"a sibling less",
			but(&|proof| proof.openings[0].siblings.truncate(3)),
			"BadProof",
		),
		(
			"another chunk",
			but(&|proof| proof.openings[0].chunks[0] += 1),
			"BadProof",
		),
		(
			"a chunk that the input lacks",
			but(&|proof| proof.openings[0].chunks[0] = u32::MAX),
			"BadProof",
		),
		(
			"512 chunks and 6,000 siblings",
			but(&|proof| {
				proof.chunks = 512;
				proof.openings = vec![bomb.clone()];
			}),
			"BadProof",
		),
		(
			"eight times that, which fills a block",
			but(&|proof| {
				proof.chunks = 512;
				proof.openings = vec![bomb.clone(); 8];
			}),
			"BadProof",
		),
	]
}

/// Well-formed, but larger or dearer than any block.
fn too_much(truth: &LeafProof) -> Vec<(&'static str, LeafProof)> {
	let but = |change: &dyn Fn(&mut LeafProof)| {
		let mut proof = truth.clone();
		change(&mut proof);
		proof
	};
	let full = Opening {
		chunks: (0..512).collect(),
		bytes: vec![1; 512 << 10],
		siblings: Vec::new(),
	};
	vec![
		("four thousand million units", but(&|proof| proof.units = u32::MAX)),
		("four thousand million chunks", but(&|proof| proof.chunks = u32::MAX)),
		(
			"8 openings of 512 chunks",
			but(&|proof| proof.openings = vec![full.clone(); 8]),
		),
		("9 openings", but(&|proof| proof.openings = vec![Opening::default(); 9])),
		("33 pairs", but(&|proof| proof.pairs = vec![proof.pairs[0]; 33])),
		(
			"513 chunks in an opening",
			but(&|proof| proof.openings[0].chunks = (0..513).collect()),
		),
		(
			"8,193 siblings",
			but(&|proof| proof.openings[0].siblings = vec![[3; 32]; 8_193]),
		),
		(
			"a byte too many in an opening",
			but(&|proof| proof.openings[0].bytes = vec![4; (512 << 10) + 1]),
		),
	]
}

/// A SCALE length.
fn compact(len: u64) -> Vec<u8> {
	match len {
		0..64 => vec![(len as u8) << 2],
		64..0x4000 => ((len as u16) << 2 | 1).to_le_bytes().to_vec(),
		0x4000..0x4000_0000 => ((len as u32) << 2 | 2).to_le_bytes().to_vec(),
		_ => [vec![4 << 2 | 3], len.to_le_bytes().to_vec()].concat(),
	}
}

/// Arguments of `refute` and `provide` that no type has: cut off, with lengths that nothing follows, or noise.
fn malformed(job: JobId) -> Vec<(String, &'static str, Vec<u8>)> {
	let begin = [job.0.to_vec(), 5u32.to_le_bytes().to_vec()].concat();
	// No pairs, no openings, 1 unit, no chunks.
	let whole = [begin.clone(), vec![0, 0, 1, 0, 0, 0, 0, 0, 0, 0]].concat();
	let mut all = Vec::new();
	for cut in [0, 1, 31, 32, 35, 36, 37, 41, whole.len() - 1] {
		all.push((format!("cut after {cut} bytes"), "refute", whole[..cut].to_vec()));
	}
	all.push(("a byte more".to_owned(), "refute", [whole, vec![0]].concat()));
	for len in [33u64, 0x3fff, 0x3fff_ffff, u64::from(u32::MAX), u64::MAX] {
		let pairs = [begin.clone(), compact(len)].concat();
		let openings = [begin.clone(), vec![0], compact(len)].concat();
		let bytes = [begin.clone(), vec![0], compact(1), vec![0], compact(len)].concat();
		let siblings = [
			begin.clone(),
			vec![0],
			compact(1),
			vec![0, 0],
			compact(len),
			vec![7; 4_096],
		]
		.concat();
		all.push((format!("{len} pairs"), "refute", pairs));
		all.push((format!("{len} openings"), "refute", openings));
		all.push((format!("{len} bytes"), "refute", bytes));
		all.push((format!("{len} siblings"), "refute", siblings));
		all.push((
			format!("{len} leaves"),
			"provide",
			[job.0.to_vec(), compact(len.max(65))].concat(),
		));
		let leaf = [
			job.0.to_vec(),
			compact(1),
			5u32.to_le_bytes().to_vec(),
			compact(len.max(1_025)),
		]
		.concat();
		all.push((format!("a leaf of {len} bytes"), "provide", leaf));
	}
	let mut state = 0x2545_f491_4f6c_dd1du64;
	for round in 0..40usize {
		let noise: Vec<u8> = (0..round * round * 40)
			.map(|_| {
				state ^= state << 13;
				state ^= state >> 7;
				state ^= state << 17;
				state as u8
			})
			.collect();
		let name = if round % 2 == 0 { "refute" } else { "provide" };
		all.push((format!("{} bytes of noise", noise.len()), name, noise));
	}
	all
}

/// Everything that can be thrown at an honest result. Its job stays as it is.
pub(crate) fn accuse(world: &World, honest: &Cast<'_>, job: JobId, salt: u64, scene: &mut Scene) {
	let truth = truth(world, job, salt);
	frame(world, honest, job, &truth, scene);
	let accuser = key(honest.name, "refuter");
	let pair = accuser.pair();
	let node = &world.node.process;
	let before = node.resident_bytes().expect("the node runs");
	node.forget_peak();
	let (accused, refused) = world.block_on(async {
		let anchor = world.chain.finalised().await.expect("a block");
		let mut refused = 0usize;
		for (what, proof) in too_much(&truth) {
			let proof = Box::new(proof);
			match world.chain.submit(&anchor, &Call::Refute { job, proof }, pair).await {
				Err(ChainError::Refused { .. } | ChainError::CannotPayFee { .. }) => refused += 1,
				other => panic!("{what}: {other:?}"),
			}
		}
		let raw = Raw::connect(&world.node.url()).await;
		for (what, name, arguments) in malformed(job) {
			let bytes = raw.sign(name, arguments, pair).await;
			let answer = raw.submit(&bytes).await;
			assert!(answer.is_err(), "{what}: the pool took it");
			refused += 1;
		}
		refused += broken_signatures(&raw, job, pair).await;

		let accusations = accusations(&truth);
		let count = accusations.len();
		let mut sent = Vec::new();
		for (what, proof, error) in accusations {
			let proof = Box::new(proof);
			let submitted = world.chain.submit(&anchor, &Call::Refute { job, proof }, pair).await;
			sent.push((
				what,
				error,
				submitted.unwrap_or_else(|refusal| panic!("{what}: {refusal}")),
			));
		}
		for (what, error, mut submitted) in sent {
			match submitted.in_best().await {
				Err(ChainError::Rejected(rejection)) => assert_eq!(rejection.error, error, "{what}"),
				other => panic!("{what}: {other:?}"),
			}
		}
		(count, refused)
	});
	let [growth, peak] =
		[node.resident_bytes(), node.peak_bytes()].map(|bytes| bytes.expect("the node runs").saturating_sub(before));
	assert!(growth < MEMORY.0, "the node grew by {} MiB", growth >> 20);
	assert!(peak < MEMORY.1, "the node grew by {} MiB for a moment", peak >> 20);
	let height = world.node.heights().0;
	world.node.wait_until("two more blocks", super::world::LIMIT, |node| {
		node.heights().0 >= height + 2
	});
	scene.pays(honest, "refuter");
	scene.tell(
		honest,
		"false proofs, bombs and noise against an honest result",
		format!(
			"{accused} accusations failed and paid their fees, {refused} were refused by the pool; the node grew by {} MiB, \
			 by {} at most",
			growth >> 20,
			peak >> 20
		),
		Block::EndOf(job),
	);
}

/// An inner node shown as a leaf would be wrong whatever the leaves are. The shape of the tree follows from the job, so
/// it refutes nothing: the accuser pays its fee and the provider nothing.
fn frame(world: &World, honest: &Cast<'_>, job: JobId, truth: &LeafProof, scene: &mut Scene) {
	let accuser = key(honest.name, "other");
	let mut proof = Box::new(truth.clone());
	proof.pairs.pop();
	let refuted = world.block_on(world.chain.call(&Call::Refute { job, proof }, accuser.pair()));
	match refuted {
		Err(ChainError::Rejected(rejection)) => assert_eq!(rejection.error, "BadProof"),
		other => panic!("an inner node as a leaf: {other:?}"),
	}
	scene.pays(honest, "other");
	scene.tell(
		honest,
		"an inner node of an honest tree, shown as a leaf",
		"BadProof; the accuser (`other`) pays its fee, the provider nothing",
		Block::FeeOf(accuser.account()),
	);
}

/// Whole transactions that somebody has cut or changed on the way, and noise.
async fn broken_signatures(raw: &Raw, job: JobId, pair: &subxt_signer::sr25519::Keypair) -> usize {
	let arguments = [job.0.to_vec(), vec![5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]].concat();
	let signed = raw.sign("refute", arguments, pair).await;
	let mut count = 0;
	for at in [0, 1, 2, signed.len() / 2, signed.len() - 1] {
		let mut changed = signed.clone();
		changed[at] ^= 0x10;
		for bytes in [&changed[..], &signed[..at]] {
			assert!(raw.submit(bytes).await.is_err(), "changed or cut at {at}");
			count += 1;
		}
	}
	count
}
