//! Requests that no honest requester makes, at the real worker's endpoint.

use super::{
	cast::Cast,
	world::{World, LIMIT},
};
use millrace_client::{
	chain::JobId,
	endpoint::auth::{self, unix_now},
	keys::Key,
};
use millrace_tests::tls::{Line, Reply};
use std::{
	path::Path,
	time::{Duration, Instant},
};

/// How much the worker's resident memory may grow.
const MEMORY: u64 = 100 << 20;
/// A worker drops whoever takes longer than 10 s for a request's head.
const PATIENCE: Duration = Duration::from_secs(25);
/// Objects of a job with 16 leaves and an input of 15.6 chunks, the status, and the code of the refusal.
const ASKED: [(&str, u16, &str); 24] = [
	("tree/0/0/16", 200, ""),
	("tree/4/0/1", 200, ""),
	("inputs/0/chunks/15", 200, ""),
	("tree/0/0/4097", 400, "out_of_range"),
	("tree/0/0/17", 400, "out_of_range"),
	("tree/0/0/0", 400, "out_of_range"),
	("tree/0/16/1", 400, "out_of_range"),
	("tree/4/0/2", 400, "out_of_range"),
	("tree/5/0/1", 400, "out_of_range"),
	("tree/99/0/1", 400, "out_of_range"),
	("tree/0/4294967295/1", 400, "out_of_range"),
	(
		"tree/18446744073709551615/18446744073709551615/4096",
		400,
		"out_of_range",
	),
	("tree/0/18446744073709551616/1", 400, "bad_number"),
	("tree/0/-1/1", 400, "bad_number"),
	("tree/0/+1/1", 400, "bad_number"),
	("tree/0/01/1", 400, "bad_number"),
	("tree/0/0x0/1", 400, "bad_number"),
	("tree/0/0", 404, "unknown_path"),
	("tree/0/0/1/..", 404, "unknown_path"),
	("inputs/0/chunks/16", 400, "out_of_range"),
	("inputs/0/chunks/4294967296", 400, "out_of_range"),
	("inputs/1/leaves", 404, "unknown_input"),
	("inputs/18446744073709551615/chunks/0", 404, "unknown_input"),
	("inputs/../../../../etc/passwd", 404, "unknown_path"),
];

struct Asker<'a> {
	world: &'a World,
	honest: &'a Cast<'a>,
	job: JobId,
	data_key: Key,
}

impl Asker<'_> {
	async fn line(&self) -> Line {
		Line::open(self.honest.port, self.honest.tls_key)
			.await
			.expect("the worker answers")
	}

	fn signed(&self, key: &Key, method: &str, object: &str, now: u64) -> String {
		let request = auth::Request {
			genesis: self.world.chain.genesis().0,
			provider: self.honest.provider,
			job: self.job,
			method,
			object,
		};
		request.sign(key.pair(), now)
	}

	/// One request on a line of its own.
	async fn once(&self, method: &str, path: &str, authorization: &str) -> Reply {
		let mut line = self.line().await;
		let reply = line.ask(method, path, &[("Authorization", authorization)]).await;
		reply.expect("an answer")
	}

	fn path(&self, object: &str) -> String {
		format!("/v1/jobs/{}/{object}", self.job)
	}
}

/// Sends everything; returns how many requests were refused as they must be.
pub(crate) fn pester(world: &World, honest: &Cast<'_>, job: JobId) -> String {
	let records = honest.records();
	let record = records.load(job).expect("the requester's record");
	let asker = Asker {
		world,
		honest,
		job,
		data_key: record.data_key(&records.path(job)).expect("a key"),
	};
	let state = world.folder.join(honest.name).join("worker");
	let on_disk = disk(&state);
	let before = honest.process.resident_bytes().expect("the worker runs");
	honest.process.forget_peak();
	let (refused, answered, turned_away) = world.block_on(async {
		let refused = asker.objects().await + asker.strangers().await + asker.nonsense().await;
		let (answered, turned_away) = asker.flood().await;
		asker.slow().await;
		(refused, answered, turned_away)
	});
	let growth = honest
		.process
		.peak_bytes()
		.expect("the worker runs")
		.saturating_sub(before);
	assert!(growth < MEMORY, "the worker grew by {} MiB", growth >> 20);
	let grown = disk(&state).saturating_sub(on_disk);
	assert!(grown < 1 << 20, "the worker wrote {grown} bytes");
	format!(
		"{refused} requests refused; of a thousand at once {answered} answered and {turned_away} turned away; 60 slow ones \
		 dropped; the worker grew by {} MiB",
		growth >> 20
	)
}

impl Asker<'_> {
	async fn objects(&self) -> usize {
		for (object, status, code) in ASKED {
			let header = self.signed(&self.data_key, "GET", object, unix_now());
			let reply = self.once("GET", &self.path(object), &header).await;
			assert_eq!((reply.status, reply.code().as_str()), (status, code), "{object}");
		}
		let mut line = self.line().await;
		for (range, status) in [
			("bytes=9999999-", 416),
			("bytes=0-99", 206),
			("bytes=5-4", 200),
			("lines=1-", 200),
		] {
			let header = self.signed(&self.data_key, "GET", "bundle", unix_now());
			let headers = [("Authorization", header.as_str()), ("Range", range)];
			let reply = line
				.ask("GET", &self.path("bundle"), &headers)
				.await
				.expect("an answer");
			assert!(
				reply.status == status || (status == 200 && reply.status == 416),
				"{range}: {}",
				reply.status
			);
		}
		ASKED.len()
	}

	/// Whoever has no signature, or another one.
	async fn strangers(&self) -> usize {
		let object = "tree/0/0/1";
		let path = self.path(object);
		let stranger = Key::from_seed([9; 32]).expect("a seed");
		let now = unix_now();
		let cases = [
			(String::new(), 401, "unsigned"),
			("Millrace".to_owned(), 401, "unsigned"),
			("Millrace 99999999999999999999:00".to_owned(), 401, "unsigned"),
			(format!("Millrace {}:{}", now + 60, "zz".repeat(64)), 401, "unsigned"),
			(
				format!("Millrace {}:{}", now + 60, "00".repeat(64)),
				403,
				"not_the_data_key",
			),
			(format!("Bearer {}", "a".repeat(8_000)), 401, "unsigned"),
			(self.signed(&stranger, "GET", object, now), 403, "not_the_data_key"),
			(self.signed(&self.data_key, "PUT", object, now), 403, "not_the_data_key"),
			(
				self.signed(&self.data_key, "GET", "tree/0/0/2", now),
				403,
				"not_the_data_key",
			),
			(self.signed(&self.data_key, "GET", object, now - 400), 401, "expired"),
			(self.signed(&self.data_key, "GET", object, now + 400), 401, "too_long"),
		];
		let count = cases.len();
		for (authorization, status, code) in cases {
			let reply = self.once("GET", &path, &authorization).await;
			let what = &authorization[..authorization.len().min(60)];
			// A number beyond 64 bits is too far ahead, or malformed.
			let same = reply.code() == code || (code == "unsigned" && reply.code() == "too_long");
			assert!(
				reply.status == status && same,
				"{what}: {} {}",
				reply.status,
				reply.code()
			);
		}
		let good = self.signed(&self.data_key, "GET", object, now);
		let other = JobId([7; 32]);
		for (path, status, code) in [
			(format!("/v1/jobs/{other}/{object}"), 404, "unknown_job"),
			(format!("/v1/jobs/0x12/{object}"), 400, "bad_job_id"),
			(format!("/v1/jobs/{}/{object}", "f".repeat(4_000)), 400, "bad_job_id"),
			("/v1/jobs".to_owned(), 404, "unknown_path"),
			("/".to_owned(), 404, "unknown_path"),
		] {
			let reply = self.once("GET", &path, &good).await;
			assert_eq!(
				(reply.status, reply.code().as_str()),
				(status, code),
				"{}",
				&path[..path.len().min(60)]
			);
		}
		for method in ["POST", "DELETE", "PATCH"] {
			assert_eq!(self.once(method, &path, &good).await.status, 405, "{method}");
		}
		// Inputs of a committed job are not taken any more, however long they are said to be.
		for len in ["32", "1048576", "1152921504606846976"] {
			let mut line = self.line().await;
			let header = self.signed(&self.data_key, "PUT", "inputs/0/leaves", now);
			let headers = [("Authorization", header.as_str()), ("Content-Length", len)];
			let reply = line
				.ask("PUT", &self.path("inputs/0/leaves"), &headers)
				.await
				.expect("an answer");
			assert!((400..500).contains(&reply.status), "{len}: {}", reply.status);
		}
		count + 5 + 3 + 3
	}

	/// Bytes that are no request.
	async fn nonsense(&self) -> usize {
		let heads = [
			b"GET\r\n\r\n".to_vec(),
			b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
			vec![0; 4_096],
			vec![0xff; 70_000],
			format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(700_000)).into_bytes(),
			format!("GET /v1/status HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(5_000)).into_bytes(),
			format!(
				"GET /v1/status HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
				"y".repeat(700_000)
			)
			.into_bytes(),
			b"GET /v1/status HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_vec(),
			b"GET /v1/status HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".to_vec(),
		];
		let count = heads.len();
		for head in heads {
			let mut line = self.line().await;
			// Where the worker closes early the rest cannot be sent.
			let _ = line.send(&head).await;
			let status = line.reply().await.status;
			let what = String::from_utf8_lossy(&head[..head.len().min(40)]).into_owned();
			assert!(status == 0 || (400..500).contains(&status), "{what}: {status}");
		}
		count
	}

	/// A thousand requests as fast as ten lines carry them. Each is answered or turned away.
	async fn flood(&self) -> (usize, usize) {
		let object = "tree/0/0/16";
		let header = self.signed(&self.data_key, "GET", object, unix_now());
		let path = self.path(object);
		let lines = (0..10).map(|_| async {
			let mut line = self.line().await;
			let (mut answered, mut turned_away) = (0, 0);
			for _ in 0..100 {
				let reply = line
					.ask("GET", &path, &[("Authorization", &header)])
					.await
					.expect("an answer");
				match reply.status {
					200 => answered += 1,
					429 => turned_away += 1,
					other => panic!("one of a thousand: {other}"),
				}
			}
			(answered, turned_away)
		});
		let counts = futures::future::join_all(lines).await;
		counts
			.into_iter()
			.fold((0, 0), |sum: (usize, usize), count| (sum.0 + count.0, sum.1 + count.1))
	}

	/// Sixty lines on which a request never ends. Others are served meanwhile, and the sixty are dropped.
	async fn slow(&self) {
		let mut lines = Vec::new();
		for _ in 0..60 {
			let mut line = self.line().await;
			line.send(b"GET /v1/status HTTP/1.1\r\nHost: local")
				.await
				.expect("it listens");
			lines.push(line);
		}
		let start = Instant::now();
		tokio::time::sleep(Duration::from_secs(1)).await;
		let status = self.once("GET", "/v1/status", "").await;
		assert_eq!(status.status, 200, "others are served");
		assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
		for mut line in lines {
			// Refused or closed, but not kept.
			let status = line.reply().await.status;
			assert!(status == 0 || status == 408, "{status}");
		}
		assert!(start.elapsed() < PATIENCE.min(LIMIT), "{:?}", start.elapsed());
	}
}

/// Bytes of all files below a folder.
pub(crate) fn disk(folder: &Path) -> u64 {
	let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
	entries
		.map(|entry| match entry.metadata() {
			Ok(about) if about.is_dir() => disk(&entry.path()),
			Ok(about) => about.len(),
			Err(_) => 0,
		})
		.sum()
}
