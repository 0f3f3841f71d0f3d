"""transformers' BERT with the weights of a work folder."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertForSequenceClassification, BertModel


def load(folder: Path, head: bool, dtype, attention="sdpa"):
    """Returns the model in `folder`, with the classifier of a reranker if `head`."""
    config = BertConfig.from_json_file(folder / "config.json")
    config._attn_implementation = attention
    if head:
        config.num_labels = 1
        model = BertForSequenceClassification(config)
    else:
        model = BertModel(config, add_pooling_layer=False)
    tensors = {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        name = name.removeprefix("bert.")
        if head:
            name = name if name.startswith("classifier.") else f"bert.{name}"
        elif name.startswith(("pooler.", "classifier.")):
            continue
        tensors[name] = tensor
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    # Tables of positions are made, not loaded; anything else that is missing would be random.
    wrong = [name for name in missing + unexpected if not name.endswith(("position_ids", "token_type_ids"))]
    if wrong:
        raise ValueError(f"weights do not fit: {wrong}")
    return model.to(dtype).eval()
