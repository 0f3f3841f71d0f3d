//! The exact scan with rows rounded to 8 bits: screened first, then scored exactly.
//!
//! Beside its numbers of 32 bits, every row lies in its segment as whole multiples, −127 to 127,
//! of a scale of its own: a quarter of the bytes, and memory is what a scan waits for. With the
//! rounded row comes the length of what rounding took away, so the rounded score says within
//! which bounds the true one lies (Cauchy–Schwarz; [`RoundedQuery`] has the formula). A row whose
//! upper bound is below `limit` other rows' lower bounds cannot be among the best `limit`; all
//! others are scored by the kernel of the plain scan. So the answer *is* the plain scan's, to the last
//! bit, on any vectors; only the time depends on how well they round.
//!
//! [`RoundedQuery`]: trommel_kernels::screen::RoundedQuery

mod block;
mod floor;
mod scan;

pub(crate) use block::{Blocks, block_bytes, write_block};
pub(crate) use scan::{Screened, scan};
