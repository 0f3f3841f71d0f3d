//! The table of settings as flags, and the settings that hold for a command.

use std::env;
use std::fmt::Write;
use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use trommel::settings::{
    CONFIG, Commands, GLOBAL, GROUPS, Given, Kind, Range, SETTINGS, Setting, Settings,
    SettingsError, Sources, find,
};
use trommel_engine::Manifest;

use crate::collection_settings::{fixed, suited};
use crate::{folders, shell};

/// The name of a file of settings.
pub(crate) const FILE: &str = "config.toml";
/// The argument that takes any setting.
const SET: &str = "set";
/// The argument that shows the help of what short help hides.
pub(crate) const HELP_ALL: &str = "help-all";

/// The settings that were typed behind a command, or before it for [`GLOBAL`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Typed<const COMMAND: Commands> {
    given: Given,
}

impl<const COMMAND: Commands> Typed<COMMAND> {
    /// Returns what was typed.
    pub(crate) fn given(&self) -> Given {
        self.given.clone()
    }

    /// Returns the value of a setting that was typed.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let given = self.given.iter().rev().find(|(given, _)| *given == name);
        given.map(|(_, text)| text.as_str())
    }

    /// Returns what was typed as another command that searches takes it, each with a space in
    /// front, but for some settings.
    pub(crate) fn words(&self, but: &[&str]) -> String {
        let mut words = String::new();
        for (name, text) in self.given.iter().filter(|(name, _)| !but.contains(name)) {
            let _ = match find(name) {
                Ok(setting) if setting.flags & COMMAND == 0 => {
                    write!(words, " --{SET} {}", shell::word(&format!("{name}={text}")))
                }
                Ok(setting) if is_switched(setting, text) => write!(words, " {}", setting.typed()),
                _ => write!(words, " --{name} {}", shell::word(text)),
            };
        }
        words
    }
}

/// Says whether a text is what the flag of a switch says.
fn is_switched(setting: &Setting, text: &str) -> bool {
    setting.kind() == Kind::Switch && text != setting.default()
}

impl<const COMMAND: Commands> Args for Typed<COMMAND> {
    fn augment_args(command: Command) -> Command {
        // The first flag of a group decides where its heading stands.
        let of = |group| SETTINGS.iter().filter(move |setting| setting.group == group);
        let settings = GROUPS.into_iter().flat_map(of);
        let flags = settings.filter(|setting| setting.flags & COMMAND != 0);
        let command = command.args(flags.map(|setting| flag(setting, COMMAND)));
        if COMMAND == GLOBAL {
            return command;
        }
        let command = command.arg(
            Arg::new(SET)
                .long(SET)
                .value_name("NAME=VALUE")
                .action(ArgAction::Append)
                .help(
                    "Set any setting, also one that has no flag; trommel config show has them all",
                )
                .value_parser(|text: &str| pair(text, COMMAND)),
        );
        if COMMAND == CONFIG {
            return command;
        }
        let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
        let all = Arg::new(HELP_ALL).long(HELP_ALL).action(ArgAction::Help).hide(true);
        command
            .disable_help_flag(true)
            .arg(help.display_order(998).help("Print help; --help-all shows every option"))
            .arg(all.display_order(999).help("Print the help of every option"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const COMMAND: Commands> FromArgMatches for Typed<COMMAND> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        // A flag comes behind, and so counts more than --set.
        let mut given: Given = Vec::new();
        if COMMAND != GLOBAL {
            given.extend(
                matches.get_many::<(&'static str, String)>(SET).into_iter().flatten().cloned(),
            );
        }
        for setting in SETTINGS.iter().filter(|setting| setting.flags & COMMAND != 0) {
            let text = match setting.kind() {
                Kind::Switch => {
                    // The flag of a switch says the opposite of its default: `--no-cache` where
                    // `cache` is true.
                    let switched = (setting.default() != "true").to_string();
                    matches.get_flag(setting.name).then_some(switched)
                }
                _ => matches.get_one::<String>(setting.name).cloned(),
            };
            given.extend(text.map(|text| (setting.name, text)));
        }
        Ok(Self { given })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Returns the flag of a setting.
fn flag(setting: &'static Setting, command: Commands) -> Arg {
    let arg = match setting.flag.len() {
        1 => Arg::new(setting.name).short(setting.flag.chars().next()),
        _ => Arg::new(setting.name).long(setting.flag),
    };
    let heading = Some(setting.group).filter(|group| *group != GROUPS[0]);
    // What other tools call it.
    let arg = if setting.name == "k" { arg.short_alias('n').alias("limit") } else { arg };
    let arg = arg.hide(setting.shown & command == 0).global(command == GLOBAL);
    let arg = match heading {
        Some(heading) => arg.help_heading(heading),
        None => arg,
    };
    if setting.kind() == Kind::Switch {
        return arg.action(ArgAction::SetTrue).help(setting.doc());
    }
    let range = match setting.range {
        Range::Whole(_) | Range::Number(_) => format!(", {}", setting.range().unwrap_or_default()),
        Range::Any | Range::ToCandidates => String::new(),
    };
    let help = format!("{}{range} [default: {}]", setting.doc(), setting.default());
    let arg = arg.value_name(setting.value_name()).help(help);
    match setting.kind() {
        Kind::OneOf(words) => arg.value_parser(PossibleValuesParser::new(words)),
        // `-1` would otherwise be taken for a flag, and the error be about flags instead of the
        // range.
        Kind::Whole | Kind::Number => arg.allow_negative_numbers(true),
        _ => arg,
    }
}

/// Reads the value of `--set`.
fn pair(text: &str, command: Commands) -> Result<(&'static str, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let setting = find(name.trim()).map_err(|error| error.to_string())?;
    if command != CONFIG && setting.commands & (command | GLOBAL) == 0 {
        return Err(format!("{} means nothing to this command", setting.name));
    }
    Ok((setting.name, value.to_owned()))
}

/// Reads the settings that hold for a collection, or where there is none.
pub(crate) fn load(
    collection: Option<&Path>,
    flags: Given,
    manifest: Option<&Manifest>,
) -> Result<Settings, SettingsError> {
    let files = collection.map(|folder| folder.join(FILE));
    let files = files.into_iter().chain(folders::user_config()).collect();
    let environment =
        |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let languages = manifest.map(suited).unwrap_or_default();
    let manifest = manifest.map(fixed).unwrap_or_default();
    Settings::read(Sources { flags, environment: &environment, manifest, languages, files })
}
