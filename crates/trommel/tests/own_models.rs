//! Models of one's own: what is added runs, and what cannot run is not added.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use trommel::{Error, ModelSettings, Models, Notice, RuntimeChoice};
use trommel_models::{AddOptions, ModelsError, Silent, Store};
use trommel_testkit::TinyModel;

/// A store, and a folder with a tiny reranker to be changed.
struct World {
    home: TempDir,
    model: PathBuf,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let model = home.path().join("tiny");
        fs::create_dir(&model).unwrap();
        TinyModel::reranker(1).write(&model).unwrap();
        Self { home, model }
    }

    fn configure(&self, change: impl FnOnce(&mut Value)) {
        let path = self.model.join("config.json");
        let mut config = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut config);
        fs::write(path, config.to_string()).unwrap();
    }

    fn models(&self, runtime: RuntimeChoice) -> Models {
        let rerankers = "tiny".parse().unwrap();
        let settings = ModelSettings { rerankers, runtime, ..ModelSettings::default() };
        Models::open(self.home.path(), settings)
    }

    fn add(&self) -> trommel::Result<Models> {
        let models = self.models(RuntimeChoice::Auto);
        models.add(&self.model, &AddOptions::default(), &Silent)?;
        Ok(models)
    }

    fn logit(&self, models: &Models) -> f32 {
        let stage = models.rerankers(None).unwrap().swap_remove(0);
        stage.reranker.score_all("many people", &["the city of berlin"]).unwrap()[0].logit
    }

    /// Asserts that the model is refused, and that the id stays free; returns the error.
    fn refused(&self) -> ModelsError {
        let Err(Error::Models(error)) = self.add() else { panic!("expected the model's error") };
        let store = Store::new(self.home.path().into());
        assert!(matches!(store.spec("tiny"), Err(ModelsError::UnknownModel { .. })));
        error
    }
}

/// Renames tensors in a file of safetensors, whose header is JSON of some length.
fn rename(model: &Path, names: &[(&str, &str)]) {
    let path = model.join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header = String::from_utf8(bytes[8..8 + length].to_vec()).unwrap();
    for (from, to) in names {
        assert!(header.contains(from), "{header}");
        header = header.replace(from, to);
    }
    let mut renamed = (header.len() as u64).to_le_bytes().to_vec();
    renamed.extend(header.as_bytes());
    renamed.extend(&bytes[8 + length..]);
    fs::write(path, renamed).unwrap();
}

#[test]
fn older_names_of_tensors_are_read_by_every_runtime() {
    let world = World::new();
    let expected = world.logit(&world.add().unwrap());
    Store::new(world.home.path().into()).remove("tiny", &Silent).unwrap();
    rename(
        &world.model,
        &[("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")],
    );
    let models = world.add().unwrap();
    assert_eq!(world.logit(&models).to_bits(), expected.to_bits());
    assert_eq!(models.notices(), []);
    let by_candle = world.logit(&world.models(RuntimeChoice::Candle));
    assert!((by_candle - expected).abs() < 0.05, "{by_candle} {expected}");
}

#[test]
fn what_the_kernels_cannot_run_is_run_by_another_runtime_and_said() {
    for activation in ["relu", "gelu_new"] {
        let world = World::new();
        world.configure(|config| config["hidden_act"] = json!(activation));
        let models = world.add().unwrap();
        let by_candle = world.logit(&world.models(RuntimeChoice::Candle));
        assert_eq!(world.logit(&models).to_bits(), by_candle.to_bits(), "{activation}");
        let notices = models.notices();
        assert!(
            matches!(&notices[..], [Notice::NoKernels { model, reason }]
                if model == "tiny" && reason.contains("hidden_act")),
            "{notices:?}"
        );
        let kernels = world.models(RuntimeChoice::Kernels);
        assert!(kernels.rerankers(None).is_err(), "asked for by name they must not be replaced");
    }
}

#[test]
fn what_inference_does_not_use_may_be_missing() {
    let world = World::new();
    let expected = world.logit(&world.add().unwrap());
    let unused = [
        "pad_token_id",
        "hidden_dropout_prob",
        "attention_probs_dropout_prob",
        "initializer_range",
    ];
    for missing in [true, false] {
        let world = World::new();
        world.configure(|config| {
            for key in unused {
                match missing {
                    true => drop(config.as_object_mut().unwrap().remove(key)),
                    false => config[key] = Value::Null,
                }
            }
        });
        assert_eq!(world.logit(&world.add().unwrap()).to_bits(), expected.to_bits());
    }
}

#[test]
fn a_model_that_cannot_run_is_not_added() {
    let more_layers = World::new();
    more_layers.configure(|config| {
        let layers = config["num_hidden_layers"].as_u64().unwrap();
        config["num_hidden_layers"] = json!(layers + 1);
    });
    let error = more_layers.refused();
    let ModelsError::CannotRun { source, .. } = error else { panic!("{error}") };
    let cause = source.source().unwrap().to_string();
    assert!(cause.contains("encoder.layer."), "{cause}");

    let heads = World::new();
    heads.configure(|config| config["num_attention_heads"] = json!(7));
    assert!(matches!(heads.refused(), ModelsError::CannotRun { .. }));

    let adapter = World::new();
    fs::write(adapter.model.join("adapter_config.json"), "{}").unwrap();
    assert!(matches!(adapter.refused(), ModelsError::Adapter { .. }));
}

#[test]
fn a_model_that_was_removed_can_be_added_again() {
    let world = World::new();
    let store = Store::new(world.home.path().into());
    world.add().unwrap();
    assert!(store.remove("tiny", &Silent).unwrap() > 0);
    assert!(matches!(store.remove("tiny", &Silent), Err(ModelsError::UnknownModel { .. })));
    assert!(matches!(store.remove("../x", &Silent), Err(ModelsError::UnknownModel { .. })));
    assert!(matches!(
        store.remove("bge-small-en-v1.5", &Silent),
        Err(ModelsError::NotFetched { .. })
    ));
    world.add().unwrap();
}
