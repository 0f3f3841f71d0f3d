//! The `trommel` command: parse, dispatch, exit code.

mod cache;
mod cascade;
mod cli;
mod clock;
mod collection;
mod commands;
mod config;
mod error;
mod exit;
mod folders;
mod hints;
mod hosted;
mod language;
mod loading;
mod output;
mod progress;
mod prompts;
mod shell;
mod signals;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::exit::Exit;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return cli::explain(&error).into(),
    };
    signals::end_at_once();
    match commands::run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            terminal::report(&error);
            Exit::from(error.kind).into()
        }
    }
}
