//! What the market answers to whoever asks: none of it changes anything, all of it is bounded.

mod book;
mod explain;
mod listings;
mod quote;
mod stats;
pub mod types;
