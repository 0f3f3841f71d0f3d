"""torch through transformers' BERT: `f32` and `bf16`."""

from pathlib import Path

import torch

from bert import load


def contestant(precision: str, folder: Path, threads: int):
    torch.set_num_threads(threads)
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[precision]
    model = load(folder / "encoder", False, dtype)
    tensors = {}

    @torch.inference_mode()
    def run(kind, work):
        if id(work) not in tensors:
            tensors[id(work)] = torch.tensor([text["ids"] for text in work])
        return model(input_ids=tensors[id(work)])[0].mean(1).float().numpy()

    return run
