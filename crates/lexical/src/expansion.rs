//! What the neighbours of passages lend them.
//!
//! Document expansion (Tao, Wang, Mei & Zhai, *Language model information retrieval with document
//! expansion*, HLT-NAACL 2006): what a passage is about is said in other words by passages that are
//! near it. A passage has the words of its neighbours, too, each as a share of its count.
//!
//! The expanded counts stand nowhere: a query adds them up from the postings and from this table of
//! who lends to whom. So the index is as large as without, and a change of neighbours changes no
//! posting.

use trommel_core::{NEIGHBOURS, Neighbours, PassageId};

use crate::segment::Segment;
use crate::{LexicalError, LexicalIndex};

/// Into how many parts a passage's loan is divided: a number that one, two and three lenders divide,
/// so that sums of loans are whole numbers and do not depend on the order of adding.
pub(crate) const PARTS: u32 = 6;
const _: () = assert!(NEIGHBOURS == 3);

/// The place of a passage that is deleted.
const NO_PLACE: u32 = u32::MAX;

/// For every passage of an index, to whom it lends its words.
#[derive(Debug)]
pub struct Expansion {
    /// The places of each segment's passages among all, by doc id; none, [`NO_PLACE`], of deleted ones.
    pub(crate) places: Vec<Vec<u32>>,
    /// All passages by rising id: a place is an index into these.
    pub(crate) passages: Vec<PassageId>,
    /// Where the borrowers of each place begin; one more than there are places.
    starts: Vec<u32>,
    /// To whom each place lends, and how many parts of each word.
    borrowers: Vec<(u32, u32)>,
    /// The number of words of each place by its field norm, and the parts of words that it borrows.
    pub(crate) lengths: Vec<(u32, u32)>,
}

impl Expansion {
    /// Makes the table for an index from the neighbours of all of its passages.
    ///
    /// # Errors
    ///
    /// [`LexicalError::Corrupt`] if the index holds other passages.
    pub fn new(index: &LexicalIndex, neighbours: &Neighbours) -> Result<Self, LexicalError> {
        let passages = neighbours.passages().to_vec();
        let place = |id: &PassageId| neighbours.place_of(*id).map(|place| place as u32);
        let places_of = |segment: &Segment| {
            let mut places = vec![NO_PLACE; segment.ids().len()];
            for (doc, id) in segment.live() {
                places[doc as usize] = place(&id)?;
            }
            Some(places)
        };
        let places = (index.segments.iter().map(places_of))
            .collect::<Option<Vec<_>>>()
            .filter(|_| index.passages == passages.len() as u64)
            .ok_or_else(|| index.corrupt("the passages with neighbours are not its own"))?;
        // Every edge from a passage to a neighbour is one from a lender to a borrower.
        let mut edges: Vec<(u32, u32, u32)> = Vec::with_capacity(passages.len() * NEIGHBOURS);
        for (borrower, (_, nearest)) in neighbours.iter().enumerate() {
            let lenders: Vec<u32> =
                nearest.iter().flatten().filter_map(|near| place(&near.passage)).collect();
            let parts = PARTS / lenders.len().max(1) as u32;
            edges.extend(lenders.into_iter().map(|lender| (lender, borrower as u32, parts)));
        }
        edges.sort_unstable();
        let mut starts = vec![0; passages.len() + 1];
        for &(lender, ..) in &edges {
            starts[lender as usize + 1] += 1;
        }
        for place in 0..passages.len() {
            starts[place + 1] += starts[place];
        }
        let borrowers = edges.into_iter().map(|(_, borrower, parts)| (borrower, parts)).collect();
        let mut expansion = Self { places, passages, starts, borrowers, lengths: Vec::new() };
        expansion.lengths = expansion.measure(index);
        Ok(expansion)
    }

    /// Returns to whom the passage at a place lends, and how many parts of each of its words.
    pub(crate) fn borrowers(&self, place: u32) -> &[(u32, u32)] {
        let place = place as usize;
        &self.borrowers[self.starts[place] as usize..self.starts[place + 1] as usize]
    }

    /// Returns the length of each passage and what it borrows.
    fn measure(&self, index: &LexicalIndex) -> Vec<(u32, u32)> {
        let mut lengths: Vec<(u32, u32)> = vec![(0, 0); self.passages.len()];
        for (segment, places) in index.segments.iter().zip(&self.places) {
            let live = places.iter().enumerate().filter(|(_, place)| **place != NO_PLACE);
            for (doc, &place) in live {
                let own = segment.body.norms.fieldnorm(doc as u32);
                lengths[place as usize].0 = own;
                for &(borrower, parts) in self.borrowers(place) {
                    let borrowed = &mut lengths[borrower as usize].1;
                    *borrowed = borrowed.saturating_add(parts.saturating_mul(own));
                }
            }
        }
        lengths
    }
}

/// A count of words of which some are borrowed: the own ones and `amount` of the mean of the lenders'.
pub(crate) fn expanded(own: u32, borrowed_parts: u32, amount: f64) -> f64 {
    f64::from(own) + amount * f64::from(borrowed_parts) / f64::from(PARTS)
}
