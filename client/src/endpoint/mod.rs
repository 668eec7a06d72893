//! A provider's endpoint: where inputs are pushed to and results come from.

pub mod address;
pub mod auth;
mod error;
mod fetch;
pub mod pin;
mod ping;
mod progress;
mod session;

pub use error::EndpointError;
pub use fetch::{Fetched, MAX_NODES};
pub use ping::{measure, RoundTrip, MOST_MEASURED};
pub use progress::{InputProgress, InputsProgress};
pub use session::{Session, MAX_CHUNK_BYTES};
