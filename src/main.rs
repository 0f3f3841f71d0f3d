//! The `trommel` command: parse, dispatch, exit code.

mod cli;
mod collection;
mod collection_settings;
mod commands;
mod error;
mod exit;
mod folders;
mod hints;
mod models;
mod output;
mod own_extractors;
mod progress;
mod reader;
mod settings;
mod shell;
mod signals;
mod terminal;

use std::env;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::exit::Exit;

fn main() -> ExitCode {
    // Before anything else is made: this process may be the one that only reads files.
    if let Some(code) = reader::serve_if_asked() {
        return code;
    }
    let cli = match Cli::try_parse_from(cli::verb_first(env::args_os())) {
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
