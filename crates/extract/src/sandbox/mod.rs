//! A second process that reads files, so that no file can do harm to this one.
//!
//! A library that reads a hostile format may overflow its stack, ask for all memory or never end; no
//! thread can be saved from that. So the bytes go to a child, which is given only them and gives back
//! text. It lives on from file to file: starting one for each would cost some milliseconds.

mod child;
mod frame;
mod program;

use std::ffi::OsString;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

pub use child::{become_program, confine, limit_memory, serve};
use frame::{Answer, Question, read_answer, write_question};

pub use program::{ProgramCommand, ProgramLimits};

use crate::{ExtractError, Extracted, Extractor, Limits, Runner};

/// After so many files a child is replaced: memory that a library has lost comes back.
const FILES: usize = 1_000;
/// How much of what a child says on its way out is kept.
const LAST_WORDS: u64 = 4 << 10;

/// Runs extractors in children of this process.
pub struct Sandbox {
    program: PathBuf,
    arguments: Vec<OsString>,
    base: Duration,
    idle: Mutex<Vec<Reader>>,
}

/// A child that waits for files.
struct Reader {
    child: Child,
    questions: Option<ChildStdin>,
    answers: Receiver<Answer>,
    last_words: Arc<Mutex<Vec<u8>>>,
    files: usize,
}

impl Sandbox {
    /// Returns a sandbox whose children are `program`, which must call [`serve`] with its standard
    /// streams when it is given `arguments`. A file may take `base` and a second a MiB.
    #[must_use]
    pub fn new(program: PathBuf, arguments: Vec<OsString>, base: Duration) -> Self {
        Self { program, arguments, base, idle: Mutex::new(Vec::new()) }
    }

    fn idle_or_new(&self, answer_bytes: u64) -> Result<Reader, ExtractError> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match idle.pop() {
            Some(reader) => Ok(reader),
            None => self.start(answer_bytes).map_err(|error| ExtractError::ReaderLost {
                detail: format!("{} cannot be started: {error}", self.program.display()),
            }),
        }
    }

    fn start(&self, answer_bytes: u64) -> std::io::Result<Reader> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (told, answers) = channel();
        let last_words = Arc::new(Mutex::new(Vec::new()));
        // A thread that reads can be waited for with a clock, and a pipe cannot.
        if let Some(mut from) = child.stdout.take() {
            thread::spawn(move || {
                while let Ok(Some(answer)) = read_answer(&mut from, answer_bytes) {
                    if told.send(answer).is_err() {
                        break;
                    }
                }
            });
        }
        if let Some(from) = child.stderr.take() {
            let last_words = Arc::clone(&last_words);
            thread::spawn(move || {
                let mut words = Vec::new();
                let _ = from.take(LAST_WORDS).read_to_end(&mut words);
                *last_words.lock().unwrap_or_else(PoisonError::into_inner) = words;
            });
        }
        let questions = child.stdin.take();
        Ok(Reader { child, questions, answers, last_words, files: 0 })
    }
}

impl Runner for Sandbox {
    fn run(
        &self,
        extractor: &'static dyn Extractor,
        bytes: &[u8],
        name: &str,
        limits: &Limits,
    ) -> Result<Extracted, ExtractError> {
        // Text is told once; attachments are as large as what was unpacked.
        let answer_bytes =
            limits.text_bytes.saturating_mul(2).saturating_add(limits.unpacked_bytes);
        let mut reader = self.idle_or_new(answer_bytes)?;
        let question = Question {
            extractor: extractor.name().to_owned(),
            name: name.to_owned(),
            limits: *limits,
        };
        let time = self.base + Duration::from_secs(bytes.len() as u64 >> 20);
        let answer = reader.ask(&question, bytes, time)?;
        if reader.files < FILES {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        }
        answer
    }
}

impl Reader {
    /// Returns what the child answers.
    ///
    /// # Errors
    ///
    /// If it ends, or takes longer than `time`: it is then no more.
    fn ask(
        &mut self,
        question: &Question,
        bytes: &[u8],
        time: Duration,
    ) -> Result<Answer, ExtractError> {
        self.files += 1;
        let written = match &mut self.questions {
            // A child reads all of a question before it looks at it: only one that is gone does not.
            Some(questions) => write_question(questions, question, bytes).is_ok(),
            None => false,
        };
        match self.answers.recv_timeout(time) {
            Ok(answer) if written => Ok(answer),
            Err(RecvTimeoutError::Timeout) => {
                self.end();
                Err(ExtractError::TimedOut { seconds: time.as_secs() })
            }
            Ok(_) | Err(RecvTimeoutError::Disconnected) => Err(self.lost()),
        }
    }

    /// Says how the child ended.
    fn lost(&mut self) -> ExtractError {
        let status = self.end();
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        let words = String::from_utf8_lossy(&words);
        if words.contains("memory allocation of") {
            return ExtractError::OutOfMemory;
        }
        let how = status.map_or_else(|| "for no known reason".to_owned(), |it| it.to_string());
        let said = words.lines().map(str::trim).find(|line| !line.is_empty());
        let detail = match said {
            Some(said) => format!("{how}: {said}"),
            None => how,
        };
        ExtractError::ReaderLost { detail }
    }

    fn end(&mut self) -> Option<ExitStatus> {
        self.questions = None;
        let _ = self.child.kill();
        let status = self.child.wait().ok();
        // Its last words come with the end of its pipe, a moment later.
        for _ in 0..20 {
            if !self.last_words.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        status
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.questions = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
