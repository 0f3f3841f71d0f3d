//! A program of the user's that reads a format which has no reader here.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::ExtractError;

/// What stands for the file in a command.
const FILE: &str = "{}";
/// How often it is looked whether the program has ended.
const PATIENCE: Duration = Duration::from_millis(5);
/// How much of what it says about its trouble is kept.
const LAST_WORDS: u64 = 4 << 10;

/// A command as words: a program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramCommand(Vec<String>);

/// What one run of a program may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramLimits {
    /// How long it may take.
    pub time: Duration,
    /// How many bytes it may print.
    pub bytes: u64,
}

impl ProgramCommand {
    /// Reads a command. Words are parted by spaces, and `'…'` and `"…"` hold words together; no shell
    /// is involved, so nothing else has a meaning. `{}` is the file, and comes last if it is not
    /// there.
    ///
    /// # Errors
    ///
    /// If there is no word, or a quotation mark has no partner.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
        for c in text.chars() {
            match (quote, c) {
                (Some(open), _) if c == open => quote = None,
                (None, '\'' | '"') => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                (None, _) if c.is_whitespace() => words.extend(word.take()),
                _ => word.get_or_insert_default().push(c),
            }
        }
        if quote.is_some() {
            return Err("expected a second quotation mark");
        }
        words.extend(word);
        if words.is_empty() {
            return Err("expected a program, got nothing");
        }
        if !words.iter().any(|word| word.contains(FILE)) {
            words.push(FILE.to_owned());
        }
        Ok(Self(words))
    }

    /// Returns what the program prints about a file. `launcher` is a program with arguments that starts
    /// the command behind it; it may be empty.
    ///
    /// # Errors
    ///
    /// If the program cannot be started, fails, or takes more than it may.
    pub fn run(
        &self,
        launcher: &[OsString],
        file: &Path,
        limits: ProgramLimits,
    ) -> Result<Vec<u8>, ExtractError> {
        let words = self.0.iter().map(|word| with_file(word, file));
        let words: Vec<OsString> = launcher.iter().cloned().chain(words).collect();
        let [program, arguments @ ..] = words.as_slice() else {
            return Err(self.lost("it has no program"));
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What it starts itself ends with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| self.lost(error))?;
        let printed = kept(child.stdout.take(), limits.bytes.saturating_add(1));
        let said = kept(child.stderr.take(), LAST_WORDS);
        let ended = ended_within(&mut child, limits.time);
        end_all(&mut child);
        let printed = printed.join().unwrap_or_default();
        let said = said.join().unwrap_or_default();
        let status = match ended {
            Ok(Some(status)) => status,
            Ok(None) => return Err(ExtractError::TimedOut { seconds: limits.time.as_secs() }),
            Err(error) => return Err(self.lost(error)),
        };
        if printed.len() as u64 > limits.bytes {
            return Err(ExtractError::too_much("bytes printed", limits.bytes));
        }
        if status.success() {
            return Ok(printed);
        }
        let said = String::from_utf8_lossy(&said);
        let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        Err(self.lost(match last {
            Some(last) => format!("{status}: {last}"),
            None => status.to_string(),
        }))
    }

    fn lost(&self, why: impl ToString) -> ExtractError {
        let program = self.0.first().map_or("", String::as_str);
        ExtractError::ReaderLost { detail: format!("{program}: {}", why.to_string()) }
    }
}

/// Returns a word with the file in the place of `{}`.
fn with_file(word: &str, file: &Path) -> OsString {
    let mut parts = word.split(FILE);
    let mut whole = OsString::from(parts.next().unwrap_or_default());
    for part in parts {
        whole.push(file);
        whole.push(part);
    }
    whole
}

/// Reads up to `most` bytes beside the program, which would wait for ever if nobody took what it prints.
fn kept(from: Option<impl Read + Send + 'static>, most: u64) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(from) = from {
            let _ = from.take(most).read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Returns how a program ended; nothing if it goes on for longer than `time`.
fn ended_within(child: &mut Child, time: Duration) -> io::Result<Option<std::process::ExitStatus>> {
    let began = Instant::now();
    loop {
        let ended = child.try_wait()?;
        if ended.is_some() || began.elapsed() >= time {
            return Ok(ended);
        }
        thread::sleep(PATIENCE);
    }
}

/// Ends a program and all that it started.
fn end_all(child: &mut Child) {
    #[cfg(unix)]
    let _ = rustix::process::kill_process_group(
        rustix::process::Pid::from_child(child),
        rustix::process::Signal::KILL,
    );
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const LIMITS: ProgramLimits = ProgramLimits { time: Duration::from_secs(20), bytes: 1000 };

    fn run(command: &str, limits: ProgramLimits) -> Result<String, ExtractError> {
        let command = ProgramCommand::parse(command).unwrap();
        let printed = command.run(&[], Path::new("/etc/a file"), limits)?;
        Ok(String::from_utf8(printed).unwrap())
    }

    #[test]
    fn words_are_parted_by_spaces_and_held_together_by_quotation_marks() {
        let words = |text| ProgramCommand::parse(text).map(|it| it.0);
        assert_eq!(words("djvutxt {}").unwrap(), ["djvutxt", "{}"]);
        assert_eq!(words(" a  'b c'\"d \"e '' ").unwrap(), ["a", "b cd e", "", "{}"]);
        assert_eq!(words("a --in={} > b; $(c)").unwrap(), ["a", "--in={}", ">", "b;", "$(c)"]);
        assert!(words("  ").is_err());
        assert!(words("a 'b").is_err());
    }

    #[test]
    fn the_file_takes_its_place_and_what_is_printed_comes_back() {
        assert_eq!(run("printf '%s|' {} x{}y", LIMITS).unwrap(), "/etc/a file|x/etc/a filey|");
        assert_eq!(run("echo", LIMITS).unwrap(), "/etc/a file\n");
    }

    #[test]
    fn what_fails_says_so_in_its_own_words() {
        let error = run("sh -c 'echo no such page >&2; exit 3' {}", LIMITS).unwrap_err();
        let ExtractError::ReaderLost { detail } = error else { panic!("{error}") };
        assert_eq!(detail, "sh: exit status: 3: no such page");
        let error = run("/no/such/program", LIMITS).unwrap_err();
        assert!(error.to_string().contains("/no/such/program"), "{error}");
    }

    #[test]
    fn what_takes_too_long_or_prints_too_much_is_ended_with_all_that_it_started() {
        let short = ProgramLimits { time: Duration::from_millis(200), ..LIMITS };
        let began = Instant::now();
        let error = run("sh -c 'sleep 60 & sleep 60'", short).unwrap_err();
        assert!(matches!(error, ExtractError::TimedOut { .. }), "{error}");
        let error = run("yes", LIMITS).unwrap_err();
        assert!(matches!(error, ExtractError::TooMuch { limit: 1000, .. }), "{error}");
        // A program that leaves another behind that holds its output.
        assert_eq!(run("sh -c 'sleep 60 & echo done'", LIMITS).unwrap(), "done\n");
        assert!(began.elapsed() < Duration::from_secs(15));
    }
}
