//! A worker that cheats: everything an honest one does, and then a lie. For tests only; it is never shipped.
//!
//! Its provider is registered like any other, it signs with a hot key, computes with the same code, serves through the
//! worker's own endpoint and commits through the client library. What it does with a job is a [`Play`], chosen by the
//! job's first parameter, so that a test says beforehand which job becomes which lie.
//!
//! | module | what it is |
//! |---|---|
//! | [`play`] | the lies, by name |
//! | [`tamper`] | from an honest result to a false one |
//! | [`act`] | watches the chain and commits |
//! | [`serve`] | what the endpoint shows instead of the truth |

pub mod act;
pub mod play;
pub mod serve;
pub mod tamper;

pub use act::Cheat;
pub use play::{Garble, Play};

/// 16 bytes of the input, each with the item's number and the parameter added: a leaf holds 64 items, and every item costs
/// the same.
pub const WITH_INPUT: &str = "
.item       16
.inputs     data
.params     salt
.max_units  1000
.max_faults 1
.w i at j x s t
.d p
  index   i
  param   p, salt
  lo      s, p
  shl     at, i, 4
  loop each
    ld8u.z  x, data[at]
    add     x, x, i
    add     x, x, s
    sto8    [j], x
    add     at, at, 1
    add     j, j, 1
    ltu     t, j, 16
    br_if   t, each
  end
";

/// 16 bytes of the item's number and the parameter, without an input.
pub const WITHOUT_INPUT: &str = "
.item       16
.params     salt
.max_units  1000
.max_faults 0
.w i j x s t
.d p
  index   i
  param   p, salt
  lo      s, p
  add     x, i, s
  loop each
    add     x, x, 7
    sto8    [j], x
    add     j, j, 1
    ltu     t, j, 16
    br_if   t, each
  end
";
