//! The sheets of an ODF spreadsheet.

use super::flow::{Lines, one_spaced};
use super::odf_text::Text;
use super::sheet::Workbook;
use super::table::Cell;
use crate::ExtractError;
use crate::xml::{Element, Xml};

/// Reads the sheets to the end of the element that has just begun.
///
/// # Errors
///
/// If it is no XML, or there is too much of something.
pub(super) fn read(
    xml: &mut Xml<'_>,
    text: &mut Text,
    out: &mut Workbook,
) -> Result<(), ExtractError> {
    let inside = xml.depth();
    while let Some(element) = xml.element_in(inside)? {
        match element.name() {
            "table" => {
                let name = element.attribute("name").unwrap_or_default();
                out.begin(&name, text.styles.is_hidden(&element))?;
                sheet(xml, text, out)?;
            }
            // The draft of a change, and what names and filters refer to.
            "tracked-changes" | "named-expressions" | "database-ranges" => xml.skip()?,
            _ => {}
        }
    }
    Ok(())
}

fn sheet(xml: &mut Xml<'_>, text: &mut Text, out: &mut Workbook) -> Result<(), ExtractError> {
    let mut shapes = String::new();
    let mut number = 1u32;
    let inside = xml.depth();
    while let Some(element) = xml.element_in(inside)? {
        match element.name() {
            "table-row" => {
                let times = repeated(&element, "number-rows-repeated");
                let row = Row::read(xml, text, out)?;
                row.write(number, times, out)?;
                number = number.saturating_add(u32::try_from(times).unwrap_or(u32::MAX));
            }
            "shapes" => shapes = text.lines(xml)?,
            "forms" | "named-expressions" => xml.skip()?,
            _ => {}
        }
    }
    out.beside(&shapes)
}

/// The filled cells of a row, and its comments.
#[derive(Default)]
struct Row {
    cells: Vec<Cell<'static>>,
    comments: String,
}

impl Row {
    fn read(xml: &mut Xml<'_>, text: &mut Text, out: &mut Workbook) -> Result<Self, ExtractError> {
        let mut row = Self::default();
        let mut column = 1u32;
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            let is_covered = match element.name() {
                "table-cell" => false,
                "covered-table-cell" => true,
                _ => continue,
            };
            let times = repeated(&element, "number-columns-repeated");
            let said = row.cell(xml, text)?;
            if !is_covered {
                let value = value(&element).unwrap_or(said);
                row.fill(column, times, &value, out)?;
            }
            column = column.saturating_add(u32::try_from(times).unwrap_or(u32::MAX));
        }
        Ok(row)
    }

    /// Reads what is written in a cell that has just begun; its comments are kept apart.
    fn cell(&mut self, xml: &mut Xml<'_>, text: &mut Text) -> Result<String, ExtractError> {
        let mut lines = Lines::default();
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            if element.name() == "annotation" {
                let words = one_spaced(&text.lines(xml)?);
                if !words.is_empty() {
                    self.comments.push_str(if self.comments.is_empty() { "" } else { " " });
                    self.comments.push_str(&format!("[comment: {words}]"));
                }
            } else {
                text.block(&element, xml, &mut lines)?;
            }
        }
        Ok(lines.cell())
    }

    fn fill(
        &mut self,
        column: u32,
        times: u64,
        value: &str,
        out: &mut Workbook,
    ) -> Result<(), ExtractError> {
        if value.trim().is_empty() {
            return Ok(());
        }
        out.count(times)?;
        out.reserve(times.saturating_mul(value.len() as u64))?;
        let columns = (column..=u32::MAX).zip(0..times);
        self.cells.extend(columns.map(|(column, _)| (column, value.to_owned().into())));
        Ok(())
    }

    fn write(&self, number: u32, times: u64, out: &mut Workbook) -> Result<(), ExtractError> {
        if self.cells.is_empty() && self.comments.is_empty() {
            return Ok(());
        }
        out.count(times.saturating_sub(1).saturating_mul(self.cells.len().max(1) as u64))?;
        for (number, _) in (number..=u32::MAX).zip(0..times) {
            out.row(number, &self.cells, &self.comments)?;
        }
        Ok(())
    }
}

/// Returns the value of a cell where it says more than what is shown: dates, and what is true. Else
/// the text is taken as it is shown, and without that the bare value.
fn value(cell: &Element<'_>) -> Option<String> {
    match cell.attribute("value-type")?.as_str() {
        "date" => {
            let date = cell.attribute("date-value")?;
            let date = date.strip_suffix("T00:00:00").unwrap_or(&date);
            Some(date.replacen('T', " ", 1))
        }
        "boolean" => Some(cell.attribute("boolean-value")?.to_uppercase()),
        _ => None,
    }
}

/// Returns how many times a cell or row stands there.
fn repeated(element: &Element<'_>, name: &str) -> u64 {
    element.attribute(name).and_then(|times| times.parse().ok()).unwrap_or(1)
}
