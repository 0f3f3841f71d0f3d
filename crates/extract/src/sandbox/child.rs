//! The child: it reads files that it is handed, and can do nothing else.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::process::Command;

use super::frame::{read_question, write_answer};
use crate::{ExtractError, extractors};

/// Answers questions until there are no more.
///
/// # Errors
///
/// If the parent is gone, or says something else.
pub fn serve(mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    while let Some((question, bytes)) = read_question(&mut from)? {
        let extractor = extractors().iter().find(|it| it.name() == question.extractor);
        let answer = match extractor {
            Some(extractor) => extractor.extract(&bytes, &question.name, &question.limits),
            None => Err(ExtractError::Unsupported {
                detail: format!("this program has no reader for {}", question.extractor),
            }),
        };
        write_answer(&mut to, &answer)?;
    }
    Ok(())
}

/// Bounds the memory of this process, and of what it becomes, to `memory` bytes, where the system can.
pub fn limit_memory(memory: u64) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let limit = Rlimit { current: Some(memory), maximum: Some(memory) };
        let _ = setrlimit(Resource::As, limit);
    }
    #[cfg(not(unix))]
    let _ = memory;
}

/// Becomes another program, as far as the system knows that; returns only if that fails.
pub fn become_program(program: &OsStr, arguments: impl IntoIterator<Item = OsString>) -> io::Error {
    let mut command = Command::new(program);
    command.args(arguments);
    #[cfg(unix)]
    return std::os::unix::process::CommandExt::exec(&mut command);
    #[cfg(not(unix))]
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

/// Takes from this process what reading a file does not need: memory beyond `memory` bytes, files,
/// further privileges, and its life when its parent ends.
///
/// It does as much of that as the system offers: all of it on Linux; on macOS memory is not bounded; on
/// other systems nothing is.
pub fn confine(memory: u64) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let limits = [
            (Resource::As, memory),
            (Resource::Core, 0),
            // What is open stays open: three streams, and nothing can be added.
            (Resource::Nofile, 3),
            (Resource::Fsize, 0),
        ];
        for (resource, most) in limits {
            let limit = Rlimit { current: Some(most), maximum: Some(most) };
            // Where a limit cannot be set, the parent's clock still holds.
            let _ = setrlimit(resource, limit);
        }
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, set_parent_process_death_signal};
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        let _ = rustix::thread::set_no_new_privs(true);
    }
    #[cfg(not(unix))]
    let _ = memory;
}
