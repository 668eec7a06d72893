//! Answers that say what is wrong: `{"error": code, "message": sentence, "hint": what to do}`.

use super::limits::Refusal;
use crate::store::{GetError, PutError, StoreError};
use axum::{
	http::{header, StatusCode},
	response::{IntoResponse, Response},
};
use millrace_client::endpoint::auth::AuthError;
use serde::Serialize;

/// A refusal, as the requester sees it.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
	status: StatusCode,
	code: &'static str,
	message: String,
	hint: &'static str,
}

#[derive(Serialize)]
struct Answer<'a> {
	error: &'a str,
	message: &'a str,
	hint: &'a str,
}

impl ApiError {
	pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>, hint: &'static str) -> Self {
		Self {
			status,
			code,
			message: message.into(),
			hint,
		}
	}

	pub(crate) fn bad_request(code: &'static str, message: impl Into<String>, hint: &'static str) -> Self {
		Self::new(StatusCode::BAD_REQUEST, code, message, hint)
	}

	pub(crate) fn not_found(code: &'static str, message: impl Into<String>, hint: &'static str) -> Self {
		Self::new(StatusCode::NOT_FOUND, code, message, hint)
	}

	pub(crate) fn conflict(code: &'static str, message: impl Into<String>, hint: &'static str) -> Self {
		Self::new(StatusCode::CONFLICT, code, message, hint)
	}

	pub(crate) fn too_large(limit: usize) -> Self {
		Self::new(
			StatusCode::PAYLOAD_TOO_LARGE,
			"too_large",
			format!("the body has more than {limit} bytes"),
			"send at most 1 MiB of chunks at once, and a leaf list of exactly 32 bytes for each chunk",
		)
	}

	pub(crate) fn out_of_range(message: impl Into<String>) -> Self {
		Self::bad_request(
			"out_of_range",
			message,
			"compute the range from the job: its items, the items of a leaf, the length of an input",
		)
	}

	pub(crate) fn internal() -> Self {
		Self::new(
			StatusCode::INTERNAL_SERVER_ERROR,
			"internal",
			"the worker failed to answer; its log says why",
			"try again later",
		)
	}
}

impl IntoResponse for ApiError {
	fn into_response(self) -> Response {
		json(
			self.status,
			&Answer {
				error: self.code,
				message: &self.message,
				hint: self.hint,
			},
		)
	}
}

/// An answer in JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
	match serde_json::to_string(body) {
		Ok(text) => (status, [(header::CONTENT_TYPE, "application/json")], text).into_response(),
		Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
	}
}

impl From<Refusal> for ApiError {
	fn from(refusal: Refusal) -> Self {
		Self::new(
			StatusCode::TOO_MANY_REQUESTS,
			"too_many",
			refusal.message(),
			"wait a second and go on more slowly",
		)
	}
}

impl From<AuthError> for ApiError {
	fn from(error: AuthError) -> Self {
		let (status, code, hint) = match error {
			AuthError::Malformed => (
				StatusCode::UNAUTHORIZED,
				"unsigned",
				"sign the request with the job's data key",
			),
			AuthError::Expired => (
				StatusCode::UNAUTHORIZED,
				"expired",
				"sign anew; check the clocks of both machines",
			),
			AuthError::TooLong => (StatusCode::UNAUTHORIZED, "too_long", "sign for ten minutes at most"),
			AuthError::Forged => (
				StatusCode::FORBIDDEN,
				"not_the_data_key",
				"sign this very request with the data key that the job names",
			),
		};
		Self::new(status, code, error.to_string(), hint)
	}
}

impl From<PutError> for ApiError {
	fn from(error: PutError) -> Self {
		let message = error.to_string();
		match error {
			PutError::NoSuchInput(_) => Self::not_found("unknown_input", message, "inputs are counted from 0"),
			PutError::LeavesLength { .. } => {
				Self::bad_request("wrong_length", message, "send 32 bytes for each chunk of 1,024 bytes")
			}
			PutError::Root => {
				Self::bad_request("wrong_root", message, "send the input that the job was submitted with")
			}
			PutError::NoLeaves => Self::conflict("leaves_first", message, "PUT inputs/{k}/leaves before its chunks"),
			PutError::Bounds => Self::bad_request(
				"wrong_bounds",
				message,
				"send whole chunks of 1,024 bytes; only the last may be shorter",
			),
			PutError::Chunk(_) => Self::bad_request(
				"wrong_chunk",
				message,
				"nothing of this body was stored; send the committed bytes",
			),
			PutError::Store(error) => error.into(),
		}
	}
}

impl From<GetError> for ApiError {
	fn from(error: GetError) -> Self {
		let message = error.to_string();
		match error {
			GetError::NoSuchInput(_) => Self::not_found("unknown_input", message, "inputs are counted from 0"),
			GetError::NoSuchChunk { .. } => Self::out_of_range(message),
			GetError::Incomplete(_) => Self::conflict(
				"incomplete",
				message,
				"GET inputs says what is missing; who has the bytes may push them",
			),
			GetError::Store(error) => error.into(),
		}
	}
}

impl From<StoreError> for ApiError {
	fn from(error: StoreError) -> Self {
		match error {
			StoreError::Quota { .. } | StoreError::Full(_) => Self::new(
				StatusCode::INSUFFICIENT_STORAGE,
				"no_space",
				"the provider has no space for this job",
				"the job will be given to another provider, or be refunded",
			),
			error => {
				tracing::error!(%error, cause = ?std::error::Error::source(&error), "the store failed");
				Self::internal()
			}
		}
	}
}
