//! The process beside this one that reads files, which no file can do harm through.

use std::env;
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use trommel_core::escape;
use trommel_extract::sandbox::{self, Sandbox};
use trommel_extract::{ExtractError, Extracted, Extractor, Limits, Runner, SharedRunner};

use crate::terminal;

/// What such a process is called with, and behind it how many bytes of memory it may have. No command
/// has this name, and no user calls it.
const READER: &str = "--reader";
/// What a process is called with that becomes another with so many bytes of memory: the number, the
/// program and its arguments follow.
const LIMITED: &str = "--limited";
/// How much memory reading one file may take.
const MEMORY: u64 = 1 << 30;
/// How much address space a program of the user's may have; some reserve much and use little.
const PROGRAM_MEMORY: u64 = 4 << 30;
/// How long it may take, beside a second a MiB.
const TIME: Duration = Duration::from_secs(10);
/// After how long it is said which file is being read.
const SLOW: Duration = Duration::from_secs(4);

/// Serves as the reader if this process was started as one, or becomes the program that it names.
pub(crate) fn serve_if_asked() -> Option<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    let role = arguments.next()?;
    let memory = |text: Option<OsString>| text.and_then(|text| text.to_str()?.parse().ok());
    if role == READER {
        sandbox::confine(memory(arguments.next()).unwrap_or(MEMORY));
        let served = sandbox::serve(io::stdin().lock(), io::stdout().lock());
        // The parent is gone, or is another program: nobody is left to tell.
        return Some(if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if role == LIMITED {
        sandbox::limit_memory(memory(arguments.next()).unwrap_or(PROGRAM_MEMORY));
        let program = arguments.next()?;
        let error = sandbox::become_program(&program, arguments);
        terminal::tell(format!("{}: {error}", program.display()));
        return Some(ExitCode::FAILURE);
    }
    None
}

/// Returns what runs the readers of formats: this program, as another process.
pub(crate) fn runner() -> SharedRunner {
    match env::current_exe() {
        Ok(program) => {
            let arguments = vec![OsString::from(READER), MEMORY.to_string().into()];
            let sandbox = Sandbox::new(program, arguments, TIME);
            SharedRunner(Arc::new(Watched { sandbox, reads: OnceLock::new() }))
        }
        // A system that does not say where the program is.
        Err(_) => SharedRunner::default(),
    }
}

/// Returns what starts a program of the user's within limits; nothing on a system that has none.
pub(crate) fn limited() -> Arc<[OsString]> {
    match env::current_exe() {
        Ok(program) if cfg!(unix) => {
            [program.into(), LIMITED.into(), PROGRAM_MEMORY.to_string().into()].into()
        }
        _ => [].into(),
    }
}

/// A sandbox that says which file takes long.
struct Watched {
    sandbox: Sandbox,
    /// Where to tell that a file is begun, by name, or done; the thread behind it starts with the first.
    reads: OnceLock<Mutex<Sender<Option<String>>>>,
}

impl Watched {
    fn tell(&self, name: Option<&str>) {
        let reads = self.reads.get_or_init(|| {
            let (told, reads) = channel();
            thread::spawn(move || watch(&reads));
            Mutex::new(told)
        });
        let reads = reads.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = reads.send(name.map(str::to_owned));
    }
}

impl Runner for Watched {
    fn run(
        &self,
        extractor: &'static dyn Extractor,
        bytes: &[u8],
        name: &str,
        limits: &Limits,
    ) -> Result<Extracted, ExtractError> {
        self.tell(Some(name));
        let extracted = self.sandbox.run(extractor, bytes, name, limits);
        self.tell(None);
        extracted
    }
}

/// Says which file is being read for long, once for each, until nobody reads any more.
fn watch(reads: &std::sync::mpsc::Receiver<Option<String>>) {
    let mut reading: Option<(String, Instant)> = None;
    loop {
        let heard = match &reading {
            Some((_, began)) => reads.recv_timeout(SLOW.saturating_sub(began.elapsed())),
            None => reads.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match heard {
            Ok(name) => reading = name.map(|name| (name, Instant::now())),
            Err(RecvTimeoutError::Timeout) => {
                if let Some((name, began)) = reading.take() {
                    let seconds = began.elapsed().as_secs();
                    let name = escape(&name);
                    terminal::note(format!("{name} takes long to read: {seconds} s so far"));
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
