//! A disk that fails when it is told to, and remembers what was asked of it.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use trommel_core::disk::{Disk, DiskFile, SystemDisk};

/// What happens at one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process dies: neither this call nor any later one reaches the disk.
    Death,
    /// The call fails with EIO and does nothing; later ones work.
    Error,
    /// Half of the bytes are written, then the process dies; calls that write nothing just die.
    TornWrite,
}

/// A call that changed the disk.
#[derive(Debug, Clone)]
pub enum Call {
    /// A folder was made.
    CreateFolder(PathBuf),
    /// An empty folder was removed.
    RemoveFolder(PathBuf),
    /// A file of this number was begun; one that is there keeps its number and loses its bytes.
    Create(PathBuf, u64),
    /// Bytes were written to a file at an offset.
    Write(u64, u64, Vec<u8>),
    /// The bytes of a file were made durable.
    Sync(u64),
    /// A file was renamed.
    Rename(PathBuf, PathBuf),
    /// A file got a second name.
    Link(PathBuf, PathBuf),
    /// A name of a file was removed.
    Remove(PathBuf),
    /// The names in a folder were made durable.
    SyncFolder(PathBuf),
}

/// The file system of this machine, with faults. Nothing is really synced.
///
/// Copies share their faults and their memory.
#[derive(Debug, Clone, Default)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    calls: u64,
    fault: Option<(u64, Fault)>,
    dead: bool,
    /// The process dies once a file was renamed to this.
    last_name: Option<&'static str>,
    /// How many bytes may still be written; unlimited if `None`.
    room: Option<u64>,
    written: u64,
    log: Vec<Call>,
    /// The numbers of the files that have a name.
    files: HashMap<PathBuf, u64>,
    next_file: u64,
}

impl FaultyDisk {
    /// Returns a disk whose `at`-th call, from 1, goes wrong.
    #[must_use]
    pub fn failing(at: u64, fault: Fault) -> Self {
        let disk = Self::default();
        disk.state().fault = Some((at, fault));
        disk
    }

    /// Returns a disk that has room for so many bytes more.
    #[must_use]
    pub fn with_room(bytes: u64) -> Self {
        let disk = Self::default();
        disk.state().room = Some(bytes);
        disk
    }

    /// Lets something go wrong after so many calls more.
    pub fn fail_after(&self, calls: u64, fault: Fault) {
        let mut state = self.state();
        state.fault = Some((state.calls + calls + 1, fault));
    }

    /// Lets the process die at the call after the next rename to a name.
    pub fn die_after_rename_to(&self, name: &'static str) {
        self.state().last_name = Some(name);
    }

    /// Returns how many calls were made.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Returns how many bytes were written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.state().written
    }

    /// Returns what was done, in its order.
    #[must_use]
    pub fn log(&self) -> Vec<Call> {
        self.state().log.clone()
    }

    /// Starts a new process after a death: calls are counted on, and reach the disk again.
    pub fn revive(&self) {
        let mut state = self.state();
        (state.dead, state.fault, state.last_name) = (false, None, None);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, path: &Path, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        let mut state = self.state();
        let number = match state.files.get(path) {
            Some(&number) => number,
            None => {
                state.next_file += 1;
                state.next_file
            }
        };
        state.files.insert(path.to_owned(), number);
        state.log.push(Call::Create(path.to_owned(), number));
        Box::new(FaultyFile { file, number, position: 0, disk: self.clone() })
    }

    /// Makes a call that writes no bytes.
    fn call(&self, act: impl FnOnce() -> io::Result<()>, call: Call) -> io::Result<()> {
        let mut state = self.state();
        state.enter()?;
        act()?;
        match &call {
            Call::Rename(from, to) => {
                let number = state.files.remove(from).unwrap_or_default();
                state.files.insert(to.clone(), number);
                state.dead = state.last_name.is_some_and(|name| to.ends_with(name));
            }
            Call::Link(from, to) => {
                let number = state.files.get(from).copied().unwrap_or_default();
                state.files.insert(to.clone(), number);
            }
            Call::Remove(path) => {
                state.files.remove(path);
            }
            _ => {}
        }
        state.log.push(call);
        Ok(())
    }
}

impl State {
    /// Counts a call; fails if this is the one that goes wrong, or the process is dead.
    fn enter(&mut self) -> io::Result<()> {
        if self.dead {
            return Err(io::Error::other("the process is dead"));
        }
        self.calls += 1;
        match self.fault {
            Some((at, Fault::Error)) if at == self.calls => Err(io::Error::from_raw_os_error(EIO)),
            Some((at, _)) if at == self.calls => {
                self.dead = true;
                Err(io::Error::other("the process died"))
            }
            _ => Ok(()),
        }
    }

    fn has_room(&self) -> io::Result<()> {
        match self.room {
            Some(0) => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }
}

const EIO: i32 = 5;

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.state().enter()?;
        self.state().has_room()?;
        Ok(self.begin(path, SystemDisk.create(path)?))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        let number = self.state().files.get(path).copied();
        let number = number.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        self.call(|| Ok(()), Call::Sync(number))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(|| fs::rename(from, to), Call::Rename(from.to_owned(), to.to_owned()))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call(|| fs::hard_link(from, to), Call::Link(from.to_owned(), to.to_owned()))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
        self.call(|| fs::remove_file(path), Call::Remove(path.to_owned()))?;
        if let Some(room) = &mut self.state().room {
            *room += size;
        }
        Ok(())
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.call(|| fs::create_dir(path), Call::CreateFolder(path.to_owned()))
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.call(|| fs::remove_dir(path), Call::RemoveFolder(path.to_owned()))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.call(|| Ok(()), Call::SyncFolder(path.to_owned()))
    }
}

#[derive(Debug)]
struct FaultyFile {
    file: Box<dyn DiskFile>,
    number: u64,
    position: u64,
    disk: FaultyDisk,
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        let was_dead = state.dead;
        let entered = state.enter();
        let torn = matches!(state.fault, Some((_, Fault::TornWrite))) && state.dead && !was_dead;
        if !torn {
            entered?;
            state.has_room()?;
        }
        let most = if torn { bytes.len() / 2 } else { bytes.len() };
        let most = state.room.map_or(most, |room| most.min(room as usize));
        self.file.write_all(&bytes[..most])?;
        if let Some(room) = &mut state.room {
            *room -= most as u64;
        }
        state.written += most as u64;
        state.log.push(Call::Write(self.number, self.position, bytes[..most].to_vec()));
        self.position += most as u64;
        if torn { Err(io::Error::other("the process died in a write")) } else { Ok(most) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for FaultyFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.file.seek(to)?;
        Ok(self.position)
    }
}

impl DiskFile for FaultyFile {
    fn sync(&mut self) -> io::Result<()> {
        self.disk.call(|| Ok(()), Call::Sync(self.number))
    }
}
