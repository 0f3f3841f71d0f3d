//! The fields of the index.

use tantivy::schema::{
    Field, IndexRecordOption, JsonObjectOptions, NumericOptions, Schema, TextFieldIndexing,
    TextOptions,
};

use crate::Analyzer;

/// The name of the field of passage ids.
pub(crate) const PASSAGE: &str = "passage";

/// The fields by name; all states of an analyzer have them in the same order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    /// The passage's id: indexed to delete by, fast to read.
    pub(crate) passage: Field,
    /// The document's title.
    pub(crate) title: Field,
    /// Title, headings and text: what a query is matched with first.
    pub(crate) body: Field,
    /// The document's path, for operators only.
    pub(crate) path: Field,
    /// The document's metadata, for operators only.
    pub(crate) metadata: Field,
    /// The code of the language that title, headings and text were read by, where they were not read as
    /// English.
    pub(crate) language: Option<Field>,
}

/// Returns the schema of every lexical index of an analyzer, and its fields.
pub(crate) fn schema(analyzer: Analyzer) -> (Schema, Fields) {
    let (words, plain) = (analyzer.name(), analyzer.plain_name());
    let text = |tokenizer| {
        TextFieldIndexing::default()
            .set_tokenizer(tokenizer)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions)
    };
    let mut builder = Schema::builder();
    let fields = Fields {
        passage: builder.add_u64_field(PASSAGE, NumericOptions::default().set_indexed().set_fast()),
        title: builder
            .add_text_field("title", TextOptions::default().set_indexing_options(text(words))),
        body: builder
            .add_text_field("body", TextOptions::default().set_indexing_options(text(words))),
        path: builder
            .add_text_field("path", TextOptions::default().set_indexing_options(text(plain))),
        metadata: builder.add_json_field(
            "metadata",
            JsonObjectOptions::default()
                .set_indexing_options(text(plain))
                .set_expand_dots_enabled(),
        ),
        language: analyzer.knows_languages().then(|| {
            let code = TextFieldIndexing::default()
                .set_tokenizer("raw")
                .set_index_option(IndexRecordOption::Basic)
                .set_fieldnorms(false);
            builder.add_text_field("analyzed_as", TextOptions::default().set_indexing_options(code))
        }),
    };
    (builder.build(), fields)
}
