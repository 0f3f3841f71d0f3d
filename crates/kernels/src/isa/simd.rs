//! The vector type that every kernel is written over.

/// Widest vector of any instruction set, in f32 lanes.
pub(crate) const MAX_LANES: usize = 16;

/// Most inputs that one integer multiply-add of any instruction set takes at once.
pub(crate) const MAX_GROUP: usize = 4;

/// Vectors side by side in a tile of a matrix product: enough independent sums to hide the
/// latency of one multiply-add.
pub(crate) const PANEL_VECTORS: usize = 2;

/// A computation that runs on any instruction set.
///
/// `run` and everything below it that touches vectors is `#[inline(always)]`: only then is it
/// compiled with the instruction set of the function that it ends up in. For the same reason it
/// uses loops where a closure would be shorter.
pub(crate) trait Kernel {
    fn run<S: Simd>(self, simd: S);
}

/// How weights are packed for an instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// f32 lanes of a vector.
    pub(crate) lanes: usize,
    /// Neighbouring inputs that one integer multiply-add takes at once.
    pub(crate) group: usize,
    /// What is added to a quantised activation to make it fit the instruction's operand.
    pub(crate) offset: i32,
}

impl Shape {
    pub(crate) fn of<S: Simd>() -> Self {
        Self { lanes: S::LANES, group: S::GROUP, offset: S::OFFSET }
    }

    /// Returns the output channels of one panel of weights.
    pub(crate) fn panel(self) -> usize {
        self.lanes * PANEL_VECTORS
    }
}

/// An instruction set in use. Holding a value proves that the processor has it.
///
/// Loads and stores take the first `LANES` elements (weights: `LANES * GROUP`) and panic where
/// the slice is shorter; over `chunks_exact` the check costs nothing.
pub(crate) trait Simd: Copy {
    /// `LANES` times f32.
    type F: Copy;
    /// `LANES` times i32, or as many words of `GROUP` small integers.
    type I: Copy;
    /// Int8 weights of `LANES` channels and `GROUP` inputs, as the multiply-add wants them.
    type W: Copy;
    /// `LANES` pairs of bfloat16, as the multiply-add wants them.
    type B: Copy;

    const LANES: usize;
    const GROUP: usize;
    const OFFSET: i32;
    /// Whether there are 32 vector registers rather than 16.
    const WIDE: bool;

    /// Runs `kernel` compiled for this instruction set.
    fn run<K: Kernel>(self, kernel: K);

    fn splat(self, x: f32) -> Self::F;
    fn load(self, x: &[f32]) -> Self::F;
    fn store(self, x: &mut [f32], v: Self::F);
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    fn div(self, a: Self::F, b: Self::F) -> Self::F;
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    /// Returns `a * b + c`, in one rounding where the hardware can.
    fn mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    fn abs(self, a: Self::F) -> Self::F;
    /// Returns `magnitude`, which is not negative, with the sign of `sign`.
    fn with_sign(self, magnitude: Self::F, sign: Self::F) -> Self::F;
    /// Rounds to the nearest integer, ties to even; exact for magnitudes under 2²².
    fn round(self, a: Self::F) -> Self::F;
    /// Rounds down; exact for magnitudes under 2²².
    fn floor(self, a: Self::F) -> Self::F;
    /// Returns `a` times 2 to the power of an integer in −126..=127.
    fn scale2(self, a: Self::F, n: Self::F) -> Self::F;
    /// Returns the sum of all lanes.
    fn sum(self, a: Self::F) -> f32;
    /// Returns the largest of all lanes.
    fn peak(self, a: Self::F) -> f32;

    fn splat_i32(self, x: i32) -> Self::I;
    fn load_i32(self, x: &[i32]) -> Self::I;
    fn store_i32(self, x: &mut [i32], v: Self::I);
    fn to_f32(self, a: Self::I) -> Self::F;
    /// Rounds each lane to the nearest integer, ties to even; for magnitudes under 2²².
    fn to_i32(self, a: Self::F) -> Self::I;
    fn load_weights(self, w: &[i8]) -> Self::W;
    /// Adds to each lane the products of `GROUP` activations and `GROUP` weights, exactly:
    /// no step saturates. `words` holds the same word of [`Simd::store_words`] in each lane.
    fn dot(self, sums: Self::I, words: Self::I, weights: Self::W) -> Self::I;
    /// Adds to each lane the products of `GROUP` integers of 0..=255 and `GROUP` of −127..=127,
    /// exactly. Both come from [`Simd::join`].
    fn dot_words(self, sums: Self::I, unsigned: Self::I, signed: Self::I) -> Self::I;
    /// Joins each lane of `GROUP` vectors, integers of −127..=255, into one word; the first is
    /// the lowest.
    fn join(self, parts: [Self::I; MAX_GROUP]) -> Self::I;
    /// Does what [`Simd::join`] does, for integers of 0..=255 only.
    #[inline(always)]
    fn join_bytes(self, parts: [Self::I; MAX_GROUP]) -> Self::I {
        self.join(parts)
    }
    /// Rounds each lane (ties to even, within ±127), adds `offset`, joins `GROUP` neighbours into
    /// one word and writes `LANES / GROUP` words.
    fn store_words(self, a: Self::F, offset: i32, words: &mut [i32]);

    /// Loads `LANES` pairs of bfloat16.
    fn load_bf16(self, x: &[u16]) -> Self::B;
    /// Returns the same pair of bfloat16 in every lane; the first is the lower half.
    fn splat_bf16(self, pair: i32) -> Self::B;
    /// Adds to each lane both products of its pairs. Subnormal numbers may count as 0.
    fn dot_bf16(self, sums: Self::F, pair: Self::B, weights: Self::B) -> Self::F;
    /// Rounds each lane to bfloat16, ties to even.
    fn store_bf16(self, a: Self::F, x: &mut [u16]);

    /// Loads fewer than `LANES` elements; the rest is 0.
    #[inline(always)]
    fn load_part(self, x: &[f32]) -> Self::F {
        let mut lanes = [0.0; MAX_LANES];
        lanes[..x.len()].copy_from_slice(x);
        self.load(&lanes)
    }

    /// Stores the first `x.len()` lanes, which are fewer than `LANES`.
    #[inline(always)]
    fn store_part(self, x: &mut [f32], v: Self::F) {
        let mut lanes = [0.0; MAX_LANES];
        self.store(&mut lanes, v);
        x.copy_from_slice(&lanes[..x.len()]);
    }
}

/// Rounds to bfloat16, ties to even; for finite numbers.
pub(crate) fn bf16(x: f32) -> u16 {
    let bits = x.to_bits();
    // Half a unit less one bit rounds ties down; where the part that stays is odd, the bit that is
    // added makes them go up. Even the largest finite number does not wrap.
    ((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16
}
