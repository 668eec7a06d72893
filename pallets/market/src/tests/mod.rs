//! Tests by mechanism. Each ends in `do_try_state`; money is computed by hand beside the expectation.

mod assign;
mod book;
mod clock;
mod commit;
mod conviction;
mod deadlines;
mod demand;
mod demand_queue;
mod ending;
mod enrolment;
mod errors;
mod flaws;
mod heard;
mod lapse;
mod lies;
mod measured;
mod migration;
mod model;
mod money;
mod origins;
mod refill;
mod refute;
mod settle;
mod silence;
mod submit;
