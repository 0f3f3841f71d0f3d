//! BERT: as a reranker `logit = classifier(tanh(pooler([CLS])))`, as an encoder its states, pooled.

use candle_core::Module;
use candle_nn::{Linear, linear};
use trommel_models::{Bert, InstalledModel, NetworkError, Pair, Pooling};

use super::{Classifier, only};

pub(super) struct Reranker {
    bert: Bert,
    pooler: Linear,
    classifier: Linear,
}

impl Reranker {
    pub(super) fn load(model: &InstalledModel) -> Result<Self, NetworkError> {
        let (bert, weights) = Bert::load(model)?;
        let hidden = bert.hidden();
        let pooler = weights.body(|tensors| linear(hidden, hidden, tensors.pp("pooler.dense")))?;
        let classifier = weights.head(|tensors| linear(hidden, 1, tensors.pp("classifier")))?;
        Ok(Self { bert, pooler, classifier })
    }
}

impl Classifier for Reranker {
    fn logit(&self, pair: &Pair) -> candle_core::Result<f32> {
        let first = self.bert.states(&pair.ids, &pair.types)?.narrow(0, 0, 1)?;
        let pooled = self.pooler.forward(&first)?.tanh()?;
        only(&self.classifier, &pooled)
    }
}

pub(crate) struct Encoder {
    bert: Bert,
    pooling: Pooling,
}

impl Encoder {
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
