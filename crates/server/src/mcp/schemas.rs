//! The JSON Schemas of what the tools answer.

use serde_json::{Map, Value, json};

/// Returns the schema of what `search` answers.
pub(super) fn found() -> Map<String, Value> {
    let hit = object(
        &["rank", "id", "score", "headings", "text", "cut"],
        json!({
            "rank": whole("1 is the best"),
            "id": text("What get takes"),
            "collection": text("The document's collection"),
            "uri": text("The document's address as a resource"),
            "title": text("The document's title"),
            "score": {
                "type": "number", "minimum": 0, "maximum": 1,
                "description": "The probability that it is relevant",
            },
            "path": text("The file, if the id is not its path"),
            "lines": lines(),
            "location": text("The page, slide, sheet, chapter or cell of the passage"),
            "freshness": text("changed, gone or unknown; without it the file is as it was indexed"),
            "headings": list(text("A heading above the passage, the outermost first")),
            "text": text("The passage that fits best"),
            "cut": flag("Whether text is only a part of the passage"),
        }),
    );
    object(
        &["query", "answered", "hits", "notes"],
        json!({
            "query": text("The query"),
            "answered": flag("Whether a hit probably answers the query"),
            "stage": text("The last stage"),
            "hits": list(hit.into()),
            "notes": list(text("What must be known beside the hits")),
        }),
    )
}

/// Returns the schema of what `get` answers.
pub(super) fn document() -> Map<String, Value> {
    object(
        &["id", "text", "truncated"],
        json!({
            "id": text("The document's id"),
            "collection": text("Its collection"),
            "uri": text("Its address as a resource"),
            "title": text("Its title"),
            "metadata": { "type": "object", "description": "What else is known of it" },
            "lines": lines(),
            "total_lines": whole("How many lines the document has"),
            "location": text("The page, slide, sheet, chapter or cell"),
            "text": text("The text"),
            "truncated": flag("Whether there is more text than this"),
        }),
    )
}

/// Returns the schema of what `why` answers.
pub(super) fn why() -> Map<String, Value> {
    object(
        &["id", "found", "text"],
        json!({
            "id": text("The document's id"),
            "found": flag("Whether the document is in the collection"),
            "stages": { "type": "object", "description": "Its rank and score in each stage" },
            "loss": text("Where it was lost"),
            "text": list(text("A line of the explanation")),
        }),
    )
}

/// Returns the schema of what `status` answers.
pub(super) fn status() -> Map<String, Value> {
    let collection = object(
        &["name", "documents", "passages"],
        json!({
            "name": text("Its name"),
            "documents": whole("How many documents it holds"),
            "passages": whole("How many passages they have"),
            "roots": list(json!({ "type": "object", "description": "A folder or file it holds" })),
            "committed": text("When it was last indexed (RFC 3339)"),
            "encoder": text("The model that searches by meaning"),
        }),
    );
    object(
        &["collections"],
        json!({
            "version": text("The version of trommel"),
            "ready": flag("Whether the models are loaded"),
            "collections": list(collection.into()),
            "rerankers": list(text("A model that reranks")),
            "jobs": list(json!({ "type": "object", "description": "An indexing run" })),
        }),
    )
}

fn object(required: &[&str], properties: Value) -> Map<String, Value> {
    Map::from_iter([
        ("type".to_owned(), "object".into()),
        ("properties".to_owned(), properties),
        ("required".to_owned(), required.into()),
    ])
}

fn text(about: &str) -> Value {
    json!({ "type": "string", "description": about })
}

fn whole(about: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": about })
}

fn flag(about: &str) -> Value {
    json!({ "type": "boolean", "description": about })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn lines() -> Value {
    let properties = json!({ "first": whole("The first, from 1"), "last": whole("The last") });
    object(&["first", "last"], properties).into()
}
