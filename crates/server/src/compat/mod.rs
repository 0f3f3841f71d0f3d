//! The rerank and embeddings APIs that others' clients speak, between bytes and types.
//!
//! [`rerank::read`] and [`embed::read`] make a typed call of a body, [`rerank::answer`] and
//! [`embed::answer`] make the JSON of the [`Dialect`] that asked of a typed result, and a
//! [`Refusal`] is an error in that dialect's status and shape. Nothing here waits, reads or writes:
//! whoever serves HTTP calls these functions.
//!
//! Fields that a dialect does not have are ignored, as all of these APIs do; a field that it has
//! and that cannot be honoured is refused by name, since an answer to another question
//! helps nobody.

mod cohere;
mod dialect;
pub(crate) mod embed;
mod error;
mod fields;
pub(crate) mod models;
mod refusal;
pub(crate) mod rerank;

pub(crate) use dialect::{Dialect, Headers, Route};
pub(crate) use error::{CallError, known_model};
pub(crate) use refusal::Refusal;

use fields::Fields;

/// How much one call may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// How many documents are ranked, or texts embedded.
    pub(crate) documents: usize,
    /// How many bytes each of them has.
    pub(crate) document_bytes: usize,
    /// How many bytes the query has.
    pub(crate) query_bytes: usize,
}

/// Makes a call of a body by its fields, and says who is to be told if that fails.
fn read<T>(
    route: Route,
    headers: Headers<'_>,
    body: &[u8],
    call: impl FnOnce(Dialect, &mut Fields) -> Result<T, CallError>,
) -> Result<T, Refusal> {
    let mut fields = Fields::read(body).map_err(|error| Refusal::unread(route, headers, error))?;
    let dialect = Dialect::of(route, headers, &fields);
    call(dialect, &mut fields).map_err(|error| Refusal { dialect: Some(dialect), error })
}
