//! From a segment's rows to links.

use hnsw_rs::prelude::{Distance, Hnsw};
use trommel_kernels::Isa;

use crate::VectorSettings;
use crate::row_set::RowSet;
use crate::segment::Segment;

/// The most layers that `hnsw_rs` can hold.
const MAX_LAYERS: usize = 16;

/// The links of all layers, lowest first.
#[derive(Debug)]
pub(crate) struct Links {
    pub(crate) m: u32,
    pub(crate) ef_construction: u32,
    /// The row at which every search begins: of the highest layer.
    pub(crate) entry: u32,
    pub(crate) layers: Vec<Layer>,
    /// Rows that no path in the lowest layer leads to, rising.
    pub(crate) orphans: Vec<u32>,
}

/// One layer: its rows, rising, and the rows that each links to, nearest first.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    pub(crate) members: Vec<u32>,
    pub(crate) links: Vec<Vec<u32>>,
}

/// The distance between rows that are named by their number: `hnsw_rs` keeps a copy of every
/// point it is given, and a number is a smaller point than a vector.
///
/// 1 − dot, and never below 0: rounding takes equal unit vectors there, and the library counts
/// on distances that are not negative.
struct RowDistance<'a> {
    segment: &'a Segment,
    isa: Isa,
}

impl Distance<u32> for RowDistance<'_> {
    fn eval(&self, a: &[u32], b: &[u32]) -> f32 {
        let vector = |point: &[u32]| self.segment.vector(point[0] as usize);
        (1.0 - self.isa.dot(vector(a), vector(b))).max(0.0)
    }
}

/// Builds the graph of a segment, the same at every call.
///
/// `hnsw_rs` draws layers from a fixed seed; rows go in one by one, by rising id, on one thread,
/// since its parallel insertion depends on who comes first.
pub(crate) fn build(segment: &Segment, settings: VectorSettings) -> Links {
    // The file notes the clamped values, so a graph says what it was built with.
    let m = settings.m.clamp(4, 64);
    let ef_construction = settings.ef_construction.clamp(m, 4096);
    let distance = RowDistance { segment, isa: Isa::best() };
    let hnsw = Hnsw::new(m, segment.rows(), MAX_LAYERS, ef_construction, distance);
    for row in 0..segment.rows() {
        // Ids fit 32 bits and rise, so rows do too.
        hnsw.insert_slice((&[row as u32], row));
    }
    let layers = layers(&hnsw, segment.rows());
    let entry = hnsw
        .get_point_indexation()
        .get_layer_iterator(usize::from(hnsw.get_max_level_observed()))
        // The entry point is the first that reached the highest layer.
        .next()
        .map_or(0, |point| point.get_origin_id() as u32);
    let orphans = orphans(&layers[0], entry);
    Links { m: m as u32, ef_construction: ef_construction as u32, entry, layers, orphans }
}

fn layers(hnsw: &Hnsw<'_, u32, RowDistance<'_>>, rows: usize) -> Vec<Layer> {
    let top = usize::from(hnsw.get_max_level_observed());
    let mut layers: Vec<Layer> = (0..=top).map(|_| Layer::default()).collect();
    // The lowest layer has every row, so its lists are found by row and it needs no members of its
    // own in the file.
    layers[0] = Layer { members: (0..rows as u32).collect(), links: vec![Vec::new(); rows] };
    // A point is listed under its highest layer only, and is a member of all layers below it.
    for level in 0..=top {
        for point in hnsw.get_point_indexation().get_layer_iterator(level) {
            let row = point.get_origin_id();
            let neighbourhood = point.get_neighborhood_id();
            // The library also notes neighbours in layers above the point's own, which `take`
            // leaves out.
            for (at, (layer, neighbours)) in
                layers.iter_mut().zip(neighbourhood).enumerate().take(level + 1)
            {
                let links = neighbours
                    .iter()
                    // The first point of a new highest layer is linked there to the entry so far,
                    // which is not in that layer.
                    .filter(|it| usize::from(it.p_id.0) >= at && it.d_id != row)
                    .map(|it| it.d_id as u32)
                    .collect();
                if at == 0 {
                    layer.links[row] = links;
                } else {
                    layer.members.push(row as u32);
                    layer.links.push(links);
                }
            }
        }
    }
    // Points came layer by layer, so the rows are in no order yet; walks find them by bisection.
    layers.iter_mut().skip(1).for_each(sort_by_row);
    layers
}

fn sort_by_row(layer: &mut Layer) {
    let members = std::mem::take(&mut layer.members);
    let links = std::mem::take(&mut layer.links);
    let mut both: Vec<_> = members.into_iter().zip(links).collect();
    both.sort_unstable_by_key(|(row, _)| *row);
    (layer.members, layer.links) = both.into_iter().unzip();
}

/// Returns the rows that cannot be reached from `entry`: in a crowd of equal vectors every link
/// may lead into the crowd, and what all links of others were crowded out of is never found.
fn orphans(lowest: &Layer, entry: u32) -> Vec<u32> {
    // Depth first with a list of its own: recursion could go as deep as the segment has rows.
    let mut reached = RowSet::new(lowest.links.len());
    reached.insert(entry as usize);
    let mut open = vec![entry];
    while let Some(row) = open.pop() {
        let new = lowest.links[row as usize].iter().filter(|&&it| reached.insert(it as usize));
        open.extend(new);
    }
    lowest.members.iter().copied().filter(|&row| !reached.contains(row as usize)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_no_path_leads_to_are_orphans() {
        // 4 → 1 ⇄ 3, and 2 → 0 → 1: links lead out of 2, 0 and 4 but not back.
        let links = [vec![1], vec![3], vec![0, 1], vec![1], vec![1]];
        let lowest = Layer { members: (0..5).collect(), links: links.into() };
        assert_eq!(orphans(&lowest, 2), [4]);
        assert_eq!(orphans(&lowest, 4), [0, 2]);
        assert_eq!(orphans(&lowest, 1), [0, 2, 4]);
    }
}
