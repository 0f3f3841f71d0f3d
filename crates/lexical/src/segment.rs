//! One segment of an open index, with what ranking needs of it at hand.

use std::sync::Arc;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::schema::Field;
use tantivy::{DocId, InvertedIndexReader, SegmentReader};
use trommel_core::PassageId;

use crate::schema::{Fields, PASSAGE};

/// A segment: its passages are numbered from 0 by tantivy's [`DocId`].
pub(crate) struct Segment {
    pub(crate) reader: SegmentReader,
    pub(crate) title: TextField,
    pub(crate) body: TextField,
    ids: Vec<PassageId>,
    /// The doc ids of deleted passages, rising.
    dead: Vec<DocId>,
    /// The doc ids by rising passage id; none if they rise together, as in an index that nobody
    /// changed.
    by_id: Option<Vec<DocId>>,
}

/// The terms of one field of a segment.
pub(crate) struct TextField {
    pub(crate) field: Field,
    pub(crate) terms: Arc<InvertedIndexReader>,
    pub(crate) norms: FieldNormReader,
}

/// Returns the doc ids of the deleted passages of a segment, rising.
pub(crate) fn dead(reader: &SegmentReader) -> Vec<DocId> {
    match reader.has_deletes() {
        true => (0..reader.max_doc()).filter(|&doc| reader.is_deleted(doc)).collect(),
        false => Vec::new(),
    }
}

impl Segment {
    pub(crate) fn open(reader: &SegmentReader, fields: Fields) -> tantivy::Result<Self> {
        let column = reader.fast_fields().u64(PASSAGE)?;
        let ids = (0..reader.max_doc())
            .map(|doc| column.first(doc).map(PassageId))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| tantivy::TantivyError::InternalError("a passage has no id".into()))?;
        let by_id = (!ids.is_sorted()).then(|| {
            let mut docs: Vec<DocId> = (0..reader.max_doc()).collect();
            docs.sort_unstable_by_key(|&doc| ids[doc as usize]);
            docs
        });
        let dead = dead(reader);
        let text = |field: Field| -> tantivy::Result<TextField> {
            Ok(TextField {
                field,
                terms: reader.inverted_index(field)?,
                norms: reader.get_fieldnorms_reader(field)?,
            })
        };
        Ok(Self {
            title: text(fields.title)?,
            body: text(fields.body)?,
            reader: reader.clone(),
            ids,
            dead,
            by_id,
        })
    }

    /// Returns the ids of the segment's passages, deleted ones counted, by doc id.
    pub(crate) fn ids(&self) -> &[PassageId] {
        &self.ids
    }

    /// Walks the passages that are not deleted.
    pub(crate) fn live(&self) -> impl Iterator<Item = (DocId, PassageId)> + '_ {
        (0..).zip(self.ids.iter().copied()).filter(|(doc, _)| self.is_live(*doc))
    }

    /// Returns the doc ids of deleted passages, rising.
    pub(crate) fn dead(&self) -> &[DocId] {
        &self.dead
    }

    pub(crate) fn is_live(&self, doc: DocId) -> bool {
        self.dead.is_empty() || !self.reader.is_deleted(doc)
    }

    /// Returns how many passages are not deleted.
    pub(crate) fn passages(&self) -> u64 {
        (self.ids.len() - self.dead.len()) as u64
    }

    /// Returns the number of words of a field in all passages that are not deleted, by their field norms.
    pub(crate) fn words(&self, field: &TextField) -> u64 {
        let words = |doc| u64::from(field.norms.fieldnorm(doc));
        let all: u64 = (0..field.norms.num_docs()).map(words).sum();
        all - self.dead.iter().map(|&doc| words(doc)).sum::<u64>()
    }

    /// Returns where a passage is, if it is here and not deleted.
    pub(crate) fn find(&self, id: PassageId) -> Option<DocId> {
        self.place_of(id).filter(|&doc| self.is_live(doc))
    }

    fn place_of(&self, id: PassageId) -> Option<DocId> {
        match &self.by_id {
            None => self.ids.binary_search(&id).ok().map(|doc| doc as DocId),
            Some(docs) => docs
                .binary_search_by_key(&id, |&doc| self.ids[doc as usize])
                .ok()
                .map(|place| docs[place]),
        }
    }
}
