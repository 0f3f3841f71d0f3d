//! trommel and its peers, side by side, on the same weights and the same token ids.
//!
//! `prepare` writes models and work into a folder, `race` runs contestants in turn, each in a
//! process of its own, and `plot` draws what was measured. See the README of this folder.

mod child;
mod contestant;
mod contestants;
#[cfg(feature = "plots")]
mod plot;
#[cfg(feature = "trommel")]
mod prepare;
mod race;
mod record;
mod serve;
mod table;
mod task;
mod work;

use std::path::Path;
use std::process::ExitCode;

/// Whatever went wrong, for a person to read.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "usage: peers prepare WORK
       peers race WORK RESULTS TASK [--rounds N] [--only NAME,NAME]
       peers plot RESULTS
       peers serve CONTESTANT WORK
tasks: encode, rerank, mixed, vectors";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        #[cfg(feature = "trommel")]
        ["prepare", work] => prepare::prepare(Path::new(work)),
        ["serve", name, work] => serve::serve(name, Path::new(work)),
        ["race", work, results, task, options @ ..] => {
            race::race(Path::new(work), Path::new(results), task, race::Options::read(options)?)
        }
        #[cfg(feature = "plots")]
        ["plot", results] => plot::plot(Path::new(results)),
        _ => Err(USAGE.into()),
    }
}
