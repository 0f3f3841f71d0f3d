//! BERT: `logit = classifier(tanh(pooler([CLS])))`.

use candle_core::Module;
use candle_nn::{Linear, linear};
use trommel_models::{Bert, InstalledModel, NetworkError, Pair};

use super::Classifier;

pub(super) struct Network {
    bert: Bert,
    pooler: Linear,
    classifier: Linear,
}

impl Network {
    pub(super) fn load(model: &InstalledModel) -> Result<Self, NetworkError> {
        let (bert, weights) = Bert::load(model)?;
        let hidden = bert.hidden();
        let pooler = weights.body(|tensors| linear(hidden, hidden, tensors.pp("pooler.dense")))?;
        let classifier = weights.head(|tensors| linear(hidden, 1, tensors.pp("classifier")))?;
        Ok(Self { bert, pooler, classifier })
    }
}

impl Classifier for Network {
    fn logit(&self, pair: &Pair) -> candle_core::Result<f32> {
        let first = self.bert.states(&pair.ids, &pair.types)?.narrow(0, 0, 1)?;
        let pooled = self.pooler.forward(&first)?.tanh()?;
        self.classifier.forward(&pooled)?.flatten_all()?.get(0)?.to_scalar()
    }
}
