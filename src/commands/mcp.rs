//! `trommel mcp`: collections as tools of an agent, on standard input and output.

use std::io;

use clap::Args;
use trommel::settings::SEARCH;
use trommel_server::Options;
use trommel_server::mcp::{Client, ClientConfig, Launch};

use super::served::open;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::settings::Typed;
use crate::{shell, terminal};

/// Give an agent tools over collections, by MCP on standard input and output
///
/// The tools are search, get, why and status; all of them only read. trommel mcp --print-config CLIENT
/// prints what to put where, so that an agent starts this by itself.
#[derive(Debug, Args)]
pub(crate) struct McpArgs {
    /// Print what makes a client start this: claude-code, claude-desktop, cursor, vscode, zed, codex, …
    #[arg(long, value_name = "CLIENT")]
    print_config: Option<String>,

    #[command(flatten)]
    settings: Typed<SEARCH>,
}

/// Runs the command.
pub(crate) fn run(args: McpArgs, global: &Global) -> Result<Exit, CliError> {
    if let Some(client) = &args.print_config {
        return print_config(client, global);
    }
    let (collections, models) = open(global, &args.settings.given())?;
    match trommel_server::serve_mcp(collections, models, Options::default()) {
        // The client has closed its end: there is nobody left to tell.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::stdout(error)),
        _ => Ok(Exit::Done),
    }
}

fn print_config(client: &str, global: &Global) -> Result<Exit, CliError> {
    let client = Client::named(client).map_err(|error| {
        CliError::usage(format!("--print-config: {error}"))
            .hint("trommel mcp --print-config claude-code")
    })?;
    let program = std::env::current_exe().unwrap_or_else(|_| "trommel".into());
    let mut arguments = Vec::new();
    for (name, folder) in global.named() {
        let Some(folder) = folder else { continue };
        let folder = crate::folders::absolute(folder).display().to_string();
        arguments.push("-c".to_owned());
        arguments.push(name.map_or(folder.clone(), |name| format!("{name}={folder}")));
    }
    arguments.push("mcp".to_owned());
    let launch =
        Launch { name: "trommel".to_owned(), command: program.display().to_string(), arguments };
    let ClientConfig { title, file, text, command } = client.config(&launch);
    // What is to be copied is data; where it goes is said beside it.
    terminal::tell(format!("{title}: into {file}"));
    terminal::print(text.trim_end())?;
    if let Some(words) = command {
        let words: Vec<String> = words.iter().map(|word| shell::word(word)).collect();
        terminal::tell(format!("or: {}", words.join(" ")));
    }
    Ok(Exit::Done)
}
