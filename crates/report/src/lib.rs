//! Reports of an evaluation, for people: on a terminal, in a Markdown document, as a page.
//!
//! The three show the same sections, which `sections` makes out of a [`Report`]; each only has its
//! own way of writing them. Text of documents and queries is harmless in all of them: characters
//! that a terminal would obey, or that turn the direction of writing, come out as `\u{…}`.
//!
//! The same report gives the same bytes: nothing here reads a clock, the environment or a file.
//!
//! ```
//! use trommel_eval::{QueryCounts, Report, SCHEMA, Subject};
//!
//! let report = Report {
//!     schema: SCHEMA.to_owned(),
//!     subject: Subject { name: "recipes".to_owned(), ..Subject::default() },
//!     queries: QueryCounts { evaluated: 3, ..QueryCounts::default() },
//!     metrics: vec!["nDCG@10".to_owned()],
//!     stages: Vec::new(),
//!     known_items: None,
//!     advice: Vec::new(),
//!     losses: None,
//!     sweep: None,
//!     failures: Vec::new(),
//!     per_query: Vec::new(),
//! };
//! assert!(trommel_report::text(&report, 100).starts_with("recipes: 3 queries\n"));
//! assert!(trommel_report::markdown(&report).starts_with("# recipes\n"));
//! assert!(trommel_report::html(&report).starts_with("<!doctype html>"));
//! ```

mod block;
mod escape;
mod html;
mod markdown;
mod number;
mod sections;
mod text;

use trommel_eval::Report;

/// Returns a report for a terminal, without colours.
///
/// No line is wider than `width` columns, or 20 if that is less; text is cut and tables are
/// parted to that end.
#[must_use]
pub fn text(report: &Report, width: usize) -> String {
    text::write(report, width)
}

/// Returns a report in Markdown, with tables as GitHub reads them.
#[must_use]
pub fn markdown(report: &Report) -> String {
    markdown::write(report)
}

/// Returns a report as one HTML page: no script, and nothing from elsewhere.
///
/// It is readable in light and dark and at the width of a phone. Its charts are SVG.
#[must_use]
pub fn html(report: &Report) -> String {
    html::write(report)
}
