//! How common word pieces are in a corpus.

/// In how many passages of a corpus each word piece is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frequencies {
    passages: u64,
    /// By the piece's id.
    counts: Vec<u32>,
}

impl Frequencies {
    /// Returns the frequencies of an empty corpus.
    #[must_use]
    pub fn new(vocabulary: usize) -> Self {
        Self { passages: 0, counts: vec![0; vocabulary] }
    }

    pub(crate) fn of_parts(passages: u64, counts: Vec<u32>) -> Self {
        Self { passages, counts }
    }

    /// Counts a passage; ids beyond the vocabulary are left aside.
    pub fn add(&mut self, pieces: &[u32]) {
        let mut pieces = pieces.to_vec();
        pieces.sort_unstable();
        pieces.dedup();
        self.passages += 1;
        for piece in pieces {
            if let Some(count) = self.counts.get_mut(piece as usize) {
                *count = count.saturating_add(1);
            }
        }
    }

    /// Counts the passages that other frequencies of the same vocabulary counted.
    pub fn merge(&mut self, other: &Self) {
        self.passages += other.passages;
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*more);
        }
    }

    /// Returns how many passages were counted.
    #[must_use]
    pub fn passages(&self) -> u64 {
        self.passages
    }

    /// Returns in how many passages each piece is, by its id.
    #[must_use]
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// Returns the inverse document frequency of a count, as BM25 has it: never below 0.
    pub(crate) fn idf(&self, count: u32) -> f64 {
        let (all, with) = (self.passages as f64, f64::from(count));
        // Of a damaged count that is more than all, the piece is taken to be everywhere.
        let without = (all - with).max(0.0);
        (1.0 + (without + 0.5) / (with + 0.5)).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_counts_once_for_each_of_its_pieces() {
        let mut first = Frequencies::new(4);
        first.add(&[1, 3, 1, 9]);
        first.add(&[]);
        let mut second = Frequencies::new(4);
        second.add(&[1]);
        first.merge(&second);
        assert_eq!((first.passages(), first.counts()), (3, &[0, 2, 0, 1][..]));
    }

    #[test]
    fn inverse_document_frequencies_worked_by_hand() {
        let frequencies = Frequencies { passages: 10, counts: Vec::new() };
        // ln(1 + 8.5 / 2.5) = ln 4.4 = 1.481605; ln(1 + 10.5 / .5) = ln 22 = 3.091042
        assert!((frequencies.idf(2) - 1.481_604_5).abs() < 1e-6);
        assert!((frequencies.idf(0) - 3.091_042_5).abs() < 1e-6);
        assert!(frequencies.idf(10) > 0.0 && frequencies.idf(u32::MAX) >= 0.0);
    }
}
