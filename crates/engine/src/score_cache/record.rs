//! One score as 32 bytes that prove themselves.
//!
//! | bytes | what |
//! |---|---|
//! | 0–15 | the key |
//! | 16–19 | the logit, a little-endian f32, finite |
//! | 20 | 1 if the passage was cut, else 0 |
//! | 21–23 | zero |
//! | 24–31 | the first 8 bytes of blake3 over the 24 before |

use trommel_core::RerankScore;

use super::keys::Key;

/// The bytes of a record.
pub(crate) const SIZE: usize = 32;
const CHECKED: usize = 24;

/// Returns the record of a score; none for one that is not finite.
pub(crate) fn write(key: Key, score: RerankScore) -> Option<[u8; SIZE]> {
    let mut body = [0; CHECKED];
    body[..16].copy_from_slice(&key);
    body[16..20].copy_from_slice(&score.logit.to_le_bytes());
    body[20] = u8::from(score.truncated);
    score.logit.is_finite().then(|| seal(body))
}

/// Returns the score of a record, if it is whole.
pub(crate) fn read(record: &[u8; SIZE]) -> Option<RerankScore> {
    let body = unseal(record)?;
    let logit = f32::from_le_bytes([body[16], body[17], body[18], body[19]]);
    let truncated = match body[20..] {
        [0, 0, 0, 0] => false,
        [1, 0, 0, 0] => true,
        _ => return None,
    };
    logit.is_finite().then_some(RerankScore { logit, truncated })
}

/// Returns the key that a record claims to be of.
pub(crate) fn key(record: &[u8; SIZE]) -> Key {
    std::array::from_fn(|i| record[i])
}

/// Returns 24 bytes with their checksum behind them.
pub(crate) fn seal(body: [u8; CHECKED]) -> [u8; SIZE] {
    let mut sealed = [0; SIZE];
    sealed[..CHECKED].copy_from_slice(&body);
    sealed[CHECKED..].copy_from_slice(&blake3::hash(&body).as_bytes()[..SIZE - CHECKED]);
    sealed
}

fn unseal(sealed: &[u8; SIZE]) -> Option<[u8; CHECKED]> {
    let body = std::array::from_fn(|i| sealed[i]);
    (seal(body) == *sealed).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORE: RerankScore = RerankScore { logit: -4.093_75, truncated: true };

    #[test]
    fn a_score_comes_back_to_the_last_bit() {
        for logit in [0.0, -0.0, 9.2, f32::MIN_POSITIVE / 2.0, f32::MAX] {
            let written = write([7; 16], RerankScore { logit, truncated: false }).unwrap();
            assert_eq!(read(&written).unwrap().logit.to_bits(), logit.to_bits());
            assert_eq!(key(&written), [7; 16]);
        }
        assert_eq!(read(&write([0; 16], SCORE).unwrap()), Some(SCORE));
    }

    #[test]
    fn what_is_not_finite_is_not_written() {
        for logit in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(write([7; 16], RerankScore { logit, truncated: false }), None);
        }
    }

    #[test]
    fn a_record_with_any_other_bit_is_none() {
        let whole = write([7; 16], SCORE).unwrap();
        for bit in 0..SIZE * 8 {
            let mut flipped = whole;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&flipped), None, "bit {bit}");
        }
        assert_eq!(read(&[0; SIZE]), None);
    }

    #[test]
    fn a_record_torn_between_two_is_none() {
        let (old, new) = (write([7; 16], SCORE).unwrap(), write([8; 16], SCORE).unwrap());
        for at in 1..SIZE - 1 {
            let mut torn = old;
            torn[at..].copy_from_slice(&new[at..]);
            // A tear within what both have in common leaves one of them whole.
            assert!(torn == old || torn == new || read(&torn).is_none(), "byte {at}");
        }
    }
}
