//! Tables of a page. Each scrolls in a box of its own where it is wider than the screen.

use unicode_width::UnicodeWidthStr;

use super::markup::{escape, phrase};
use crate::block::{Column, Group, Holds, Table};

/// A name of more columns may be broken into lines.
const LONG: usize = 26;

/// Returns a table with its caption.
pub(super) fn table(table: &Table) -> String {
    let caption = escape(&table.caption.plain());
    // Whoever has only a keyboard must be able to scroll it as well.
    let mut out =
        format!("<div class=\"scroll\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\">\n");
    out.push_str(&format!("<table>\n<caption><span>{}</span></caption>\n", phrase(&table.caption)));
    out.push_str("<thead>\n<tr>");
    for (n, column) in table.columns.iter().enumerate() {
        let class = class(n, column);
        out.push_str(&format!("<th scope=\"col\"{class}>{}</th>", escape(&column.name)));
    }
    out.push_str("</tr>\n</thead>\n");
    for group in &table.groups {
        out.push_str(&body(group, &table.columns));
    }
    out.push_str("</table>\n</div>\n");
    out
}

fn body(Group { name, rows }: &Group, columns: &[Column]) -> String {
    let mut out = "<tbody>\n".to_owned();
    if let Some(name) = name {
        let (span, name) = (columns.len(), phrase(name));
        out.push_str(&format!("<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"{span}\">"));
        out.push_str(&format!("<span>{name}</span></th></tr>\n"));
    }
    for row in rows {
        out.push_str("<tr>");
        for (n, (cell, column)) in row.iter().zip(columns).enumerate() {
            let text = phrase(cell);
            // The first cell is the row's heading; a long one may be broken, or it alone would fill
            // a phone.
            out.push_str(&if n > 0 {
                format!("<td{}>{text}</td>", class(n, column))
            } else if cell.plain().width() > LONG {
                format!("<th scope=\"row\" class=\"long\">{text}</th>")
            } else {
                format!("<th scope=\"row\"{}>{text}</th>", class(n, column))
            });
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n");
    out
}

fn class(place: usize, column: &Column) -> &'static str {
    match column.holds {
        Holds::Numbers => " class=\"number\"",
        // A name is as wide as it is.
        Holds::Text | Holds::Whole if place > 0 => " class=\"text\"",
        Holds::Words | Holds::Text | Holds::Whole => "",
    }
}
