"""Makes the ONNX files of a work folder: f32 by torch's exporter, int8 by ONNX Runtime's quantiser.

usage: make_onnx.py WORK
"""

import sys
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process

from bert import load

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


class States(torch.nn.Module):
    """The encoder's last states, under the name that fastembed looks for."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        )[0]


def export(folder: Path, head: bool) -> None:
    # "eager": the attention that ONNX Runtime's optimiser knows how to fuse.
    model = States(load(folder, head, torch.float32, attention="eager")).eval()
    example = torch.ones(2, 16, dtype=torch.long)
    output = "logits" if head else "last_hidden_state"
    torch.onnx.export(
        model,
        (example, example, torch.zeros_like(example)),
        str(folder / "f32.onnx"),
        input_names=INPUTS,
        output_names=[output],
        dynamic_axes={name: {0: "batch", 1: "tokens"} for name in INPUTS}
        | {output: {0: "batch"} if head else {0: "batch", 1: "tokens"}},
        opset_version=17,
        dynamo=False,
    )
    quant_pre_process(str(folder / "f32.onnx"), str(folder / "shaped.onnx"), skip_symbolic_shape=True)
    quantize_dynamic(
        str(folder / "shaped.onnx"),
        str(folder / "int8.onnx"),
        per_channel=True,
        weight_type=QuantType.QInt8,
    )
    (folder / "shaped.onnx").unlink()


if __name__ == "__main__":
    work = Path(sys.argv[1])
    export(work / "encoder", head=False)
    export(work / "reranker", head=True)
