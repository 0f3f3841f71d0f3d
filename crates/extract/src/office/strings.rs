//! The strings that the cells of a workbook share.

use crate::xml::{Event, Xml};
use crate::{ExtractError, Limits};

/// Strings by their number. They lie in one text, for there may be very many.
#[derive(Debug, Default)]
pub(super) struct Strings {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Strings {
    /// Reads the part of shared strings.
    ///
    /// # Errors
    ///
    /// If it is no XML, or there are more than cells may be read.
    pub(super) fn read(text: &str, limits: &Limits) -> Result<Self, ExtractError> {
        let mut strings = Self::default();
        let mut xml = Xml::new(text, limits);
        while let Some(element) = xml.element_in(0)? {
            if element.name() != "si" {
                continue;
            }
            if strings.ends.len() as u64 == limits.cells {
                return Err(ExtractError::too_much("shared strings", limits.cells));
            }
            string(&mut xml, &mut strings.text)?;
            strings.ends.push(strings.text.len());
        }
        Ok(strings)
    }

    /// Returns the string of that number.
    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)?;
        let start = number.checked_sub(1).map_or(Some(0), |last| self.ends.get(last).copied())?;
        self.text.get(start..end)
    }
}

/// Appends the string that has just begun: its runs, without how they are read aloud.
pub(super) fn string(xml: &mut Xml<'_>, to: &mut String) -> Result<(), ExtractError> {
    let inside = xml.depth();
    while let Some(event) = xml.next_in(inside)? {
        let Event::Start(element) = event else { continue };
        match element.name() {
            "t" => to.push_str(&xml.text()?),
            "rPh" => xml.skip()?,
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_their_runs() {
        let text = "<sst><si><t>one</t></si><si/><si><r><t>two </t></r><r><t>runs</t></r>\
            <rPh sb='0'><t>read</t></rPh></si></sst>";
        let strings = Strings::read(text, &Limits::default()).unwrap();
        let all: Vec<Option<&str>> = (0..4).map(|number| strings.get(number)).collect();
        assert_eq!(all, [Some("one"), Some(""), Some("two runs"), None]);
        assert_eq!(strings.get(usize::MAX), None);
        let few = Limits { cells: 2, ..Limits::default() };
        assert!(Strings::read(text, &few).is_err());
    }
}
