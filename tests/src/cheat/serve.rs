//! What a cheat's endpoint shows: the worker's own endpoint, with a curtain before it.

use super::{
	play::Garble,
	tamper::{FalseTree, Made},
};
use axum::{
	body::{Body, Bytes},
	extract::{Request, State},
	http::{header, StatusCode},
	middleware::{from_fn_with_state, Next},
	response::{IntoResponse, Response},
	Router,
};
use futures::stream;
use millrace_client::chain::JobId;
use millrace_compute::FIGURES_BYTES;
use millrace_worker::endpoint::routes::{self, Shared};
use std::{
	collections::HashMap,
	io,
	sync::{Arc, Mutex, PoisonError},
	time::Duration,
};

/// Bytes of a node in an answer.
const NODE_BYTES: usize = 40;
/// Bytes that come at once of what never ends.
const BLOCK: usize = 64 << 10;
/// The length that [`Garble::Long`] announces.
const TEBIBYTE: u64 = 1 << 40;
/// Bytes of a refusal that is longer than any has to be.
const LONG_REFUSAL: usize = 4 << 20;

/// What is shown of one job instead of the truth.
#[derive(Clone, Debug)]
pub enum Show {
	/// Nothing at all.
	Nothing,
	/// The bundle, a byte a second, and no tree.
	Drip(Vec<u8>),
	/// A tree that does not follow from the bundle.
	Tree(FalseTree),
	/// Something else: the bundle has these bytes.
	Garbled(Garble, Vec<u8>),
}

/// What is shown, by job.
#[derive(Debug, Default)]
pub struct Shows(Mutex<HashMap<JobId, Show>>);

impl Shows {
	/// Shows this from now on.
	pub fn set(&self, job: JobId, show: Show) {
		self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(job, show);
	}

	/// The answer that stands in for the endpoint's own.
	fn answer(&self, path: &str) -> Option<Response> {
		let (job, object) = path.strip_prefix("/v1/jobs/")?.split_once('/')?;
		let shows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
		match shows.get(&job.parse().ok()?)? {
			Show::Nothing => Some(StatusCode::NOT_FOUND.into_response()),
			Show::Drip(bundle) if object == "bundle" => Some(dripping(bundle.clone())),
			Show::Drip(_) => Some(StatusCode::NOT_FOUND.into_response()),
			Show::Tree(tree) => {
				let [level, first, count] = nodes_asked(object)?;
				Some(octets(nodes(tree, level, first, count)))
			}
			Show::Garbled(garble, bundle) => {
				let expected = match nodes_asked(object) {
					Some([_, _, count]) => count * NODE_BYTES,
					None if object == "bundle" => bundle.len(),
					None => return None,
				};
				Some(garbled(*garble, bundle, expected))
			}
		}
	}
}

/// What is shown of a job with this result.
pub fn show_of(play: super::Play, made: &Made) -> Option<Show> {
	use super::Play;
	match (play, &made.tree) {
		(Play::Withheld | Play::RandomRoot, _) => Some(Show::Nothing),
		(Play::Dripped, _) => Some(Show::Drip(made.bundle.clone())),
		(Play::Garbled(garble), _) => Some(Show::Garbled(garble, made.bundle.clone())),
		(_, Some(tree)) => Some(Show::Tree(tree.clone())),
		_ => None,
	}
}

/// The worker's routes behind the curtain.
pub fn router(shared: Arc<Shared>, shows: Arc<Shows>) -> Router {
	routes::router(shared).layer(from_fn_with_state(shows, instead))
}

async fn instead(State(shows): State<Arc<Shows>>, request: Request, next: Next) -> Response {
	match shows.answer(request.uri().path()) {
		Some(answer) => answer,
		None => next.run(request).await,
	}
}

/// Level, first node and count of an object `tree/…`.
fn nodes_asked(object: &str) -> Option<[usize; 3]> {
	let mut parts = object.strip_prefix("tree/")?.split('/').map(|part| part.parse().ok());
	Some([parts.next()??, parts.next()??, parts.next()??])
}

fn nodes(tree: &FalseTree, level: usize, first: usize, count: usize) -> Vec<u8> {
	let mut bytes = Vec::new();
	for node in tree.nodes(level, first, count) {
		bytes.extend(node.hash);
		bytes.extend(node.units.to_le_bytes());
	}
	bytes
}

fn octets(body: impl Into<Body>) -> Response {
	([(header::CONTENT_TYPE, "application/octet-stream")], body.into()).into_response()
}

fn garbled(garble: Garble, bundle: &[u8], expected: usize) -> Response {
	match garble {
		Garble::Noise => octets(noise(expected)),
		Garble::Short => octets(noise(expected / 2)),
		Garble::Long => ([(header::CONTENT_LENGTH, TEBIBYTE)], endless()).into_response(),
		Garble::Endless => octets(endless()),
		Garble::Page => (
			[(header::CONTENT_TYPE, "text/html")],
			"<html><body>It works!</body></html>",
		)
			.into_response(),
		Garble::Figures if expected == bundle.len() => {
			let mut bytes = bundle.to_vec();
			let traps = bytes.len() - FIGURES_BYTES + 8;
			bytes[traps..].fill(0xff);
			octets(bytes)
		}
		Garble::Figures => octets(noise(expected)),
		Garble::Refused => (StatusCode::BAD_REQUEST, vec![b'x'; LONG_REFUSAL]).into_response(),
	}
}

/// Bytes that look like nothing in particular, the same each time.
fn noise(len: usize) -> Vec<u8> {
	let mut state = 0x9e37_79b9_7f4a_7c15u64;
	(0..len)
		.map(|_| {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			state as u8
		})
		.collect()
}

/// The whole bundle, for whoever has hours.
fn dripping(bundle: Vec<u8>) -> Response {
	let length = [(header::CONTENT_LENGTH, bundle.len())];
	let drops = stream::unfold(bundle.into_iter(), |mut bundle| async move {
		tokio::time::sleep(Duration::from_secs(1)).await;
		let drop = bundle.next()?;
		Some((Ok::<_, io::Error>(Bytes::from(vec![drop])), bundle))
	});
	(length, Body::from_stream(drops)).into_response()
}

fn endless() -> Body {
	let block = Bytes::from(vec![0u8; BLOCK]);
	Body::from_stream(stream::repeat_with(move || Ok::<_, io::Error>(block.clone())))
}
