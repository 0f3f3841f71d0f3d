//! `trommel man`: manual pages.

use std::path::PathBuf;

use clap::Args;

use crate::error::CliError;
use crate::exit::Exit;
use crate::{cli, shell, terminal};

/// Write manual pages to a folder
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder, such as ~/.local/share/man/man1
    dir: PathBuf,
}

/// Runs the command.
pub(crate) fn run(args: ManArgs) -> Result<Exit, CliError> {
    let dir = shell::path(&args.dir);
    std::fs::create_dir_all(&args.dir)
        .and_then(|()| clap_mangen::generate_to(cli::whole(), &args.dir))
        .map_err(|error| {
            CliError::usage(format!("cannot write to {}: {error}", args.dir.display()))
                .hint(format!("ls -ld {dir}"))
        })?;
    terminal::tell(format!("man -l {dir}/trommel.1"));
    Ok(Exit::Done)
}
