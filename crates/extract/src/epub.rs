//! EPUB books.

use crate::{ExtractError, Extracted, Extractor, Limits};

/// EPUB books.
pub(crate) struct Epub;

impl Extractor for Epub {
    fn name(&self) -> &'static str {
        "epub"
    }

    fn version(&self) -> u32 {
        1
    }

    fn recognises(&self, _head: &[u8], _name: &str) -> bool {
        false
    }

    fn extract(
        &self,
        _bytes: &[u8],
        _name: &str,
        _limits: &Limits,
    ) -> Result<Extracted, ExtractError> {
        Err(ExtractError::damaged("not read yet"))
    }
}
