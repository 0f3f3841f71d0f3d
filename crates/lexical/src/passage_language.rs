//! Which language a passage was read by.

use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Term};
use trommel_core::PassageId;

use crate::{Language, LexicalError, LexicalIndex};

/// A passage that is looked for: its segment, its number there, and its place among all.
type Wanted = (usize, DocId, usize);

impl LexicalIndex {
    /// Returns by which of these languages each passage was read; nothing for one that was read by
    /// another, or that the index lacks.
    ///
    /// # Errors
    ///
    /// If tantivy cannot read its lists.
    pub fn languages_of(
        &self,
        passages: &[PassageId],
        among: &[Language],
    ) -> Result<Vec<Option<Language>>, LexicalError> {
        let mut found = vec![None; passages.len()];
        let Some(field) = self.fields.language else { return Ok(found) };
        let wanted = passages.iter().enumerate();
        let mut wanted: Vec<Wanted> = wanted
            .filter_map(|(place, id)| self.find(*id).map(|(segment, doc)| (segment, doc, place)))
            .collect();
        // Lists are read forwards only.
        wanted.sort_unstable();
        for of_segment in wanted.chunk_by(|a, b| a.0 == b.0) {
            for language in among {
                self.note(field, *language, of_segment, &mut found)
                    .map_err(|error| self.failed(error))?;
            }
        }
        Ok(found)
    }

    /// Notes which passages of one segment were read by a language.
    fn note(
        &self,
        field: Field,
        language: Language,
        wanted: &[Wanted],
        found: &mut [Option<Language>],
    ) -> tantivy::Result<()> {
        let Some(&(segment, ..)) = wanted.first() else { return Ok(()) };
        let index = self.segments[segment].reader.inverted_index(field)?;
        let code = Term::from_field_text(field, language.code());
        let Some(mut list) = index.read_postings(&code, IndexRecordOption::Basic)? else {
            return Ok(());
        };
        for &(_, doc, place) in wanted {
            if list.doc() < doc {
                list.seek(doc);
            }
            if list.doc() == doc {
                found[place] = Some(language);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use trommel_core::Metadata;

    use super::*;
    use crate::{LexicalPassage, LexicalWriter};

    #[test]
    fn a_passage_has_the_language_that_it_was_read_by_whatever_its_segment() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = LexicalWriter::create(folder.path()).unwrap();
        let metadata = Metadata::new();
        let [english, german, thai] =
            ["eng", "deu", "tha"].map(|code| Language::of_code(code).unwrap());
        let written = [german, english, german, thai, english, thai, german];
        let mut state = None;
        for (id, language) in (0..).map(PassageId).zip(written) {
            let (title, headings, body, path) = ("", "", "E-4012", "");
            let (metadata, language, read_as) = (&metadata, None, Some(language));
            let passage =
                LexicalPassage { id, title, headings, body, path, metadata, language, read_as };
            writer.add(&passage).unwrap();
            // Two passages a commit, and so a segment.
            if id.0 % 2 == 1 || id.0 == 6 {
                state = Some(writer.commit().unwrap());
            }
        }
        let index = LexicalIndex::open(folder.path(), &state.unwrap()).unwrap();
        assert_eq!(
            index
                .languages()
                .iter()
                .map(|(language, count)| (*language, *count))
                .collect::<Vec<_>>(),
            [(german, 3), (english, 2), (thai, 2)]
        );
        let asked = [6, 0, 9, 3, 1].map(PassageId);
        let of = |among: &[Language]| index.languages_of(&asked, among).unwrap();
        assert_eq!(of(&[german, thai]), [Some(german), Some(german), None, Some(thai), None]);
        assert_eq!(of(&[english]), [None, None, None, None, Some(english)]);
        assert_eq!(of(&[]), [None; 5]);
    }
}
