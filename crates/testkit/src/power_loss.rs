//! What a disk may hold after the power went.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::faulty_disk::Call;

/// Writes to `image` what a power cut after `calls` may leave of the folder `root`.
///
/// Bytes of a file are certain once it was synced, and names once their folder was. Of the rest
/// `keep` decides, call by call: a write is kept, lost, or kept in its first half; a new, changed
/// or removed name is kept or lost, whatever became of other names and of the bytes. That is all
/// that POSIX promises, and less than any present file system gives.
///
/// # Errors
///
/// If the image cannot be written.
pub fn power_loss(
    calls: &[Call],
    root: &Path,
    image: &Path,
    keep: &mut dyn FnMut() -> Kept,
) -> io::Result<()> {
    let mut disk = Platter::default();
    for call in calls {
        disk.take(call);
    }
    disk.lose(keep);
    disk.write(root, image)
}

/// What becomes of a call that was not made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It reached the disk.
    Whole,
    /// The first half of its bytes did; of a name, nothing.
    Half,
    /// Nothing of it did.
    Nothing,
}

/// What is certain, and what is not yet.
#[derive(Debug, Default)]
struct Platter {
    names: BTreeMap<PathBuf, Node>,
    pending_names: Vec<Naming>,
    files: BTreeMap<u64, Content>,
    /// Names as a running process sees them.
    seen: BTreeMap<PathBuf, Node>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Folder,
    File(u64),
}

/// A change of names: these go, then these come.
#[derive(Debug, Clone)]
struct Naming {
    gone: Option<PathBuf>,
    new: Option<(PathBuf, Node)>,
}

#[derive(Debug, Default)]
struct Content {
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Empty,
    Write(u64, Vec<u8>),
}

impl Platter {
    fn take(&mut self, call: &Call) {
        match call {
            Call::CreateFolder(path) => self.rename(None, Some((path.clone(), Node::Folder))),
            Call::RemoveFolder(path) | Call::Remove(path) => self.rename(Some(path.clone()), None),
            Call::Rename(from, to) => {
                let Some(&node) = self.seen.get(from) else { return };
                self.rename(Some(from.clone()), Some((to.clone(), node)));
            }
            Call::Link(from, to) => {
                let Some(&node) = self.seen.get(from) else { return };
                self.rename(None, Some((to.clone(), node)));
            }
            Call::Create(path, number) => {
                let node = Node::File(*number);
                if self.seen.get(path) != Some(&node) {
                    self.rename(None, Some((path.clone(), node)));
                }
                self.files.entry(*number).or_default().pending.push(Change::Empty);
            }
            Call::Write(number, offset, bytes) => {
                let content = self.files.entry(*number).or_default();
                content.pending.push(Change::Write(*offset, bytes.clone()));
            }
            Call::Sync(number) => {
                self.files.entry(*number).or_default().settle(&mut || Kept::Whole)
            }
            Call::SyncFolder(folder) => {
                let within =
                    |path: Option<&PathBuf>| path.and_then(|it| it.parent()) == Some(folder);
                let (synced, pending) =
                    std::mem::take(&mut self.pending_names).into_iter().partition(|it: &Naming| {
                        within(it.gone.as_ref()) || within(it.new.as_ref().map(|(path, _)| path))
                    });
                self.pending_names = pending;
                synced.iter().for_each(|it: &Naming| it.apply(&mut self.names));
            }
        }
    }

    fn rename(&mut self, gone: Option<PathBuf>, new: Option<(PathBuf, Node)>) {
        let naming = Naming { gone, new };
        naming.apply(&mut self.seen);
        self.pending_names.push(naming);
    }

    fn lose(&mut self, keep: &mut dyn FnMut() -> Kept) {
        for naming in std::mem::take(&mut self.pending_names) {
            if keep() == Kept::Whole {
                naming.apply(&mut self.names);
            }
        }
        self.files.values_mut().for_each(|content| content.settle(keep));
    }

    fn write(&self, root: &Path, image: &Path) -> io::Result<()> {
        // Rising paths, so a folder comes before what is in it; what lost its folder is lost.
        for (path, node) in &self.names {
            let Ok(relative) = path.strip_prefix(root) else { continue };
            let to = image.join(relative);
            if !to.parent().is_some_and(Path::is_dir) {
                continue;
            }
            match node {
                Node::Folder => fs::create_dir(&to)?,
                Node::File(number) => fs::write(&to, &self.files[number].durable)?,
            }
        }
        Ok(())
    }
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<PathBuf, Node>) {
        if let Some(gone) = &self.gone {
            names.remove(gone);
        }
        if let Some((path, node)) = &self.new {
            names.insert(path.clone(), *node);
        }
    }
}

impl Content {
    fn settle(&mut self, keep: &mut dyn FnMut() -> Kept) {
        for change in self.pending.drain(..) {
            let kept = keep();
            match change {
                Change::Empty if kept == Kept::Whole => self.durable.clear(),
                Change::Empty => {}
                Change::Write(offset, bytes) => {
                    let length = match kept {
                        Kept::Whole => bytes.len(),
                        Kept::Half => bytes.len() / 2,
                        Kept::Nothing => continue,
                    };
                    let (from, to) = (offset as usize, offset as usize + length);
                    if self.durable.len() < to {
                        self.durable.resize(to, 0);
                    }
                    self.durable[from..to].copy_from_slice(&bytes[..length]);
                }
            }
        }
    }
}
