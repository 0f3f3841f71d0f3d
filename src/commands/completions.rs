//! `trommel completions`: what a shell needs to complete our commands.

use clap::Args;
use clap_complete::Shell;

use crate::error::CliError;
use crate::exit::Exit;
use crate::{cli, terminal};

/// Print completions for a shell
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Runs the command.
pub(crate) fn run(args: CompletionsArgs) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    // It panics if it cannot write, so it writes to memory.
    clap_complete::generate(args.shell, &mut cli::whole(), "trommel", &mut script);
    terminal::print(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Done)
}
