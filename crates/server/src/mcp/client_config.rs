//! What the configuration of an agent must have in it, so that it starts our server.

use serde_json::{Map, Value, json};
use thiserror::Error;
use trommel_core::near;

/// How our server is started, and what the agent calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The name.
    pub name: String,
    /// The path of the program.
    pub command: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// A program that agents run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Client {
    /// Claude Code.
    ClaudeCode,
    /// Claude Desktop.
    ClaudeDesktop,
    /// Codex.
    Codex,
    /// Continue.
    Continue,
    /// Cursor.
    Cursor,
    /// Gemini CLI.
    GeminiCli,
    /// opencode.
    OpenCode,
    /// Visual Studio Code.
    VsCode,
    /// Zed.
    Zed,
}

/// Says that we do not know a client.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name}: no such client, expected one of {expected}{}", near.as_deref().map(|near| format!("; {near} is like it")).unwrap_or_default())]
pub struct UnknownClient {
    /// The name that was given.
    pub name: String,
    /// The names that there are.
    pub expected: String,
    /// The one that looks most like it.
    pub near: Option<String>,
}

/// What to put where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    /// The client, as people call it.
    pub title: &'static str,
    /// The file, or files, that it may stand in.
    pub file: &'static str,
    /// What must stand there beside what is there already, as JSON or TOML.
    pub text: String,
    /// The words of a command that does the same, if the client has one.
    pub command: Option<Vec<String>>,
}

impl Client {
    /// All of them, by name.
    pub const ALL: [Self; 9] = [
        Self::ClaudeCode,
        Self::ClaudeDesktop,
        Self::Codex,
        Self::Continue,
        Self::Cursor,
        Self::GeminiCli,
        Self::OpenCode,
        Self::VsCode,
        Self::Zed,
    ];

    /// Returns the client of a name.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn named(name: &str) -> Result<Self, UnknownClient> {
        let names = Self::ALL.map(Self::name);
        Self::ALL.into_iter().find(|client| client.name() == name).ok_or_else(|| UnknownClient {
            name: name.to_owned(),
            expected: names.join(", "),
            near: near(name, names).into_iter().next(),
        })
    }

    /// Returns its name, as one types it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::ClaudeDesktop => "claude-desktop",
            Self::Codex => "codex",
            Self::Continue => "continue",
            Self::Cursor => "cursor",
            Self::GeminiCli => "gemini-cli",
            Self::OpenCode => "opencode",
            Self::VsCode => "vscode",
            Self::Zed => "zed",
        }
    }

    /// Returns what to put into its configuration.
    #[must_use]
    pub fn config(self, launch: &Launch) -> ClientConfig {
        let Launch { name, command, arguments } = launch;
        let started = json!({ "command": command, "args": arguments });
        let of_type = json!({ "type": "stdio", "command": command, "args": arguments });
        let under = |key: &str, server: Value| pretty(&json!({ key: { name.as_str(): server } }));
        let (title, file, text) = match self {
            Self::ClaudeCode => {
                ("Claude Code", ".mcp.json of a project", under("mcpServers", of_type.clone()))
            }
            Self::ClaudeDesktop => (
                "Claude Desktop",
                "claude_desktop_config.json in ~/Library/Application Support/Claude, \
                 %APPDATA%\\Claude or ~/.config/Claude",
                under("mcpServers", started),
            ),
            Self::Codex => ("Codex", "~/.codex/config.toml", codex(launch)),
            Self::Continue => (
                "Continue",
                ".continue/mcpServers/mcp.json of a project or of the home folder",
                under("mcpServers", started),
            ),
            Self::Cursor => (
                "Cursor",
                "~/.cursor/mcp.json, or .cursor/mcp.json of a project",
                under("mcpServers", started),
            ),
            Self::GeminiCli => (
                "Gemini CLI",
                "~/.gemini/settings.json, or .gemini/settings.json of a project",
                under("mcpServers", started),
            ),
            Self::OpenCode => (
                "opencode",
                "~/.config/opencode/opencode.json, or opencode.json of a project",
                opencode(launch),
            ),
            Self::VsCode => {
                ("VS Code", ".vscode/mcp.json of a project", under("servers", of_type.clone()))
            }
            Self::Zed => (
                "Zed",
                "settings.json of Zed (zed: open settings file)",
                under("context_servers", started),
            ),
        };
        let command = self.command(launch);
        ClientConfig { title, file, text, command }
    }

    /// Returns the words of the command that puts it there.
    fn command(self, launch: &Launch) -> Option<Vec<String>> {
        let Launch { name, command, arguments } = launch;
        let words = |front: &[&str], between: &[&str]| {
            let name = std::iter::once(name.as_str());
            let started =
                std::iter::once(command.as_str()).chain(arguments.iter().map(String::as_str));
            let all =
                front.iter().copied().chain(name).chain(between.iter().copied()).chain(started);
            Some(all.map(str::to_owned).collect())
        };
        match self {
            Self::ClaudeCode => words(&["claude", "mcp", "add", "--scope", "user"], &["--"]),
            Self::Codex => words(&["codex", "mcp", "add"], &["--"]),
            Self::OpenCode => words(&["opencode", "mcp", "add", "--global"], &["--"]),
            Self::VsCode => {
                let server = json!({
                    "name": name, "type": "stdio", "command": command, "args": arguments,
                });
                Some(vec!["code".to_owned(), "--add-mcp".to_owned(), server.to_string()])
            }
            _ => None,
        }
    }
}

fn codex(Launch { name, command, arguments }: &Launch) -> String {
    let arguments = arguments.iter().map(|argument| toml::Value::from(argument.as_str()));
    let server = toml::Table::from_iter([
        ("command".to_owned(), command.as_str().into()),
        ("args".to_owned(), toml::Value::Array(arguments.collect())),
    ]);
    let servers = toml::Table::from_iter([(name.clone(), server.into())]);
    let whole = toml::Table::from_iter([("mcp_servers".to_owned(), toml::Value::from(servers))]);
    whole.to_string().trim_end().to_owned()
}

fn opencode(Launch { name, command, arguments }: &Launch) -> String {
    let words: Vec<&String> = std::iter::once(command).chain(arguments).collect();
    let servers = Map::from_iter([(name.clone(), json!({ "type": "local", "command": words }))]);
    pretty(&json!({
        "$schema": "https://opencode.ai/config.json",
        "mcp": { "servers": servers },
    }))
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch() -> Launch {
        Launch {
            name: "my notes".to_owned(),
            command: r"C:\bin\trommel".to_owned(),
            arguments: vec!["mcp".to_owned(), "--collection=a \"b\"".to_owned()],
        }
    }

    #[test]
    fn every_client_gets_the_command_and_its_arguments_where_it_looks_for_them() {
        for (client, pointer) in [
            (Client::ClaudeCode, "/mcpServers/my notes"),
            (Client::ClaudeDesktop, "/mcpServers/my notes"),
            (Client::Continue, "/mcpServers/my notes"),
            (Client::Cursor, "/mcpServers/my notes"),
            (Client::GeminiCli, "/mcpServers/my notes"),
            (Client::VsCode, "/servers/my notes"),
            (Client::Zed, "/context_servers/my notes"),
        ] {
            let config: Value = serde_json::from_str(&client.config(&launch()).text).unwrap();
            let server = config.pointer(pointer).unwrap();
            assert_eq!(server["command"], r"C:\bin\trommel");
            assert_eq!(server["args"], json!(["mcp", "--collection=a \"b\""]));
        }
        let config: Value = serde_json::from_str(&Client::OpenCode.config(&launch()).text).unwrap();
        assert_eq!(
            config["mcp"]["servers"]["my notes"]["command"],
            json!([r"C:\bin\trommel", "mcp", "--collection=a \"b\""])
        );
        let config: toml::Table = Client::Codex.config(&launch()).text.parse().unwrap();
        let server = &config["mcp_servers"]["my notes"];
        assert_eq!(server["command"].as_str(), Some(r"C:\bin\trommel"));
        assert_eq!(server["args"][1].as_str(), Some("--collection=a \"b\""));
    }

    #[test]
    fn a_command_of_the_client_ends_in_ours() {
        let command = Client::ClaudeCode.config(&launch()).command.unwrap();
        assert_eq!(command[..6], ["claude", "mcp", "add", "--scope", "user", "my notes"]);
        assert_eq!(command[6..], ["--", r"C:\bin\trommel", "mcp", "--collection=a \"b\""]);
    }

    #[test]
    fn a_client_is_found_by_its_name_or_the_nearest_is_said() {
        for client in Client::ALL {
            assert_eq!(Client::named(client.name()), Ok(client));
        }
        assert_eq!(Client::named("curser").unwrap_err().near.as_deref(), Some("cursor"));
    }
}
