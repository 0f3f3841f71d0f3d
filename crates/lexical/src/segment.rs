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
            by_id,
        })
    }

    /// Returns the ids of the segment's passages, by doc id.
    pub(crate) fn ids(&self) -> &[PassageId] {
        &self.ids
    }

    /// Returns where a passage is, if it is here.
    pub(crate) fn find(&self, id: PassageId) -> Option<DocId> {
        match &self.by_id {
            None => self.ids.binary_search(&id).ok().map(|doc| doc as DocId),
            Some(docs) => docs
                .binary_search_by_key(&id, |&doc| self.ids[doc as usize])
                .ok()
                .map(|place| docs[place]),
        }
    }
}

impl TextField {
    /// Returns the number of words in all passages, by their field norms.
    pub(crate) fn words(&self) -> u64 {
        (0..self.norms.num_docs()).map(|doc| u64::from(self.norms.fieldnorm(doc))).sum()
    }
}
