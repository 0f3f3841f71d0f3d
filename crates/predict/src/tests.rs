//! A case small enough to be computed elsewhere, and what must not change a table.

use trommel_core::{Fingerprint, PassageId, WordPieces};
use trommel_kernels::Isa;

use crate::{Basis, FitError, Frequencies, SampledPassage, Table, TableError, fit};

/// Eight pieces with embeddings of three numbers.
struct Words(Vec<[f32; 3]>);

impl WordPieces for Words {
    fn split(&self, _: &str, _: &mut Vec<u32>) {}

    fn vocabulary(&self) -> usize {
        self.0.len()
    }

    fn width(&self) -> usize {
        3
    }

    fn add_embeddings(&self, weighted: &[(u32, f32)], sum: &mut [f32]) {
        for (piece, weight) in weighted {
            let row = self.0.get(*piece as usize).into_iter().flatten();
            sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += weight * x);
        }
    }
}

/// Eight pieces without embeddings.
struct NoNumbers;

impl WordPieces for NoNumbers {
    fn split(&self, _: &str, _: &mut Vec<u32>) {}

    fn vocabulary(&self) -> usize {
        8
    }

    fn width(&self) -> usize {
        0
    }

    fn add_embeddings(&self, _: &[(u32, f32)], _: &mut [f32]) {}
}

fn words() -> Words {
    Words(vec![
        [0.0, 0.0, 0.0],
        [1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [0.0, 0.0, 1.0],
        [1.0, 1.0, 0.0],
        [0.0, 1.0, -1.0],
        [2.0, 0.0, 1.0],
        [1.0, -1.0, 1.0],
    ])
}

fn frequencies() -> Frequencies {
    Frequencies::of_parts(10, vec![0, 6, 5, 4, 3, 2, 2, 0])
}

const PIECES: [&[u32]; 6] = [&[1, 2], &[2, 1, 2], &[3, 5, 3], &[5, 3], &[1, 4, 6], &[6, 1, 1]];

const VECTORS: [[f32; 4]; 6] = [
    [0.8, 0.6, 0.0, 0.0],
    [0.6, 0.8, 0.0, 0.0],
    [0.0, 0.28, 0.96, 0.0],
    [0.0, 0.0, 0.8, 0.6],
    [0.6, 0.0, 0.0, 0.8],
    [0.8, 0.0, 0.0, 0.6],
];

fn sample(vectors: &[[f32; 4]; 6]) -> Vec<SampledPassage<'_>> {
    let passages = (10..).zip(PIECES.into_iter().zip(vectors));
    passages
        .map(|(id, (pieces, vector))| SampledPassage { id: PassageId(id), pieces, vector })
        .collect()
}

fn encoder(model: &str) -> Fingerprint {
    Fingerprint {
        model: model.into(),
        weights: String::new(),
        tokenizer: String::new(),
        dimension: 4,
        pooling: "cls".into(),
        query_prefix: String::new(),
        passage_prefix: String::new(),
        max_tokens: 512,
    }
}

fn table() -> Table {
    fit(&sample(&VECTORS), &frequencies(), &words(), &encoder("hand")).unwrap()
}

fn assert_near(got: &[f32], expected: &[f32], error: f32) {
    assert_eq!(got.len(), expected.len());
    for (x, y) in got.iter().zip(expected) {
        assert!((x - y).abs() <= error, "got {got:?}, expected {expected:?}");
    }
}

/// The expected values are printed by this program (numpy 2.4), which really leaves passages out:
///
/// ```python
/// import numpy as np
/// E = np.array([[0,0,0],[1,0,0],[0,1,0],[0,0,1],[1,1,0],[0,1,-1],[2,0,1],[1,-1,1.]])
/// df = np.array([0,6,5,4,3,2,2,0.]); N = 10
/// P = [[1,2],[2,1,2],[3,5,3],[5,3],[1,4,6],[6,1,1]]
/// F = np.array([[.8,.6,0,0],[.6,.8,0,0],[0,.28,.96,0],[0,0,.8,.6],[.6,0,0,.8],[.8,0,0,.6]])
/// idf = np.log(1+(N-df+.5)/(df+.5)); centre = E[df>0].mean(0)
/// unit = lambda m: m/np.maximum(np.linalg.norm(m,axis=-1,keepdims=True),1e-30)
/// def features(p):
///     tf = np.sqrt(np.bincount(p,minlength=8))
///     return unit(tf*np.sqrt(idf)), unit((tf*idf)@(E-centre))
/// X, Z = map(np.array, zip(*map(features, P)))
/// mu = F.mean(0); Y = F-mu; K = X@X.T + .3*Z@Z.T; m = len(P)
/// def left_out(lam):
///     r = lam*np.trace(K)/m; out = []
///     for i in range(m):
///         o = [j for j in range(m) if j != i]
///         out.append(K[i,o] @ np.linalg.solve(K[np.ix_(o,o)]+r*np.eye(m-1), Y[o]))
///     return np.array(out)
/// errors = {l: ((Y-left_out(l))**2).sum()/(Y**2).sum() for l in (.03,.1,.3,1)}
/// lam = min(errors, key=errors.get); L = left_out(lam)
/// alpha = np.linalg.solve(K+lam*np.trace(K)/m*np.eye(m), Y)
/// print(errors, lam); print(unit(L+mu)); print((F*unit(L+mu)).sum(1).mean())
/// for q in ([3,1,4,4],[7],[5,7,3,2,1,6],[]):
///     x,z = features(np.array(q,int)); print(q, unit(x@X.T@alpha + .3*z@Z.T@alpha + mu))
/// ```
#[test]
fn a_table_is_what_numpy_computes() {
    let (table, words) = (table(), words());
    let quality = table.quality();
    assert_near(
        &[quality.ridge, quality.error, quality.mean_cosine],
        &[0.03, 0.344_447_86, 0.910_859],
        1e-6,
    );
    let expected = [
        [0.638_335_4, 0.767_927_8, 0.009_440_86, 0.052_208_67],
        [0.778_460_9, 0.626_917_6, 0.026_056_02, -0.017_148_26],
        [0.020_828_43, 0.020_801_07, 0.801_913_15, 0.596_715],
        [0.031_374_11, 0.295_552_7, 0.954_755_7, 0.010_282_65],
        [0.730_750_1, 0.029_492_11, 0.045_339_09, 0.680_499],
        [0.772_940_7, 0.069_432_37, 0.015_829_11, 0.630_469_1],
    ];
    assert_near(&table.left_out().vectors, expected.as_flattened(), 1e-6);
    let ids: Vec<u64> = table.left_out().iter().map(|(id, _)| id.0).collect();
    assert_eq!(ids, [10, 11, 12, 13, 14, 15]);

    for isa in Isa::available() {
        let predictor = table.predictor(&words, isa).unwrap();
        for (pieces, expected, basis) in [
            (&[3, 1, 4, 4][..], [0.520_922, 0.567_916, 0.593_916, 0.231_032], Basis::Pieces),
            (&[7], [0.748_088, 0.376_417, 0.464_246, 0.288_359], Basis::Embeddings),
            (&[5, 7, 3, 2, 1, 6], [0.603_193, 0.239_811, 0.578_468, 0.493_988], Basis::Pieces),
            (&[], [0.664_411, 0.398_646, 0.417_63, 0.474_579], Basis::Mean),
            (&[8, u32::MAX], [0.664_411, 0.398_646, 0.417_63, 0.474_579], Basis::Mean),
        ] {
            let prediction = predictor.predict(pieces);
            assert_eq!(prediction.basis, basis, "{pieces:?}");
            // Half a step of rows whose largest number is about 1 is .004.
            let error = if basis == Basis::Pieces { 0.004 } else { 1e-6 };
            assert_near(&prediction.vector, &expected, error);
        }
    }
}

#[test]
fn neither_order_nor_threads_nor_company_change_a_bit() {
    let table = table();
    let bytes = table.to_bytes();
    let mut backwards = sample(&VECTORS);
    backwards.reverse();
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let again = pool.install(|| fit(&backwards, &frequencies(), &words(), &encoder("hand")));
        assert_eq!(again.unwrap().to_bytes(), bytes, "{threads} threads");
    }
    let words = words();
    let predictor = table.predictor(&words, Isa::best()).unwrap();
    let passages: Vec<Vec<u32>> =
        (0..100).map(|i| (0..i % 7).map(|j| (i * 5 + j * 3) % 9).collect()).collect();
    let all = predictor.predict_all(&passages);
    for ((mut pieces, vector), basis) in
        passages.into_iter().zip(all.vectors.chunks(4)).zip(all.bases)
    {
        pieces.reverse();
        let alone = predictor.predict(&pieces);
        assert_eq!((alone.vector.as_slice(), alone.basis), (vector, basis), "{pieces:?}");
        let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        assert!((norm - 1.0).abs() < 1e-6);
    }
    assert_eq!(predictor.predict_all::<Vec<u32>>(&[]).bases, []);
}

#[test]
fn turned_vectors_are_predicted_turned() {
    // A quarter turn in the plane of the first and the third number.
    let turn = |[a, b, c, d]: [f32; 4]| [-c, b, a, d];
    let turned = VECTORS.map(turn);
    let fitted = fit(&sample(&turned), &frequencies(), &words(), &encoder("hand")).unwrap();
    let expected: Vec<f32> =
        table().left_out().vectors.as_chunks().0.iter().flat_map(|it| turn(*it)).collect();
    assert_near(&fitted.left_out().vectors, &expected, 1e-6);
}

#[test]
fn the_scores_of_left_out_predictions_are_their_products_with_the_query() {
    let table = table();
    let scores = table.left_out().scores(&[0.0, 1.0, 0.0, 0.0]);
    let expected: Vec<f32> = table.left_out().iter().map(|(_, vector)| vector[1]).collect();
    assert_near(&scores, &expected, 1e-7);
}

#[test]
fn a_sample_that_teaches_nothing_is_told_apart() {
    let fit = |sample: &[SampledPassage<'_>]| fit(sample, &frequencies(), &words(), &encoder("e"));
    let outcome = |sample: &[SampledPassage<'_>]| fit(sample).unwrap_err();
    let whole = sample(&VECTORS);
    assert_eq!(outcome(&whole[..1]), FitError::TooFewPassages { expected: 2, got: 1 });
    let passage = PassageId(12);
    assert_eq!(outcome(&[&whole[..], &whole[2..3]].concat()), FitError::Twice { passage });
    let mut changed = whole.clone();
    changed[2].vector = &[0.6, 0.8];
    assert_eq!(outcome(&changed), FitError::Dimension { passage, expected: 4, got: 2 });
    for vector in [&[0.6, f32::NAN, 0.0, 0.8], &[0.6, f32::INFINITY, 0.0, 0.8]] {
        changed[2].vector = vector;
        assert_eq!(outcome(&changed), FitError::NotFinite { passage, index: 1 });
    }
    assert_eq!(outcome(&sample(&[VECTORS[0]; 6])), FitError::AllAlike);
    let pairs = [[0.6, 0.8, 0.0, 0.0], [-0.6, -0.8, 0.0, 0.0]];
    let opposite = std::array::from_fn(|i| pairs[i % 2]);
    assert_eq!(outcome(&sample(&opposite)), FitError::NoMean);
    let none = whole.iter().map(|it| SampledPassage { pieces: &[9], ..*it });
    assert_eq!(outcome(&none.collect::<Vec<_>>()), FitError::NoPieces);
    // The same pieces everywhere: a passage that was left out is the mean of the others.
    let same = whole.iter().map(|it| SampledPassage { pieces: &[1, 2], ..*it });
    let got = outcome(&same.collect::<Vec<_>>());
    assert!(matches!(got, FitError::NoBetterThanMean { error } if error >= 1.0), "{got:?}");
}

#[test]
fn passages_without_pieces_or_with_pieces_of_their_own_are_no_failure() {
    let mut sample = sample(&VECTORS);
    sample[1].pieces = &[];
    sample[2].pieces = &[7];
    let table = fit(&sample, &frequencies(), &words(), &encoder("e")).unwrap();
    let mean = table.predictor(&words(), Isa::best()).unwrap().predict(&[]).vector;
    let (_, left_out) = table.left_out().iter().nth(1).unwrap();
    assert_near(left_out, &mean, 1e-6);
}

#[test]
fn word_pieces_of_another_encoder_are_refused() {
    let mut more = words();
    more.0.push([1.0, 0.0, 0.0]);
    let refused = |outcome| matches!(outcome, Err(FitError::Vocabulary { .. }));
    assert!(refused(fit(&sample(&VECTORS), &frequencies(), &more, &encoder("e")).map(|_| ())));
    assert!(refused(table().predictor(&more, Isa::best()).map(|_| ())));
    let mut broken = words();
    broken.0[3][1] = f32::NAN;
    let outcome = fit(&sample(&VECTORS), &frequencies(), &broken, &encoder("e"));
    assert_eq!(outcome.unwrap_err(), FitError::Embeddings);
    let outcome = fit(&sample(&VECTORS), &frequencies(), &NoNumbers, &encoder("e"));
    assert_eq!(outcome.unwrap_err(), FitError::Embeddings);
}

#[test]
fn a_table_is_the_same_after_a_way_through_bytes() {
    let table = table();
    let bytes = table.to_bytes();
    let copy = Table::from_bytes(&bytes, &encoder("hand")).unwrap();
    assert_eq!(copy.to_bytes(), bytes);
    assert_eq!((copy.quality(), copy.left_out()), (table.quality(), table.left_out()));
    let words = words();
    let [a, b] = [&table, &copy]
        .map(|table| table.predictor(&words, Isa::best()).unwrap().predict(&[4, 1, 7]));
    assert_eq!(a, b);
}

#[test]
fn damaged_and_foreign_bytes_are_refused() {
    let bytes = table().to_bytes();
    let open = |bytes: &[u8]| Table::from_bytes(bytes, &encoder("hand"));
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        let expected_version = (8..12).contains(&at);
        match open(&damaged).unwrap_err() {
            TableError::Version { .. } => assert!(expected_version, "byte {at}"),
            error => assert!(matches!(error, TableError::Damaged { .. }), "byte {at}: {error}"),
        }
    }
    for len in 0..bytes.len() {
        assert!(open(&bytes[..len]).is_err(), "{len} bytes");
    }
    assert!(open(&[&bytes[..], &[0]].concat()).is_err());
    let error = Table::from_bytes(&bytes, &encoder("other")).unwrap_err();
    assert!(matches!(error, TableError::Encoder { .. }), "{error}");
}

/// Whoever can write the bytes can write their hash.
#[test]
fn bytes_with_a_right_hash_and_wrong_contents_do_not_panic() {
    let bytes = table().to_bytes();
    for at in 48..bytes.len() {
        for flip in [1, 0x40, 0x80, 0xff] {
            let mut forged = bytes.clone();
            forged[at] ^= flip;
            let hash = blake3::hash(&forged[48..]);
            forged[16..48].copy_from_slice(hash.as_bytes());
            if let Ok(table) = Table::from_bytes(&forged, &encoder("hand"))
                && let Ok(predictor) = table.predictor(&words(), Isa::best())
            {
                let prediction = predictor.predict(&[1, 2, 3, 7]);
                assert!(prediction.vector.iter().all(|x| x.is_finite()), "byte {at}");
            }
        }
    }
}
