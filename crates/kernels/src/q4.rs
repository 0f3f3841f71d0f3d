//! Numbers in 4 bits: blocks of 32 that share a unit, as llama.cpp's Q4_0 has them.
//!
//! A block is 18 bytes: the unit as a binary16, then 16 bytes. The lower half of byte *i* is number
//! *i*, its upper half number *i* + 16; a half from 0 to 15 stands for −8 to 7 units.

/// Numbers of a block.
pub const NUMBERS: usize = 32;
/// Bytes of a block.
pub const BYTES: usize = 18;

/// Returns how many bytes so many numbers take, if they are whole blocks.
#[must_use]
pub fn bytes(numbers: usize) -> Option<usize> {
    let blocks = numbers.is_multiple_of(NUMBERS).then_some(numbers / NUMBERS)?;
    blocks.checked_mul(BYTES)
}

/// Puts the numbers of whole blocks behind those in `out`.
pub fn widen(blocks: &[u8], out: &mut Vec<f32>) {
    for block in blocks.as_chunks::<BYTES>().0 {
        let ([low, high], halves) = block.split_first_chunk().unwrap_or((&[0; 2], &[]));
        let unit = half(u16::from_le_bytes([*low, *high]));
        let number = |half: u8| f32::from(half as i8 - 8) * unit;
        out.extend(halves.iter().map(|byte| number(byte & 0xf)));
        out.extend(halves.iter().map(|byte| number(byte >> 4)));
    }
}

/// Returns the first block whose unit is not finite.
pub(crate) fn not_finite(blocks: &[u8]) -> Option<usize> {
    let infinite = |block: &[u8; BYTES]| block[1] & 0x7c == 0x7c;
    blocks.as_chunks::<BYTES>().0.iter().position(infinite)
}

/// Returns the value of an IEEE 754 binary16: 1 sign, 5 exponent (bias 15) and 10 fraction bits.
#[must_use]
pub fn half(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let (exponent, fraction) = (u32::from(bits >> 10 & 0x1f), u32::from(bits & 0x3ff));
    let magnitude = match exponent {
        // Below the least exponent the unit of the fraction is 2^−24.
        0 => return f32::from_bits(sign | 0x3f80_0000) * fraction as f32 / 16_777_216.0,
        31 => 0x7f80_0000 | fraction << 13,
        // The bias of an f32 is 127.
        _ => (exponent + 112) << 23 | fraction << 13,
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_have_the_published_values() {
        // The examples of IEEE 754 binary16 that its encyclopaedia entry lists.
        for (bits, value) in [
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x0400, 6.103_515_6e-5),
            (0x3555, 0.333_251_95),
            (0x3bff, 0.999_511_7),
            (0x3c00, 1.0),
            (0x7bff, 65_504.0),
            (0x8001, -5.960_464_5e-8),
            (0xc000, -2.0),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn a_block_has_its_lower_halves_first() {
        let mut block = [0x88; BYTES];
        // A unit of .5; number 0 is −8 units, number 16 is 7, number 31 is −7, all others are 0.
        block[..2].copy_from_slice(&0x3800_u16.to_le_bytes());
        block[2] = 0xf0;
        block[17] = 0x18;
        let mut numbers = vec![9.0];
        widen(&block, &mut numbers);
        let mut expected = [0.0; 33];
        (expected[0], expected[1], expected[17], expected[32]) = (9.0, -4.0, 3.5, -3.5);
        assert_eq!(numbers, expected);
    }

    #[test]
    fn a_unit_that_is_no_number_is_found() {
        let mut blocks = [0; 3 * BYTES];
        assert_eq!(not_finite(&blocks), None);
        blocks[2 * BYTES + 1] = 0xfc;
        assert_eq!(not_finite(&blocks), Some(2));
        assert_eq!((bytes(64), bytes(65)), (Some(36), None));
    }
}
