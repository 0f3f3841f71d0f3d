//! A loaded network on one of the runtimes: sequences of tokens in, numbers out.
//!
//! Every sequence runs through the network alone and unpadded: the int8 models quantise their
//! activations over all that they are given, so that a result would otherwise move with its company.

use std::borrow::Cow;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use trommel_core::{BoxError, ModelError};
use trommel_models::{InstalledModel, Isa, Network, Pair, Pooling, Precision, Sequence, Workers};

use crate::InferenceError;

/// What is read of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Head {
    /// A text's vector, of its tokens' states.
    Pooled(Pooling),
    /// One logit of a query and a passage.
    Logit,
}

/// A text, or a query and a passage, for one run.
pub(crate) struct Input<'a> {
    /// Empty for an encoder.
    pub(crate) query: &'a str,
    pub(crate) text: Cow<'a, str>,
    pub(crate) tokens: Pair,
}

/// What a run gives.
pub(crate) struct Output {
    /// The vector, or the logit alone.
    pub(crate) numbers: Vec<f32>,
    /// Whether the text was too long and lost its end.
    pub(crate) truncated: bool,
}

/// What one thread needs to run a network on a runtime that is not ours.
pub(crate) trait Worker: Send {
    fn run(&mut self, input: &Input<'_>) -> Result<Vec<f32>, BoxError>;
}

/// A network with the threads that it runs on.
pub(crate) struct Session {
    model: String,
    doing: &'static str,
    runner: Runner,
}

enum Runner {
    /// Our own kernels lay all sequences end to end and share them out over a pool themselves.
    Kernels { network: Box<Network>, head: Head, threads: ThreadPool },
    /// The others run one sequence at a time on each thread.
    Workers(Workers<Box<dyn Worker>, ModelError>),
}

impl Session {
    /// Returns a session on our own kernels.
    pub(crate) fn kernels(
        model: &InstalledModel,
        head: Head,
        (precision, isa): (Precision, Isa),
        threads: usize,
    ) -> Result<Self, InferenceError> {
        let threads = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|source| InferenceError::Threads { source: source.into() })?;
        let network = Box::new(model.network(precision, isa)?);
        Ok(Self::new(model, head, Runner::Kernels { network, head, threads }))
    }

    /// Returns a session on up to `threads` workers, of which the first is made now and another when
    /// it first has work, so that a program that reads one text pays for one.
    pub(crate) fn workers(
        model: &InstalledModel,
        head: Head,
        threads: usize,
        make: impl Fn() -> Result<Box<dyn Worker>, InferenceError> + Send + Sync + 'static,
    ) -> Result<Self, InferenceError> {
        let first = make()?;
        let id = model.spec.id.clone();
        let another =
            move || make().map_err(|source| failed(&id, "starting another thread", source.into()));
        Ok(Self::new(model, head, Runner::Workers(Workers::new(threads, first, another))))
    }

    fn new(model: &InstalledModel, head: Head, runner: Runner) -> Self {
        let doing = match head {
            Head::Pooled(_) => "encoding a text",
            Head::Logit => "reading a query and a passage",
        };
        Self { model: model.spec.id.clone(), doing, runner }
    }

    /// Returns the network if it is on our own kernels.
    pub(crate) fn network(&self) -> Option<&Network> {
        match &self.runner {
            Runner::Kernels { network, .. } => Some(network),
            Runner::Workers(_) => None,
        }
    }

    /// Runs one sequence on the calling thread: one short text is not worth waking another.
    pub(crate) fn run_one(&self, input: &Input<'_>) -> Result<Vec<f32>, ModelError> {
        match &self.runner {
            Runner::Kernels { network, head, .. } => {
                let numbers = run(network, *head, &[sequence(input)]);
                Ok(numbers.map_err(|source| self.failed(source))?.swap_remove(0))
            }
            Runner::Workers(workers) => {
                workers.run_one(|worker| worker.run(input).map_err(|source| self.failed(source)))
            }
        }
    }

    /// Runs all texts, each as `input` makes it ready; the answers are in their order.
    pub(crate) fn run_all<'a>(
        &self,
        texts: &[&'a str],
        input: impl Fn(&'a str) -> Result<Input<'a>, BoxError> + Sync,
    ) -> Result<Vec<Output>, ModelError> {
        let failed = |source| self.failed(source);
        match &self.runner {
            Runner::Kernels { network, head, threads } => threads
                .install(|| {
                    let inputs: Vec<Input<'a>> =
                        texts.par_iter().map(|text| input(text)).collect::<Result<_, _>>()?;
                    let sequences: Vec<Sequence<'_>> = inputs.iter().map(sequence).collect();
                    let numbers = run(network, *head, &sequences)?;
                    let truncated = inputs.iter().map(|input| input.tokens.truncated);
                    let both = numbers.into_iter().zip(truncated);
                    Ok(both.map(|(numbers, truncated)| Output { numbers, truncated }).collect())
                })
                .map_err(failed),
            Runner::Workers(workers) => workers.run_all(
                texts,
                // Bytes stand for tokens: near enough to begin with the long ones, and free.
                |text| text.len(),
                |worker, text| {
                    let input = input(text).map_err(failed)?;
                    let numbers = worker.run(&input).map_err(failed)?;
                    Ok(Output { numbers, truncated: input.tokens.truncated })
                },
            ),
        }
    }

    /// Returns an error of what the session is for.
    pub(crate) fn failed(&self, source: BoxError) -> ModelError {
        failed(&self.model, self.doing, source)
    }
}

fn run(
    network: &Network,
    head: Head,
    sequences: &[Sequence<'_>],
) -> Result<Vec<Vec<f32>>, BoxError> {
    Ok(match head {
        Head::Pooled(Pooling::Cls) => network.cls(sequences),
        Head::Pooled(Pooling::Mean) => network.mean(sequences),
        Head::Logit => network.logits(sequences),
    }?)
}

fn sequence<'a>(input: &'a Input<'_>) -> Sequence<'a> {
    Sequence { ids: &input.tokens.ids, types: &input.tokens.types }
}

pub(crate) fn failed(model: &str, doing: &'static str, source: BoxError) -> ModelError {
    ModelError::Failed { model: model.to_owned(), doing, source }
}
