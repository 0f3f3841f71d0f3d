//! Scores that keep an order through trec_eval.
//!
//! trec_eval ignores the rank column, sorts by the score *as a 32-bit float* and breaks ties by
//! document id, backwards. So an order that is meant is written in scores which fall strictly as
//! such floats.

/// How far a score is put below the one before it, at least, where both would be equal.
const STEP: f32 = 1e-9;

/// Returns scores that fall strictly, each as near to its original as that allows.
pub fn strictly_falling(scores: impl Iterator<Item = f32>) -> impl Iterator<Item = f32> {
    scores.scan(f32::INFINITY, |before, score| {
        // Near 0 the next float is too small to be written legibly, near 1 the step is too small
        // to change a float: the lower of the two does in both places.
        *before = score.min(before.next_down()).min(*before - STEP);
        Some(*before)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes and reads scores as a run file and trec_eval do: text, double, float.
    fn through_a_file(scores: impl Iterator<Item = f32>) -> Vec<f32> {
        strictly_falling(scores)
            .map(|score| score.to_string().parse::<f64>().unwrap() as f32)
            .collect()
    }

    fn assert_strictly_falling(read: &[f32]) {
        for pair in read.windows(2) {
            assert!(pair[0] > pair[1], "{} then {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn a_thousand_equal_scores_fall_strictly_as_floats() {
        for score in [0.0, 1e-30, 0.5, 0.731_058_6, 1.0, 37.25] {
            let read = through_a_file(std::iter::repeat_n(score, 1000));
            assert_eq!(read.len(), 1000);
            assert_strictly_falling(&read);
            assert!(score - read[999] < 1e-3 * score.max(1e-3), "{score} fell to {}", read[999]);
        }
    }

    #[test]
    fn ties_among_different_scores_keep_the_order_and_pull_the_next_ones_down() {
        let one_below = 0.9_f32.next_down();
        let read = through_a_file([1.0, 0.9, 0.9, 0.9, one_below, 0.2, 0.2].into_iter());
        assert_strictly_falling(&read);
        assert_eq!((read[0], read[1], read[5]), (1.0, 0.9, 0.2));
    }

    #[test]
    fn what_already_falls_is_written_as_it_is() {
        let scores = [0.9, 0.123_456_79, f32::MIN_POSITIVE, -3.0];
        assert_eq!(through_a_file(scores.into_iter()), scores);
    }
}
