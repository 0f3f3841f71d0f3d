//! Seeded damage: what broken and hostile files look like.

/// Numbers that sizes and counts are made of when somebody means ill.
const HUGE: [&str; 10] = [
    "0",
    "-1",
    "1e308",
    "1e999",
    "65537",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "0.5",
    "null",
];

/// How deep things are nested that have no bottom.
const DEEP: usize = 20_000;

/// A stream of numbers that follows from its seed (SplitMix64, Steele et al. 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Returns the stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    /// Returns the next 64 bits.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.throw() % end.max(1) as u64) as usize
    }

    /// Returns one of `things`.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }

    /// Returns up to `most` bytes of noise.
    pub fn noise(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        (0..length).map(|_| self.throw() as u8).collect()
    }
}

/// Returns a damaged copy: one to three times bits are flipped, the end is cut off, a length field
/// or a written number is blown up, a part is doubled, lost, moved or overwritten with noise, or
/// something is nested without end.
pub fn mutated(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=dice.below(3) {
        // Headers are where lengths are: half of all damage is done there.
        let end = if dice.below(2) == 0 { bytes.len().min(512) } else { bytes.len() };
        let at = dice.below(end);
        let part = at..(at + 1 + dice.below(64)).min(bytes.len()).max(at);
        match dice.below(9) {
            0 => {
                for _ in 0..=dice.below(8) {
                    let at = dice.below(end);
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << dice.below(8);
                    }
                }
            }
            1 => bytes.truncate(at),
            2 => {
                let extremes = [u64::MAX, i64::MAX as u64, 1 << 32, 1 << 40, 0, 0xffff_ffff];
                let field = dice.pick(&extremes).to_le_bytes();
                let width = *dice.pick(&[4, 8]);
                let part = at..(at + width).min(bytes.len());
                let length = part.len();
                bytes[part].copy_from_slice(&field[..length]);
            }
            3 | 4 => blow_up_a_number(&mut bytes, at, dice),
            5 => {
                let copy = bytes[part.clone()].to_vec();
                bytes.splice(at..at, copy);
            }
            6 => drop(bytes.drain(part)),
            7 => {
                let noise = dice.noise(32);
                bytes.splice(part, noise);
            }
            _ => {
                let deep =
                    dice.pick(&["[", "{\"a\":", "<div>", "> ", "(", "\x0a\x02"]).repeat(DEEP);
                bytes.splice(at..at, deep.into_bytes());
            }
        }
    }
    bytes
}

/// Replaces the first number written in digits from `at` on.
fn blow_up_a_number(bytes: &mut Vec<u8>, at: usize, dice: &mut Dice) {
    let is_digit = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let Some(found) = bytes[at..].iter().position(u8::is_ascii_digit) else { return };
    let start = at + found;
    let length = bytes[start..].iter().take_while(|byte| is_digit(byte)).count();
    let number = dice.pick(&HUGE).bytes();
    bytes.splice(start..start + length, number);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_follows_from_its_seed_and_seldom_does_nothing() {
        let whole: Vec<u8> = (0..400_u32).flat_map(|n| format!("{n},").into_bytes()).collect();
        let damaged = |seed| mutated(&whole, &mut Dice::new(seed));
        let changed = (0..200).filter(|seed| damaged(*seed) != whole).count();
        assert!(changed > 190, "{changed} of 200");
        assert_eq!(damaged(7), damaged(7));
        assert_eq!(mutated(&[], &mut Dice::new(3)).len(), mutated(&[], &mut Dice::new(3)).len());
        for seed in 0..2000 {
            mutated(b"", &mut Dice::new(seed));
            mutated(b"1", &mut Dice::new(seed));
        }
    }

    #[test]
    fn the_dice_are_those_of_the_publication() {
        // SplitMix64 from the state 0: the first two numbers as its reference implementation has them.
        let mut dice = Dice(0);
        assert_eq!(dice.throw(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(dice.throw(), 0x6e78_9e6a_a1b9_65f4);
    }
}
