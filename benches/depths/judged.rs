//! Judged queries, and what a collection's answers to them are worth.

use std::path::Path;

use trommel::{Collection, SearchSettings, Stage, SteadyClock};
use trommel_eval::{Metric, NamedQuery, Qrels, Run, evaluate, read_queries};

use crate::Failure;

/// The queries of a folder in BEIR's layout that are judged in its test split.
pub(crate) struct Judged {
    queries: Vec<NamedQuery>,
    qrels: Qrels,
    ndcg: Metric,
    recall: Metric,
}

/// How good answers are, as means over all queries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quality {
    /// nDCG@10.
    pub(crate) ndcg: f64,
    /// Recall@100.
    pub(crate) recall: f64,
}

impl Judged {
    /// Reads queries and judgements; those that lack the other count for nothing, as in `trommel eval`.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let mut queries = read_queries(&folder.join("queries.jsonl"))?;
        let mut qrels = Qrels::read(&folder.join("qrels").join("test.tsv"))?;
        queries.retain(|query| qrels.of(&query.id).is_some());
        qrels.retain(|id| queries.iter().any(|query| query.id == id));
        if queries.is_empty() {
            return Err(format!("{} has no judged query", folder.display()).into());
        }
        Ok(Self { queries, qrels, ndcg: "nDCG@10".parse()?, recall: "R@100".parse()? })
    }

    /// Returns how many queries there are.
    pub(crate) fn queries(&self) -> usize {
        self.queries.len()
    }

    /// Asks all queries up to the stage `fused`, for which each search encodes up to so many candidates.
    pub(crate) fn quality(&self, collection: &Collection, lazy: usize) -> Result<Quality, Failure> {
        let settings = SearchSettings { stage: Stage::Fused, lazy, ..SearchSettings::default() };
        let searcher = collection.searcher(settings.stage)?;
        let mut run = Run::default();
        for query in self.queries.iter().filter(|query| !query.text.trim().is_empty()) {
            let rankings = searcher.rankings(&query.text, &settings, &SteadyClock::start())?;
            let list = rankings.of(settings.stage).iter();
            let list = list.map(|document| (document.id.as_str(), document.score));
            run.insert_ranking(&query.id, list)?;
        }
        let found = evaluate(&self.qrels, &run, &[self.ndcg, self.recall]);
        let mean = |metric| found.mean(metric).ok_or("a metric was not evaluated");
        Ok(Quality { ndcg: mean(&self.ndcg)?, recall: mean(&self.recall)? })
    }
}
