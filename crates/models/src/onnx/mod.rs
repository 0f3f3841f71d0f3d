//! Weights out of ONNX files.

mod dequantise;
pub(crate) mod proto;
mod tensor;
#[cfg(test)]
mod tests;

pub(crate) use dequantise::bert_weights;
