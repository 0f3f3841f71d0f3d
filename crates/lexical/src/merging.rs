//! Which segments are merged at a commit.

/// How many passages a segment holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Passages that stay.
    pub(crate) live: u32,
    /// Passages that were deleted and still count in the statistics.
    pub(crate) dead: u32,
}

/// The most passages of a segment that was made of several: what a commit may have to write because of
/// one passage more. Larger indexes have more segments, not larger ones.
const MOST: u64 = 1 << 17;

/// A segment is written anew when one passage in so many is deleted: a query looks for each of them in the
/// postings of each of its terms.
const DEAD: u64 = 16;

/// Returns the groups of segments, by their place in `sizes`, that are to become one segment each.
///
/// Afterwards each is more than twice as large as all smaller ones before the merge, or of [`MOST`]
/// passages with them: so a query reads a number of segments that grows with the logarithm of the passages
/// up to there, and a passage is rewritten about as often.
pub(crate) fn groups(sizes: &[Size]) -> Vec<Vec<usize>> {
    let mut rising: Vec<usize> = (0..sizes.len()).collect();
    rising.sort_by_key(|&segment| sizes[segment].live);

    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut held = 0;
    for segment in rising {
        let live = u64::from(sizes[segment].live);
        match groups.last_mut() {
            Some(group) if live <= 2 * held && live + held <= MOST => {
                group.push(segment);
                held += live;
            }
            _ => {
                groups.push(vec![segment]);
                held = live;
            }
        }
    }
    let is_due = |&segment: &usize| {
        let (live, dead) = (u64::from(sizes[segment].live), u64::from(sizes[segment].dead));
        dead > 0 && dead * DEAD >= live + dead
    };
    groups.retain(|group| group.len() > 1 || group.iter().any(is_due));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(sizes: &[(u32, u32)]) -> Vec<Vec<usize>> {
        let sizes: Vec<Size> = sizes.iter().map(|&(live, dead)| Size { live, dead }).collect();
        groups(&sizes)
    }

    #[test]
    fn only_what_is_small_beside_the_tail_is_merged() {
        assert_eq!(merged(&[]), [[0; 0]; 0]);
        assert_eq!(merged(&[(100, 0)]), [[0; 0]; 0]);
        assert_eq!(merged(&[(100, 0), (49, 0)]), [[0; 0]; 0]);
        assert_eq!(merged(&[(100, 0), (50, 0)]), [[1, 0]]);
        assert_eq!(merged(&[(1, 0), (1000, 0), (2, 0)]), [[0, 2]]);
        // 600 is large beside 10, but 1000 is not beside 600
        assert_eq!(merged(&[(1000, 0), (600, 0), (10, 0)]), [[1, 0]]);
    }

    #[test]
    fn a_segment_of_which_a_sixteenth_is_deleted_is_written_anew_alone() {
        assert_eq!(merged(&[(150, 10), (10, 0)]), [[0]]);
        assert_eq!(merged(&[(151, 10), (10, 0)]), [[0; 0]; 0]);
        assert_eq!(merged(&[(1000, 900), (10, 1)]), [[1], [0]]);
        assert_eq!(merged(&[(0, 1)]), [[0]]);
    }

    #[test]
    fn no_merge_is_large_however_many_passages_there_are() {
        let most = MOST as u32;
        assert_eq!(merged(&[(most, 0), (most, 0), (9, 0)]), [[0; 0]; 0]);
        assert_eq!(merged(&[(most / 2, 0), (most / 2, 0)]), [[0, 1]]);
        assert_eq!(merged(&[(most / 2, 0), (most / 2 + 1, 0)]), [[0; 0]; 0]);
    }

    #[test]
    fn the_number_of_segments_stays_logarithmic() {
        let mut sizes: Vec<u32> = Vec::new();
        let mut rewritten = 0_u64;
        for _ in 0..1000 {
            sizes.push(10);
            let all: Vec<Size> = sizes.iter().map(|&live| Size { live, dead: 0 }).collect();
            for group in groups(&all) {
                let sum: u32 = group.iter().map(|&segment| sizes[segment]).sum();
                group.iter().for_each(|&segment| sizes[segment] = 0);
                rewritten += u64::from(sum);
                sizes.push(sum);
            }
            sizes.retain(|&size| size > 0);
        }
        assert_eq!(sizes.iter().sum::<u32>(), 10_000);
        assert!(sizes.len() <= 10, "{sizes:?}");
        assert!(rewritten < 10 * 10_000, "{rewritten}");
    }
}
