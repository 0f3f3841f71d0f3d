//! An eighth of a float: rows rounded to 8-bit numbers, screened first, then scored exactly.
//!
//! Beside its numbers of 32 bits, every row lies in its segment as whole multiples, −127 to 127,
//! of a scale of its own: a quarter of the bytes, and memory is what a scan waits for. With the
//! rounded row comes the length of what rounding took away, so the rounded score says within
//! which bounds the true one lies (Cauchy–Schwarz; [`query`] has the formula). A row whose upper
//! bound is below `limit` other rows' lower bounds cannot be among the best `limit`; all others
//! are scored by the kernel of the plain scan. So the answer *is* the plain scan's, to the last
//! bit, on any vectors; only the time depends on how well they round.
//!
//! `unsafe` is in `isa` alone.

mod block;
mod floor;
mod isa;
mod query;
mod round;
mod scan;

pub(crate) use block::{Blocks, block_bytes, write_block};
pub(crate) use isa::Isa;
pub(crate) use query::RoundedQuery;
pub(crate) use scan::scan;

/// The rows of a block: what one pass of a kernel takes in.
pub(crate) const ROWS: usize = 64;
