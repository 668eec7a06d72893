//! Inputs on their way in.

use super::{files, index, number, Peer, Shared, MAX_CHUNK_BYTES};
use crate::{
	endpoint::{error::ApiError, limits::Slot, Phase, ServedJob},
	store::{JobFiles, PutError},
};
use axum::{
	body::{to_bytes, Bytes},
	extract::{Extension, Path, Request, State},
	http::{header, StatusCode},
	response::{IntoResponse, Response},
};
use http_body_util::LengthLimitError;
use millrace_client::chain::JobId;
use std::{sync::Arc, time::Duration};
use tokio::{task::spawn_blocking, time::timeout};

/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(60);
/// How long a body that is not used may take.
const TURN_AWAY_TIME: Duration = Duration::from_secs(5);

/// Takes the leaf hashes of an input.
pub(super) async fn leaves(
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

/// Takes chunks of an input.
pub(super) async fn chunks(
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
