//! Fears that the page is broken, needs something from elsewhere, or says other numbers.

mod common;

use std::collections::BTreeSet;

use common::page::{Element, read};
use trommel_eval::{Estimate, Report, three};
use trommel_report::html;

fn named<'a>(elements: &'a [Element], name: &str) -> Vec<&'a Element> {
    elements.iter().filter(|element| element.name == name).collect()
}

#[test]
fn every_tag_is_closed_and_every_part_is_there() {
    let elements = read(&html(&common::small()));
    for (name, count) in [("h1", 1), ("main", 1), ("header", 1), ("nav", 1), ("section", 9)] {
        assert_eq!(named(&elements, name).len(), count, "{name}");
    }
    // Stages, two changes, time, gates, ceilings.
    assert_eq!(named(&elements, "figure").len(), 6);
    let html = named(&elements, "html")[0];
    assert_eq!(html.attribute("lang"), Some("en"));
    assert!(named(&elements, "meta").iter().any(|meta| meta.attribute("name") == Some("viewport")));
    for svg in named(&elements, "svg") {
        assert_eq!(svg.attribute("role"), Some("img"));
        assert!(svg.attribute("aria-label").is_some_and(|label| label.len() > 20));
        assert!(svg.attribute("viewbox").is_some() && svg.attribute("width").is_none());
    }
    for th in named(&elements, "th") {
        assert!(th.attribute("scope").is_some(), "{th:?}");
    }
}

#[test]
fn every_link_leads_to_a_place_of_its_own() {
    let elements = read(&html(&common::small()));
    let ids: Vec<&str> = elements.iter().filter_map(|element| element.attribute("id")).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    let links = named(&elements, "a");
    assert_eq!(links.len(), 9);
    for link in links {
        let target = link.attribute("href").unwrap().strip_prefix('#').unwrap();
        assert!(ids.contains(&target), "{target}");
    }
}

#[test]
fn nothing_comes_from_elsewhere() {
    let html = html(&common::small());
    for bad in ["http:", "https:", "//", "url(", "@import", "<script", "<link", "<img", "src="] {
        assert!(!html.contains(bad), "{bad}");
    }
    for element in read(&html) {
        let event = element.attributes.iter().find(|(name, _)| name.starts_with("on"));
        assert_eq!(event, None);
    }
}

#[test]
fn no_colour_of_a_chart_is_left_for_one_scheme_only() {
    let html = html(&common::small());
    for element in read(&html) {
        for (name, value) in &element.attributes {
            if ["fill", "stroke"].contains(&name.as_str()) && value != "none" {
                let variable = value.strip_prefix("var(").and_then(|rest| rest.strip_suffix(')'));
                let defined = format!("{}: #", variable.unwrap_or(value));
                assert_eq!(html.matches(&defined).count(), 2, "{value} in light and dark");
            }
        }
    }
}

fn rows_of_stages(report: &Report) -> Vec<Vec<String>> {
    let expected = |stage: &trommel_eval::StageReport| {
        let shown = |metric: &String| {
            let Estimate { mean, low, high } = stage.metrics[metric];
            format!("{} [{}, {}]", three(mean), three(low), three(high))
        };
        let cells = report.metrics.iter().map(shown);
        std::iter::once(stage.stage.clone()).chain(cells).collect()
    };
    report.stages.iter().map(expected).collect()
}

#[test]
fn the_table_of_stages_has_the_numbers_of_the_report() {
    let report = common::small();
    let elements = read(&html(&report));
    let first = elements.iter().position(|element| element.name == "tbody").unwrap();
    let next = elements[first + 1..].iter().position(|element| element.name == "tbody").unwrap();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for element in &elements[first..first + 1 + next] {
        match element.name.as_str() {
            "tr" if element.within.last().is_some_and(|it| it == "tbody") => rows.push(Vec::new()),
            "th" if element.within.iter().any(|it| it == "thead") => break,
            "td" | "th" => rows.last_mut().unwrap().push(element.text.clone()),
            _ => {}
        }
    }
    assert_eq!(rows, rows_of_stages(&report));
    assert_eq!(rows[1][1], ".694 [.652, .734]");
    let text = trommel_report::text(&report, 100);
    for row in rows_of_stages(&report) {
        let line = text.lines().find(|line| line.starts_with(&row[0])).unwrap();
        assert!(row.iter().all(|cell| line.contains(cell)), "{line}");
    }
}

/// The contrast that WCAG 2.1 defines, of two colours `#rrggbb`.
fn contrast(a: &str, b: &str) -> f64 {
    let luminance = |colour: &str| {
        let part = |at: usize| {
            let value = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_stands_out_in_light_and_in_dark() {
    assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 1e-9);
    let html = html(&common::small());
    let blocks: Vec<&str> = html.split(":root {").skip(1).collect();
    assert_eq!(blocks.len(), 2, "one a scheme");
    for block in blocks {
        let colour = |name: &str| {
            let (_, rest) = block.split_once(&format!("--{name}: ")).unwrap();
            rest[..7].to_owned()
        };
        for ground in ["page", "soft"] {
            for text in ["ink", "quiet", "link", "better", "worse"] {
                let contrast = contrast(&colour(text), &colour(ground));
                assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
            }
        }
        for (shape, ground) in [("bar", "page"), ("ink", "bar")] {
            let contrast = contrast(&colour(shape), &colour(ground));
            assert!(contrast >= 3.0, "{shape} on {ground}: {contrast:.2}");
        }
    }
}
