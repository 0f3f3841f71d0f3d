//! Hits whose files changed or are gone since they were indexed, told in words: formats for programs
//! have no room for it in every line.

use trommel_engine::{Freshness, Hit};

use super::Context;
use crate::terminal;

/// How many hits shown so far are outdated.
#[derive(Debug, Default)]
pub(super) struct Outdated {
    stale: usize,
    gone: usize,
}

impl Outdated {
    /// Counts the outdated among hits.
    pub(super) fn count(&mut self, hits: &[Hit]) {
        for hit in hits {
            self.stale += usize::from(hit.freshness == Freshness::Stale);
            self.gone += usize::from(hit.freshness == Freshness::Gone);
        }
    }

    /// Says how many there were, if any.
    pub(super) fn tell(&self, context: &Context) {
        let counts = [(self.stale, "stale"), (self.gone, "gone")];
        let counts: Vec<String> = (counts.iter().filter(|(count, _)| *count > 0))
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if !counts.is_empty() {
            let again = context.command("search --fresh QUERY");
            terminal::note(format!("outdated hits: {}; {again} indexes first", counts.join(", ")));
        }
    }
}
