//! What a piece of work costs this process: processor time and memory.

#![allow(dead_code)] // each test file uses its part

use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Processor time and the growth of resident memory at its highest, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) time: Duration,
    pub(crate) memory: u64,
}

/// Does some work and says what it cost; where the system does not tell, nothing.
///
/// Processor time and not that of a clock: a test must not fail because its machine has other work.
/// Memory is the whole process's: measure one thing at a time.
pub(crate) fn effort_of<T>(work: impl FnOnce() -> T) -> (T, Effort) {
    // Linux: forgets the highest so far.
    fs::write("/proc/self/clear_refs", "5").ok();
    let (time, memory) = (processor_time(), status("VmRSS:"));
    let done = work();
    let memory = status("VmHWM:").saturating_sub(memory);
    (done, Effort { time: processor_time().saturating_sub(time), memory })
}

fn status(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let kib = line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0);
    kib << 10
}

/// The 14th and 15th field of `/proc/self/stat`, in hundredths of a second on every Linux.
fn processor_time() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = text.rsplit(')').next().unwrap_or_default();
    let ticks = behind_name.split_whitespace().skip(11).take(2);
    Duration::from_millis(10 * ticks.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>())
}

/// Returns a folder in memory if there is such a place: thousands of synced files would wait for a
/// disk.
pub(crate) fn quick_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// Waits until no other test of this program measures.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static MEASURING: Mutex<()> = Mutex::new(());
    MEASURING.lock().unwrap_or_else(PoisonError::into_inner)
}
