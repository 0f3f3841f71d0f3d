//! Bringing a collection up to date with its sources: only what changed is encoded.

mod corpus;
mod deepen;
mod encoding;
mod plan;
mod queue;
mod reanalyse;
mod remove;
mod report;
mod room;
mod run;
mod updates;
mod writing;

pub use deepen::{DeepenRequest, Deepened, Unpredicted, deepen};
pub(crate) use encoding::encode;
pub use reanalyse::{Reanalysed, reanalyse};
pub use remove::{Removed, forget, remove};
pub use report::{Event, Report};
pub use run::{IndexRequest, index};
pub use updates::{DocumentProblem, Updates, Upserted};
