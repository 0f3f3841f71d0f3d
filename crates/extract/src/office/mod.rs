//! Office documents: OOXML and ODF.

use crate::{ExtractError, Extracted, Extractor, Limits};

/// Office documents: OOXML and ODF.
pub(crate) struct Office;

impl Extractor for Office {
    fn name(&self) -> &'static str {
        "office"
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
