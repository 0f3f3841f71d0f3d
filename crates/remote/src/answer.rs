//! An answer, checked before it is believed.

use super::dialect::Scored;
use super::{RemoteError, ScoreScale};

/// Returns the logits of all documents, in the order in which they were sent.
pub(crate) fn in_order(
    url: &str,
    scored: &[Scored],
    documents: usize,
    scale: ScoreScale,
) -> Result<Vec<f32>, RemoteError> {
    let url = || url.to_owned();
    let mut logits = vec![None; documents];
    for one in scored {
        // An answer may count from anywhere, leave a document out or name it twice.
        let index = usize::try_from(one.index).ok().filter(|&index| index < documents);
        let index =
            index.ok_or_else(|| RemoteError::Index { url: url(), index: one.index, documents })?;
        let logit =
            one.score.and_then(|score| scale.logit(score)).ok_or_else(|| RemoteError::Score {
                url: url(),
                index,
                expected: scale.expected(),
                got: one.score.map_or_else(|| "null".into(), |score| score.to_string()),
            })?;
        if logits[index].replace(logit).is_some() {
            return Err(RemoteError::Duplicate { url: url(), index });
        }
    }
    let missing = logits.iter().filter(|logit| logit.is_none()).count();
    match logits.iter().position(Option::is_none) {
        None => Ok(logits.into_iter().flatten().collect()),
        Some(first) => Err(RemoteError::Missing { url: url(), first, missing, documents }),
    }
}
