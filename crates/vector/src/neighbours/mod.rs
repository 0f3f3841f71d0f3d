//! The nearest passages of other documents of every passage.
//!
//! They are those that a search for the passage's own vector finds: exactly, or through the graphs
//! of an index that has some. From one generation to the next only what changed is looked at, and
//! the outcome of the exact search is the one of looking at everything.

mod file;

use rayon::prelude::*;
use trommel_core::{
    NEIGHBOURS, Nearest, Neighbour, Neighbours, PassageId, Query, Retriever, RetrieverError,
};
use trommel_kernels::Isa;

pub(crate) use file::{read, write};

use crate::{VectorError, VectorIndex, VectorRetriever, VectorSearch};

/// How many passages are asked for at first: the passage itself and siblings of it come, too.
const ASKED_AT_FIRST: usize = 2 * NEIGHBOURS + 2;
/// How many vectors of new passages are compared with an old one at a time.
const BLOCK: usize = 256;

/// Says to which document a passage belongs: neighbours are of other ones.
pub type Owner<'a> = &'a (dyn Fn(PassageId) -> usize + Sync);

/// Finds the neighbours of all passages of an index, given those of an earlier generation.
pub(crate) fn find(
    index: &VectorIndex,
    before: Option<&Neighbours>,
    owner: Owner<'_>,
) -> Result<Neighbours, VectorError> {
    let passages = index.passages();
    let all: Vec<PassageId> = passages.iter().collect();
    let known =
        |id: PassageId| before.and_then(|before| before.place_of(id).map(|at| before.at(at)));
    let new: Vec<PassageId> = all.iter().copied().filter(|id| known(*id).is_none()).collect();
    let search = Search { retriever: index.retriever(VectorSearch::default()), index, owner };
    // Comparing every old passage with every new one costs as much as a search for each new one; with
    // many of them, a search for every passage costs no more and screens.
    let before = before.filter(|_| new.len() * 2 < all.len());
    let vectors = before.map(|_| search.vectors(&new)).transpose()?.unwrap_or_default();
    let one = |&id: &PassageId| {
        let old = before.and_then(|before| before.place_of(id).map(|at| before.at(at)));
        let lives = |near: &Neighbour| passages.contains(near.passage);
        let nearest = match old {
            // Whoever lost a neighbour may have any other in its place.
            Some(old) if old.iter().flatten().all(lives) => {
                search.challenged(id, *old, &new, &vectors)?
            }
            _ => search.nearest(id)?,
        };
        Ok((id, nearest))
    };
    let lists = all.par_iter().map(one).collect::<Result<Vec<_>, RetrieverError>>();
    Ok(Neighbours::new(lists.map_err(in_an_index)?))
}

/// What a search for neighbours needs.
struct Search<'a> {
    index: &'a VectorIndex,
    retriever: VectorRetriever<'a>,
    owner: Owner<'a>,
}

impl Search<'_> {
    /// Searches for the neighbours of a passage among all.
    fn nearest(&self, id: PassageId) -> Result<Nearest, RetrieverError> {
        let owner = (self.owner)(id);
        let query = Query { text: "", vector: self.vector(id)? };
        let mut limit = ASKED_AT_FIRST;
        loop {
            let found = self.retriever.retrieve(query, limit, None)?;
            let others = found.iter().filter(|found| (self.owner)(found.id) != owner);
            let mut others =
                others.map(|found| Neighbour { passage: found.id, cosine: found.score });
            let nearest: Nearest = std::array::from_fn(|_| others.next());
            if nearest[NEIGHBOURS - 1].is_some() || found.len() < limit {
                return Ok(nearest);
            }
            // The passages of a long document are near each other.
            limit *= 4;
        }
    }

    /// Returns the neighbours of a passage that had some, where there are new passages.
    fn challenged(
        &self,
        id: PassageId,
        old: Nearest,
        new: &[PassageId],
        vectors: &[f32],
    ) -> Result<Nearest, RetrieverError> {
        let (owner, own) = ((self.owner)(id), self.vector(id)?);
        let mut nearest: Vec<Neighbour> = old.into_iter().flatten().collect();
        let mut cosines = [0.0; BLOCK];
        let blocks = new.chunks(BLOCK).zip(vectors.chunks(BLOCK * own.len()));
        for (ids, vectors) in blocks {
            Isa::best().dots(own, vectors, &mut cosines);
            for (&passage, &cosine) in ids.iter().zip(&cosines) {
                let near = Neighbour { passage, cosine };
                let enters = nearest.len() < NEIGHBOURS
                    || nearest.last().is_some_and(|last| near.nearest_first(last).is_lt());
                if enters && (self.owner)(passage) != owner {
                    nearest.push(near);
                    nearest.sort_by(Neighbour::nearest_first);
                    nearest.truncate(NEIGHBOURS);
                }
            }
        }
        Ok(std::array::from_fn(|place| nearest.get(place).copied()))
    }

    /// Returns the vectors of passages, end to end.
    fn vectors(&self, passages: &[PassageId]) -> Result<Vec<f32>, VectorError> {
        let mut all = Vec::with_capacity(passages.len() * self.index.dimension());
        for &id in passages {
            all.extend_from_slice(self.vector(id).map_err(in_an_index)?);
        }
        Ok(all)
    }

    fn vector(&self, passage: PassageId) -> Result<&[f32], RetrieverError> {
        let failed = |error: VectorError| match error {
            VectorError::Corrupt { path, detail } => RetrieverError::Corrupt { path, detail },
            error => RetrieverError::Failed { index: "vector", source: error.into() },
        };
        let unknown = || RetrieverError::UnknownPassage { index: "vector", passage };
        self.index.read(passage).map_err(failed)?.ok_or_else(unknown)
    }
}

fn in_an_index(error: RetrieverError) -> VectorError {
    match error {
        RetrieverError::Corrupt { path, detail } => VectorError::Corrupt { path, detail },
        error => VectorError::corrupt("the index".as_ref(), error.to_string()),
    }
}

#[cfg(test)]
mod tests;
