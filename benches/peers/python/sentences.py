"""sentence-transformers, which tokenises and sorts by length itself: `f32` and `bf16`."""

import json
import shutil
import tempfile
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer, models


def contestant(precision: str, folder: Path, threads: int):
    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as local:
        for name in ("model.safetensors", "config.json", "tokenizer.json"):
            shutil.copy(folder / "encoder" / name, local)
        settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "pad_token": "[PAD]",
                    "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "mask_token": "[MASK]",
                    "model_max_length": 512}
        (Path(local) / "tokenizer_config.json").write_text(json.dumps(settings))
        transformer = models.Transformer(local, max_seq_length=512)
    pooling = models.Pooling(transformer.get_embedding_dimension(), pooling_mode="mean")
    model = SentenceTransformer(modules=[transformer, pooling, models.Normalize()], device="cpu")
    if precision == "bf16":
        model = model.to(torch.bfloat16)

    def run(kind, work):
        rows = model.encode(work, batch_size=32, convert_to_numpy=False, convert_to_tensor=True)
        return rows.float().numpy()

    return run
