//! The command line.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};

use trommel::settings::{Colour, GLOBAL, Settings};

use crate::commands::{
    cache, check, completions, config, demo, eval, fuse, get, index, judge, man, mcp, models,
    remove, repair, rerank, search, serve, status, watch, why,
};
use crate::error::CliError;
use crate::exit::{Exit, TABLE};
use crate::settings::{HELP_ALL, Typed};
use crate::{shell, terminal};

/// Search your documents in two stages: BM25 and vectors find, a cross-encoder reads the best
///
/// Everything runs on this machine, but for what you ask of others: `trommel models fetch` fetches
/// each model once; a reranker behind an API (--reranker cohere, voyage, jina or http, or llm with
/// --api-base) gets the query and the passages that it reads; an encoder behind one (--encoder http)
/// gets every query, and every passage that is indexed. Nothing else goes to the network.
#[derive(Debug, Parser)]
#[command(name = "trommel", version, after_help = TABLE, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The collection's folder [default: $TROMMEL_COLLECTION, else the nearest .trommel upwards,
    /// else ./.trommel]; search, serve and mcp take several, also as NAME=DIR
    #[arg(short, long, global = true, value_name = "DIR", hide_default_value = true)]
    pub(crate) collection: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) color: Typed<GLOBAL>,
}

impl Global {
    /// Returns the folder of the one collection that was named, if one was.
    ///
    /// # Errors
    ///
    /// If several were.
    pub(crate) fn one(&self) -> Result<Option<&Path>, CliError> {
        match &self.collection[..] {
            [] => Ok(None),
            [only] => Ok(Some(only)),
            [first, ..] => {
                let several = self.collection.len();
                let message = format!("expected one collection, got {several}");
                let first = shell::path(first);
                Err(CliError::usage(message)
                    .hint(format!("trommel -c {first} …"))
                    .hint("trommel search -c DIR -c DIR …   # takes several, as serve and mcp do"))
            }
        }
    }

    /// Returns all collections that were named, each with the name that was given to it, as in `NAME=DIR`;
    /// one without a folder if none was.
    pub(crate) fn named(&self) -> Vec<(Option<String>, Option<PathBuf>)> {
        if self.collection.is_empty() {
            return vec![(None, None)];
        }
        let is_name = |text: &str| {
            let of_name = |c: char| c.is_alphanumeric() || "-_.".contains(c);
            !text.is_empty() && text.chars().all(of_name)
        };
        let named = self.collection.iter().map(|given| {
            let parted = given.to_str().and_then(|given| given.split_once('='));
            match parted.filter(|(name, _)| is_name(name)) {
                // A folder may be called like that.
                Some((name, folder)) if !given.exists() => {
                    (Some(name.to_owned()), Some(PathBuf::from(folder)))
                }
                _ => (None, Some(given.clone())),
            }
        });
        named.collect()
    }

    /// Returns when to colour the output, if that was typed.
    pub(crate) fn colour(&self) -> Option<Colour> {
        let mut settings = Settings::default();
        settings.set("color", self.color.text("color")?).ok()?;
        Some(settings.colour)
    }
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Index(index::IndexArgs),
    Search(Box<search::SearchArgs>),
    Why(Box<why::WhyArgs>),
    Get(get::GetArgs),
    Eval(Box<eval::EvalArgs>),
    Judge(Box<judge::JudgeArgs>),
    Watch(watch::WatchArgs),
    Serve(Box<serve::ServeArgs>),
    Mcp(Box<mcp::McpArgs>),
    Fuse(fuse::FuseArgs),
    Rerank(Box<rerank::RerankArgs>),
    Remove(remove::RemoveArgs),
    Status(status::StatusArgs),
    Check(check::CheckArgs),
    Repair(repair::RepairArgs),
    #[command(subcommand)]
    Models(models::ModelsCommand),
    #[command(subcommand)]
    Cache(cache::CacheCommand),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    Demo(demo::DemoArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Returns the words of a command line with the options before the verb behind it: of an option that
/// is known everywhere, clap keeps the values of one place and drops those of the other.
pub(crate) fn verb_first(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = words.into_iter().collect();
    let mut options = 1;
    while let Some(word) = words.get(options).and_then(|word| word.to_str()) {
        match word {
            "-c" | "--collection" | "--color" => options += 2,
            _ if word.starts_with('-') && word != "--" => options += 1,
            _ => break,
        }
    }
    let (mut command, mut verbs) = (&Cli::command(), 0);
    let rest = words.iter().skip(options);
    for word in rest.map_while(|word| word.to_str()) {
        let Some(verb) = command.find_subcommand(word) else { break };
        (command, verbs) = (verb, verbs + 1);
    }
    if verbs > 0 {
        words[1..options + verbs].rotate_right(verbs);
    }
    words
}

/// Shows help, the version, or what is wrong with the command line.
pub(crate) fn explain(error: &clap::Error) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // clap takes `--help-all` for help like any other; only the words that were typed tell them
        // apart.
        let all = format!("--{HELP_ALL}");
        let whole = env::args_os().any(|word| word == *all).then(whole_help).flatten();
        // A closed pipe, as in `trommel --help | head -1`, is no failure.
        let _ = whole.as_ref().unwrap_or(error).print();
        return Exit::Done;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return Exit::Usage;
    }
    let text = error.render().to_string();
    let words = env::args_os().map(|word| word.to_string_lossy().into_owned());
    // clap ends with its own hint, which does not name the verb; ours does, as a command to type.
    let body = text.split("\n\nFor more information").next().unwrap_or(&text).trim_end();
    terminal::tell(format!("{body}\n\nhint: {}", help_command(words)));
    Exit::Usage
}

/// Returns the help of the command that was typed, with what is hidden.
fn whole_help() -> Option<clap::Error> {
    whole().try_get_matches_from(env::args_os()).err()
}

/// Returns the command line with nothing hidden.
pub(crate) fn whole() -> clap::Command {
    fn show(command: clap::Command) -> clap::Command {
        command.mut_args(|arg| arg.hide(false)).mut_subcommands(show)
    }
    show(Cli::command())
}

/// Returns the command that shows the help of the verb that was typed.
fn help_command(words: impl Iterator<Item = String>) -> String {
    let mut verb = Cli::command();
    let mut line = "trommel".to_owned();
    for word in words.skip(1) {
        // The value of an option may have the name of a verb; then the hint is about another verb,
        // which is harmless.
        if let Some(inner) = verb.find_subcommand(&word) {
            verb = inner.clone();
            line = format!("{line} {word}");
        }
    }
    format!("{line} --help")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_agree_with_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn collections_before_and_behind_the_verb_all_count() {
        let parse = |line: &str| {
            let words = verb_first(line.split(' ').map(OsString::from));
            Cli::try_parse_from(words).map(|cli| cli.global.collection.len())
        };
        assert_eq!(parse("trommel -c one search -c two -c three x").unwrap(), 3);
        assert_eq!(parse("trommel --collection=one -ctwo search x -c three").unwrap(), 3);
        assert_eq!(parse("trommel --color never -c one models list -c two").unwrap(), 2);
        assert_eq!(parse("trommel search -c one x").unwrap(), 1);
        // What is no verb is told as such.
        let kind = |line: &str| parse(line).unwrap_err().kind();
        assert_eq!(kind("trommel -c one serch x"), ErrorKind::InvalidSubcommand);
        assert_eq!(kind("trommel --version"), ErrorKind::DisplayVersion);
        assert_eq!(kind("trommel -c"), ErrorKind::InvalidValue);
    }

    #[test]
    fn the_hint_names_the_verb() {
        let help = |line: &str| help_command(line.split(' ').map(ToOwned::to_owned));
        assert_eq!(help("trommel -c x search --stage bm26 y"), "trommel search --help");
        assert_eq!(help("trommel models add"), "trommel models add --help");
        assert_eq!(help("trommel serch"), "trommel --help");
    }
}
