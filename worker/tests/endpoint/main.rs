//! The endpoint over real TLS on this machine, with a table in place of the chain.

mod downloads;
mod fixture;

use fixture::{path, Fixture, CHUNK, JOB};
use hyper::{header::CONTENT_RANGE, Method, StatusCode};
use millrace_client::{
	chain::H256,
	endpoint::{auth, pin},
	keys::Key,
};
use millrace_worker::endpoint::{limits::Caps, Phase};
use rustls::pki_types::ServerName;
use std::sync::atomic::Ordering;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Committed to some result.
const SOME: Phase = Phase::Committed { root: [0; 32] };

#[tokio::test]
async fn inputs_go_in_and_the_result_comes_out() {
	let fixture = Fixture::new(Caps::default()).await;
	let status = fixture.send(Method::GET, "/v1/status", &[], &[]).await;
	assert_eq!(status.status, StatusCode::OK);
	let json: serde_json::Value = serde_json::from_slice(&status.body).unwrap();
	assert_eq!(
		(json["provider"].as_u64(), json["backend"].as_str()),
		(Some(7), Some("reference"))
	);

	let progress = fixture.ask(Method::GET, "inputs", &[]).await;
	assert_eq!(progress.status, StatusCode::OK);
	assert_eq!(
		progress.body,
		r#"{"inputs":[{"len":3172,"leaves":false,"missing":[[0,4]]}]}"#
	);

	let early = fixture.ask(Method::PUT, "inputs/0/chunks/0", &fixture.input).await;
	assert_eq!(
		(early.status, early.code().as_str()),
		(StatusCode::CONFLICT, "leaves_first")
	);
	let leaves = fixture.ask(Method::PUT, "inputs/0/leaves", &fixture.leaves()).await;
	assert_eq!(leaves.status, StatusCode::NO_CONTENT);
	let tail = fixture
		.ask(Method::PUT, "inputs/0/chunks/2", &fixture.input[2 * CHUNK..])
		.await;
	assert_eq!(tail.status, StatusCode::NO_CONTENT);
	let progress = fixture.ask(Method::GET, "inputs", &[]).await;
	assert_eq!(
		progress.body,
		r#"{"inputs":[{"len":3172,"leaves":true,"missing":[[0,2]]}]}"#
	);
	assert!(!fixture.files.is_complete());
	let head = fixture
		.ask(Method::PUT, "inputs/0/chunks/0", &fixture.input[..2 * CHUNK])
		.await;
	assert_eq!(head.status, StatusCode::NO_CONTENT);
	assert!(fixture.files.is_complete());
	assert_eq!(fixture.files.load().unwrap(), vec![fixture.input.clone()]);
	assert_eq!(fixture.table.arrived.load(Ordering::Relaxed), 3);

	let early = fixture.ask(Method::GET, "bundle", &[]).await;
	assert_eq!(
		(early.status, early.code().as_str()),
		(StatusCode::NOT_FOUND, "not_committed")
	);
	let bundle: Vec<u8> = (0..1_000u32).map(|at| at as u8).collect();
	std::fs::write(fixture.files.bundle_path(), &bundle).unwrap();
	fixture.set(SOME, false);
	let answer = fixture.ask(Method::GET, "bundle", &[]).await;
	assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &bundle[..]));
	assert_eq!(answer.headers["content-length"], "1000");
	assert_eq!(answer.headers["content-type"], "application/octet-stream");
}

#[tokio::test]
async fn ranges_of_the_result() {
	let fixture = Fixture::new(Caps::default()).await;
	let bundle: Vec<u8> = (0..1_000u32).map(|at| (at % 249) as u8).collect();
	std::fs::write(fixture.files.bundle_path(), &bundle).unwrap();
	fixture.set(SOME, true);
	for (range, first, last) in [
		("bytes=0-0", 0, 0),
		("bytes=990-", 990, 999),
		("bytes=-5", 995, 999),
		("bytes=5-9999", 5, 999),
	] {
		let answer = fixture
			.send(Method::GET, &path("bundle"), &[("range", range)], &[])
			.await;
		assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
		assert_eq!(answer.headers[CONTENT_RANGE], format!("bytes {first}-{last}/1000"));
		assert_eq!(&answer.body[..], &bundle[first..=last]);
	}
	let beyond = fixture
		.send(Method::GET, &path("bundle"), &[("range", "bytes=1000-")], &[])
		.await;
	assert_eq!(
		(beyond.status, beyond.code().as_str()),
		(StatusCode::RANGE_NOT_SATISFIABLE, "range")
	);
	assert_eq!(beyond.headers[CONTENT_RANGE], "bytes */1000");
}

#[tokio::test]
async fn wrong_bytes_are_refused() {
	let fixture = Fixture::new(Caps::default()).await;
	let mut leaves = fixture.leaves();
	leaves[5] ^= 1;
	let wrong = fixture.ask(Method::PUT, "inputs/0/leaves", &leaves).await;
	assert_eq!(
		(wrong.status, wrong.code().as_str()),
		(StatusCode::BAD_REQUEST, "wrong_root")
	);
	let short = fixture
		.ask(Method::PUT, "inputs/0/leaves", &fixture.leaves()[..96])
		.await;
	assert_eq!(
		(short.status, short.code().as_str()),
		(StatusCode::BAD_REQUEST, "wrong_length")
	);
	assert_eq!(
		fixture
			.ask(Method::PUT, "inputs/0/leaves", &fixture.leaves())
			.await
			.status,
		StatusCode::NO_CONTENT
	);

	let mut input = fixture.input.clone();
	input[CHUNK + 7] ^= 1;
	let wrong = fixture.ask(Method::PUT, "inputs/0/chunks/0", &input).await;
	assert_eq!(
		(wrong.status, wrong.code().as_str()),
		(StatusCode::BAD_REQUEST, "wrong_chunk")
	);
	let beyond = fixture
		.ask(Method::PUT, "inputs/0/chunks/3", &fixture.input[..CHUNK])
		.await;
	assert_eq!(
		(beyond.status, beyond.code().as_str()),
		(StatusCode::BAD_REQUEST, "wrong_bounds")
	);
	let ragged = fixture
		.ask(Method::PUT, "inputs/0/chunks/0", &fixture.input[..100])
		.await;
	assert_eq!(
		(ragged.status, ragged.code().as_str()),
		(StatusCode::BAD_REQUEST, "wrong_bounds")
	);
	let other = fixture.ask(Method::PUT, "inputs/1/leaves", &fixture.leaves()).await;
	assert_eq!(
		(other.status, other.code().as_str()),
		(StatusCode::NOT_FOUND, "unknown_input")
	);
	assert_eq!(fixture.files.progress()[0].missing, vec![(0, 4)]);
}

#[tokio::test]
async fn oversized_bodies_are_refused() {
	let fixture = Fixture::new(Caps::default()).await;
	let list = fixture.ask(Method::PUT, "inputs/0/leaves", &[0; 129]).await;
	assert_eq!(
		(list.status, list.code().as_str()),
		(StatusCode::PAYLOAD_TOO_LARGE, "too_large")
	);
	// The header announces what is never sent: the answer comes before the body.
	let header = fixture.signed(&fixture.data_key, "PUT", "inputs/0/chunks/0", auth::unix_now());
	let head = format!(
		"PUT {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {header}\r\nContent-Length: {}\r\n\r\n",
		path("inputs/0/chunks/0"),
		(1 << 20) + 1
	);
	let answer = fixture.raw(&head).await;
	assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
	assert!(answer.contains("too_large"), "{answer}");
}

#[tokio::test]
async fn only_the_data_key_for_this_very_request() {
	let fixture = Fixture::new(Caps::default()).await;
	let leaves = fixture.leaves();
	let object = "inputs/0/leaves";
	let now = auth::unix_now();
	let stranger = Key::from_seed([4; 32]).unwrap();
	let key = &fixture.data_key;
	for (header, status, code) in [
		(None, StatusCode::UNAUTHORIZED, "unsigned"),
		(
			Some("Millrace nonsense".to_owned()),
			StatusCode::UNAUTHORIZED,
			"unsigned",
		),
		(
			Some(fixture.signed(&stranger, "PUT", object, now)),
			StatusCode::FORBIDDEN,
			"not_the_data_key",
		),
		(
			Some(fixture.signed(key, "PUT", object, now - 3_600)),
			StatusCode::UNAUTHORIZED,
			"expired",
		),
		(
			Some(fixture.signed(key, "PUT", object, now + 3_600)),
			StatusCode::UNAUTHORIZED,
			"too_long",
		),
		(
			Some(fixture.signed(key, "GET", object, now)),
			StatusCode::FORBIDDEN,
			"not_the_data_key",
		),
		(
			Some(fixture.signed(key, "PUT", "inputs/0/chunks/0", now)),
			StatusCode::FORBIDDEN,
			"not_the_data_key",
		),
		(
			Some(fixture.signed(key, "PUT", "inputs/1/leaves", now)),
			StatusCode::FORBIDDEN,
			"not_the_data_key",
		),
	] {
		let headers: Vec<(&str, &str)> = header.iter().map(|header| ("authorization", header.as_str())).collect();
		let answer = fixture.send(Method::PUT, &path(object), &headers, &leaves).await;
		assert_eq!((answer.status, answer.code().as_str()), (status, code), "{header:?}");
	}
	assert!(!fixture.files.progress()[0].leaves);

	// The result: for anyone only where the job says so.
	std::fs::write(fixture.files.bundle_path(), [1, 2, 3]).unwrap();
	fixture.set(SOME, false);
	let anyone = fixture.send(Method::GET, &path("bundle"), &[], &[]).await;
	assert_eq!(
		(anyone.status, anyone.code().as_str()),
		(StatusCode::UNAUTHORIZED, "unsigned")
	);
	fixture.set(SOME, true);
	assert_eq!(
		fixture.send(Method::GET, &path("bundle"), &[], &[]).await.status,
		StatusCode::OK
	);
}

#[tokio::test]
async fn wrong_jobs_paths_and_states() {
	let fixture = Fixture::new(Caps::default()).await;
	let other = format!("/v1/jobs/0x{}/inputs", "bb".repeat(32));
	for (path, status, code) in [
		(other.as_str(), StatusCode::NOT_FOUND, "unknown_job"),
		("/v1/jobs/0xzz/inputs", StatusCode::BAD_REQUEST, "bad_job_id"),
		("/v1/jobs/../../etc/passwd", StatusCode::NOT_FOUND, "unknown_path"),
		("/", StatusCode::NOT_FOUND, "unknown_path"),
	] {
		let answer = fixture.send(Method::GET, path, &[], &[]).await;
		assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path}");
	}
	let odd = fixture.ask(Method::PUT, "inputs/00/leaves", &fixture.leaves()).await;
	assert_eq!(
		(odd.status, odd.code().as_str()),
		(StatusCode::BAD_REQUEST, "bad_number")
	);

	for phase in [Phase::Running, SOME] {
		fixture.set(phase, false);
		let late = fixture.ask(Method::PUT, "inputs/0/leaves", &fixture.leaves()).await;
		assert_eq!(
			(late.status, late.code().as_str()),
			(StatusCode::CONFLICT, "not_assigned")
		);
	}
}

#[tokio::test]
async fn a_job_without_space_says_so() {
	let fixture = Fixture::new(Caps::default()).await;
	if let Some(job) = fixture.table.jobs.lock().unwrap().get_mut(&JOB) {
		job.no_space = true;
	}
	let answer = fixture.ask(Method::PUT, "inputs/0/leaves", &fixture.leaves()).await;
	assert_eq!(
		(answer.status, answer.code().as_str()),
		(StatusCode::INSUFFICIENT_STORAGE, "no_space")
	);
}

#[tokio::test]
async fn requests_a_second_are_capped() {
	let caps = Caps {
		burst: 5.0,
		per_second: 0.001,
		..Caps::default()
	};
	let fixture = Fixture::new(caps).await;
	for _ in 0..5 {
		assert_eq!(
			fixture.send(Method::GET, "/v1/status", &[], &[]).await.status,
			StatusCode::OK
		);
	}
	let answer = fixture.send(Method::GET, "/v1/status", &[], &[]).await;
	assert_eq!(
		(answer.status, answer.code().as_str()),
		(StatusCode::TOO_MANY_REQUESTS, "too_many")
	);
	// Also before anything about a job is looked at.
	let answer = fixture.ask(Method::GET, "inputs", &[]).await;
	assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn another_tls_key_is_no_connection() {
	let fixture = Fixture::new(Caps::default()).await;
	let stream = TcpStream::connect(fixture.address).await.unwrap();
	let connector = TlsConnector::from(pin::client_config(H256([9; 32])).unwrap());
	assert!(connector
		.connect(ServerName::try_from("localhost").unwrap(), stream)
		.await
		.is_err());
}
