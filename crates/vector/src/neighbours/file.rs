//! The file of neighbours.
//!
//! Behind the header: the ids of all passages, rising, as 64-bit numbers; the places of their
//! neighbours among these, as 32-bit numbers, or the greatest such number for none; and the cosines,
//! in the same order.

use std::path::Path;

use trommel_core::disk::{Folder, Mapped};
use trommel_core::{NEIGHBOURS, Nearest, Neighbour, Neighbours, PassageId};

use crate::VectorError;
use crate::files::NewFile;
use crate::format::{self, HEADER, Header, numbers};

/// The place of a neighbour that there is not.
const NONE: u32 = u32::MAX;
/// The bytes of one passage: its id, and place and cosine of each neighbour.
const ROW: u64 = 8 + NEIGHBOURS as u64 * 8;

/// Reads a file of neighbours.
pub(crate) fn read(path: &Path) -> Result<Neighbours, VectorError> {
    let file = Mapped::open(path).map_err(VectorError::io(path))?;
    let header = Header::read(path, format::NEIGHBOURS, &file)?;
    if header.words != words() {
        return Err(VectorError::corrupt(path, "its header has other words than this version's"));
    }
    let len = header.count.checked_mul(ROW).and_then(|rows| rows.checked_add(HEADER as u64));
    format::check_len(path, &file, len.unwrap_or(u64::MAX))?;
    let (ids, rest) = file[HEADER..].split_at(header.count as usize * 8);
    let (places, cosines) = rest.split_at(rest.len() / 2);
    let (ids, places): (&[u64], &[u32]) = (numbers(ids), numbers(places));
    let cosines: &[f32] = numbers(cosines);
    if let Some(pair) = ids.windows(2).find(|pair| pair[0] >= pair[1]) {
        let detail = format!("passage {} follows passage {}", pair[1], pair[0]);
        return Err(VectorError::corrupt(path, detail));
    }
    if let Some(place) =
        places.iter().find(|place| **place != NONE && **place as usize >= ids.len())
    {
        let detail = format!("expected a neighbour below {}, got {place}", ids.len());
        return Err(VectorError::corrupt(path, detail));
    }
    let lists = ids.iter().enumerate().map(|(row, &id)| {
        let nearest: Nearest = std::array::from_fn(|at| {
            let (place, cosine) = (places[row * NEIGHBOURS + at], cosines[row * NEIGHBOURS + at]);
            let passage = || PassageId(ids[place as usize]);
            (place != NONE).then(|| Neighbour { passage: passage(), cosine })
        });
        (PassageId(id), nearest)
    });
    Ok(Neighbours::new(lists))
}

/// Writes neighbours under the name `temporary`, then gives the file its own.
pub(crate) fn write(
    folder: &Folder,
    temporary: &str,
    name: &Path,
    neighbours: &Neighbours,
) -> Result<(), VectorError> {
    let ids: Vec<u64> = neighbours.passages().iter().map(|id| id.0).collect();
    let all = || neighbours.iter().flat_map(|(_, nearest)| nearest);
    let place = |near: &Option<Neighbour>| {
        let place = near.and_then(|near| neighbours.place_of(near.passage));
        place.and_then(|place| u32::try_from(place).ok()).unwrap_or(NONE)
    };
    let places: Vec<u32> = all().map(place).collect();
    let cosines: Vec<f32> = all().map(|near| near.map_or(0.0, |near| near.cosine)).collect();
    let mut file = NewFile::create(folder, temporary)?;
    file.write(bytemuck::cast_slice(&ids))?;
    file.write(bytemuck::cast_slice(&places))?;
    file.write(bytemuck::cast_slice(&cosines))?;
    let count = ids.len() as u64;
    file.finish(Header { magic: format::NEIGHBOURS, count, words: words() }, name)
}

fn words() -> [u32; 6] {
    [NEIGHBOURS as u32, 0, 0, 0, 0, 0]
}
