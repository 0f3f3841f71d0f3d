use std::collections::BTreeSet;

use trommel_core::{Nearest, Neighbour, Neighbours, PassageId};

use crate::{VectorSettings, VectorState, VectorWriter};

const DIMENSION: usize = 16;

/// Unit vectors that are pseudorandom by their number (a multiplicative congruential generator).
fn vector(number: u64) -> Vec<f32> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f32 / 16_777_216.0 - 0.5
    };
    let raw: Vec<f32> = (0..DIMENSION).map(|_| next()).collect();
    let norm = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
    raw.into_iter().map(|x| x / norm).collect()
}

/// Documents of three passages each.
fn owner(id: PassageId) -> usize {
    (id.0 / 3) as usize
}

/// The definition, over all pairs.
fn expected(live: &BTreeSet<u64>) -> Vec<(u64, Vec<u64>)> {
    let of = |&id: &u64| {
        let mut others: Vec<Neighbour> = live
            .iter()
            .filter(|other| *other / 3 != id / 3)
            .map(|&other| {
                let pairs = vector(id).into_iter().zip(vector(other));
                let cosine = pairs.map(|(a, b)| a * b).sum();
                Neighbour { passage: PassageId(other), cosine }
            })
            .collect();
        others.sort_by(Neighbour::nearest_first);
        (id, others.into_iter().take(3).map(|near| near.passage.0).collect())
    };
    live.iter().map(of).collect()
}

fn ids(neighbours: &Neighbours) -> Vec<(u64, Vec<u64>)> {
    let list = |nearest: &Nearest| nearest.iter().flatten().map(|near| near.passage.0).collect();
    neighbours.iter().map(|(id, nearest)| (id.0, list(nearest))).collect()
}

fn commit(writer: &mut VectorWriter, generation: u64) -> VectorState {
    let state = writer.commit(generation, true).unwrap();
    assert_eq!(state.neighbours, None);
    writer.find_neighbours(generation, &owner).unwrap()
}

#[test]
fn after_every_change_they_are_what_all_pairs_say() {
    let folder = tempfile::tempdir().unwrap();
    let settings = VectorSettings::default();
    let mut writer = VectorWriter::create(folder.path(), DIMENSION, settings).unwrap();
    let mut live = BTreeSet::new();
    let check = |writer: &mut VectorWriter, generation, live: &BTreeSet<u64>| {
        let state = commit(writer, generation);
        let neighbours = state.neighbours(folder.path()).unwrap().unwrap();
        assert_eq!(ids(&neighbours), expected(live), "generation {generation}");
        state
    };
    // Fewer other passages than neighbours, then many.
    for id in 0..5 {
        writer.add(PassageId(id), &vector(id)).unwrap();
        live.insert(id);
    }
    check(&mut writer, 1, &live);
    for id in 5..300 {
        writer.add(PassageId(id), &vector(id)).unwrap();
        live.insert(id);
    }
    check(&mut writer, 2, &live);
    // A few come and a few go, without and with another writer between.
    for id in [7, 8, 150, 299] {
        writer.delete(PassageId(id));
        live.remove(&id);
    }
    for id in 300..320 {
        writer.add(PassageId(id), &vector(id)).unwrap();
        live.insert(id);
    }
    let state = check(&mut writer, 3, &live);
    let mut writer = VectorWriter::open(folder.path(), &state, settings).unwrap();
    assert!(!writer.lacks_neighbours());
    writer.add(PassageId(320), &vector(320)).unwrap();
    live.insert(320);
    assert!(writer.lacks_neighbours());
    check(&mut writer, 4, &live);
    // A commit on the way has none, and the next finds all from the last that has.
    writer.delete(PassageId(0));
    live.remove(&0);
    assert_eq!(writer.commit(5, false).unwrap().neighbours, None);
    writer.add(PassageId(321), &vector(321)).unwrap();
    live.insert(321);
    check(&mut writer, 6, &live);
}

#[test]
fn copies_of_one_text_stand_by_rising_id_and_one_document_alone_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let settings = VectorSettings::default();
    let mut writer = VectorWriter::create(folder.path(), DIMENSION, settings).unwrap();
    for id in 0..3 {
        writer.add(PassageId(id), &vector(id)).unwrap();
    }
    let alone = commit(&mut writer, 1).neighbours(folder.path()).unwrap().unwrap();
    assert!(alone.iter().all(|(_, nearest)| nearest.iter().all(Option::is_none)));
    for id in 3..18 {
        writer.add(PassageId(id), &vector(99)).unwrap();
    }
    let copies = commit(&mut writer, 2).neighbours(folder.path()).unwrap().unwrap();
    assert_eq!(ids(&copies)[17], (17, vec![3, 4, 5]));
    assert_eq!(ids(&copies)[3], (3, vec![6, 7, 8]));
}

#[test]
fn a_damaged_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let settings = VectorSettings::default();
    let mut writer = VectorWriter::create(folder.path(), DIMENSION, settings).unwrap();
    for id in 0..9 {
        writer.add(PassageId(id), &vector(id)).unwrap();
    }
    let state = commit(&mut writer, 1);
    let path = folder.path().join(state.neighbours.as_ref().unwrap());
    let whole = std::fs::read(&path).unwrap();
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        state.neighbours(folder.path()).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(read(&whole), Ok(()));
    assert!(read(&whole[..whole.len() - 1]).unwrap_err().contains("bytes"));
    assert!(read(&whole[..10]).unwrap_err().contains("header"));
    // The first id becomes greater than the second, then the first place too great.
    let changed = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        bytes
    };
    assert!(read(&changed(64, 5)).unwrap_err().contains("follows passage 5"));
    assert!(read(&changed(64 + 9 * 8, 9)).unwrap_err().contains("expected a neighbour below 9"));
}
