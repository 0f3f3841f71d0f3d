//! A contestant in a process of its own, seen from the race.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Failure;
use crate::serve::{Answer, Request};

/// Threads of every contestant.
pub const THREADS: &str = "2";

/// A running contestant.
pub struct Contender {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Contender {
    /// Starts a contestant and waits until it is loaded.
    pub fn start(name: &str, folder: &Path) -> Result<Self, Failure> {
        let mut process = command(name, folder)?
            .env("RAYON_NUM_THREADS", THREADS)
            .env("RTEN_NUM_THREADS", THREADS)
            .env("OMP_NUM_THREADS", THREADS)
            .env("TOKENIZERS_PARALLELISM", "true")
            .env("ORT_DYLIB_PATH", folder.join("libonnxruntime.so"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{name} cannot be started: {error}"))?;
        let input = process.stdin.take().ok_or("no input")?;
        let output = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut contender = Self { process, input, output };
        contender.answer().map_err(|error| format!("{name} did not load: {error}"))?;
        Ok(contender)
    }

    /// Has the contestant do one piece of work.
    pub fn run(&mut self, request: &Request) -> Result<Answer, Failure> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        self.input.write_all(&line)?;
        self.input.flush()?;
        self.answer()
    }

    /// Returns the processor time that the process has used, in seconds, where the system says.
    pub fn cpu_seconds(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        // The name in brackets may hold anything, so fields count from its end; 14 and 15 of
        // proc_pid_stat(5), in hundredths of a second on Linux.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let ticks: u64 =
            fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
        Some(ticks as f64 / 100.0)
    }

    /// Returns the memory that the process holds, in MB, where the system says.
    pub fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
    }

    fn answer(&mut self) -> Result<Answer, Failure> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        if line.is_empty() {
            return Err("it ended".into());
        }
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        // Ending a process that has ended already is no failure of the race.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the command of a contestant: this program, its build without AVX-512 in candle, or Python.
fn command(name: &str, folder: &Path) -> Result<Command, Failure> {
    const IN_PYTHON: [&str; 5] = ["ort-", "torch-", "sentence-transformers-", "hnswlib", "faiss-"];
    let mut command = if IN_PYTHON.iter().any(|start| name.starts_with(start)) {
        let python = std::env::var("PEERS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let mut command = Command::new(python);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/python/serve.py"));
        command
    } else {
        let program = match name.ends_with("-plain") {
            true => {
                std::env::var("PEERS_PLAIN").map_err(|_| "PEERS_PLAIN names no program")?.into()
            }
            false => std::env::current_exe()?,
        };
        let mut command = Command::new(program);
        command.arg("serve");
        command
    };
    command.arg(name).arg(folder);
    Ok(command)
}
