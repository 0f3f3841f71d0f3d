//! `trommel serve --print-service`: what the system's own manager of services wants to read.

use std::env;
use std::path::Path;

use clap::ValueEnum;

use super::serve::ServeArgs;
use super::{Context, named};
use crate::cli::Global;
use crate::error::CliError;
use crate::folders;

/// Who starts services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Manager {
    /// Linux: a unit of the user.
    Systemd,
    /// macOS: an agent of the user.
    Launchd,
}

/// The manager of this system.
pub(super) const USUAL: &str = if cfg!(target_os = "macos") { "launchd" } else { "systemd" };

/// What the service is called.
const LABEL: &str = "trommel";

/// What is run, as words, with what it needs of the environment.
struct Service {
    words: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

/// Returns the file of a service that serves what the arguments say, with every path absolute.
pub(super) fn of(args: &ServeArgs, manager: Manager, global: &Global) -> Result<String, CliError> {
    let program = env::current_exe()
        .map_err(|error| CliError::usage(format!("cannot tell where trommel is: {error}")))?;
    let mut words = vec![text(&program), "serve".to_owned()];
    for (name, context) in named::contexts(global, &args.given())? {
        words.extend(["-c".to_owned(), collection(&name, &context, global)]);
    }
    words.extend(args.words());
    let environment = vec![("TROMMEL_HOME", text(&folders::home()?))];
    let service = Service { words, environment };
    Ok(match manager {
        Manager::Systemd => service.unit(),
        Manager::Launchd => service.agent(),
    })
}

/// Returns a collection as `-c` takes it, under the name that it was given, if it was.
fn collection(name: &str, context: &Context, global: &Global) -> String {
    let folder = text(&context.folder);
    let is_named = global.named().iter().any(|(given, _)| given.as_deref() == Some(name));
    if is_named { format!("{name}={folder}") } else { folder }
}

fn text(path: &Path) -> String {
    folders::absolute(path.to_owned()).to_string_lossy().into_owned()
}

impl Service {
    /// Returns a unit of systemd.
    fn unit(&self) -> String {
        let run: Vec<String> = self.words.iter().map(|word| quoted(word, true)).collect();
        let environment = |(name, value): &(&str, String)| {
            format!("Environment={}\n", quoted(&format!("{name}={value}"), false))
        };
        let environment: String = self.environment.iter().map(environment).collect();
        format!(
            "# ~/.config/systemd/user/{LABEL}.service, then:\n\
             # systemctl --user daemon-reload && systemctl --user enable --now {LABEL}\n\
             # loginctl enable-linger   # to run while nobody is logged in\n\
             [Unit]\n\
             Description=Search in my own documents\n\
             \n\
             [Service]\n\
             {environment}\
             ExecStart={}\n\
             Restart=on-failure\n\
             RestartSec=5\n\
             # Requests that are being answered have 30 s to end.\n\
             TimeoutStopSec=40\n\
             NoNewPrivileges=yes\n\
             UMask=0077\n\
             \n\
             [Install]\n\
             WantedBy=default.target\n",
            run.join(" ")
        )
    }

    /// Returns an agent of launchd.
    fn agent(&self) -> String {
        let string = |text: &str| format!("    <string>{}</string>\n", escaped(text));
        let words: String = self.words.iter().map(|word| string(word)).collect();
        let variable = |(name, value): &(&str, String)| {
            format!("    <key>{}</key>\n{}", escaped(name), string(value))
        };
        let environment: String = self.environment.iter().map(variable).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <!-- ~/Library/LaunchAgents/{LABEL}.plist, then:\n\
             launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/{LABEL}.plist -->\n\
             <plist version=\"1.0\">\n\
             <dict>\n  \
             <key>Label</key>\n  <string>{LABEL}</string>\n  \
             <key>ProgramArguments</key>\n  <array>\n{words}  </array>\n  \
             <key>EnvironmentVariables</key>\n  <dict>\n{environment}  </dict>\n  \
             <key>RunAtLoad</key>\n  <true/>\n  \
             <key>KeepAlive</key>\n  <dict>\n    \
             <key>SuccessfulExit</key>\n    <false/>\n  </dict>\n  \
             <key>ExitTimeOut</key>\n  <integer>40</integer>\n\
             </dict>\n\
             </plist>\n"
        )
    }
}

/// Returns a word as systemd reads it back; in a command line `$` begins a variable, too.
fn quoted(word: &str, is_command: bool) -> String {
    let mut inner = String::new();
    for c in word.chars() {
        match c {
            '\\' | '"' => inner.extend(['\\', c]),
            '%' => inner.push_str("%%"),
            '$' if is_command => inner.push_str("$$"),
            '\n' => inner.push_str("\\n"),
            '\t' => inner.push_str("\\t"),
            c => inner.push(c),
        }
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,@".contains(c);
    let is_one_word = !word.is_empty() && word.chars().all(is_plain);
    if is_one_word { inner } else { format!("\"{inner}\"") }
}

/// Returns text as XML holds it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_as_they_were() {
        // As systemd.syntax(7) and systemd.service(5) say.
        for (word, unit, agent) in [
            ("/usr/bin/trommel", "/usr/bin/trommel", "/usr/bin/trommel"),
            ("/my notes", "\"/my notes\"", "/my notes"),
            ("100%", "\"100%%\"", "100%"),
            ("a\"b\\c", "\"a\\\"b\\\\c\"", "a\"b\\c"),
            ("$HOME", "\"$$HOME\"", "$HOME"),
            ("", "\"\"", ""),
            ("R&D <1>", "\"R&D <1>\"", "R&amp;D &lt;1&gt;"),
        ] {
            assert_eq!(quoted(word, true), unit);
            assert_eq!(escaped(word), agent);
        }
        assert_eq!(quoted("HOME=$x", false), "\"HOME=$x\"");
    }
}
