//! BERT as an encoder: the states of a text's tokens, pooled.

use trommel_models::{Bert, InstalledModel, NetworkError, Pair, Pooling};

pub(crate) struct Network {
    bert: Bert,
    pooling: Pooling,
}

impl Network {
    pub(super) fn load(model: &InstalledModel) -> Result<Self, NetworkError> {
        let (bert, _) = Bert::load(model)?;
        Ok(Self { bert, pooling: model.spec.encoder()?.pooling })
    }

    /// Returns one vector from states of shape (tokens, hidden), none of which is padding.
    pub(super) fn vector(&self, tokens: &Pair) -> candle_core::Result<Vec<f32>> {
        let states = self.bert.states(&tokens.ids, &tokens.types)?;
        match self.pooling {
            Pooling::Cls => states.get(0),
            Pooling::Mean => states.mean(0),
        }?
        .to_vec1()
    }
}
