//! A report as one page: no script, no font, no picture from elsewhere.

mod charts;
mod markup;
mod table;

use trommel_eval::Report;

use self::markup::{escape, phrase};
use crate::block::{Block, Figure, Section};
use crate::sections::{Heading, Medium, heading, sections};

const STYLE: &str = include_str!("style.css");

/// Returns the page.
pub(crate) fn write(report: &Report) -> String {
    let head = heading(report);
    let sections = sections(report, Medium::Page);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}: retrieval quality</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escape(&head.name.plain())
    );
    page.push_str(&header(&head, &sections));
    page.push_str("<main>\n");
    for it in &sections {
        page.push_str(&section(it));
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn header(head: &Heading, sections: &[Section]) -> String {
    let sizes: Vec<String> = head.sizes.iter().map(phrase).collect();
    let mut out = format!(
        "<header>\n<p class=\"kind\">Retrieval quality</p>\n<h1>{}</h1>\n<p class=\"sizes\">{}</p>\n",
        phrase(&head.name),
        sizes.join(" · ")
    );
    if !head.notes.is_empty() {
        out.push_str("<ul class=\"notes\">\n");
        for note in &head.notes {
            out.push_str(&format!("<li>{}</li>\n", phrase(note)));
        }
        out.push_str("</ul>\n");
    }
    out.push_str("<nav aria-label=\"Sections\">\n<ul>\n");
    for Section { id, title, .. } in sections {
        out.push_str(&format!("<li><a href=\"#{id}\">{title}</a></li>\n"));
    }
    out.push_str("</ul>\n</nav>\n</header>\n");
    out
}

fn section(section: &Section) -> String {
    let Section { id, title, blocks } = section;
    let mut out = format!("<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n");
    out.push_str(&format!("<h2 id=\"{id}-title\">{title}</h2>\n"));
    let is_figure = |block: &Block| matches!(block, Block::Figure(_));
    let mut rest = blocks.as_slice();
    while let Some((first, after)) = rest.split_first() {
        // The figures behind a block belong to it: a block takes all of them along.
        let figures = after.iter().take_while(|block| is_figure(block)).count();
        let (figures, next) = after.split_at(figures);
        let drawn: String = figures.iter().map(block).collect();
        // One figure stands beside what it draws where there is room, several in a row below it.
        out.push_str(&match figures.len() {
            _ if drawn.is_empty() => block(first),
            1 => format!("<div class=\"beside\">\n{}{drawn}</div>\n", block(first)),
            _ => format!("{}<div class=\"figures\">\n{drawn}</div>\n", block(first)),
        });
        rest = next;
    }
    out.push_str("</section>\n");
    out
}

fn block(block: &Block) -> String {
    match block {
        Block::Paragraph(text) => format!("<p>{}</p>\n", phrase(text)),
        Block::Table(it) => table::table(it),
        Block::Facts(facts) => {
            let fact = |(name, value): &(_, _)| {
                format!("<div><dt>{}</dt><dd>{}</dd></div>\n", phrase(name), phrase(value))
            };
            format!("<dl>\n{}</dl>\n", facts.iter().map(fact).collect::<String>())
        }
        Block::Figure(it) => figure(it),
    }
}

/// Returns a figure, or nothing where there is nothing to draw.
fn figure(Figure { chart, label, caption }: &Figure) -> String {
    let Some(drawing) = charts::draw(chart, label) else { return String::new() };
    let caption = phrase(caption);
    format!("<figure>\n{drawing}\n<figcaption>{caption}</figcaption>\n</figure>\n")
}
