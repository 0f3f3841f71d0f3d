//! What can happen to the files of a collection.

use std::fs;
use std::path::{Path, PathBuf};

use trommel_testkit::Dice;

/// Returns all files below a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Returns the files of a collection that hold something, its lock not among them.
pub(crate) fn data_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = files(folder);
    files.retain(|path| !path.ends_with("writer.lock"));
    files
}

/// Damage that was done, and what was there before.
pub(crate) struct Damage {
    pub(crate) what: String,
    before: Vec<(PathBuf, Vec<u8>)>,
}

impl Damage {
    /// Does one kind of damage, at a place that the dice choose. At least one file then differs.
    pub(crate) fn do_one(files: &[PathBuf], dice: &mut Dice) -> Self {
        loop {
            let damage = Self::attempt(files, dice);
            if damage.before.iter().any(|(path, bytes)| fs::read(path).ok().as_ref() != Some(bytes))
            {
                return damage;
            }
            damage.undo();
        }
    }

    fn attempt(files: &[PathBuf], dice: &mut Dice) -> Self {
        let file = files[dice.below(files.len())].clone();
        let bytes = fs::read(&file).unwrap();
        let mut before = vec![(file.clone(), bytes.clone())];
        let place = dice.below(bytes.len());
        let mut damaged = bytes.clone();
        let what = match dice.below(8) {
            0 | 1 => {
                damaged[place] ^= 1 << dice.below(8);
                format!("a bit of byte {place} flipped")
            }
            2 => {
                let end = bytes.len().min(place + 1 + dice.below(64));
                damaged[place..end].iter_mut().for_each(|byte| *byte = dice.throw() as u8);
                format!("bytes {place} to {end} overwritten")
            }
            3 => {
                let end = bytes.len().min(place + 4096);
                damaged[place..end].fill(0);
                format!("bytes {place} to {end} zeroed, as by a lost page")
            }
            4 => {
                damaged.truncate(place);
                format!("cut to {place} bytes")
            }
            5 => {
                damaged.extend_from_slice(&bytes[..1 + place % 9]);
                "lengthened".to_owned()
            }
            6 => {
                fs::remove_file(&file).unwrap();
                let what = format!("{} removed", file.display());
                return Self { what, before };
            }
            _ => {
                let other = files[dice.below(files.len())].clone();
                let theirs = fs::read(&other).unwrap();
                fs::write(&other, &bytes).unwrap();
                damaged.clone_from(&theirs);
                before.push((other.clone(), theirs));
                format!("swapped with {}", other.display())
            }
        };
        fs::write(&file, &damaged).unwrap();
        Self { what: format!("{}: {what}", file.display()), before }
    }

    /// Says whether a file is among the damaged ones.
    pub(crate) fn is_of(&self, path: &Path) -> bool {
        self.before.iter().any(|(file, _)| file == path)
    }

    /// Puts back what was there.
    pub(crate) fn undo(self) {
        for (path, bytes) in self.before {
            fs::write(path, bytes).unwrap();
        }
    }
}
