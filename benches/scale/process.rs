//! What the system says of this process.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(10);

/// Returns the most memory that was resident, in MB: also pages of mapped files.
pub(crate) fn peak_mb() -> f64 {
    kilobytes("status", "VmHWM:") / 1e3
}

/// Returns the memory that is resident now, in MB: also pages of mapped files.
pub(crate) fn resident_mb() -> f64 {
    kilobytes("status", "VmRSS:") / 1e3
}

/// Returns the resident memory that belongs to no file, in MB: what cannot be had again by reading.
pub(crate) fn own_mb() -> f64 {
    kilobytes("status", "RssAnon:") / 1e3
}

/// Returns how much was written to files so far, in MB.
pub(crate) fn written_mb() -> f64 {
    field("io", "wchar:") / 1e6
}

/// Returns the processor time of all threads so far, in seconds: what other programs disturb least. It is
/// counted in hundredths.
pub(crate) fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may hold anything, so fields count from its end; 14 and 15 of proc_pid_stat(5).
    let times = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().skip(11).take(2));
    let ticks = times.map(|times| times.filter_map(|it| it.parse::<f64>().ok()).sum::<f64>());
    ticks.map_or(f64::NAN, |ticks| ticks / 100.0)
}

fn kilobytes(file: &str, name: &str) -> f64 {
    // The system's kB are 1,024 bytes.
    field(file, name) * 1.024
}

/// Returns a number of a file under `/proc/self`; not a number where the system keeps none.
fn field(file: &str, name: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.unwrap_or(f64::NAN)
}

/// Looks at [`own_mb`] all the time, since the system keeps no peak of it.
pub(crate) struct OwnPeak {
    kilobytes: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
}

impl OwnPeak {
    pub(crate) fn watch() -> Self {
        let (kilobytes, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let watch = Self { kilobytes: Arc::clone(&kilobytes), ended: Arc::clone(&ended) };
        thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                kilobytes.fetch_max((own_mb() * 1e3) as u64, Ordering::Relaxed);
                thread::sleep(EVERY);
            }
        });
        watch
    }

    /// Returns the most that was seen, in MB.
    pub(crate) fn mb(&self) -> f64 {
        self.kilobytes.load(Ordering::Relaxed) as f64 / 1e3
    }
}

impl Drop for OwnPeak {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}
