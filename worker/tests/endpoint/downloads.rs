//! What a checker fetches: nodes of the output tree, and the inputs again.

use crate::fixture::{path, Answer, Fixture, CHUNK, GENESIS, JOB, LEAVES, OUTPUT_BYTES, PROVIDER};
use hyper::{header::CONTENT_RANGE, Method, StatusCode};
use millrace_client::{
	chain::{blake2_256, JobId},
	endpoint::auth,
	keys::Key,
};
use millrace_worker::endpoint::{limits::Caps, routes::MAX_NODES, Phase};

/// A node as it is sent: its hash, then its units.
type Node = Vec<u8>;

/// A bundle in which no two leaves are alike.
fn bundle() -> Vec<u8> {
	let mut bytes: Vec<u8> = (0..OUTPUT_BYTES).map(|at| (at % 247) as u8).collect();
	for leaf in 0..LEAVES {
		bytes.extend((1_000 * leaf as u64 + 7).to_le_bytes());
		bytes.extend((leaf as u32 % 4).to_le_bytes());
	}
	bytes
}

fn node(hash: [u8; 32], units: u64) -> Node {
	[&hash[..], &units.to_le_bytes()].concat()
}

fn units(node: &Node) -> u64 {
	u64::from_le_bytes(node[32..].try_into().unwrap())
}

/// Every level of the tree over a bundle, written down from the protocol's table of hashes alone.
fn levels(bundle: &[u8]) -> Vec<Vec<Node>> {
	let (output, figures) = bundle.split_at(OUTPUT_BYTES);
	let leaf = |(number, (bytes, figures)): (u64, (&[u8], &[u8]))| {
		let len = bytes.len() as u32;
		let message = [&[0], &number.to_le_bytes()[..], figures, &len.to_le_bytes(), bytes].concat();
		node(
			blake2_256(&message),
			u64::from_le_bytes(figures[..8].try_into().unwrap()),
		)
	};
	let mut levels: Vec<Vec<Node>> = vec![(0..).zip(output.chunks(12).zip(figures.chunks(12))).map(leaf).collect()];
	while levels[levels.len() - 1].len() > 1 {
		let above = levels[levels.len() - 1]
			.chunks(2)
			.map(|pair| match pair {
				[left, right] => node(
					blake2_256(&[&[1], &left[..], right].concat()),
					units(left) + units(right),
				),
				other => other[0].clone(),
			})
			.collect();
		levels.push(above);
	}
	levels
}

/// Commits to the bundle and puts it there. Returns the tree.
fn commit(fixture: &Fixture, public: bool) -> Vec<Vec<Node>> {
	let bundle = bundle();
	let levels = levels(&bundle);
	std::fs::write(fixture.files.bundle_path(), &bundle).unwrap();
	let root = levels[levels.len() - 1][0][..32].try_into().unwrap();
	fixture.set(Phase::Committed { root }, public);
	levels
}

async fn get(fixture: &Fixture, object: &str) -> Answer {
	fixture.ask(Method::GET, object, &[]).await
}

async fn get_unsigned(fixture: &Fixture, object: &str) -> Answer {
	fixture.send(Method::GET, &path(object), &[], &[]).await
}

fn push_input(fixture: &Fixture) {
	fixture.files.put_leaves(0, &fixture.leaves()).unwrap();
	fixture.files.put_chunks(0, 0, &fixture.input).unwrap();
}

fn refused(answer: &Answer) -> (StatusCode, String) {
	(answer.status, answer.code())
}

#[tokio::test]
async fn nodes_are_those_of_the_protocol() {
	let fixture = Fixture::new(Caps::default()).await;
	let levels = commit(&fixture, false);
	let lengths: Vec<usize> = levels.iter().map(Vec::len).collect();
	assert_eq!(lengths, [62, 31, 16, 8, 4, 2, 1], "with a promoted node");
	for (number, level) in levels.iter().enumerate() {
		let answer = get(&fixture, &format!("tree/{number}/0/{}", level.len())).await;
		assert_eq!(answer.status, StatusCode::OK);
		assert_eq!(answer.headers["content-length"], (40 * level.len()).to_string());
		assert_eq!(answer.headers["content-type"], "application/octet-stream");
		assert_eq!(answer.body, level.concat(), "level {number}");
		let last = get(&fixture, &format!("tree/{number}/{}/1", level.len() - 1)).await;
		assert_eq!(last.body, level[level.len() - 1]);
	}
	let some = get(&fixture, "tree/0/17/30").await;
	assert_eq!(some.body, levels[0][17..47].concat());
}

#[tokio::test]
async fn nodes_that_there_are_not() {
	let fixture = Fixture::new(Caps::default()).await;
	commit(&fixture, false);
	let too_many = format!("tree/0/0/{}", MAX_NODES + 1);
	for object in [
		"tree/0/0/0",
		too_many.as_str(),
		"tree/0/0/63",
		"tree/0/62/1",
		"tree/1/30/2",
		"tree/6/1/1",
		"tree/7/0/1",
		"tree/0/4294967295/1",
		"tree/0/4294967296/1",
		"tree/0/18446744073709551615/1",
		"tree/0/18446744073709551615/4096",
		"tree/0/0/18446744073709551615",
		"tree/32/0/1",
		"tree/64/0/1",
		"tree/4294967296/0/1",
		"tree/18446744073709551615/18446744073709551615/18446744073709551615",
	] {
		let answer = get(&fixture, object).await;
		assert_eq!(
			refused(&answer),
			(StatusCode::BAD_REQUEST, "out_of_range".to_owned()),
			"{object}"
		);
	}
	for object in [
		"tree/00/0/1",
		"tree/0/-1/1",
		"tree/0/0/+1",
		"tree/0x0/0/1",
		"tree/0/0/1a",
		"tree/18446744073709551616/0/1",
	] {
		let answer = get(&fixture, object).await;
		assert_eq!(
			refused(&answer),
			(StatusCode::BAD_REQUEST, "bad_number".to_owned()),
			"{object}"
		);
	}
	for object in ["tree", "tree/0/0", "tree/0/0/1/", "tree/0/0/1/1", "tree/0//1"] {
		let answer = get(&fixture, object).await;
		assert!(answer.status.is_client_error(), "{object}: {}", answer.status);
	}
	let posted = fixture.ask(Method::POST, "tree/0/0/1", &[]).await;
	assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_tree_is_for_the_data_key_or_for_anyone() {
	let fixture = Fixture::new(Caps::default()).await;
	let levels = commit(&fixture, false);
	let object = "tree/6/0/1";
	let now = auth::unix_now();
	let (key, stranger) = (&fixture.data_key, Key::from_seed([4; 32]).unwrap());
	let other_job = auth::Request {
		genesis: GENESIS,
		provider: PROVIDER,
		job: JobId([0xbb; 32]),
		method: "GET",
		object,
	};
	for (header, status, code) in [
		(None, StatusCode::UNAUTHORIZED, "unsigned"),
		(
			Some(fixture.signed(&stranger, "GET", object, now)),
			StatusCode::FORBIDDEN,
			"not_the_data_key",
		),
		(
			Some(fixture.signed(key, "GET", object, now - 3_600)),
			StatusCode::UNAUTHORIZED,
			"expired",
		),
		(
			Some(fixture.signed(key, "PUT", object, now)),
			StatusCode::FORBIDDEN,
			"not_the_data_key",
		),
		(
			Some(fixture.signed(key, "GET", "tree/0/0/1", now)),
			StatusCode::FORBIDDEN,
			"not_the_data_key",
		),
		(
			Some(fixture.signed(key, "GET", "bundle", now)),
			StatusCode::FORBIDDEN,
			"not_the_data_key",
		),
		(
			Some(other_job.sign(key.pair(), now)),
			StatusCode::FORBIDDEN,
			"not_the_data_key",
		),
	] {
		let headers: Vec<(&str, &str)> = header.iter().map(|header| ("authorization", header.as_str())).collect();
		let answer = fixture.send(Method::GET, &path(object), &headers, &[]).await;
		assert_eq!(refused(&answer), (status, code.to_owned()), "{header:?}");
	}
	// Another spelling of the same path is another object.
	let odd = get(&fixture, "tree/%36/0/1").await;
	assert_eq!(refused(&odd), (StatusCode::FORBIDDEN, "not_the_data_key".to_owned()));
	let unknown = format!("/v1/jobs/0x{}/{object}", "bb".repeat(32));
	let unknown = fixture.send(Method::GET, &unknown, &[], &[]).await;
	assert_eq!(refused(&unknown), (StatusCode::NOT_FOUND, "unknown_job".to_owned()));

	commit(&fixture, true);
	let anyone = get_unsigned(&fixture, object).await;
	assert_eq!((anyone.status, &anyone.body[..]), (StatusCode::OK, &levels[6][0][..]));
}

#[tokio::test]
async fn a_tree_is_served_once_its_root_is_committed() {
	let fixture = Fixture::new(Caps::default()).await;
	commit(&fixture, true);
	let object = "tree/6/0/1";
	let early = (StatusCode::NOT_FOUND, "not_committed".to_owned());
	for phase in [Phase::Assigned, Phase::Running] {
		fixture.set(phase, true);
		assert_eq!(refused(&get_unsigned(&fixture, object).await), early);
	}
	// Committed, and the result is being computed again.
	commit(&fixture, true);
	if let Some(job) = fixture.table.jobs.lock().unwrap().get_mut(&JOB) {
		job.bundle = false;
	}
	assert_eq!(refused(&get_unsigned(&fixture, object).await), early);
}

#[tokio::test]
async fn a_damaged_result_has_no_tree() {
	let fixture = Fixture::new(Caps::default()).await;
	commit(&fixture, true);
	let mut damaged = bundle();
	damaged[5] ^= 1;
	std::fs::write(fixture.files.bundle_path(), &damaged).unwrap();
	let answer = get_unsigned(&fixture, "tree/0/61/1").await;
	assert_eq!(
		refused(&answer),
		(StatusCode::INTERNAL_SERVER_ERROR, "internal".to_owned())
	);
	let levels = commit(&fixture, true);
	assert_eq!(get_unsigned(&fixture, "tree/0/61/1").await.body, levels[0][61]);
}

#[tokio::test]
async fn inputs_come_out_as_they_went_in() {
	let fixture = Fixture::new(Caps::default()).await;
	let incomplete = (StatusCode::CONFLICT, "incomplete".to_owned());
	fixture.files.put_leaves(0, &fixture.leaves()).unwrap();
	fixture.files.put_chunks(0, 0, &fixture.input[..CHUNK]).unwrap();
	for object in ["inputs/0/leaves", "inputs/0/chunks/0"] {
		assert_eq!(refused(&get(&fixture, object).await), incomplete, "{object}");
	}

	push_input(&fixture);
	for phase in [Phase::Assigned, Phase::Running, Phase::Committed { root: [0; 32] }] {
		fixture.set(phase, false);
		let leaves = get(&fixture, "inputs/0/leaves").await;
		assert_eq!(
			(leaves.status, &leaves.body[..]),
			(StatusCode::OK, &fixture.leaves()[..])
		);
		assert_eq!(leaves.headers["content-length"], "128");
		for first in [0, 1, 3] {
			let chunks = get(&fixture, &format!("inputs/0/chunks/{first}")).await;
			assert_eq!(
				(chunks.status, &chunks.body[..]),
				(StatusCode::OK, &fixture.input[first * CHUNK..])
			);
			assert_eq!(chunks.headers["content-type"], "application/octet-stream");
		}
	}
	for (object, status, code) in [
		("inputs/0/chunks/4", StatusCode::BAD_REQUEST, "out_of_range"),
		(
			"inputs/0/chunks/18446744073709551615",
			StatusCode::BAD_REQUEST,
			"out_of_range",
		),
		("inputs/0/chunks/01", StatusCode::BAD_REQUEST, "bad_number"),
		("inputs/1/chunks/0", StatusCode::NOT_FOUND, "unknown_input"),
		("inputs/1/leaves", StatusCode::NOT_FOUND, "unknown_input"),
		(
			"inputs/18446744073709551615/leaves",
			StatusCode::NOT_FOUND,
			"unknown_input",
		),
	] {
		assert_eq!(
			refused(&get(&fixture, object).await),
			(status, code.to_owned()),
			"{object}"
		);
	}
}

#[tokio::test]
async fn ranges_of_the_leaf_hashes() {
	let fixture = Fixture::new(Caps::default()).await;
	push_input(&fixture);
	fixture.set(Phase::Running, true);
	let ask = |range: &'static str| {
		let fixture = &fixture;
		async move {
			fixture
				.send(Method::GET, &path("inputs/0/leaves"), &[("range", range)], &[])
				.await
		}
	};
	for (range, first, last) in [("bytes=32-63", 32, 63), ("bytes=96-", 96, 127), ("bytes=-1", 127, 127)] {
		let answer = ask(range).await;
		assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
		assert_eq!(answer.headers[CONTENT_RANGE], format!("bytes {first}-{last}/128"));
		assert_eq!(&answer.body[..], &fixture.leaves()[first..=last]);
	}
	let beyond = ask("bytes=128-").await;
	assert_eq!(
		refused(&beyond),
		(StatusCode::RANGE_NOT_SATISFIABLE, "range".to_owned())
	);
	assert_eq!(beyond.headers[CONTENT_RANGE], "bytes */128");
}

#[tokio::test]
async fn inputs_are_for_the_data_key_or_for_anyone() {
	let fixture = Fixture::new(Caps::default()).await;
	push_input(&fixture);
	fixture.set(Phase::Committed { root: [0; 32] }, false);
	let now = auth::unix_now();
	for object in ["inputs/0/leaves", "inputs/0/chunks/0"] {
		let unsigned = get_unsigned(&fixture, object).await;
		assert_eq!(
			refused(&unsigned),
			(StatusCode::UNAUTHORIZED, "unsigned".to_owned()),
			"{object}"
		);
		// What was signed to push it does not fetch it.
		let pushed = fixture.signed(&fixture.data_key, "PUT", object, now);
		let pushed = fixture
			.send(Method::GET, &path(object), &[("authorization", &pushed)], &[])
			.await;
		assert_eq!(
			refused(&pushed),
			(StatusCode::FORBIDDEN, "not_the_data_key".to_owned()),
			"{object}"
		);
	}
	fixture.set(Phase::Committed { root: [0; 32] }, true);
	for object in ["inputs/0/leaves", "inputs/0/chunks/0"] {
		assert_eq!(get_unsigned(&fixture, object).await.status, StatusCode::OK, "{object}");
	}
	let anyone = get_unsigned(&fixture, "inputs").await;
	assert_eq!(refused(&anyone), (StatusCode::UNAUTHORIZED, "unsigned".to_owned()));
}

#[tokio::test]
async fn bytes_that_rot_are_not_given() {
	let fixture = Fixture::new(Caps::default()).await;
	push_input(&fixture);
	let (data, _) = fixture.files.input_files().remove(0);
	let mut bytes = fixture.input.clone();
	bytes[2 * CHUNK] ^= 1;
	std::fs::write(data, bytes).unwrap();
	let incomplete = (StatusCode::CONFLICT, "incomplete".to_owned());
	assert_eq!(refused(&get(&fixture, "inputs/0/chunks/0").await), incomplete);
	assert_eq!(fixture.files.progress()[0].missing, vec![(2, 1)]);
}

#[tokio::test]
async fn downloads_are_capped_like_everything() {
	let caps = Caps {
		burst: 3.0,
		per_second: 0.001,
		..Caps::default()
	};
	let fixture = Fixture::new(caps).await;
	commit(&fixture, true);
	push_input(&fixture);
	for object in ["tree/6/0/1", "inputs/0/leaves", "inputs/0/chunks/0"] {
		assert_eq!(get_unsigned(&fixture, object).await.status, StatusCode::OK);
	}
	for object in ["tree/6/0/1", "inputs/0/leaves", "inputs/0/chunks/0"] {
		assert_eq!(
			refused(&get_unsigned(&fixture, object).await),
			(StatusCode::TOO_MANY_REQUESTS, "too_many".to_owned())
		);
	}
}
