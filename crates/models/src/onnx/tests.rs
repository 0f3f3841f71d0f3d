//! Small graphs whose weights can be worked out by hand.

use std::collections::BTreeMap;

use prost::Message;

use super::bert_weights;
use super::proto::{
    AttributeProto, EXTERNAL, GraphProto, ModelProto, NodeProto, TensorProto, data_type,
};
use crate::safetensors_file::Weights;

fn tensor(name: &str, dims: &[i64], data_type: i32) -> TensorProto {
    TensorProto { name: name.into(), dims: dims.to_vec(), data_type, ..Default::default() }
}

fn floats(name: &str, dims: &[i64], numbers: &[f32]) -> TensorProto {
    TensorProto { float_data: numbers.to_vec(), ..tensor(name, dims, data_type::FLOAT) }
}

fn raw_floats(name: &str, dims: &[i64], numbers: &[f32]) -> TensorProto {
    let raw_data = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    TensorProto { raw_data, ..tensor(name, dims, data_type::FLOAT) }
}

fn bytes(name: &str, dims: &[i64], signed: bool, numbers: &[u8]) -> TensorProto {
    let data_type = if signed { data_type::INT8 } else { data_type::UINT8 };
    TensorProto { raw_data: numbers.to_vec(), ..tensor(name, dims, data_type) }
}

fn node(op_type: &str, input: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: op_type.into(),
        name: format!("/{op_type}"),
        input: input.iter().map(ToString::to_string).collect(),
        output: vec![output.into()],
        attribute: Vec::new(),
    }
}

fn read(
    node: Vec<NodeProto>,
    initializer: Vec<TensorProto>,
) -> Result<BTreeMap<String, Weights>, String> {
    bert_weights(&ModelProto { graph: Some(GraphProto { node, initializer }) }.encode_to_vec())
}

/// x · W is cast and scaled before the bias of `dense` is added.
fn product(op_type: &str, inputs: &[&str]) -> Vec<NodeProto> {
    vec![
        node(op_type, inputs, "product"),
        node("Cast", &["product"], "cast"),
        node("Mul", &["cast", "x_scale"], "scaled"),
        node("Add", &["dense.bias", "scaled"], "y"),
    ]
}

fn bias() -> TensorProto {
    raw_floats("dense.bias", &[3], &[0.5, -0.5, 0.25])
}

fn weights(shape: &[usize], numbers: &[f32]) -> Weights {
    Weights::new(shape.to_vec(), numbers)
}

#[test]
fn a_matrix_is_named_by_its_bias_and_turned() {
    // W is [2, 3]: (q - 1) · 0.5 for q = [[1, 2, 3], [-1, -128, 127]].
    let quantised = vec![
        bytes("onnx::MatMul_7_quantized", &[2, 3], true, &[1, 2, 3, 255, 128, 127]),
        floats("onnx::MatMul_7_scale", &[], &[0.5]),
        bytes("onnx::MatMul_7_zero_point", &[], true, &[1]),
        bias(),
    ];
    let inputs = ["x", "onnx::MatMul_7_quantized", "x_zero", "onnx::MatMul_7_zero_point"];
    let read = read(product("MatMulInteger", &inputs), quantised).unwrap();
    assert_eq!(read["dense.weight"], weights(&[3, 2], &[0.0, -1.0, 0.5, -64.5, 1.0, 63.0]));
    assert_eq!(read["dense.bias"], weights(&[3], &[0.5, -0.5, 0.25]));
    assert_eq!(read.len(), 2);
}

#[test]
fn each_column_may_have_its_own_scale_and_zero_point() {
    // Unsigned, kept as int32_data: column j is (q - z_j) · s_j.
    let q = TensorProto {
        int32_data: vec![10, 20, 30, 40, 50, 60],
        ..tensor("w_quantized", &[2, 3], data_type::UINT8)
    };
    let quantised = vec![
        q,
        floats("w_scale", &[3], &[1.0, 0.5, 0.25]),
        bytes("w_zero_point", &[3], false, &[10, 0, 20]),
        bias(),
    ];
    let inputs = ["x", "w_quantized", "x_zero", "w_zero_point"];
    let read = read(product("MatMulInteger", &inputs), quantised).unwrap();
    assert_eq!(read["dense.weight"], weights(&[3, 2], &[0.0, 30.0, 10.0, 25.0, 2.5, 10.0]));
}

#[test]
fn an_embedding_table_is_dequantised_after_its_rows_are_gathered() {
    let nodes = vec![
        node("Gather", &["e.weight_quantized", "ids"], "rows"),
        node("DequantizeLinear", &["rows", "e_s", "e_z"], "e"),
    ];
    let tensors = vec![
        bytes("e.weight_quantized", &[2, 2], false, &[100, 101, 0, 255]),
        floats("e_s", &[], &[2.0]),
        bytes("e_z", &[], false, &[100]),
    ];
    let read = read(nodes, tensors).unwrap();
    assert_eq!(read["e.weight"], weights(&[2, 2], &[0.0, 2.0, -200.0, 310.0]));
}

#[test]
fn a_matrix_that_is_dequantised_first_or_never_was_quantised_is_read_too() {
    let mut first = product("MatMul", &["x", "w"]);
    let mut dequantise = node("DequantizeLinear", &["w_q", "w_s"], "w");
    dequantise.attribute.push(AttributeProto { name: "axis".into(), i: 0, t: None });
    first.insert(0, dequantise);
    let tensors = vec![
        bytes("w_q", &[2, 3], true, &[1, 2, 3, 4, 5, 6]),
        floats("w_s", &[2], &[1.0, 10.0]),
        bias(),
    ];
    let expected = weights(&[3, 2], &[1.0, 40.0, 2.0, 50.0, 3.0, 60.0]);
    assert_eq!(read(first, tensors).unwrap()["dense.weight"], expected);

    let plain = raw_floats("onnx::MatMul_9", &[2, 3], &[1.0, 2.0, 3.0, 40.0, 50.0, 60.0]);
    let never = read(product("MatMul", &["x", "onnx::MatMul_9"]), vec![plain, bias()]).unwrap();
    assert_eq!(never["dense.weight"], expected);

    // Attention multiplies two things that are computed: no weights.
    let attention = read(product("MatMul", &["q", "k"]), vec![bias()]).unwrap();
    assert_eq!(attention.keys().collect::<Vec<_>>(), ["dense.bias"]);
}

#[test]
fn what_cannot_be_understood_is_an_error_and_never_a_guess() {
    let inputs = ["x", "w_quantized"];
    let w = || bytes("w_quantized", &[2, 3], true, &[0; 6]);
    let scale = || floats("w_scale", &[], &[1.0]);
    let wrong = |tensors| read(product("MatMulInteger", &inputs), tensors).unwrap_err();
    assert!(wrong(vec![w(), scale()]).contains("no bias"));
    assert!(wrong(vec![w(), bias()]).contains("w_scale"));
    let short = bytes("w_quantized", &[2, 3], true, &[0; 5]);
    assert!(wrong(vec![short, scale(), bias()]).contains("5 numbers where 6 were expected"));
    let two = floats("w_scale", &[2], &[1.0, 2.0]);
    assert!(wrong(vec![w(), two, bias()]).contains("2 scales, expected 1 or 3"));
    let elsewhere = TensorProto { data_location: EXTERNAL, ..w() };
    assert!(wrong(vec![elsewhere, scale(), bias()]).contains("another file"));
    let huge = tensor("w_quantized", &[i64::MAX, i64::MAX], data_type::INT8);
    assert!(wrong(vec![huge, scale(), bias()]).contains("too large"));
    let negative = tensor("w_quantized", &[-1, 3], data_type::INT8);
    assert!(wrong(vec![negative, scale(), bias()]).contains("dimension -1"));
    assert!(bert_weights(b"<!doctype html>").is_err());
    assert!(bert_weights(b"").unwrap_err().contains("without a graph"));
}

#[test]
fn a_graph_that_feeds_itself_ends() {
    let mut nodes = product("MatMulInteger", &["x", "w_quantized"]);
    nodes[3] = node("Mul", &["scaled"], "product");
    let tensors =
        vec![bytes("w_quantized", &[1, 1], true, &[0]), floats("w_scale", &[], &[1.0]), bias()];
    assert!(read(nodes, tensors).unwrap_err().contains("no bias"));
}
