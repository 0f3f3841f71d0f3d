//! `trommel serve`: collections over HTTP, for programs, agents and people.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use trommel::settings::{Given, SEARCH};
use trommel_server::{ConnectionLimits, Limits, Options};

use super::served::open;
use super::service::{self, Manager, USUAL};
use crate::cli::Global;
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::settings::Typed;
use crate::signals::Cancel;
use crate::{folders, terminal};

/// Serve collections over HTTP: searches, reranking, vectors, agents' tools and a page
///
/// Models are loaded once and stay warm. -c may be given several times, also as NAME=DIR. The page is at /,
/// what there is to ask at /openapi.json, tools of agents (MCP) at /mcp. Only this machine is listened to,
/// unless --bind says otherwise, which wants a key.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The address and port to listen at; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7700")]
    bind: SocketAddr,
    /// Answer only requests with the key that is in this file: Authorization: Bearer KEY
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Listen at an address of a network without a key
    #[arg(long, hide = true)]
    no_key: bool,
    /// A name that this server is reached by, beside its addresses; may be repeated
    #[arg(long, value_name = "NAME", hide = true)]
    host: Vec<String>,
    /// A site whose pages may ask, such as https://notes.example; may be repeated
    #[arg(long, value_name = "URL", hide = true)]
    origin: Vec<String>,
    /// How many requests may wait; further ones are answered with 429
    #[arg(long, value_name = "N", default_value_t = 64)]
    queue: usize,
    /// How many requests are computed at a time
    #[arg(long, value_name = "N", default_value_t = 2)]
    workers: usize,
    /// Under load, give each search less time to rerank before any is refused
    #[arg(long, value_name = "WHAT", value_parser = ["budget"], hide = true)]
    shed: Option<String>,
    /// Refuse requests for another model than the loaded one
    #[arg(long, hide = true)]
    strict_model: bool,
    /// Follow the files: what is saved is found a second later
    #[arg(long)]
    watch: bool,
    /// Write a line of JSON for every request to standard error; what is asked is not in it
    #[arg(long)]
    log: bool,
    /// The most bytes of a request's body
    #[arg(long, value_name = "BYTES", default_value_t = 32 << 20, hide = true)]
    max_body: usize,
    /// The most connections at a time
    #[arg(long, value_name = "N", default_value_t = 512, hide = true)]
    connections: usize,

    /// Print the file that runs this for good, for systemd or launchd, and serve nothing
    #[arg(
        long,
        value_name = "MANAGER",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = USUAL
    )]
    print_service: Option<Manager>,

    #[command(flatten)]
    settings: Typed<SEARCH>,
}

impl ServeArgs {
    /// Returns the settings that were typed.
    pub(super) fn given(&self) -> Given {
        self.settings.given()
    }

    /// Returns the arguments as words, but for the collections, with every path absolute.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut add = |flag: &str, value: String| words.extend([flag.to_owned(), value]);
        add("--bind", self.bind.to_string());
        if let Some(file) = &self.key_file {
            add("--key-file", folders::absolute(file.clone()).to_string_lossy().into_owned());
        }
        self.host.iter().for_each(|host| add("--host", host.clone()));
        self.origin.iter().for_each(|origin| add("--origin", origin.clone()));
        add("--queue", self.queue.to_string());
        add("--workers", self.workers.to_string());
        self.shed.iter().for_each(|what| add("--shed", what.clone()));
        add("--max-body", self.max_body.to_string());
        add("--connections", self.connections.to_string());
        for (name, value) in self.settings.given() {
            add("--set", format!("{name}={value}"));
        }
        let switches = [
            (self.no_key, "--no-key"),
            (self.strict_model, "--strict-model"),
            (self.watch, "--watch"),
            (self.log, "--log"),
        ];
        words.extend(switches.iter().filter(|(is_on, _)| *is_on).map(|(_, it)| (*it).to_owned()));
        words
    }
}

/// Runs the command.
pub(crate) fn run(args: ServeArgs, global: &Global) -> Result<Exit, CliError> {
    let key = args.key_file.as_deref().map(read_key).transpose()?;
    if !args.bind.ip().is_loopback() && key.is_none() && !args.no_key {
        let message =
            format!("--bind {}: another machine may reach it, and there is no key", args.bind);
        return Err(CliError::usage(message)
            .hint(format!("trommel serve --bind {} --key-file FILE", args.bind))
            .hint(format!(
                "trommel serve --bind {} --no-key   # anybody may read all of it",
                args.bind
            )));
    }
    if let Some(manager) = args.print_service {
        terminal::print(service::of(&args, manager, global)?.trim_end())?;
        return Ok(Exit::Done);
    }
    let cancel = Cancel::on_signal();
    let (collections, models) = open(global, &args.given())?;
    let names: Vec<String> = collections.iter().map(|served| served.name.clone()).collect();
    let options = Options {
        key,
        hosts: args.host,
        origins: args.origin,
        queue: args.queue,
        workers: args.workers.max(1),
        shed: args.shed.is_some(),
        strict_model: args.strict_model,
        limits: Limits { body_bytes: args.max_body, ..Limits::default() },
        connections: ConnectionLimits {
            connections: args.connections,
            ..ConnectionLimits::default()
        },
        watch: args.watch,
        log: args.log.then(|| Box::new(io::stderr()) as Box<_>),
    };
    let ready = |address: SocketAddr| {
        terminal::tell(format!("serving {} at http://{address}", names.join(", ")));
    };
    trommel_server::serve(collections, models, options, args.bind, ready, cancel.flag())
        .map_err(|error| cannot_listen(args.bind, &error))?;
    Ok(Exit::Done)
}

/// Returns the key of a file: its first line.
fn read_key(file: &Path) -> Result<String, CliError> {
    let hint = "head -c 24 /dev/urandom | base64 > key && chmod 600 key";
    let wrong = |detail: String| {
        CliError::usage(format!("--key-file {}: {detail}", file.display())).hint(hint)
    };
    let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    match text.lines().next().map(str::trim) {
        Some(key) if key.len() >= 8 => Ok(key.to_owned()),
        _ => Err(wrong("expected a key of at least 8 characters in the first line".to_owned())),
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> CliError {
    let message = format!("cannot listen at {address}: {error}");
    let other = SocketAddr::new(address.ip(), 0);
    CliError::new(Kind::Usage, message)
        .hint(format!("trommel serve --bind {other}   # any port that is free"))
}
