//! Fears for reports with nothing in them, with far too much, or with the same everywhere.

mod common;

use trommel_eval::{Latency, Movers, Report};
use trommel_report::{html, markdown, text};
use unicode_width::UnicodeWidthStr;

const WIDTHS: [usize; 9] = [0, 1, 20, 21, 33, 48, 80, 100, 300];

/// Writes a report in every way, and checks what must hold of every report.
fn write(report: &Report) -> String {
    for width in WIDTHS {
        for line in text(report, width).lines() {
            assert!(line.width() <= width.max(20), "{width}: {line}");
            assert_eq!(line, line.trim_end(), "{width}");
        }
    }
    assert!(markdown(report).starts_with("# "));
    let html = html(report);
    common::page::read(&html);
    assert!(!html.contains("NaN") && !html.contains("inf"), "no drawing of nothing");
    html
}

#[test]
fn a_report_of_nothing_is_still_a_report() {
    let html = write(&common::empty());
    assert!(!html.contains("<svg"));
    assert!(text(&common::empty(), 100).contains("Nothing was measured."));
}

#[test]
fn parts_may_be_missing() {
    let mut report = common::small();
    report.stages.truncate(1);
    write(&report);
    report.stages.clear();
    write(&report);

    let mut report = common::small();
    report.metrics.clear();
    write(&report);

    let mut report = common::small();
    report.stages.iter_mut().for_each(|stage| stage.metrics.clear());
    write(&report);

    let mut report = common::small();
    report.per_query.truncate(1);
    write(&report);
    report.per_query.clear();
    write(&report);

    let mut report = common::small();
    if let Some(losses) = &mut report.losses {
        losses.gates.clear();
        losses.ceilings.clear();
        losses.movers = vec![Movers {
            stage: "a".into(),
            against: "b".into(),
            helped: Vec::new(),
            hurt: Vec::new(),
        }];
        (losses.relevant, losses.found) = (0, 0);
    }
    if let Some(sweep) = &mut report.sweep {
        sweep.tried.clear();
    }
    let html = write(&report);
    assert!(html.contains("No setting was tried."));
    assert!(!html.contains("helped most"));
}

#[test]
fn run_files_have_no_times_and_no_losses() {
    let mut report = common::small();
    for stage in &mut report.stages {
        (stage.latency_ms, stage.passages_read) = (None, None);
    }
    (report.losses, report.sweep) = (None, None);
    let html = write(&report);
    for missing in ["id=\"times\"", "id=\"losses\"", "id=\"sweep\"", "Pareto"] {
        assert!(!html.contains(missing), "{missing}");
    }
}

#[test]
fn equal_scores_are_drawn_as_no_change() {
    let mut report = common::small();
    for query in &mut report.per_query {
        let scores = query.scores.values_mut().flat_map(|metrics| metrics.values_mut());
        scores.for_each(|score| *score = 0.5);
    }
    for stage in &mut report.stages {
        stage.latency_ms = Some(Latency { median: 0.0, p95: 0.0, p99: 0.0 });
        for estimate in stage.metrics.values_mut() {
            (estimate.mean, estimate.low, estimate.high) = (0.0, 0.0, 0.0);
        }
    }
    let html = write(&report);
    assert!(html.contains("0 helped, 0 hurt, 4 unchanged"));
}

#[test]
fn numbers_that_are_none_break_nothing() {
    let mut report = common::small();
    for stage in &mut report.stages {
        stage.latency_ms = Some(Latency { median: f64::NAN, p95: f64::INFINITY, p99: -1.0 });
        for estimate in stage.metrics.values_mut() {
            (estimate.mean, estimate.low, estimate.high) = (f64::NAN, f64::NEG_INFINITY, 1e300);
        }
    }
    for query in &mut report.per_query {
        let scores = query.scores.values_mut().flat_map(|metrics| metrics.values_mut());
        scores.for_each(|score| *score = f64::NAN);
    }
    report.sweep.iter_mut().for_each(|sweep| sweep.chosen = 99);
    assert!(text(&report, 100).contains("NaN"));
    assert!(markdown(&report).contains("NaN"));
    common::page::read(&html(&report));
}

#[test]
fn a_present_setting_that_is_best_is_called_so() {
    let mut report = common::small();
    report.sweep.iter_mut().for_each(|sweep| sweep.chosen = 0);
    assert!(text(&report, 100).contains("The present setting is the best of 13 settings"));
}

#[test]
fn thousands_of_long_queries_make_a_small_page() {
    let mut report = common::small();
    let long = "why does the crust crack ".repeat(400);
    report.queries.evaluated = 5_000;
    let queries = report.per_query.clone();
    report.per_query = (0..5_000)
        .map(|n| {
            let mut query = queries[n % queries.len()].clone();
            let scores = query.scores.values_mut().flat_map(|metrics| metrics.values_mut());
            scores
                .enumerate()
                .for_each(|(at, score)| *score = ((n * (7919 + 31 * at)) % 5_003) as f64 / 5_003.0);
            query.text.clone_from(&long);
            query
        })
        .collect();
    for movers in report.losses.iter_mut().flat_map(|losses| &mut losses.movers) {
        let mut mover = common::mover(&"q".repeat(300), 0.0, 1.0, (Some(1_000_000), None));
        (mover.query, mover.title) = (long.clone(), long.clone());
        movers.helped = vec![mover.clone(); 500];
        movers.hurt = vec![mover; 500];
    }
    let html = write(&report);
    assert!(html.len() < 200_000, "{}", html.len());
}
