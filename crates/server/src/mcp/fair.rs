//! Sharing a room fairly.

/// Returns the share of each need in a room: max-min fair, so that nobody gets more than it needs, and
/// nobody gets less than another who needs as much or less.
pub(super) fn shares(needs: &[usize], room: usize) -> Vec<usize> {
    let mut smallest_first: Vec<usize> = (0..needs.len()).collect();
    smallest_first.sort_by_key(|&place| needs[place]);
    let mut shares = vec![0; needs.len()];
    let mut left = room;
    for (done, &place) in smallest_first.iter().enumerate() {
        shares[place] = needs[place].min(left / (needs.len() - done));
        left -= shares[place];
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The usual worked example of max-min fairness, in tenths: needs of 2, 2.6, 4 and 5 in a room of
    /// 10 get 2, 2.6, 2.7 and 2.7.
    #[test]
    fn small_needs_are_met_and_the_rest_is_shared_alike() {
        assert_eq!(shares(&[50, 20, 40, 26], 100), [27, 20, 27, 26]);
    }

    #[test]
    fn enough_room_meets_every_need_and_no_room_none() {
        assert_eq!(shares(&[5, 9, 0], 14), [5, 9, 0]);
        assert_eq!(shares(&[5, 9], 0), [0, 0]);
        assert!(shares(&[], 9).is_empty());
    }
}
