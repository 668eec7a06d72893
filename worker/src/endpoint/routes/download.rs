//! Results, their trees, and inputs on their way out.

use super::{files, index, number, Peer, Shared};
use crate::{
	endpoint::{
		error::{json, ApiError},
		limits::Slot,
		range::{asked, Asked},
		Phase, ServedJob,
	},
	store::{InputProgress, JobFiles},
	tree::OutputShape,
};
use axum::{
	body::{Body, Bytes},
	extract::{Extension, Path, State},
	http::{header, HeaderMap, StatusCode},
	response::{IntoResponse, Response},
};
use millrace_kernel::tree::Digest;
use serde::Serialize;
use std::{
	io::{self, SeekFrom},
	sync::Arc,
};
use tokio::{
	fs::File,
	io::{AsyncReadExt, AsyncSeekExt},
	task::spawn_blocking,
};

/// Most nodes of a tree in one answer.
pub const MAX_NODES: u64 = 4_096;
/// Bytes of a node in an answer: its hash, then its units.
const NODE_BYTES: usize = 40;
/// Bytes of a download that are read or sent at once.
const BLOCK: usize = 64 << 10;

#[derive(Serialize)]
struct InputsAnswer {
	inputs: Vec<InputProgress>,
}

/// What has arrived of the inputs.
pub(super) async fn progress(
	State(shared): State<Arc<Shared>>,
	Extension(peer): Extension<Peer>,
	Path(job): Path<String>,
	headers: HeaderMap,
) -> Result<Response, ApiError> {
	let (_slot, id, job) = shared.enter(peer, &job)?;
	shared.authorise(id, &job, "GET", "inputs", &headers)?;
	let files = files(&job)?;
	let inputs = spawn_blocking(move || files.progress())
		.await
		.map_err(|_| ApiError::internal())?;
	Ok(json(StatusCode::OK, &InputsAnswer { inputs }))
}

/// The leaf hashes of an input.
pub(super) async fn leaves(
	State(shared): State<Arc<Shared>>,
	Extension(peer): Extension<Peer>,
	Path((job, k)): Path<(String, String)>,
	headers: HeaderMap,
) -> Result<Response, ApiError> {
	let k = number(&k)?;
	let (slot, id, job) = shared.enter(peer, &job)?;
	shared.authorise_reader(id, &job, &format!("inputs/{k}/leaves"), &headers)?;
	let files = files(&job)?;
	// Hashing an input anew may hold it for seconds.
	let list = spawn_blocking(move || files.leaf_list(index(k)))
		.await
		.map_err(|_| ApiError::internal())??;
	let mut bytes = Bytes::from_owner(list);
	let part = match Part::asked(&headers, "the list", bytes.len() as u64) {
		Ok(part) => part,
		Err(refusal) => return Ok(refusal),
	};
	// Both lie within the bytes, so neither panics.
	let mut bytes = bytes.split_off(index(part.first));
	bytes.truncate(index(part.count));
	part.answer(send(bytes, slot))
}

/// Chunks of an input.
pub(super) async fn chunks(
	State(shared): State<Arc<Shared>>,
	Extension(peer): Extension<Peer>,
	Path((job, k, first)): Path<(String, String, String)>,
	headers: HeaderMap,
) -> Result<Response, ApiError> {
	let (k, first) = (number(&k)?, number(&first)?);
	let (slot, id, job) = shared.enter(peer, &job)?;
	shared.authorise_reader(id, &job, &format!("inputs/{k}/chunks/{first}"), &headers)?;
	let files = files(&job)?;
	let bytes = spawn_blocking(move || files.chunks(index(k), first))
		.await
		.map_err(|_| ApiError::internal())??;
	whole(Bytes::from(bytes), slot)
}

/// The bundle.
pub(super) async fn bundle(
	State(shared): State<Arc<Shared>>,
	Extension(peer): Extension<Peer>,
	Path(job): Path<String>,
	headers: HeaderMap,
) -> Result<Response, ApiError> {
	let (slot, id, job) = shared.enter(peer, &job)?;
	shared.authorise_reader(id, &job, "bundle", &headers)?;
	let (files, _) = result(&job)?;
	let failed = |error: io::Error| {
		tracing::error!(job = %id, %error, "the bundle cannot be read");
		ApiError::internal()
	};
	let mut file = File::open(files.bundle_path()).await.map_err(failed)?;
	let len = file.metadata().await.map_err(failed)?.len();
	let part = match Part::asked(&headers, "the bundle", len) {
		Ok(part) => part,
		Err(refusal) => return Ok(refusal),
	};
	file.seek(SeekFrom::Start(part.first)).await.map_err(failed)?;
	let count = part.count;
	part.answer(download(file, count, slot))
}

/// Nodes of the result's tree.
pub(super) async fn tree(
	State(shared): State<Arc<Shared>>,
	Extension(peer): Extension<Peer>,
	Path((job, level, first, count)): Path<(String, String, String, String)>,
	headers: HeaderMap,
) -> Result<Response, ApiError> {
	let (level, first, count) = (number(&level)?, number(&first)?, number(&count)?);
	let (slot, id, job) = shared.enter(peer, &job)?;
	shared.authorise_reader(id, &job, &format!("tree/{level}/{first}/{count}"), &headers)?;
	let (files, root) = result(&job)?;
	let output = job.output;
	let (level, first, count) = nodes_asked(&output, level, first, count)?;
	let nodes = spawn_blocking(move || {
		let tree = shared.trees.get(&id, &root, &files.bundle_path(), output)?;
		tree.nodes(level, first, count)
	})
	.await
	.map_err(|_| ApiError::internal())?
	.map_err(|error| {
		tracing::error!(job = %id, %error, cause = ?std::error::Error::source(&error), "the result's tree cannot be served");
		ApiError::internal()
	})?;
	let mut bytes = Vec::with_capacity(nodes.len() * NODE_BYTES);
	for node in nodes {
		bytes.extend_from_slice(&node.hash);
		bytes.extend_from_slice(&node.units.to_le_bytes());
	}
	whole(Bytes::from(bytes), slot)
}

/// A committed result and its root, if it is here.
fn result(job: &ServedJob) -> Result<(Arc<JobFiles>, Digest), ApiError> {
	match (job.phase, &job.files) {
		(Phase::Committed { root }, Some(files)) if job.bundle => Ok((files.clone(), root)),
		_ => Err(ApiError::not_found(
			"not_committed",
			"this job has no committed result here",
			"wait for the commitment",
		)),
	}
}

/// The level, the first node and the count, if the tree has them and one answer may hold them.
fn nodes_asked(output: &OutputShape, level: u64, first: u64, count: u64) -> Result<(u32, u32, u32), ApiError> {
	let height = output.height();
	let level = u32::try_from(level).ok().filter(|level| *level <= height);
	let level = level.ok_or_else(|| ApiError::out_of_range(format!("the tree's levels are 0 to {height}")))?;
	if count == 0 || count > MAX_NODES {
		return Err(ApiError::out_of_range(format!(
			"an answer holds 1 to {MAX_NODES} nodes"
		)));
	}
	let nodes = output.nodes(level);
	let fits = first.checked_add(count).is_some_and(|end| end <= u64::from(nodes));
	match (u32::try_from(first), u32::try_from(count)) {
		(Ok(first), Ok(count)) if fits => Ok((level, first, count)),
		_ => Err(ApiError::out_of_range(format!("level {level} has {nodes} nodes"))),
	}
}

/// The part of a body that a request asks for.
struct Part {
	first: u64,
	count: u64,
	/// Bytes of the whole.
	len: u64,
	status: StatusCode,
}

impl Part {
	/// Reads the `Range` header. The refusal names the `what` that has `len` bytes.
	fn asked(headers: &HeaderMap, what: &str, len: u64) -> Result<Self, Response> {
		let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
		let (first, count, status) = match asked(range, len) {
			Asked::Whole => (0, len, StatusCode::OK),
			Asked::Part { first, last } => (first, last - first + 1, StatusCode::PARTIAL_CONTENT),
			Asked::Unsatisfiable => {
				let error = ApiError::new(
					StatusCode::RANGE_NOT_SATISFIABLE,
					"range",
					format!("{what} has {len} bytes"),
					"ask for a range inside it",
				);
				return Err(([(header::CONTENT_RANGE, format!("bytes */{len}"))], error).into_response());
			}
		};
		Ok(Self {
			first,
			count,
			len,
			status,
		})
	}

	/// The answer with a body of `count` bytes.
	fn answer(self, body: Body) -> Result<Response, ApiError> {
		let Self {
			first,
			count,
			len,
			status,
		} = self;
		let mut response = Response::builder()
			.status(status)
			.header(header::CONTENT_TYPE, "application/octet-stream")
			.header(header::ACCEPT_RANGES, "bytes")
			.header(header::CONTENT_LENGTH, count);
		if status == StatusCode::PARTIAL_CONTENT {
			response = response.header(
				header::CONTENT_RANGE,
				format!("bytes {first}-{}/{len}", first + count - 1),
			);
		}
		response.body(body).map_err(|_| ApiError::internal())
	}
}

/// An answer that is not cut.
fn whole(bytes: Bytes, slot: Slot) -> Result<Response, ApiError> {
	Response::builder()
		.header(header::CONTENT_TYPE, "application/octet-stream")
		.header(header::CONTENT_LENGTH, bytes.len())
		.body(send(bytes, slot))
		.map_err(|_| ApiError::internal())
}

/// Bytes in memory, as fast as they are taken. The slot is free once they are all sent: who reads slowly holds one.
fn send(bytes: Bytes, slot: Slot) -> Body {
	let stream = futures::stream::unfold((bytes, slot), |(mut left, slot)| async move {
		if left.is_empty() {
			return None;
		}
		let block = left.split_to(left.len().min(BLOCK));
		Some((Ok::<_, io::Error>(block), (left, slot)))
	});
	Body::from_stream(stream)
}

/// The next `count` bytes of a file, read as fast as they are taken. The slot is free once they are all sent.
fn download(file: File, count: u64, slot: Slot) -> Body {
	let stream = futures::stream::try_unfold((file, count, slot), |(mut file, left, slot)| async move {
		if left == 0 {
			return Ok::<_, io::Error>(None);
		}
		let mut block = vec![0u8; usize::try_from(left).unwrap_or(BLOCK).min(BLOCK)];
		let read = file.read(&mut block).await?;
		if read == 0 {
			return Err(io::ErrorKind::UnexpectedEof.into());
		}
		block.truncate(read);
		Ok(Some((Bytes::from(block), (file, left - read as u64, slot))))
	});
	Body::from_stream(stream)
}
