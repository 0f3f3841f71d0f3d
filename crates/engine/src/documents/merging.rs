//! Which segments a commit writes anew.

use std::ops::Range;

/// How many documents a segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// Documents that stay.
    pub(super) live: usize,
    /// Documents that are gone and still lie there.
    pub(super) gone: usize,
}

/// A segment takes in the one before it while that is at most this many times larger.
const FACTOR: usize = 2;

/// The most documents of a segment that was made of several: what a commit may have to write because of
/// one document more. Larger collections have more segments, not larger ones.
pub(super) const MOST: usize = 1 << 17;

/// Returns the runs of segments that are to become one segment each, oldest first; the last of `sizes` is
/// what no segment holds yet, and may be empty.
///
/// Neighbours are merged while the older is small beside the newer ones together, so that their number
/// grows with the logarithm of the documents up to [`MOST`] of them. A segment of which a quarter is gone
/// is written anew, too.
pub(super) fn runs(sizes: &[Size]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut end = sizes.len();
    while end > 0 {
        let mut start = end - 1;
        let mut live = sizes[start].live;
        while start > 0 && live > 0 {
            let older = sizes[start - 1].live;
            if older > FACTOR * live || older + live > MOST {
                break;
            }
            (start, live) = (start - 1, live + older);
        }
        runs.push(start..end);
        end = start;
    }
    runs.reverse();
    runs.retain(|run| {
        let is_new = run.end == sizes.len() && sizes[run.end - 1].live > 0;
        let is_dead = |it: &Size| it.gone > 0 && it.gone * 4 >= it.live + it.gone;
        let stored = run.start..run.end.min(sizes.len() - 1);
        is_new || stored.len() > 1 || sizes[stored].iter().any(is_dead)
    });
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(sizes: &[Size]) -> Vec<(usize, usize)> {
        runs(sizes).into_iter().map(|run| (run.start, run.end)).collect()
    }

    fn merged(live: &[usize]) -> Vec<(usize, usize)> {
        let sizes: Vec<Size> = live.iter().map(|&live| Size { live, gone: 0 }).collect();
        ends(&sizes)
    }

    #[test]
    fn only_what_is_small_beside_the_newer_ones_is_merged() {
        assert_eq!(merged(&[0]), []);
        assert_eq!(merged(&[100, 0]), []);
        assert_eq!(merged(&[100, 49]), [(1, 2)]);
        assert_eq!(merged(&[100, 50]), [(0, 2)]);
        // 900 is large beside 360, which 200 and 100 are not beside what follows them.
        assert_eq!(merged(&[900, 200, 100, 60]), [(1, 4)]);
        assert_eq!(merged(&[MOST - 9, 10]), [(1, 2)]);
        assert_eq!(merged(&[MOST - 9, 9]), [(1, 2)]);
        assert_eq!(merged(&[MOST / 2, MOST / 2]), [(0, 2)]);
        assert_eq!(merged(&[MOST / 2, MOST / 2 + 1]), [(1, 2)]);
    }

    #[test]
    fn a_segment_of_which_a_quarter_is_gone_is_written_anew_alone() {
        let size = |live, gone| Size { live, gone };
        assert_eq!(ends(&[size(76, 24), size(9, 0), size(0, 0)]), []);
        assert_eq!(ends(&[size(75, 25), size(9, 0), size(0, 0)]), [(0, 1)]);
        assert_eq!(ends(&[size(75, 25), size(9, 0), size(1, 0)]), [(0, 1), (2, 3)]);
        assert_eq!(ends(&[size(0, 5), size(0, 0)]), [(0, 1)]);
    }

    #[test]
    fn the_number_of_segments_and_the_writing_stay_bounded() {
        let mut sizes: Vec<usize> = Vec::new();
        let (mut written, mut most) = (0, 0);
        for _ in 0..2_000 {
            let mut all: Vec<Size> = sizes.iter().map(|&live| Size { live, gone: 0 }).collect();
            all.push(Size { live: 500, gone: 0 });
            let mut next: Vec<usize> = Vec::new();
            let runs = runs(&all);
            let mut at = 0;
            for run in &runs {
                next.extend(&sizes[at..run.start.min(sizes.len())]);
                let sum: usize = all[run.clone()].iter().map(|size| size.live).sum();
                next.push(sum);
                (written, most) = (written + sum, most.max(sum));
                at = run.end.min(sizes.len());
            }
            next.extend(&sizes[at.min(sizes.len())..]);
            sizes = next;
        }
        assert_eq!(sizes.iter().sum::<usize>(), 1_000_000);
        assert!(sizes.len() <= 30, "{sizes:?}");
        assert!(most <= MOST && written <= 12 * 1_000_000, "{most}, {written}");
    }
}
