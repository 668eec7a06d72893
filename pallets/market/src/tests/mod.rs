//! Tests by mechanism. Each ends in `do_try_state`; money is computed by hand beside the expectation.

mod assign;
mod book;
mod clock;
mod commit;
mod deadlines;
mod ending;
mod errors;
mod model;
mod money;
mod origins;
mod settle;
mod submit;
