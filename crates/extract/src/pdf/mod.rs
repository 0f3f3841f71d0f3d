//! PDF (ISO 32000).

use crate::{ExtractError, Extracted, Extractor, Limits};

/// PDF (ISO 32000).
pub(crate) struct Pdf;

impl Extractor for Pdf {
    fn name(&self) -> &'static str {
        "pdf"
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
