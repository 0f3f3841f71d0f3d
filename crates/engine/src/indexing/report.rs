//! What an indexing run did, while it runs and at its end.

use std::collections::BTreeMap;

use trommel_ingest::Skipped;

use super::deepen::Unpredicted;
use crate::check::Finding;

/// Something that happened during a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A document was read; `changed` says whether it must be encoded.
    Read {
        /// Whether it is new or differs from what the collection holds.
        changed: bool,
        /// How many bytes of the sources it stands for.
        bytes: u64,
    },
    /// A document or file was skipped.
    Skipped {
        /// How many bytes of the sources it stands for; 0 for a file that was not opened.
        bytes: u64,
    },
    /// Passages were encoded and indexed.
    Encoded {
        /// How many.
        passages: usize,
    },
    /// All that was read is committed and found by its words; passages are deepened now.
    Lexical {
        /// How many are not encoded.
        passages: u64,
    },
    /// The vectors of passages were predicted.
    Predicted {
        /// How many.
        passages: usize,
    },
    /// All documents have been read: the totals so far are final, save for encoding.
    ReadAll,
    /// A generation was committed.
    Committed {
        /// Its number.
        generation: u64,
    },
}

/// What an indexing run did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Documents that were new.
    pub added: usize,
    /// Documents whose content had changed.
    pub updated: usize,
    /// Documents that were as the collection had them.
    pub unchanged: usize,
    /// Documents whose source no longer delivers them.
    pub removed: usize,
    /// Documents that the source no longer delivers and that were kept, on request or because it gave
    /// none at all.
    pub kept: usize,
    /// Sources that gave no document at all, each with how many it had, which were kept.
    pub emptied: Vec<(String, usize)>,
    /// Documents that were read again under the same id in this run; the later ones won.
    pub duplicates: usize,
    /// Passages that were encoded.
    pub passages: usize,
    /// Passages whose vectors were predicted.
    pub predicted: usize,
    /// Why none were although that was asked for: passages were encoded instead.
    pub unpredicted: Option<Unpredicted>,
    /// What was not read, in the order of reading.
    pub skipped: Vec<Skipped>,
    /// Why the predictions that the collection had were left aside, if they were damaged.
    pub lost_predictions: Option<Finding>,
    /// The generation that the run ended at.
    pub generation: u64,
    /// How many documents the collection now holds.
    pub documents: u64,
}

impl Report {
    /// Counts what was skipped by the name of the reason.
    #[must_use]
    pub fn skipped_by_reason(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for skipped in &self.skipped {
            *counts.entry(skipped.reason.name()).or_default() += 1;
        }
        counts
    }
}
