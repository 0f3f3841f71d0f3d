//! Fears that a report changes without anybody reading it.

mod common;

use trommel_report::{html, markdown, text};

#[test]
fn the_text_is_as_it_was_read() {
    insta::assert_snapshot!(text(&common::small(), 100));
}

#[test]
fn the_text_of_a_narrow_terminal_is_as_it_was_read() {
    insta::assert_snapshot!(text(&common::small(), 48));
}

#[test]
fn the_markdown_is_as_it_was_read() {
    insta::assert_snapshot!(markdown(&common::small()));
}

#[test]
fn the_same_report_is_the_same_bytes() {
    let (a, b) = (common::small(), common::small());
    assert_eq!(text(&a, 80), text(&b, 80));
    assert_eq!(markdown(&a), markdown(&b));
    assert_eq!(html(&a), html(&b));
}
