//! Fear: the files are no longer those that `docs/file-format.md` describes, and indexes of
//! yesterday cannot be read.

mod common;

use std::fs;

use common::{ids, search, walk};
use trommel_core::PassageId;
use trommel_vector::{Ann, SegmentState, VectorIndex, VectorSettings, VectorState, VectorWriter};

/// Returns a header laid out by hand from the table in the document.
fn header(magic: &[u8; 8], count: u64, words: &[u32]) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    bytes.extend(2_u32.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(count.to_le_bytes());
    words.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
    bytes.resize(64, 0);
    bytes
}

fn u32s(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|it| it.to_le_bytes()).collect()
}

fn u64s(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|it| it.to_le_bytes()).collect()
}

fn f32s(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|it| it.to_le_bytes()).collect()
}

/// Returns a block of rounded rows laid out by hand: for each row its scale, its error and its
/// codes, of which there are a multiple of four.
fn block(rows: &[(f32, f32, Vec<i8>)]) -> Vec<u8> {
    let mut bytes = vec![0; 512 + 64 * rows[0].2.len()];
    for (row, (scale, error, codes)) in rows.iter().enumerate() {
        bytes[4 * row..][..4].copy_from_slice(&scale.to_le_bytes());
        bytes[256 + 4 * row..][..4].copy_from_slice(&error.to_le_bytes());
        for (at, &code) in codes.iter().enumerate() {
            bytes[512 + 256 * (at / 4) + 4 * row + at % 4] = (i16::from(code) + 128) as u8;
        }
    }
    bytes
}

#[test]
fn written_bytes_are_the_documented_ones() {
    let folder = tempfile::tempdir().unwrap();
    let settings = VectorSettings { ann: Ann::Exact, ..VectorSettings::default() };
    let mut writer = VectorWriter::create(folder.path(), 3, settings).unwrap();
    let rows =
        [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.6, 0.0, 0.8], [0.0, 0.0, 1.0], [0.8, 0.6, 0.0]];
    for (id, vector) in [2, 3, 5, 300, 70_000].into_iter().zip(rows) {
        writer.add(PassageId(id), &vector).unwrap();
    }
    writer.commit(12, false).unwrap();
    assert!(writer.delete(PassageId(300)));
    writer.commit(13, true).unwrap();
    let written = fs::read(folder.path().join("00000012.vec")).unwrap();
    // 5 rows of 3 numbers end at 124: 4 bytes up to the next multiple of 64.
    let start = [header(b"TRMLVEC\n", 5, &[3]), f32s(&rows.concat()), vec![0; 4]].concat();
    assert_eq!(written[..128], start);
    let (block, ids) = written[128..].split_at(512 + 64 * 4);
    assert_eq!(ids, u64s(&[2, 3, 5, 300, 70_000]));
    // .6 / .8 · 127 = 95.25, so a quarter of a step of .8 / 127 is lost: 0.0015748.
    let number = |at: usize| f32::from_le_bytes(block[at..at + 4].try_into().unwrap());
    let scales: Vec<f32> = (0..6).map(|row| number(4 * row)).collect();
    assert_eq!(scales, [1.0, 1.0, 0.8, 1.0, 0.8, 0.0].map(|x: f32| x / 127.0));
    for (row, error) in [0.0, 0.0, 0.001_574_8, 0.0, 0.001_574_8, 0.0].into_iter().enumerate() {
        assert!((number(256 + 4 * row) - error).abs() < 1e-6, "row {row}");
    }
    // Codes with 128 added; the fourth number of every row is filled up with a zero.
    let codes = [255, 128, 128, 0, 128, 1, 128, 0, 223, 128, 255, 0, 128, 128, 255, 0];
    assert_eq!(block[512..][..16], codes);
    assert_eq!(block[512 + 16..][..8], [255, 223, 128, 0, 0, 0, 0, 0]);
    let dead = [header(b"TRMLDEL\n", 1, &[]), u64s(&[300])];
    assert_eq!(fs::read(folder.path().join("00000013.dead")).unwrap(), dead.concat());
}

#[test]
fn files_laid_out_by_hand_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, parts: &[Vec<u8>]| {
        fs::write(folder.path().join(name), parts.concat()).unwrap();
    };
    // Forty rows on a circle, each linked to the next only; the tenth begins every search, and
    // the thirtieth is left out of the ring: it is found as an orphan.
    let angle = |row: u32| f64::from(row) / 40.0 * std::f64::consts::TAU;
    let vectors: Vec<f32> =
        (0..40).flat_map(|row| [angle(row).cos() as f32, angle(row).sin() as f32]).collect();
    let rows: Vec<u64> = (100..140).collect();
    // Rounded rows only screen large segments, and what they say is checked: so they are here.
    let rounded: Vec<_> = vectors
        .chunks(2)
        .map(|row| {
            let scale = row[0].abs().max(row[1].abs()) / 127.0;
            let codes = [row[0], row[1], 0.0, 0.0].map(|x| (x / scale).round_ties_even() as i8);
            let left = |at: usize| f64::from(row[at]) - f64::from(scale) * f64::from(codes[at]);
            let error = left(0).hypot(left(1)) * (1.0 + 1e-6);
            // Bytes that fill up are zeros: −128 with 128 added.
            (scale, error as f32, vec![codes[0], codes[1], -128, -128])
        })
        .collect();
    put(
        "00000001.vec",
        &[header(b"TRMLVEC\n", 40, &[2]), f32s(&vectors), block(&rounded), u64s(&rows)],
    );
    let next: Vec<u32> = (0..40).map(|row| if row == 29 { 31 } else { (row + 1) % 40 }).collect();
    let lowest = [u32s(&[40, 40]), u32s(&(0..=40).collect::<Vec<_>>()), u32s(&next)].concat();
    let upper = u32s(&[2, 2, 10, 20, 0, 1, 2, 20, 10]);
    let graph = header(b"TRMLHNS\n", 40, &[16, 200, 2, 10, 1]);
    put("00000001.00000001.hnsw", &[graph, lowest, upper, u32s(&[30])]);
    put("00000002.dead", &[header(b"TRMLDEL\n", 1, &[]), u64s(&[125])]);
    let state = VectorState {
        dimension: 2,
        segments: vec![SegmentState {
            file: "00000001.vec".into(),
            rows: 40,
            graph: vec!["00000001.00000001.hnsw".into()],
            sums: None,
        }],
        tombstones: Some("00000002.dead".into()),
        neighbours: None,
        live: 39,
    };
    let index = VectorIndex::open(folder.path(), &state).unwrap();
    assert!(index.check().is_empty(), "{:?}", index.check());
    let at = |row: u32| [angle(row).cos() as f32, angle(row).sin() as f32];
    let scan = |row, limit| search(&index, Ann::Exact, &at(row), limit, None);
    for found in [scan(25, 2), walk(&index, 4, &at(25), 2)] {
        // Row 25 is dead, so its neighbours tie; the cosine of one step is cos 9° = .98769.
        let mut found_ids = ids(&found);
        found_ids.sort_unstable();
        assert_eq!(found_ids, [124, 126]);
        assert!((f64::from(found[0].score) - 0.987_688_34).abs() < 1e-6);
    }
    for found in [scan(30, 1), walk(&index, 4, &at(30), 1)] {
        assert_eq!(ids(&found), [130]);
    }
    // Row 9 is one step back from where the search begins, and no link leads back.
    assert_ne!(walk(&index, 1, &at(9), 1), scan(9, 1), "the file's links decide what is found");
}
