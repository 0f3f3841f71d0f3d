//! Vectors that searches had encoded and no commit has taken in yet.
//!
//! A file of records of one size behind a header, shared by any number of processes: whoever adds one
//! holds the file's lock, and whoever reads does without. A record has the hash of the text that was
//! encoded, never a text, and no word of any query.
//!
//! ```text
//! header  b"TRMLLATE", version u32, numbers of a vector u32, hash of the encoder's name [u8; 16]
//! record  hash of the text [u8; 16], passage u64, numbers of f32, hash of all before [u8; 8]
//! ```
//!
//! All numbers are little-endian.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use trommel_core::{Fingerprint, PassageId};

use crate::score_cache::{CacheError, remove};

/// The name of the file in its folder.
pub const LATE_VECTORS_FILE: &str = "vectors";

/// What the file may take on the disk where nobody says otherwise: 64 MiB, 43,000 vectors of 384
/// numbers.
pub const LATE_VECTORS_LIMIT: u64 = 64 << 20;

const MAGIC: &[u8; 8] = b"TRMLLATE";
const VERSION: u32 = 1;
const HEADER: usize = 32;
/// What a record has beside the vector.
const BESIDE: usize = 32;

/// The first 16 bytes of the hash of a text, as the encoder reads it.
type Key = [u8; 16];

/// Vectors of passages in a file of bounded size.
///
/// It never fails: where the file cannot be read or written, it finds nothing and keeps nothing, and
/// [`LateVectors::problem`] says why.
#[derive(Debug)]
pub struct LateVectors {
    path: PathBuf,
    header: [u8; HEADER],
    dimension: usize,
    limit: u64,
    known: Mutex<Known>,
    problem: OnceLock<CacheError>,
}

/// What of the file was read.
#[derive(Debug, Default)]
struct Known {
    file: Option<File>,
    /// The place of each text's record.
    places: HashMap<Key, u64>,
    /// How many records were read.
    records: u64,
}

/// A vector that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct LateVector {
    /// The passage whose text was encoded.
    pub passage: PassageId,
    /// Its vector.
    pub vector: Vec<f32>,
    key: Key,
}

impl LateVector {
    /// Says whether it is the vector of this text.
    #[must_use]
    pub fn is_of(&self, text: &str) -> bool {
        self.key == key(text)
    }
}

/// Removes the vectors in a folder; returns what they took on the disk, nothing if there were none. The
/// folder goes too if nothing else is in it.
///
/// # Errors
///
/// [`CacheError::Io`] if the file cannot be removed.
pub fn clear_late_vectors(folder: &Path) -> Result<Option<u64>, CacheError> {
    remove(folder, LATE_VECTORS_FILE)
}

impl LateVectors {
    /// Returns the vectors by an encoder in a folder, which is made when the first is kept; the file is
    /// never longer than `limit` bytes. A file of another encoder is begun anew then.
    #[must_use]
    pub fn open(folder: &Path, encoder: &Fingerprint, limit: u64) -> Self {
        let dimension = encoder.dimension;
        let name = blake3::hash(encoder.to_string().as_bytes());
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&VERSION.to_le_bytes());
        header.extend_from_slice(&(dimension as u32).to_le_bytes());
        header.extend_from_slice(&name.as_bytes()[..16]);
        Self {
            path: folder.join(LATE_VECTORS_FILE),
            header: std::array::from_fn(|at| header[at]),
            dimension,
            limit,
            known: Mutex::default(),
            problem: OnceLock::new(),
        }
    }

    /// Returns the first thing that went wrong.
    #[must_use]
    pub fn problem(&self) -> Option<&CacheError> {
        self.problem.get()
    }

    /// Returns the vector of each text that is known; passages of the same text have the same.
    #[must_use]
    pub fn find(&self, texts: &[&str]) -> Vec<Option<Vec<f32>>> {
        let mut known = self.known();
        if let Err(error) = self.read_on(&mut known) {
            self.notice("read", error);
            return vec![None; texts.len()];
        }
        let find = |text: &&str| {
            let place = *known.places.get(&key(text))?;
            let record = self.record(known.file.as_ref()?, place).ok()??;
            record.is_of(text).then_some(record.vector)
        };
        texts.iter().map(find).collect()
    }

    /// Keeps vectors of passages' texts, as many as there is room for.
    pub fn keep<'v>(
        &self,
        vectors: impl IntoIterator<Item = ((PassageId, &'v str), &'v Vec<f32>)>,
    ) {
        let fits = |(_, vector): &(_, &Vec<f32>)| vector.len() == self.dimension;
        let records = vectors.into_iter().filter(fits);
        let records: Vec<u8> =
            records.flat_map(|((id, text), vector)| written(key(text), id, vector)).collect();
        if let Err(error) = self.append(&records) {
            self.notice("write", error);
        }
    }

    /// Returns all that was kept, in the order in which it was; what is damaged is left out.
    #[must_use]
    pub fn all(&self) -> Vec<LateVector> {
        let mut known = self.known();
        if let Err(error) = self.read_on(&mut known) {
            self.notice("read", error);
        }
        let Some(file) = &known.file else { return Vec::new() };
        (0..known.records).filter_map(|place| self.record(file, place).ok()?).collect()
    }

    /// Forgets all of them, as after a commit that took them in.
    pub fn clear(&self) {
        *self.known() = Known::default();
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => self.notice("remove", error),
            _ => {}
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notice(&self, did: &'static str, error: io::Error) {
        // The first one is the cause of those that follow.
        let _ = self.problem.set(CacheError::io(did, &self.path)(error));
    }

    fn record_size(&self) -> usize {
        BESIDE + 4 * self.dimension
    }

    /// Reads the places of what others, or this process, have added.
    fn read_on(&self, known: &mut Known) -> io::Result<()> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *known = Known::default();
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        let records = length.saturating_sub(HEADER as u64) / self.record_size() as u64;
        // Shorter than before: another process took all in and somebody began anew.
        if records < known.records || known.file.is_none() {
            *known = Known::default();
            let mut header = [0; HEADER];
            if length < HEADER as u64 {
                return Ok(());
            }
            file.read_exact(&mut header)?;
            if header != self.header {
                return Ok(());
            }
        }
        let size = self.record_size();
        file.seek(SeekFrom::Start((HEADER as u64) + known.records * size as u64))?;
        let mut rest = io::BufReader::new(&file).take((records - known.records) * size as u64);
        let mut record = vec![0; size];
        while known.records < records {
            rest.read_exact(&mut record)?;
            let key: Key = std::array::from_fn(|at| record[at]);
            known.places.insert(key, known.records);
            known.records += 1;
        }
        known.file = Some(file);
        Ok(())
    }

    /// Reads a record; nothing if it is damaged.
    fn record(&self, file: &File, place: u64) -> io::Result<Option<LateVector>> {
        let size = self.record_size();
        let mut record = vec![0; size];
        let mut file = file;
        file.seek(SeekFrom::Start(HEADER as u64 + place * size as u64))?;
        file.read_exact(&mut record)?;
        let (body, check) = record.split_at(size - 8);
        if blake3::hash(body).as_bytes()[..8] != *check {
            return Ok(None);
        }
        let (key, rest) = body.split_at(16);
        let (passage, numbers) = rest.split_at(8);
        let number = |bytes: &[u8]| f32::from_le_bytes(std::array::from_fn(|at| bytes[at]));
        let vector: Vec<f32> = numbers.chunks_exact(4).map(number).collect();
        let passage = PassageId(u64::from_le_bytes(std::array::from_fn(|at| passage[at])));
        let is_finite = vector.iter().all(|x| x.is_finite());
        let key = std::array::from_fn(|at| key[at]);
        Ok(is_finite.then_some(LateVector { passage, vector, key }))
    }

    fn append(&self, records: &[u8]) -> io::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.path)?;
        file.lock()?;
        let mut header = [0; HEADER];
        let is_ours = file.read_exact(&mut header).is_ok() && header == self.header;
        let size = self.record_size() as u64;
        if !is_ours {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&self.header)?;
        }
        // What a process left behind that was ended in the middle of a record gives way.
        let whole = file.metadata()?.len().saturating_sub(HEADER as u64) / size;
        let end = HEADER as u64 + whole * size;
        let room = (self.limit.saturating_sub(end) / size * size) as usize;
        file.seek(SeekFrom::Start(end))?;
        file.write_all(&records[..records.len().min(room)])?;
        let written = file.stream_position()?;
        file.set_len(written)
    }
}

fn key(text: &str) -> Key {
    let hash = blake3::hash(text.as_bytes());
    std::array::from_fn(|at| hash.as_bytes()[at])
}

fn written(key: Key, passage: PassageId, vector: &[f32]) -> Vec<u8> {
    let mut record = Vec::with_capacity(BESIDE + 4 * vector.len());
    record.extend_from_slice(&key);
    record.extend_from_slice(&passage.0.to_le_bytes());
    vector.iter().for_each(|x| record.extend_from_slice(&x.to_le_bytes()));
    let check = blake3::hash(&record);
    record.extend_from_slice(&check.as_bytes()[..8]);
    record
}

#[cfg(test)]
mod tests {
    use trommel_core::Encoder;
    use trommel_testkit::FakeEncoder;

    use super::*;

    fn encoder(model: &str) -> Fingerprint {
        FakeEncoder::named(model, 8).fingerprint().clone()
    }

    fn vector(seed: usize, dimension: usize) -> Vec<f32> {
        (0..dimension).map(|at| ((seed * 31 + at) as f32).sin()).collect()
    }

    #[test]
    fn what_is_kept_is_found_by_every_process_until_it_is_taken_in() {
        let folder = tempfile::tempdir().unwrap();
        let encoder = encoder("one");
        let d = encoder.dimension;
        let open = || LateVectors::open(folder.path(), &encoder, LATE_VECTORS_LIMIT);
        let (one, other) = (open(), open());
        assert_eq!(other.find(&["pump"]), [None]);
        one.keep([
            ((PassageId(7), "pump"), &vector(1, d)),
            ((PassageId(9), "seal"), &vector(2, d)),
        ]);
        let asked = ["seal", "valve", "pump"];
        assert_eq!(other.find(&asked), [Some(vector(2, d)), None, Some(vector(1, d))]);
        other.keep([((PassageId(8), "valve"), &vector(3, d))]);
        assert_eq!(one.find(&asked)[1], Some(vector(3, d)));
        let all = one.all();
        let ids: Vec<u64> = all.iter().map(|it| it.passage.0).collect();
        assert_eq!(ids, [7, 9, 8]);
        assert!(all[0].is_of("pump") && !all[0].is_of("pumps"));
        other.clear();
        assert_eq!(one.find(&asked), [None, None, None]);
        one.keep([((PassageId(8), "valve"), &vector(4, d))]);
        assert_eq!(other.find(&asked), [None, Some(vector(4, d)), None]);
        assert!(one.problem().is_none() && other.problem().is_none());
    }

    #[test]
    fn damage_and_another_encoder_are_not_taken_for_vectors() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (encoder("one"), encoder("two"));
        let d = one.dimension;
        let open = |encoder| LateVectors::open(folder.path(), encoder, LATE_VECTORS_LIMIT);
        open(&one).keep([((PassageId(7), "pump"), &vector(1, d))]);
        let path = folder.path().join(LATE_VECTORS_FILE);
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 4;
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(open(&one).find(&["pump"]), [None], "byte {at}");
        }
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(open(&one).all(), []);
        open(&one).keep([((PassageId(8), "seal"), &vector(2, d))]);
        assert_eq!(open(&one).all().len(), 1, "the torn record gives way");
        assert_eq!(open(&two).find(&["seal"]), [None]);
        open(&two).keep([((PassageId(8), "seal"), &vector(3, d))]);
        assert_eq!(open(&one).find(&["seal"]), [None]);
    }

    #[test]
    fn the_file_does_not_outgrow_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let encoder = encoder("one");
        let d = encoder.dimension;
        let limit = (HEADER + 2 * (BESIDE + 4 * d) + 5) as u64;
        let late = LateVectors::open(folder.path(), &encoder, limit);
        for seed in 0..4 {
            let text = seed.to_string();
            late.keep([((PassageId(seed), text.as_str()), &vector(seed as usize, d))]);
        }
        assert_eq!(late.all().iter().map(|it| it.passage.0).collect::<Vec<_>>(), [0, 1]);
        assert!(std::fs::metadata(folder.path().join(LATE_VECTORS_FILE)).unwrap().len() <= limit);
    }
}
