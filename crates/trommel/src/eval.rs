//! Measuring whether a change helps: runs, judgements, metrics, significance.

use trommel_engine::Stage;
use trommel_eval::Optional;
pub use trommel_eval::{
    Advice, Comparison, EvalError, Evaluation, Metric, NamedQuery, Qrels, Resampling, Run, Table,
    compare, evaluate, read_queries,
};

/// A part, the row that has it, the rows without it (the first that is shown counts), and what leaves it
/// out.
type Part = (&'static str, Stage, &'static [Stage], &'static str);

const PARTS: [Part; 4] = [
    ("neighbours", Stage::NEIGHBOURS, &[Stage::LEXICAL], "--set neighbours=0"),
    ("vectors", Stage::Fused, &[Stage::NEIGHBOURS, Stage::LEXICAL], "--stage bm25+neighbours"),
    ("feedback", Stage::Feedback, &[Stage::Fused], "--feedback off"),
    ("reranker", Stage::Reranked, &[Stage::Feedback, Stage::Fused], "--reranker none"),
];

/// Returns what the queries show of every part that rows tell of. Of several rerankings the first
/// counts.
///
/// # Errors
///
/// [`EvalError::Unpaired`] for rows without any score.
pub fn advise_parts(
    runs: &[(String, Run)],
    table: &Table,
    metric: &Metric,
    resampling: Resampling,
) -> std::result::Result<Vec<Advice>, EvalError> {
    let row = |stage: &Stage| match stage {
        // Several rerankings are called after their models, and stand behind all other rows.
        Stage::Reranked => runs.iter().position(|(name, _)| is_reranking(name)),
        stage => runs.iter().position(|(name, _)| name == stage.name()),
    };
    let scores = |row: usize| table.evaluations[row].scores(metric);
    let part = |(part, stage, before, off): Part| {
        let without = before.iter().find_map(&row)?;
        Some(Optional { part, with: scores(row(&stage)?)?, without: scores(without)?, off })
    };
    let parts: Vec<Optional<'_>> = PARTS.into_iter().filter_map(part).collect();
    trommel_eval::advise(&parts, resampling)
}

fn is_reranking(row: &str) -> bool {
    Stage::ALL.iter().all(|stage| *stage == Stage::Reranked || stage.name() != row)
}
