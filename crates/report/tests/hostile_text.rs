//! Fears that text of documents, queries and files is taken for markup or for commands.

mod common;

use pulldown_cmark::{Event, Options, Parser, Tag};
use trommel_eval::{Fact, Report};
use trommel_report::{html, markdown, text};

/// Markup, quotes, an address, a turn of direction, a command to the terminal, a bar.
const HOSTILE: &str = "<script>alert(1)</script> \"&'</bdi></td> https://evil.example/x.js \
    a\u{202e}b\u{1b}[31m\u{e0041}\u{85} | `x` *y* [z](w)\n# h";

fn hostile() -> Report {
    let mut report = common::small();
    let hostile = || HOSTILE.to_owned();
    report.subject.name = hostile();
    report.subject.facts.push(Fact { name: hostile(), value: hostile() });
    report.subject.settings.insert(hostile(), hostile());
    report.metrics.push(hostile());
    for stage in &mut report.stages {
        stage.stage = hostile();
        if let Some(change) = &mut stage.change {
            change.against = hostile();
            change.metrics.values_mut().for_each(|difference| difference.words = hostile());
        }
    }
    report.stages[0].without_results = 1;
    for query in &mut report.per_query {
        let scores = query.scores["bm25"].clone();
        query.scores.insert(hostile(), scores);
        (query.id, query.text) = (hostile(), hostile());
    }
    if let Some(known) = &mut report.known_items {
        for kind in &mut known.kinds {
            (kind.kind, kind.meaning) = (hostile(), hostile());
        }
        known.stages.iter_mut().for_each(|stage| stage.stage = hostile());
    }
    if let Some(losses) = &mut report.losses {
        for gate in &mut losses.gates {
            (gate.gate, gate.meaning) = (hostile(), hostile());
        }
        losses.ceilings.iter_mut().for_each(|ceiling| ceiling.gate = hostile());
        for movers in &mut losses.movers {
            (movers.stage, movers.against) = (hostile(), hostile());
            for mover in movers.helped.iter_mut().chain(&mut movers.hurt) {
                (mover.query_id, mover.query) = (hostile(), hostile());
                (mover.document, mover.title) = (hostile(), hostile());
            }
        }
    }
    if let Some(sweep) = &mut report.sweep {
        sweep.metric = hostile();
        sweep.tried.iter_mut().for_each(|trial| trial.flags = hostile());
    }
    report
}

fn is_harmless(text: &str) -> bool {
    let commands = |c: char| c.is_control() && c != '\n';
    !text.contains(commands) && !text.contains(['\u{202e}', '\u{e0041}', '\u{2028}'])
}

#[test]
fn no_command_reaches_a_terminal() {
    let text = text(&hostile(), 100);
    assert!(text.contains(r"\u{202e}") && text.contains(r"\u{1b}"), "{text}");
    assert!(is_harmless(&text), "{text}");
}

#[test]
fn no_text_becomes_markup_in_markdown() {
    let markdown = markdown(&hostile());
    assert!(is_harmless(&markdown));
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let (mut headings, mut tables, mut code) = (Vec::new(), 0, 0);
    for event in Parser::new_ext(&markdown, options) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("{html}"),
            Event::Start(Tag::Link { dest_url, .. }) => panic!("{dest_url}"),
            Event::Start(Tag::Emphasis) => code += 100,
            Event::Start(Tag::Heading { level, .. }) => headings.push(level as usize),
            Event::Start(Tag::Table(_)) => tables += 1,
            Event::Code(text) => {
                assert!(text.contains("<script>") && text.contains("`x`"), "{text}");
                code += 1;
            }
            _ => {}
        }
    }
    assert_eq!(headings, [1, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
    assert_eq!(tables, 10);
    // Flags: ten, the present ones and those in the sentence. Names of groups are emphasised.
    assert_eq!(code, 12 + 4 * 100);
}

#[test]
fn every_row_of_markdown_has_as_many_cells_as_its_head() {
    let cells = |line: &str| line.replace(r"\\", "").replace(r"\|", "").matches('|').count();
    for report in [common::small(), hostile()] {
        let mut expected = None;
        let mut rows = 0;
        for line in markdown(&report).lines() {
            if !line.starts_with('|') {
                expected = None;
                continue;
            }
            assert_eq!(cells(line), *expected.get_or_insert(cells(line)), "{line}");
            rows += 1;
        }
        assert!(rows > 30, "{rows}");
    }
}

#[test]
fn no_text_becomes_markup_in_a_page() {
    let html = html(&hostile());
    assert!(is_harmless(&html));
    for bad in ["<script", "http://", "https://", "</bdi></td> "] {
        assert!(!html.contains(bad), "{bad}");
    }
    let elements = common::page::read(&html);
    let seen = "<script>alert(1)</script> \"&'</bdi></td> https://evil.example/x.js \
                a\\u{202e}b\\u{1b}[31m";
    let h1 = elements.iter().find(|element| element.name == "h1").unwrap();
    assert!(h1.text.starts_with(seen), "{}", h1.text);
    let title = elements.iter().find(|element| element.name == "title").unwrap();
    assert!(title.text.starts_with(seen), "{}", title.text);
    // Just as many elements as without it, but for a fact and a setting more.
    let count = |html: &str, name: &str| {
        common::page::read(html).iter().filter(|element| element.name == name).count()
    };
    for name in ["table", "figure", "section", "tr", "svg", "dl"] {
        let (plain, hostile) = (trommel_report::html(&common::small()), &html);
        assert_eq!(count(hostile, name), count(&plain, name), "{name}");
    }
}
