//! `trommel fuse`: one run out of the runs of several engines.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use trommel_engine::fusion::{BadWeights, Method, RRF_K, RankedList, fuse_lists, weights};
use trommel_eval::Run;

use super::run_files::{self, Output};
use crate::error::CliError;
use crate::exit::Exit;
use crate::{hints, shell, terminal};

/// The values of `--method`.
const METHODS: [&str; 3] = ["minmax", "rrf", "zscore"];

/// Fuse the runs of several engines into one
///
/// Runs are TREC's files, six columns a line: query Q0 document rank score tag. What a run gives to a
/// document that it lacks: by minmax 0, as to its lowest; by zscore its lowest z-score; by rrf
/// nothing. By minmax and zscore, a run whose scores for a query are all equal has no say in it. A
/// query that only some of the runs have is fused from those. Equal scores are ordered by id.
#[derive(Debug, Args)]
pub(crate) struct FuseArgs {
    /// Two or more run files of any engine; - is standard input
    #[arg(value_name = "RUN", required = true, num_args = 2..)]
    runs: Vec<PathBuf>,
    /// What is averaged: minmax, scores scaled to [0, 1] within their run and query; rrf, (k + 1) /
    /// (k + rank); zscore, by how many standard deviations a score is above the mean
    #[arg(long, default_value = "minmax", value_parser = PossibleValuesParser::new(METHODS))]
    method: String,
    /// How much each run counts, in their order; only the relation matters, and a run of weight 0
    /// is left out [default: all the same]
    #[arg(long, value_name = "W,…", value_delimiter = ',', allow_hyphen_values = true)]
    weights: Vec<f64>,
    /// How far down a run a rank still matters, for rrf [default: 60]
    #[arg(long, value_name = "K", allow_negative_numbers = true)]
    rrf_k: Option<f32>,
    /// The most documents to write for a query
    #[arg(long, value_name = "N", default_value = "1000", allow_negative_numbers = true)]
    depth: NonZeroUsize,
    /// Write the run there instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl FuseArgs {
    fn method(&self) -> Result<Method, CliError> {
        match (self.method.as_str(), self.rrf_k) {
            ("rrf", None) => Ok(Method::Rrf { k: RRF_K }),
            ("rrf", Some(k)) if k.is_finite() && k >= 0.0 => Ok(Method::Rrf { k }),
            ("rrf", Some(k)) => {
                let message = format!("--rrf-k: expected a finite number of at least 0, got {k}");
                Err(CliError::usage(message).hint(self.command("--method rrf --rrf-k 60")))
            }
            (other, Some(_)) => {
                let message = format!("--rrf-k: expected --method rrf beside it, got {other}");
                Err(CliError::usage(message).hint(self.command("--method rrf --rrf-k 60")))
            }
            ("zscore", None) => Ok(Method::ZScore),
            _ => Ok(Method::MinMax),
        }
    }

    fn weights(&self) -> Result<Vec<f64>, CliError> {
        weights(&self.weights, self.runs.len()).map_err(|error| {
            let message = match error {
                BadWeights::Count { expected, got } => {
                    format!("expected one weight a run, {expected} in all, got {got}")
                }
                other => other.to_string(),
            };
            let ones = vec!["1"; self.runs.len()].join(",");
            CliError::usage(format!("--weights: {message}"))
                .hint(self.command(&format!("--weights {ones}")))
        })
    }

    /// Returns the command for the same runs with other flags.
    fn command(&self, flags: &str) -> String {
        let runs: Vec<String> = self.runs.iter().map(|path| shell::path(path)).collect();
        format!("trommel fuse {} {flags}", runs.join(" "))
    }
}

/// Runs the command.
pub(crate) fn run(args: FuseArgs) -> Result<Exit, CliError> {
    let (method, weights) = (args.method()?, args.weights()?);
    let output = Output::new(args.output.clone())?;
    let mut runs: Vec<(f64, Run)> = Vec::new();
    for (path, weight) in args.runs.iter().zip(weights) {
        let run = run_files::read(path)?;
        // Read all the same, so that a file that is no run is an error with any weight.
        if weight > 0.0 {
            runs.push((weight, run));
        }
    }
    let queries: BTreeSet<&str> =
        runs.iter().flat_map(|(_, run)| run.iter().map(|(query, _)| query)).collect();
    let mut fused = Run::default();
    let mut partial = 0;
    for &query in &queries {
        let lists: Vec<RankedList<'_>> =
            runs.iter().filter_map(|(weight, run)| list(run, query, *weight)).collect();
        partial += usize::from(lists.len() < runs.len());
        let ranking = fuse_lists(&lists, method).into_iter().take(args.depth.get());
        fused.insert_ranking(query, ranking).map_err(hints::eval)?;
    }
    if partial > 0 {
        let of = queries.len();
        terminal::note(format!(
            "only some of the runs have {partial} of {of} queries; fused from those"
        ));
    }
    output.write(&fused)?;
    Ok(Exit::Done)
}

fn list<'a>(run: &'a Run, query: &str, weight: f64) -> Option<RankedList<'a>> {
    let results = run.of(query)?.iter();
    let documents = results.map(|result| (result.id.as_str(), result.score)).collect();
    Some(RankedList { weight, documents })
}
