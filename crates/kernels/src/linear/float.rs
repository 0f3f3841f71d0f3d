//! The f32 product of one tile and one panel.

use crate::isa::simd::{PANEL_VECTORS, Shape, Simd};

/// Returns the panels of `weights`, rows of `inputs` numbers; missing channels are 0.
pub(super) fn pack(shape: Shape, weights: &[f32], inputs: usize) -> Vec<f32> {
    let width = shape.panel();
    let channels = weights.len() / inputs;
    let mut panels = vec![0.0; channels.next_multiple_of(width) * inputs];
    for (channel, row) in weights.chunks_exact(inputs).enumerate() {
        let start = channel / width * width * inputs + channel % width;
        for (place, &w) in panels[start..].iter_mut().step_by(width).zip(row) {
            *place = w;
        }
    }
    panels
}

/// Adds the product of `tile` (steps × `ROWS`) and `panel` (steps × panel width) to `sums`
/// (`ROWS` × panel width).
#[inline(always)]
pub(crate) fn accumulate<S: Simd, const ROWS: usize>(
    s: S,
    tile: &[f32],
    panel: &[f32],
    sums: &mut [f32],
) {
    let width = PANEL_VECTORS * S::LANES;
    let mut acc = [[s.splat(0.0); PANEL_VECTORS]; ROWS];
    for (acc, sums) in acc.iter_mut().zip(sums.chunks_exact(width)) {
        *acc = [s.load(sums), s.load(&sums[S::LANES..])];
    }
    for (column, weights) in tile.chunks_exact(ROWS).zip(panel.chunks_exact(width)) {
        let w0 = s.load(weights);
        let w1 = s.load(&weights[S::LANES..]);
        for (acc, &x) in acc.iter_mut().zip(column) {
            let x = s.splat(x);
            acc[0] = s.mul_add(x, w0, acc[0]);
            acc[1] = s.mul_add(x, w1, acc[1]);
        }
    }
    for (acc, sums) in acc.iter().zip(sums.chunks_exact_mut(width)) {
        s.store(sums, acc[0]);
        s.store(&mut sums[S::LANES..], acc[1]);
    }
}
