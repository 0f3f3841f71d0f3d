//! Text that is drawn: charts, diagrams and what pictures show.

use super::flow::{Flow, Paragraph, Piece};
use super::pptx;
use crate::ExtractError;
use crate::xml::{Element, Xml};

/// What the names of files of pictures end with.
const PICTURES: [&str; 11] =
    ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "emf", "wmf", "svg", "webp"];

/// Reads a part that is a chart or a diagram: its paragraphs, and what series and categories of a
/// chart are called, each kind on a line. The numbers say nothing without the picture.
///
/// # Errors
///
/// If it is no XML, or there is too much of something.
pub(super) fn read(xml: &mut Xml<'_>, into: &mut dyn Flow) -> Result<(), ExtractError> {
    while let Some(element) = xml.element_in(0)? {
        let paragraph = match element.name() {
            "p" => pptx::plain_paragraph(xml)?,
            "strCache" | "strLit" => Paragraph::of(names(xml)?),
            _ => continue,
        };
        into.take(Piece::Paragraph(paragraph))?;
    }
    Ok(())
}

/// Returns the names in a list of them that has just begun.
fn names(xml: &mut Xml<'_>) -> Result<String, ExtractError> {
    let mut names = String::new();
    let inside = xml.depth();
    while let Some(element) = xml.element_in(inside)? {
        if element.name() == "v" {
            names.push_str(if names.is_empty() { "" } else { ", " });
            names.push_str(&xml.text()?);
        }
    }
    Ok(names)
}

/// Returns what a picture or shape shows, as its author describes it; programs put the file's name
/// there.
pub(super) fn shown(element: &Element<'_>) -> String {
    let text = element.attribute("descr").unwrap_or_default();
    match is_file_of_picture(&text) {
        true => String::new(),
        false => text,
    }
}

/// Says whether a text is but the name of a file.
pub(super) fn is_file_of_picture(text: &str) -> bool {
    let ending = text.trim().rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| PICTURES.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::office::flow::Lines;

    #[test]
    fn charts_say_what_their_parts_are_called() {
        let limits = Limits::default();
        let chart = "<c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Mills</a:t></a:r></a:p>\
            </c:rich></c:tx>\
            </c:title><c:ser><c:tx><c:strRef><c:strCache><c:pt><c:v>Sum</c:v></c:pt>\
            </c:strCache></c:strRef>\
            </c:tx><c:cat><c:strRef><c:strCache><c:pt><c:v>North</c:v></c:pt><c:pt>\
            <c:v>South</c:v></c:pt>\
            </c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache><c:pt><c:v>7</c:v></c:pt>\
            </c:numCache></c:numRef></c:val></c:ser></c:chart>";
        let mut lines = Lines::default();
        read(&mut Xml::new(chart, &limits), &mut lines).unwrap();
        assert_eq!(lines.text(), "Mills\nSum\nNorth, South");
    }

    #[test]
    fn names_of_files_describe_nothing() {
        let limits = Limits::default();
        let mut xml = Xml::new("<a><b descr='A mill.'/><b descr='C:\\mill.PNG'/><b/></a>", &limits);
        let mut all = Vec::new();
        while let Some(element) = xml.element_in(0).unwrap() {
            all.push(shown(&element));
        }
        assert_eq!(all, ["", "A mill.", "", ""]);
    }
}
