//! The process beside this one that reads files, which no file can do harm through.

use std::env;
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use trommel_extract::SharedRunner;
use trommel_extract::sandbox::{self, Sandbox};

/// What such a process is called with, and behind it how many bytes of memory it may have. No command
/// has this name, and no user calls it.
const READER: &str = "--reader";
/// How much memory reading one file may take.
const MEMORY: u64 = 1 << 30;
/// How long it may take, beside a second a MiB.
const TIME: Duration = Duration::from_secs(10);

/// Serves as the reader if this process was started as one.
pub(crate) fn serve_if_asked() -> Option<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    if arguments.next()? != READER {
        return None;
    }
    let memory = arguments.next().and_then(|text| text.to_str()?.parse().ok());
    sandbox::confine(memory.unwrap_or(MEMORY));
    let served = sandbox::serve(io::stdin().lock(), io::stdout().lock());
    // The parent is gone, or is another program: nobody is left to tell.
    Some(if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns what runs the readers of formats: this program, as another process.
pub(crate) fn runner() -> SharedRunner {
    match env::current_exe() {
        Ok(program) => {
            let arguments = vec![OsString::from(READER), MEMORY.to_string().into()];
            SharedRunner(Arc::new(Sandbox::new(program, arguments, TIME)))
        }
        // A system that does not say where the program is.
        Err(_) => SharedRunner::default(),
    }
}
