//! The tools, as an agent sees them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rmcp::model::{Tool as Definition, ToolAnnotations};
use serde_json::{Map, Value};

use super::argument_error::ArgumentError;
use super::arguments::{Argument, Arguments, schema};
use super::calls::{GET, GetCall, SEARCH, STATUS, SearchCall, WHY, WhyCall};
use super::document::Document;
use super::found::Found;
use super::json::without_nulls;
use super::tools::{ToolError, Tools};
use super::{report, schemas};

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    Search,
    Get,
    Why,
    Status,
}

/// A call of a tool, whose arguments are read.
#[derive(Debug)]
pub(super) enum Call {
    Search(SearchCall),
    Get(GetCall),
    Why(WhyCall),
    Status,
}

/// What a call brought: the same as data and as text.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) data: Value,
    pub(super) words: String,
}

impl Tool {
    /// All of them, in the order in which they are listed.
    pub(super) const ALL: [Self; 4] = [Self::Search, Self::Get, Self::Why, Self::Status];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Get => "get",
            Self::Why => "why",
            Self::Status => "status",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Search => "Search documents",
            Self::Get => "Read a document",
            Self::Why => "Explain a hit or a miss",
            Self::Status => "List the collections",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Search => {
                "Searches the user's own documents, by words and by meaning, and returns the \
                 passages that fit best: each with the id of its document, its lines, and the \
                 probability that it is relevant.\n\
                 Use it for facts, decisions, names, instructions or code that may stand in the \
                 collections, before you answer from memory. Ask in plain language; if it finds \
                 little, ask once more in the words that the documents would use.\n\
                 Do not use it to read a document whose id you know (get), to see what there is \
                 (status), or for what is only on the web.\n\
                 If answered is false, probably nothing here answers the query."
            }
            Self::Get => {
                "Returns the text of one document, whole or in part, as it was indexed: also of PDF, \
                 office documents, mail and web pages.\n\
                 Use it to read what stands around a hit of search, or a document whose id you know. \
                 Ask for lines or a page if you need only a part.\n\
                 Do not use it to look for something (search)."
            }
            Self::Why => {
                "Explains why a document is, or is not, among the hits of a query: its rank and \
                 score in each stage, and where it was lost; or why a file is not in the collection.\n\
                 Use it when a document is missing that the user expects, or is ranked oddly.\n\
                 Do not use it to answer a question about the documents (search)."
            }
            Self::Status => {
                "Lists the collections: what they hold, how many documents, from which folders, and \
                 when they were indexed.\n\
                 Use it when you need the name of a collection, or doubt that one is up to date.\n\
                 Do not use it before every search."
            }
        }
    }

    fn arguments(self) -> &'static [Argument] {
        match self {
            Self::Search => SEARCH,
            Self::Get => GET,
            Self::Why => WHY,
            Self::Status => STATUS,
        }
    }

    fn output(self) -> Map<String, Value> {
        match self {
            Self::Search => schemas::found(),
            Self::Get => schemas::document(),
            Self::Why => schemas::why(),
            Self::Status => schemas::status(),
        }
    }

    /// Returns what `tools/list` says of it.
    pub(super) fn definition(self) -> Definition {
        let annotations = ToolAnnotations::with_title(self.title())
            .read_only(true)
            .destructive(false)
            .idempotent(true)
            .open_world(false);
        Definition::new(self.name(), self.description(), schema(self.arguments()))
            .with_title(self.title())
            .with_raw_output_schema(Arc::new(self.output()))
            .with_annotations(annotations)
    }

    /// Reads the arguments of a call.
    ///
    /// # Errors
    ///
    /// All that is wrong with them.
    pub(super) fn call(self, arguments: &Map<String, Value>) -> Result<Call, Vec<ArgumentError>> {
        Ok(match self {
            Self::Search => Call::Search(SearchCall::read(arguments)?),
            Self::Get => Call::Get(GetCall::read(arguments)?),
            Self::Why => Call::Why(WhyCall::read(arguments)?),
            Self::Status => {
                Arguments::read(STATUS, arguments)?;
                Call::Status
            }
        })
    }
}

impl Call {
    /// Calls the tool.
    pub(super) fn run(&self, tools: &dyn Tools, cancel: &AtomicBool) -> Result<Outcome, ToolError> {
        match self {
            Self::Search(call) => {
                let found = Found::of(&tools.search(call, cancel)?, call.max_chars);
                outcome(&found, found.in_words())
            }
            Self::Get(call) => {
                let document = Document::of(&tools.get(call, cancel)?, call.max_chars);
                outcome(&document, document.in_words())
            }
            Self::Why(call) => {
                let answer = without_nulls(tools.why(call, cancel)?);
                outcome(&answer, report::why(&answer))
            }
            Self::Status => {
                let status = without_nulls(tools.status()?);
                outcome(&status, report::status(&status))
            }
        }
    }
}

fn outcome(data: &impl serde::Serialize, words: String) -> Result<Outcome, ToolError> {
    let unreadable = |error| ToolError::new(format!("the answer cannot be written: {error}"));
    Ok(Outcome { data: serde_json::to_value(data).map_err(unreadable)?, words })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names, hints and schemas that the protocol and the clients ask for.
    #[test]
    fn the_tools_are_named_read_only_and_have_plain_schemas() {
        let listed = serde_json::to_value(Tool::ALL.map(Tool::definition)).unwrap();
        let names: Vec<&str> =
            listed.as_array().unwrap().iter().filter_map(|tool| tool["name"].as_str()).collect();
        assert_eq!(names, ["search", "get", "why", "status"]);
        for tool in listed.as_array().unwrap() {
            let hints = &tool["annotations"];
            assert_eq!(hints["title"], tool["title"]);
            assert_eq!(
                [&hints["readOnlyHint"], &hints["destructiveHint"]],
                [&Value::Bool(true), &Value::Bool(false)]
            );
            assert_eq!(
                [&hints["idempotentHint"], &hints["openWorldHint"]],
                [&Value::Bool(true), &Value::Bool(false)]
            );
            for schema in [&tool["inputSchema"], &tool["outputSchema"]] {
                assert_eq!(schema["type"], "object");
                let written = schema.to_string();
                for keyword in ["anyOf", "oneOf", "allOf", "null", "$ref"] {
                    assert!(!written.contains(keyword), "{keyword} in {written}");
                }
            }
        }
    }
}
