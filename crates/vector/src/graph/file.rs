//! The file of a graph: written once, walked in place.

use std::ops::Range;
use std::path::{Path, PathBuf};

use trommel_core::disk::{Folder, Mapped};

use super::build::{Layer, Links};
use crate::VectorError;
use crate::files::NewFile;
use crate::format::{self, HEADER, Header, numbers};

/// A mapped graph.
#[derive(Debug)]
pub(crate) struct Graph {
    path: PathBuf,
    map: Mapped,
    rows: usize,
    entry: u32,
    layers: Vec<LayerPlace>,
    orphans: Range<usize>,
}

/// Where a layer lies, in words of 32 bits after the header.
#[derive(Debug)]
struct LayerPlace {
    /// The rows of the layer, rising; empty for the lowest layer, which has all.
    members: Range<usize>,
    /// For each member where its links begin, and where the last one's end.
    offsets: Range<usize>,
    links: Range<usize>,
}

impl Links {
    /// Writes the graph under the name `temporary`, then gives the file its own.
    pub(crate) fn write(
        &self,
        folder: &Folder,
        temporary: &str,
        name: &Path,
    ) -> Result<(), VectorError> {
        let mut file = NewFile::create(folder, temporary)?;
        let mut put = |words: &[u32]| file.write(bytemuck::cast_slice(words));
        for (at, Layer { members, links }) in self.layers.iter().enumerate() {
            // Lists of 2, 0 and 3 links have the offsets 0, 2, 2, 5: list i lies from offset i to
            // offset i + 1.
            let mut offsets = vec![0_u32];
            for links in links {
                let end =
                    offsets.last().copied().unwrap_or_default().checked_add(links.len() as u32);
                offsets.push(end.ok_or_else(|| VectorError::BadSetting {
                    what: "links of a graph",
                    expected: format!("at most {}", u32::MAX),
                    got: "more".into(),
                })?);
            }
            put(&[members.len() as u32, offsets[offsets.len() - 1]])?;
            if at > 0 {
                put(members)?;
            }
            put(&offsets)?;
            links.iter().try_for_each(|links| put(links))?;
        }
        put(&self.orphans)?;
        let header = Header {
            magic: format::GRAPH,
            count: self.layers[0].members.len() as u64,
            words: [
                self.m,
                self.ef_construction,
                self.layers.len() as u32,
                self.entry,
                self.orphans.len() as u32,
                0,
            ],
        };
        file.finish(header, name)
    }
}

impl Graph {
    /// Maps a graph over `rows` rows, and checks that header and layers fill the file exactly.
    pub(crate) fn open(path: PathBuf, rows: usize) -> Result<Self, VectorError> {
        let map = Mapped::open(&path).map_err(VectorError::io(&path))?;
        let header = Header::read(&path, format::GRAPH, &map)?;
        if header.count != rows as u64 {
            let detail = format!("is a graph of {} rows, its segment has {rows}", header.count);
            return Err(VectorError::corrupt(&path, detail));
        }
        let [_, _, layers, entry, orphans, reserved] = header.words;
        if reserved != 0 {
            return Err(VectorError::corrupt(&path, "a reserved byte of the header is not 0"));
        }
        let words: &[u32] = numbers(&map[HEADER..]);
        let mut at = 0;
        let mut places = Vec::new();
        // A damaged number of layers is no danger: the first one beyond the end of the file stops
        // the loop.
        let cut_short = || VectorError::corrupt(&path, "its layers do not fit its length");
        for layer in 0..layers {
            let place = LayerPlace::read(words, &mut at, layer == 0).ok_or_else(cut_short)?;
            places.push(place);
        }
        let orphans = at..at + orphans as usize;
        if orphans.end != words.len() || map.len() % 4 != 0 {
            return Err(cut_short());
        }
        // One offset more than rows, so that `links` finds both ends of any row's list.
        let lowest_is_whole = places.first().is_some_and(|it| it.offsets.len() == rows + 1);
        if !lowest_is_whole || entry as usize >= rows {
            let detail = format!("its lowest layer or its entry {entry} does not fit {rows} rows");
            return Err(VectorError::corrupt(&path, detail));
        }
        Ok(Self { path, map, rows, entry, layers: places, orphans })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn entry(&self) -> u32 {
        self.entry
    }

    pub(crate) fn layers(&self) -> usize {
        self.layers.len()
    }

    /// Returns the rows that a walk cannot reach.
    pub(crate) fn orphans(&self) -> &[u32] {
        &self.words()[self.orphans.clone()]
    }

    /// Returns the rows that a row links to in a layer; none if it is not in the layer.
    ///
    /// Offsets are taken as they are: a wrong one gives a wrong or empty list, no panic.
    /// [`Graph::check`] reads them all.
    pub(crate) fn links(&self, layer: usize, row: u32) -> &[u32] {
        let place = &self.layers[layer];
        let members = &self.words()[place.members.clone()];
        let member = if layer == 0 {
            row as usize
        } else {
            match members.binary_search(&row) {
                Ok(member) => member,
                Err(_) => return &[],
            }
        };
        let offsets = &self.words()[place.offsets.clone()];
        let links = &self.words()[place.links.clone()];
        match offsets.get(member..member + 2) {
            // `get` answers nothing where damaged offsets fall or lie beyond the links; an index
            // would panic.
            Some(&[from, to]) => links.get(from as usize..to as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Checks every number of the file.
    pub(crate) fn check(&self) -> Result<(), VectorError> {
        let words = self.words();
        let corrupt = |what: String| Err(VectorError::corrupt(&self.path, what));
        let fits = |rows: &[u32]| rows.iter().all(|&row| (row as usize) < self.rows);
        let rises = |rows: &[u32]| rows.windows(2).all(|pair| pair[0] < pair[1]);
        for (layer, place) in self.layers.iter().enumerate() {
            let members = &words[place.members.clone()];
            let offsets = &words[place.offsets.clone()];
            if !fits(members) || !rises(members) {
                return corrupt(format!("rows of layer {layer} are not rows of its segment"));
            }
            let whole = offsets.first() == Some(&0)
                && offsets.last().is_some_and(|&last| last as usize == place.links.len())
                && offsets.windows(2).all(|pair| pair[0] <= pair[1]);
            if !whole || !fits(&words[place.links.clone()]) {
                return corrupt(format!("links of layer {layer} lead out of it"));
            }
        }
        if !fits(self.orphans()) || !rises(self.orphans()) {
            return corrupt("its rows without links are not rows of its segment".into());
        }
        Ok(())
    }

    fn words(&self) -> &[u32] {
        numbers(&self.map[HEADER..])
    }
}

impl LayerPlace {
    /// Finds a layer at word `at` and moves on behind it; nothing if it does not fit.
    fn read(words: &[u32], at: &mut usize, lowest: bool) -> Option<Self> {
        let &[members, links] = words.get(*at..*at + 2)? else { return None };
        let mut next = *at + 2;
        let mut take = |count: usize| {
            let range = next..next + count;
            next = range.end;
            range
        };
        // Counts have 32 bits, so these sums cannot overflow; whether they lie in the file is asked
        // once, at the end.
        let (count, links) = (members as usize, links as usize);
        let members = take(if lowest { 0 } else { count });
        let offsets = take(count + 1);
        let links = take(links);
        *at = next;
        (next <= words.len()).then_some(Self { members, offsets, links })
    }
}
