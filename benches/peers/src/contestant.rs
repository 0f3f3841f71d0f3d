//! What a contestant is.

use crate::Failure;
use crate::work::Work;

/// One way to do the work, loaded and ready.
///
/// Only [`Contestant::run`] is timed. A contestant has two threads.
pub trait Contestant {
    /// Does the work and returns a row for each item, in the order of the items.
    ///
    /// A row is a text's vector (of any length but 0), a pair's logit, or the numbers of the
    /// nearest vectors; nothing for a build.
    fn run(&mut self, work: &Work) -> Result<Vec<Vec<f32>>, Failure>;
}
