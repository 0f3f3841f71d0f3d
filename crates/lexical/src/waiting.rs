//! Passages on their way into the index.

use std::collections::BTreeMap;

use tantivy::TantivyDocument;
use tantivy::schema::OwnedValue;
use trommel_core::{Metadata, PassageId};

use crate::analyzer::Detail;
use crate::replay::written;
use crate::schema::Fields;
use crate::{Analyzer, Language, LexicalPassage};

/// A passage that waits until many can be analysed at once.
pub(crate) struct Waiting {
    pub(crate) id: PassageId,
    pub(crate) body: String,
    pub(crate) language: Option<Language>,
    pub(crate) read_as: Option<Language>,
    title: String,
    headings: String,
    path: String,
    metadata: Metadata,
}

impl Waiting {
    pub(crate) fn of(passage: &LexicalPassage<'_>) -> Self {
        Self {
            id: passage.id,
            body: passage.body.to_owned(),
            language: passage.language,
            read_as: passage.read_as,
            title: passage.title.to_owned(),
            headings: passage.headings.to_owned(),
            path: passage.path.to_owned(),
            metadata: passage.metadata.clone(),
        }
    }

    /// Returns what tantivy is to index: texts as the tokens of a language, or as they are if the analyzer knows
    /// none.
    pub(crate) fn document(
        &self,
        fields: Fields,
        analyzer: Analyzer,
        language: Option<Language>,
    ) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_u64(fields.passage, self.id.0);
        if let (Some(field), Some(language)) = (fields.language, language) {
            document.add_text(field, language.code());
        }
        let analysed = |text: &str| match language {
            None => text.to_owned(),
            Some(language) => written(&analyzer.tokens(text, language, Detail::Everything)),
        };
        if !self.title.is_empty() {
            let title = analysed(&self.title);
            document.add_text(fields.title, &title);
            document.add_text(fields.body, &title);
        }
        for text in [&self.headings, &self.body].into_iter().filter(|text| !text.is_empty()) {
            document.add_text(fields.body, analysed(text));
        }
        if !self.path.is_empty() {
            document.add_text(fields.path, &self.path);
        }
        if !self.metadata.is_empty() {
            let value =
                |(key, value): (&String, &String)| (key.clone(), OwnedValue::Str(value.clone()));
            let metadata: BTreeMap<String, OwnedValue> = self.metadata.iter().map(value).collect();
            document.add_object(fields.metadata, metadata);
        }
        document
    }
}
