//! What the endpoint answers.
//!
//! | request | answer |
//! |---|---|
//! | `GET /v1/status` | who this is |
//! | `PUT /v1/jobs/{job}/inputs/{k}/leaves` | leaf hashes, 32 bytes each, checked against the root |
//! | `PUT /v1/jobs/{job}/inputs/{k}/chunks/{first}` | at most 1 MiB from chunk `first`, each chunk checked |
//! | `GET /v1/jobs/{job}/inputs` | what has arrived |
//! | `GET /v1/jobs/{job}/inputs/{k}/leaves` | the leaf hashes of a complete input, whole or a range of them |
//! | `GET /v1/jobs/{job}/inputs/{k}/chunks/{first}` | at most 1 MiB of a complete input, from chunk `first` on |
//! | `GET /v1/jobs/{job}/bundle` | the result, whole or a range of it |
//! | `GET /v1/jobs/{job}/tree/{level}/{first}/{count}` | nodes of the result's tree, 40 bytes each |
//!
//! Order of the checks: caps, job, signature, state, size, bytes. Nothing of a body is kept before the first four.

mod download;
mod upload;

pub use download::MAX_NODES;

use super::{
	error::{json, ApiError},
	limits::{Limits, Slot},
	JobSource, ServedJob,
};
use crate::{store::JobFiles, tree::Trees};
use axum::{
	extract::{Extension, State},
	http::{header, HeaderMap, StatusCode},
	response::Response,
	routing::get,
	Router,
};
use millrace_client::{
	chain::{JobId, ProviderId},
	endpoint::auth::{self, AuthError},
};
use serde::Serialize;
use std::{net::IpAddr, sync::Arc, time::Instant};

/// Most bytes of chunks in one request or answer.
pub const MAX_CHUNK_BYTES: usize = 1 << 20;

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
	/// The trees of results that were asked for last.
	pub trees: Trees,
}

/// The routes.
pub fn router(shared: Arc<Shared>) -> Router {
	Router::new()
		.route("/v1/status", get(status))
		.route("/v1/jobs/{job}/inputs", get(download::progress))
		.route(
			"/v1/jobs/{job}/inputs/{k}/leaves",
			get(download::leaves).put(upload::leaves),
		)
		.route(
			"/v1/jobs/{job}/inputs/{k}/chunks/{first}",
			get(download::chunks).put(upload::chunks),
		)
		.route("/v1/jobs/{job}/bundle", get(download::bundle))
		.route("/v1/jobs/{job}/tree/{level}/{first}/{count}", get(download::tree))
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

	/// The same for what anyone may read of a public job.
	fn authorise_reader(&self, id: JobId, job: &ServedJob, object: &str, headers: &HeaderMap) -> Result<(), ApiError> {
		if job.public {
			return Ok(());
		}
		self.authorise(id, job, "GET", object, headers)
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
