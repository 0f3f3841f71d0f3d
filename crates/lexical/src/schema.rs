//! The fields of the index.

use tantivy::schema::{
    Field, IndexRecordOption, JsonObjectOptions, NumericOptions, Schema, TextFieldIndexing,
    TextOptions,
};

use crate::analyzer::{ANALYZER, PLAIN};

/// The name of the field of passage ids.
pub(crate) const PASSAGE: &str = "passage";

/// The fields by name; all states have them in the same order.
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
}

/// Returns the schema of every lexical index and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let text = |analyzer| {
        TextFieldIndexing::default()
            .set_tokenizer(analyzer)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions)
    };
    let mut builder = Schema::builder();
    let fields = Fields {
        passage: builder.add_u64_field(PASSAGE, NumericOptions::default().set_indexed().set_fast()),
        title: builder
            .add_text_field("title", TextOptions::default().set_indexing_options(text(ANALYZER))),
        body: builder
            .add_text_field("body", TextOptions::default().set_indexing_options(text(ANALYZER))),
        path: builder
            .add_text_field("path", TextOptions::default().set_indexing_options(text(PLAIN))),
        metadata: builder.add_json_field(
            "metadata",
            JsonObjectOptions::default()
                .set_indexing_options(text(PLAIN))
                .set_expand_dots_enabled(),
        ),
    };
    (builder.build(), fields)
}
