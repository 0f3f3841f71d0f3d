//! Outliers: a few inputs of a layer that are far larger than the others, token after token.
//!
//! In eight bits the largest number of a row sets the unit of all, and in BERT it is nearly always
//! the same few channels that do (Kovaleva et al. 2021). Such a channel is given several inputs:
//! `x · w = (x/n) · w + … + (x/n) · w`, with `n` equal shares of the number beside `n` copies of its
//! weights (outlier channel splitting, Zhao et al. 2019). The unit falls, the weights keep theirs,
//! and no kernel needs to know.
//!
//! Which channels these are is found once, when a model is packed, by running it in f32 on a few
//! sequences of arbitrary tokens.

use super::embeddings::Embeddings;
use super::layer::{Buffers, Layer};
use super::{Config, Sequence, Tensors};
use crate::error::KernelError;
use crate::image::{Image, Slab, Writer};
use crate::isa::Isa;
use crate::linear::Precision;

/// Most inputs that a layer is given beyond its own: whole vectors on every instruction set.
const MOST: usize = 16;
/// One input beyond its own for so many of its own.
const SHARE: usize = 16;

/// Sequences that outliers are looked for in, and the tokens of each.
const SEQUENCES: usize = 4;
const TOKENS: usize = 48;

/// The channels of a layer's input that are given a further share, one entry a share.
pub(super) type Channels = Vec<u32>;

/// The channels for the inputs of a layer: of attention, and of the feed-forward part.
#[derive(Clone, Debug, Default)]
pub(super) struct Outliers {
    pub(super) attention: Channels,
    pub(super) feed_forward: Channels,
}

/// Returns how many inputs beyond its own a layer of `inputs` gets.
pub(super) fn further(precision: Precision, inputs: usize) -> usize {
    if precision == Precision::Int8 { MOST.min(inputs / SHARE) } else { 0 }
}

/// Looks for the outliers of every layer.
///
/// It runs on the path that every machine has, so that all of them find the same.
pub(super) fn find(tensors: &Tensors<'_>, config: &Config) -> Result<Vec<Outliers>, KernelError> {
    let (isa, precision) = (Isa::portable(), Precision::F32);
    let tensors = tensors.on(isa);
    let mut image = Writer::new(&[]);
    Embeddings::pack(&tensors, config, precision, &mut image)?;
    let embeddings = Embeddings::open(config, precision, &mut Image::open(image.finish(), &[])?)?;
    let texts = arbitrary(config);
    let sequences: Vec<Sequence<'_>> =
        texts.iter().map(|(ids, types)| Sequence { ids, types }).collect();
    let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.ids.len()).collect();

    let mut states = embeddings.forward(isa, &sequences)?;
    let mut buffers = Buffers::default();
    let mut found = Vec::new();
    for index in 0..config.layers {
        // A layer at a time: the whole model in f32 is four times what it will be.
        let mut image = Writer::new(&[]);
        Layer::pack(&tensors, config, precision, index, &Outliers::default(), &mut image)?;
        let mut image = Image::open(image.finish(), &[])?;
        let layer = Layer::open(isa, config, precision, &mut image)?;
        let attention = loudest(&states, config.hidden);
        layer.attend(isa, &lengths, usize::MAX, &mut states, &mut buffers);
        let feed_forward = loudest(&states, config.hidden);
        layer.feed(isa, &mut states, &mut buffers);
        found.push(Outliers { attention, feed_forward });
    }
    Ok(found)
}

/// Returns sequences of ids drawn by a linear congruential generator (Knuth's MMIX constants), the
/// second half of each of another type where there is one.
fn arbitrary(config: &Config) -> Vec<(Vec<u32>, Vec<u32>)> {
    let length = TOKENS.min(config.positions);
    let mut state = 1_u64;
    let mut id = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The low bits of such a generator repeat after few steps; the upper 31 do not.
        ((state >> 33) % config.vocabulary as u64) as u32
    };
    let second = u32::from(config.types > 1);
    let types: Vec<u32> = (0..length).map(|at| if at < length / 2 { 0 } else { second }).collect();
    (0..SEQUENCES).map(|_| ((0..length).map(&mut id).collect(), types.clone())).collect()
}

/// Returns the channels that set the units of `rows` of `inputs` numbers, one entry a share, in the
/// order in which they were given.
///
/// Each share goes to the channel that is the largest of most rows, a row counting by the square of
/// its largest number in units of its usual one.
fn loudest(rows: &[f32], inputs: usize) -> Channels {
    let mut shares = vec![1.0_f32; inputs];
    let mut channels = Channels::new();
    for _ in 0..further(Precision::Int8, inputs) {
        let mut votes = vec![0.0_f64; inputs];
        for row in rows.chunks_exact(inputs) {
            // The mean square of the row. A row of zeros has no largest number to vote for.
            let usual = row.iter().map(|x| f64::from(x * x)).sum::<f64>() / inputs as f64;
            let part = |channel: usize| row[channel].abs() / shares[channel];
            // Of equals the first, so that the same model always gets the same shares.
            let largest = (0..inputs).reduce(|a, b| if part(b) > part(a) { b } else { a });
            if let Some(channel) = largest.filter(|_| usual > 0.0) {
                votes[channel] += f64::from(part(channel)).powi(2) / usual;
            }
        }
        let first = (0..inputs).reduce(|a, b| if votes[b] > votes[a] { b } else { a });
        let Some(channel) = first else { break };
        shares[channel] += 1.0;
        channels.push(channel as u32);
    }
    channels
}

/// Returns `weights`, rows of `inputs` numbers, each with those of `channels` once more behind it.
pub(super) fn repeat(weights: &[f32], inputs: usize, channels: &[u32]) -> Vec<f32> {
    let mut wide = Vec::with_capacity(weights.len() / inputs * (inputs + channels.len()));
    for row in weights.chunks_exact(inputs) {
        wide.extend_from_slice(row);
        wide.extend(channels.iter().map(|&channel| row[channel as usize]));
    }
    wide
}

/// How a layer's input becomes the wider one that its weights are for.
pub(super) struct Shares {
    channels: Slab<u32>,
    /// Each channel's share of its number: one over how often it stands there.
    shares: Vec<f32>,
}

impl Shares {
    pub(super) fn pack(channels: &[u32], image: &mut Writer) {
        image.put(channels);
    }

    /// Reads what [`Shares::pack`] wrote for a layer of `inputs`.
    ///
    /// # Errors
    ///
    /// [`KernelError::Image`] where it names a channel that there is not.
    pub(super) fn open(
        precision: Precision,
        inputs: usize,
        image: &mut Image,
    ) -> Result<Self, KernelError> {
        let channels: Slab<u32> = image.take(further(precision, inputs))?;
        let mut shares = vec![1.0; inputs];
        for &channel in channels.iter() {
            let Some(count) = shares.get_mut(channel as usize) else {
                let (expected, got) = (format!("channels below {inputs}"), channel.to_string());
                return Err(KernelError::Image { expected, got });
            };
            *count += 1.0;
        }
        shares.iter_mut().for_each(|count| *count = 1.0 / *count);
        Ok(Self { channels, shares })
    }

    /// Returns the channels that are given a further share, one entry a share.
    pub(super) fn channels(&self) -> &[u32] {
        &self.channels
    }

    /// Returns `rows` with shares for outliers, in `wide` where there are any.
    pub(super) fn part<'a>(&self, rows: &'a [f32], wide: &'a mut Vec<f32>) -> &'a [f32] {
        let channels = &*self.channels;
        if channels.is_empty() {
            return rows;
        }
        wide.clear();
        for row in rows.chunks_exact(self.shares.len()) {
            let first = wide.len();
            wide.extend(row.iter().zip(&self.shares).map(|(x, share)| x * share));
            // What stands at the channel is a share by now, so its copies are shares as well.
            for &channel in channels {
                wide.push(wide[first + channel as usize]);
            }
        }
        wide
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of 32: channel 5 is 12 where the others are 1, channel 9 is 5.
    fn rows() -> Vec<f32> {
        let row = |sign: f32| {
            (0..32).map(move |c| match c {
                5 => 12.0 * sign,
                9 => -5.0,
                _ => 1.0,
            })
        };
        row(1.0).chain(row(-1.0)).collect()
    }

    #[test]
    fn shares_go_to_the_loudest_until_they_are_as_loud_as_the_rest() {
        // Two shares for 32 inputs: 12 becomes 6, and 6 is still more than 5.
        assert_eq!(loudest(&rows(), 32), [5, 5]);
        assert_eq!(loudest(&[], 32), [0, 0], "nothing to go by");
        assert_eq!(further(Precision::Int8, 384), 16);
        assert_eq!((further(Precision::Int8, 15), further(Precision::F32, 384)), (0, 0));
    }

    #[test]
    fn shares_times_repeated_weights_is_the_whole() {
        let mut image = Writer::new(&[]);
        Shares::pack(&[5, 5], &mut image);
        let mut image = Image::open(image.finish(), &[]).unwrap();
        let shares = Shares::open(Precision::Int8, 32, &mut image).unwrap();
        let (rows, mut wide) = (rows(), Vec::new());
        let parts = shares.part(&rows, &mut wide).to_vec();
        assert_eq!((parts.len(), parts[5], parts[32], parts[33]), (68, 4.0, 4.0, 4.0));
        let weights: Vec<f32> = (0..32).map(|c| c as f32).collect();
        let repeated = repeat(&weights, 32, &[5, 5]);
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        assert_eq!(dot(&parts[..34], &repeated), dot(&rows[..32], &weights));
    }

    #[test]
    fn a_channel_that_there_is_not_is_refused() {
        let mut image = Writer::new(&[]);
        Shares::pack(&[5, 32], &mut image);
        let mut image = Image::open(image.finish(), &[]).unwrap();
        assert!(Shares::open(Precision::Int8, 32, &mut image).is_err());
    }
}
