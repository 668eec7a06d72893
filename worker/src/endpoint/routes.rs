//! What the endpoint answers.
//!
//! | request | answer |
//! |---|---|
//! | `GET /v1/status` | who this is |
//! | `PUT /v1/jobs/{job}/inputs/{k}/leaves` | leaf hashes, 32 bytes each, checked against the root |
//! | `PUT /v1/jobs/{job}/inputs/{k}/chunks/{first}` | at most 1 MiB from chunk `first`, each chunk checked |
//! | `GET /v1/jobs/{job}/inputs` | what has arrived |
//! | `GET /v1/jobs/{job}/bundle` | the result, whole or a range of it |
//!
//! Order of the checks: caps, job, signature, state, size, bytes. Nothing of a body is kept before the first four.

use super::{
	error::{json, ApiError},
	limits::{Limits, Slot},
	range::{asked, Asked},
	JobSource, Phase, ServedJob,
};
use crate::store::{InputProgress, JobFiles, PutError};
use axum::{
	body::{to_bytes, Body, Bytes},
	extract::{Extension, Path, Request, State},
	http::{header, HeaderMap, StatusCode},
	response::{IntoResponse, Response},
	routing::{get, put},
	Router,
};
use http_body_util::LengthLimitError;
use millrace_client::{
	chain::{JobId, ProviderId},
	endpoint::auth::{self, AuthError},
};
use serde::Serialize;
use std::{
	io::{self, SeekFrom},
	net::IpAddr,
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::{
	fs::File,
	io::{AsyncReadExt, AsyncSeekExt},
	task::spawn_blocking,
	time::timeout,
};

/// Most bytes of chunks in one request.
pub const MAX_CHUNK_BYTES: usize = 1 << 20;
/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(60);
/// How long a body that is not used may take.
const TURN_AWAY_TIME: Duration = Duration::from_secs(5);
/// Bytes of a download that are read at once.
const BLOCK: usize = 64 << 10;

/// The address of whoever asks; put into each request by the server.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// What the routes share.
pub struct Shared {
	/// The chain's first block.
	pub genesis: [u8; 32],
	/// Whose endpoint this is.
	pub provider: ProviderId,
	/// What computes here at the moment: `reference`, `cpu` or `cuda`.
	pub backend: Box<dyn Fn() -> String + Send + Sync>,
	/// Which jobs are served.
	pub jobs: Arc<dyn JobSource>,
	/// Who may ask how often.
	pub limits: Limits,
}

/// The routes.
pub fn router(shared: Arc<Shared>) -> Router {
	Router::new()
		.route("/v1/status", get(status))
		.route("/v1/jobs/{job}/inputs", get(inputs))
		.route("/v1/jobs/{job}/inputs/{k}/leaves", put(put_leaves))
		.route("/v1/jobs/{job}/inputs/{k}/chunks/{first}", put(put_chunks))
		.route("/v1/jobs/{job}/bundle", get(bundle))
		.fallback(unknown_path)
		.with_state(shared)
}

async fn unknown_path() -> ApiError {
	ApiError::not_found(
		"unknown_path",
		"there is nothing at this path",
		"the protocol lists the paths",
	)
}

#[derive(Serialize)]
struct StatusAnswer {
	provider: ProviderId,
	version: &'static str,
	backend: String,
}

async fn status(
	State(shared): State<Arc<Shared>>,
	Extension(Peer(peer)): Extension<Peer>,
) -> Result<Response, ApiError> {
	let _slot = shared.limits.admit(peer, None, Instant::now())?;
	let answer = StatusAnswer {
		provider: shared.provider,
		version: env!("CARGO_PKG_VERSION"),
		backend: (shared.backend)(),
	};
	Ok(json(StatusCode::OK, &answer))
}

#[derive(Serialize)]
struct InputsAnswer {
	inputs: Vec<InputProgress>,
}

async fn inputs(
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

async fn put_leaves(
	State(shared): State<Arc<Shared>>,
	Extension(peer): Extension<Peer>,
	Path((job, k)): Path<(String, String)>,
	request: Request,
) -> Result<Response, ApiError> {
	let headers = request.headers().clone();
	let admit = || -> Result<(Slot, JobId, usize, Arc<JobFiles>, usize), ApiError> {
		let k = number(&k)?;
		let (slot, id, job) = shared.enter(peer, &job)?;
		shared.authorise(id, &job, "PUT", &format!("inputs/{k}/leaves"), &headers)?;
		let files = files_for_put(&job)?;
		let limit = files.leaf_list_len(index(k))?;
		Ok((slot, id, index(k), files, limit))
	};
	let (_slot, id, k, files, limit) = match admit() {
		Ok(admitted) => admitted,
		Err(error) => return Err(turn_away(request, error).await),
	};
	let body = read_body(request, limit).await?;
	store(&shared, id, move || files.put_leaves(k, &body)).await
}

async fn put_chunks(
	State(shared): State<Arc<Shared>>,
	Extension(peer): Extension<Peer>,
	Path((job, k, first)): Path<(String, String, String)>,
	request: Request,
) -> Result<Response, ApiError> {
	let headers = request.headers().clone();
	let admit = || -> Result<(Slot, JobId, usize, u64, Arc<JobFiles>), ApiError> {
		let (k, first) = (number(&k)?, number(&first)?);
		let (slot, id, job) = shared.enter(peer, &job)?;
		shared.authorise(id, &job, "PUT", &format!("inputs/{k}/chunks/{first}"), &headers)?;
		let files = files_for_put(&job)?;
		Ok((slot, id, index(k), first, files))
	};
	let (_slot, id, k, first, files) = match admit() {
		Ok(admitted) => admitted,
		Err(error) => return Err(turn_away(request, error).await),
	};
	let body = read_body(request, MAX_CHUNK_BYTES).await?;
	store(&shared, id, move || files.put_chunks(k, first, &body)).await
}

async fn bundle(
	State(shared): State<Arc<Shared>>,
	Extension(peer): Extension<Peer>,
	Path(job): Path<String>,
	headers: HeaderMap,
) -> Result<Response, ApiError> {
	let (slot, id, job) = shared.enter(peer, &job)?;
	if !job.public {
		shared.authorise(id, &job, "GET", "bundle", &headers)?;
	}
	let files = job
		.files
		.as_ref()
		.filter(|_| job.phase == Phase::Committed && job.bundle)
		.ok_or_else(|| {
			ApiError::not_found(
				"not_committed",
				"this job has no committed result here",
				"wait for the commitment",
			)
		})?;
	let failed = |error: io::Error| {
		tracing::error!(job = %id, %error, "the bundle cannot be read");
		ApiError::internal()
	};
	let mut file = File::open(files.bundle_path()).await.map_err(failed)?;
	let len = file.metadata().await.map_err(failed)?.len();
	let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
	let (first, count, status) = match asked(range, len) {
		Asked::Whole => (0, len, StatusCode::OK),
		Asked::Part { first, last } => (first, last - first + 1, StatusCode::PARTIAL_CONTENT),
		Asked::Unsatisfiable => {
			let error = ApiError::new(
				StatusCode::RANGE_NOT_SATISFIABLE,
				"range",
				format!("the bundle has {len} bytes"),
				"ask for a range inside it",
			);
			return Ok(([(header::CONTENT_RANGE, format!("bytes */{len}"))], error).into_response());
		}
	};
	file.seek(SeekFrom::Start(first)).await.map_err(failed)?;
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
	response
		.body(download(file, count, slot))
		.map_err(|_| ApiError::internal())
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

impl Shared {
	/// Takes a slot and finds the job.
	fn enter(&self, Peer(peer): Peer, job: &str) -> Result<(Slot, JobId, ServedJob), ApiError> {
		let id = job.parse::<JobId>().ok();
		let slot = self.limits.admit(peer, id, Instant::now())?;
		let id = id.ok_or_else(|| {
			ApiError::bad_request(
				"bad_job_id",
				"this is no job id",
				"a job id is 0x and 64 hexadecimal digits",
			)
		})?;
		let job = self.jobs.job(&id).ok_or_else(|| {
			ApiError::not_found(
				"unknown_job",
				"this job is not assigned to this provider",
				"an assignment is seen a few seconds after its block; after that, look at the job on the chain",
			)
		})?;
		Ok((slot, id, job))
	}

	/// Whether the job's data key signed this request.
	fn authorise(
		&self,
		id: JobId,
		job: &ServedJob,
		method: &str,
		object: &str,
		headers: &HeaderMap,
	) -> Result<(), ApiError> {
		let header = headers
			.get(header::AUTHORIZATION)
			.and_then(|value| value.to_str().ok())
			.ok_or(AuthError::Malformed)?;
		let request = auth::Request {
			genesis: self.genesis,
			provider: self.provider,
			job: id,
			method,
			object,
		};
		Ok(request.verify(header, &job.data_key, auth::unix_now())?)
	}
}

fn files(job: &ServedJob) -> Result<Arc<JobFiles>, ApiError> {
	if job.no_space {
		return Err(ApiError::new(
			StatusCode::INSUFFICIENT_STORAGE,
			"no_space",
			"the provider has no space for this job",
			"the job will be given to another provider, or be refunded",
		));
	}
	job.files.clone().ok_or_else(|| {
		ApiError::conflict(
			"not_ready",
			"space for this job is still being taken",
			"try again in a second",
		)
	})
}

fn files_for_put(job: &ServedJob) -> Result<Arc<JobFiles>, ApiError> {
	if job.phase != Phase::Assigned {
		return Err(ApiError::conflict(
			"not_assigned",
			"inputs are taken only until the job is accepted",
			"look at the job's state on the chain",
		));
	}
	files(job)
}

/// The length that a request announces for its body.
fn announced(request: &Request) -> Option<u64> {
	request
		.headers()
		.get(header::CONTENT_LENGTH)?
		.to_str()
		.ok()?
		.parse()
		.ok()
}

/// Reads a body that will not be used, if it is an honest one: a connection that is closed on a sender breaks it off,
/// and the sender may never see why.
async fn turn_away(request: Request, error: ApiError) -> ApiError {
	if announced(&request).is_some_and(|announced| announced <= MAX_CHUNK_BYTES as u64) {
		let _ = timeout(TURN_AWAY_TIME, to_bytes(request.into_body(), MAX_CHUNK_BYTES)).await;
	}
	error
}

/// Reads a body of at most `limit` bytes.
async fn read_body(request: Request, limit: usize) -> Result<Bytes, ApiError> {
	if announced(&request).is_some_and(|announced| announced > limit as u64) {
		return Err(turn_away(request, ApiError::too_large(limit)).await);
	}
	match timeout(BODY_TIME, to_bytes(request.into_body(), limit)).await {
		Ok(Ok(body)) => Ok(body),
		Ok(Err(error)) if std::error::Error::source(&error).is_some_and(|source| source.is::<LengthLimitError>()) => {
			Err(ApiError::too_large(limit))
		}
		Ok(Err(_)) => Err(ApiError::bad_request(
			"broken_body",
			"the body broke off",
			"send it again",
		)),
		Err(_) => Err(ApiError::new(
			StatusCode::REQUEST_TIMEOUT,
			"too_slow",
			"the body took too long",
			"send smaller bodies",
		)),
	}
}

/// Writes off the runtime's threads, and tells the jobs that something arrived.
async fn store(
	shared: &Shared,
	id: JobId,
	write: impl FnOnce() -> Result<(), PutError> + Send + 'static,
) -> Result<Response, ApiError> {
	spawn_blocking(write).await.map_err(|_| ApiError::internal())??;
	shared.jobs.arrived(&id);
	Ok(StatusCode::NO_CONTENT.into_response())
}

/// A number in a path, written without signs and leading zeros, so that one object has one name.
fn number(text: &str) -> Result<u64, ApiError> {
	text.parse::<u64>()
		.ok()
		.filter(|number| number.to_string() == text)
		.ok_or_else(|| {
			ApiError::bad_request(
				"bad_number",
				"a number in the path is malformed",
				"write plain decimal numbers",
			)
		})
}

fn index(k: u64) -> usize {
	usize::try_from(k).unwrap_or(usize::MAX)
}
