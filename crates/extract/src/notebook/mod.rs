//! Jupyter notebooks.

mod format;
mod output;

use trommel_core::{Location, Markup};

use self::format::{Cell, Contents};
use crate::writer::Writer;
use crate::{ExtractError, Extracted, Extractor, Limits, decode, one_line};

/// The longest title, in characters.
const MAX_TITLE: usize = 300;

/// Jupyter notebooks of the formats 3 and 4. Markdown cells are taken as they are, code and the
/// beginning of what it put out are fenced.
pub(crate) struct Notebook;

impl Extractor for Notebook {
    fn name(&self) -> &'static str {
        "ipynb"
    }

    fn version(&self) -> u32 {
        1
    }

    fn recognises(&self, head: &[u8], name: &str) -> bool {
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        end.eq_ignore_ascii_case("ipynb") || end.eq_ignore_ascii_case("json") && is_notebook(head)
    }

    fn extract(
        &self,
        bytes: &[u8],
        _name: &str,
        limits: &Limits,
    ) -> Result<Extracted, ExtractError> {
        let text = decode(bytes.to_vec(), None).ok_or_else(|| ExtractError::damaged("binary"))?;
        let contents: Contents = serde_json::from_str(&text).map_err(ExtractError::damaged)?;
        let cells = contents.all_cells(limits.pages)?;

        let mut writer = Writer::new(limits);
        let mut title = None;
        for (cell, number) in cells.iter().zip(1..) {
            writer.locate(Location::Cell { number });
            write(cell, contents.language(), &mut writer)?;
            title = title.or_else(|| heading(cell));
        }
        let mut extracted = writer.finish();
        extracted.markup = Markup::Markdown;
        extracted.title = one_line(contents.title(), MAX_TITLE).or(title);
        extracted.metadata = contents.metadata();
        Ok(extracted)
    }
}

/// Says whether JSON begins as a notebook does. Those that Jupyter writes have their cells first.
fn is_notebook(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    let head = head.trim_start_matches('\u{feff}').trim_start();
    head.starts_with('{')
        && ["\"cells\"", "\"nbformat\"", "\"worksheets\""].iter().any(|key| head.contains(key))
        && ["\"cell_type\"", "\"nbformat\""].iter().any(|key| head.contains(key))
}

fn write(cell: &Cell, language: &str, writer: &mut Writer) -> Result<(), ExtractError> {
    let source = cell.source();
    match cell.kind() {
        "markdown" | "raw" => writer.block(&without_embedded_pictures(source)),
        "heading" => writer.block(&format!("{} {}", "#".repeat(cell.level()), source.trim_start())),
        "code" => {
            writer.block(&fenced(source, cell.language().unwrap_or(language)))?;
            output::of(cell).iter().try_for_each(|output| writer.block(&fenced(output, "")))
        }
        _ => writer.block(source),
    }
}

/// Returns `text` in a fence that nothing within closes; nothing if it is blank.
fn fenced(text: &str, language: &str) -> String {
    let text = text.trim_matches('\n').trim_end();
    if text.trim().is_empty() {
        return String::new();
    }
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}")
}

/// Returns Markdown without the bytes of pictures that are embedded in links.
fn without_embedded_pictures(markdown: &str) -> String {
    let mut rest = markdown;
    let mut text = String::with_capacity(rest.len());
    while let Some((before, behind)) = rest.split_once("data:image/") {
        text.push_str(before);
        let is_byte = |c: char| c.is_ascii_alphanumeric() || "+/=;,-._%".contains(c);
        rest = behind.trim_start_matches(is_byte);
    }
    text.push_str(rest);
    text
}

/// Returns the first heading of level 1 in a cell, if it is prose.
fn heading(cell: &Cell) -> Option<String> {
    let source = cell.source();
    match cell.kind() {
        "heading" if cell.level() == 1 => one_line(source, MAX_TITLE),
        "markdown" => {
            let mut is_code = false;
            let line = source.lines().find(|line| {
                is_code ^= line.trim_start().starts_with("```");
                !is_code && line.starts_with("# ")
            })?;
            let line = line.trim_matches(['#', ' ', '\t']);
            one_line(line.trim_matches(['*', '_']), MAX_TITLE)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(notebook: &serde_json::Value) -> Extracted {
        Notebook.extract(notebook.to_string().as_bytes(), "n.ipynb", &Limits::default()).unwrap()
    }

    fn small() -> serde_json::Value {
        json!({
            "cells": [
                { "cell_type": "markdown",
                  "source": ["Intro\n", "\n", "# *Tides*\n", "High water."] },
                { "cell_type": "code", "source": "print(4)", "outputs": [
                    { "output_type": "stream", "name": "stdout", "text": ["4\n"] },
                    { "output_type": "execute_result", "data": {
                        "text/plain": "four", "text/html": "<b>no</b>", "image/png": "AAAA" } },
                    { "output_type": "error", "ename": "TypeError", "evalue": "no tide",
                      "traceback": ["\u{1b}[31mlong\u{1b}[0m"] },
                ] },
                { "cell_type": "raw", "source": "as it is" },
                { "cell_type": "markdown", "source": "" },
            ],
            "metadata": {
                "kernelspec": { "display_name": "Python 3", "name": "python3" },
                "language_info": { "name": "python" },
                "authors": [{ "name": "A. Author" }, "B. Author"],
            },
            "nbformat": 4,
        })
    }

    #[test]
    fn cells_are_prose_code_and_short_output() {
        let said = read(&small());
        assert_eq!(
            said.text,
            "Intro\n\n# *Tides*\nHigh water.\n\n```python\nprint(4)\n```\n\n```\n4\n```\n\n\
             ```\nfour\n```\n\n```\nTypeError: no tide\n```\n\nas it is"
        );
        let places: Vec<_> =
            said.locations.iter().map(|mark| (mark.at, mark.location.to_string())).collect();
        assert_eq!(
            places,
            [(0, "cell 1".to_owned()), (30, "cell 2".to_owned()), (107, "cell 3".to_owned())]
        );
        assert_eq!(said.markup, Markup::Markdown);
        assert_eq!(said.title.unwrap(), "Tides");
        let metadata: Vec<_> = said.metadata.into_iter().collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            metadata,
            [
                pair("author", "A. Author, B. Author"),
                pair("kernel", "Python 3"),
                pair("language", "python")
            ]
        );
    }

    #[test]
    fn format_3_has_worksheets_and_headings() {
        let said = read(&json!({
            "metadata": { "name": "" },
            "nbformat": 3,
            "worksheets": [{ "cells": [
                { "cell_type": "heading", "level": 1, "source": ["Old"] },
                { "cell_type": "code", "language": "julia", "input": ["1 + 1"], "outputs": [
                    { "output_type": "pyout", "text": ["2"], "png": "AAAA" },
                    { "output_type": "pyerr", "ename": "E", "evalue": "v" },
                ] },
            ] }],
        }));
        assert_eq!(said.text, "# Old\n\n```julia\n1 + 1\n```\n\n```\n2\n```\n\n```\nE: v\n```");
        assert_eq!(said.title.unwrap(), "Old");
    }

    #[test]
    fn fences_hold_and_pictures_are_left_out() {
        assert_eq!(fenced("a\n```\nb", "md"), "````md\na\n```\nb\n````");
        assert_eq!(fenced(" \n", "md"), "");
        assert_eq!(
            without_embedded_pictures("a ![x](data:image/png;base64,iVBO+/=) b"),
            "a ![x]() b"
        );
    }

    #[test]
    fn a_title_of_the_notebook_comes_first_and_code_has_none() {
        let mut notebook = small();
        notebook["metadata"]["title"] = json!("Tide tables");
        assert_eq!(read(&notebook).title.unwrap(), "Tide tables");
        let code = json!({ "cells": [{ "cell_type": "markdown", "source": "```\n# no\n```" }] });
        assert_eq!(read(&code).title, None);
    }

    #[test]
    fn content_tells_it_where_the_name_does_not() {
        let small = small().to_string();
        for (head, name, is_ours) in [
            (small.as_str(), "n.json", true),
            ("", "n.ipynb", true),
            ("{\"cells\": 3}", "n.json", false),
            ("[\"cells\", \"nbformat\"]", "n.json", false),
            (small.as_str(), "n.txt", false),
        ] {
            assert_eq!(Notebook.recognises(head.as_bytes(), name), is_ours, "{head} {name}");
        }
    }

    #[test]
    fn odd_shapes_are_read_as_far_as_they_go() {
        for odd in [
            json!({}),
            json!({ "cells": null, "metadata": [] }),
            json!({ "cells": [1, "x", [], { "source": { "a": 1 }, "outputs": 7 }] }),
            json!({ "cells": [{ "cell_type": 4, "source": [1, null, ["x"]], "outputs": [null] }] }),
            json!({ "worksheets": [{}], "metadata": { "authors": {}, "kernelspec": 3 } }),
        ] {
            let said = Notebook.extract(odd.to_string().as_bytes(), "n.ipynb", &Limits::default());
            assert!(said.is_ok(), "{odd}: {said:?}");
        }
    }

    #[test]
    fn hostile_notebooks_end_in_errors() {
        let limits = Limits { pages: 3, text_bytes: 60, ..Limits::default() };
        let read = |text: &str| Notebook.extract(text.as_bytes(), "n.ipynb", &limits);
        let many = format!("{{\"cells\": [{}{{}}]}}", "{},".repeat(100_000));
        assert_eq!(read(&many), Err(ExtractError::too_much("cells", 3)));
        let long = json!({ "cells": [{ "cell_type": "raw", "source": "word ".repeat(20) }] });
        assert_eq!(read(&long.to_string()), Err(ExtractError::too_much("bytes of text", 60)));
        for text in ["", "{", "\0\0", &"[".repeat(100_000), &"{\"cells\":".repeat(100_000)] {
            assert!(matches!(read(text), Err(ExtractError::Damaged { .. })), "{text:.20}");
        }
        let deep = format!("{{\"x\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let _ = read(&deep);
        let small = small().to_string();
        for length in 0..small.len() {
            assert!(read(small.get(..length).unwrap_or_default()).is_err());
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]
        #[test]
        fn no_mutation_panics(at in 0usize..900, with in proptest::prelude::any::<u8>()) {
            let mut bytes = small().to_string().into_bytes();
            let length = bytes.len();
            bytes[at % length] = with;
            let _ = Notebook.extract(&bytes, "n.ipynb", &Limits::default());
        }
    }
}
