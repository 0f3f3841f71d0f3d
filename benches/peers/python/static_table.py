"""Vectors without an encoder at index time: model2vec's static tables, made of our encoder's weights; and
fastembed, which runs the very ONNX file of our encoder, to hold both against.

usage: static_table.py MODEL TABLES BEIR_DIR [COLLECTION…]

MODEL is the encoder's folder in the store, with f32.safetensors; TABLES keeps the tables that are made;
COLLECTION is scifact and nfcorpus unless named.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from judged import documents, quality

# All models are here: nothing is asked of a hub.
os.environ["HF_HUB_OFFLINE"] = "1"

# As model2vec makes a table where nothing is said, and with our encoder's own pooling and dimension.
KINDS = {"mean-256": {}, "cls-384": {"pooling": "first", "pca_dims": "auto"}}
# What stands before a query, as in trommel's table of models.
PREFIX = "Represent this sentence for searching relevant passages: "
ROUNDS = 5
SPEED = "--speed"


def model_folder(model: Path, local: Path) -> None:
    """Makes a model of our store one of transformers and of fastembed."""
    for name in ("config.json", "tokenizer.json", "model.onnx"):
        shutil.copy(model / name, local)
    shutil.copy(model / "f32.safetensors", local / "model.safetensors")
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "pad_token": "[PAD]",
                "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "mask_token": "[MASK]",
                "model_max_length": 512}
    (local / "tokenizer_config.json").write_text(json.dumps(settings))


def make(local: Path, table: Path, settings) -> None:
    """Makes a static table: the encoder reads every token of its vocabulary by itself."""
    from model2vec.distill import distill

    start = time.perf_counter()
    # Numbers of 16 bits, which are its own choice, are slower on a CPU.
    distill(str(local), device="cpu", quantize_to="float32", **settings).save_pretrained(table)
    print(f"{table.name}: made in {time.perf_counter() - start:.0f} s", flush=True)


def speed(table: Path, folder: Path) -> None:
    """Prints how many documents a second a table encodes, on the cores that this process may use."""
    from model2vec import StaticModel

    model = StaticModel.from_pretrained(table)
    _, texts = documents(folder)
    tokens = sum(len(ids) for ids in model.tokenize(texts)) / len(texts)
    # Its threads are for more than 10,000 texts unless it is told otherwise.
    for how, settings in {"as it comes": {}, "its threads": {"multiprocessing_threshold": 0}}.items():
        model.encode(texts[:256], **settings)
        wall, cpu = [], []
        for _ in range(ROUNDS):
            start, spent = time.perf_counter(), time.process_time()
            model.encode(texts, **settings)
            wall.append(len(texts) / (time.perf_counter() - start))
            cpu.append(len(texts) / (time.process_time() - spent))
        print(
            f"{table.name}, {len(os.sched_getaffinity(0))} threads, {how}: {statistics.median(wall):.0f} documents/s "
            f"(best {max(wall):.0f}), {statistics.median(cpu):.0f} per second of processor time, "
            f"{tokens:.0f} tokens each",
            flush=True,
        )


def fastembed(local: Path, threads: int):
    """Returns fastembed's encoder of our encoder's ONNX file."""
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    TextEmbedding.add_custom_model(
        model="ours", pooling=PoolingType.CLS, normalization=True, sources=ModelSource(hf="ours"),
        dim=384, model_file="model.onnx",
    )
    model = TextEmbedding("ours", specific_model_path=str(local), threads=threads)

    def encode(texts):
        # By length, so that little is padded; vectors come back in the order of the texts.
        order = sorted(range(len(texts)), key=lambda text: len(texts[text]))
        rows = [None] * len(texts)
        for text, row in zip(order, model.embed([texts[text] for text in order], batch_size=32)):
            rows[text] = row
        return rows

    return encode


def tell(name: str, folder: Path, encode_documents, encode_queries) -> None:
    """Prints what a dense ranking is worth."""
    ndcg, recall = quality(folder, encode_documents, encode_queries)
    print(f"{name}, {folder.name}: nDCG@10 {ndcg:.4f}, recall@100 {recall:.4f}", flush=True)


def main(model: Path, tables: Path, folders) -> None:
    """Makes the tables that are not there, and measures all."""
    from model2vec import StaticModel

    print(f"load at the begin: {os.getloadavg()[0]:.1f}")
    tables.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as local:
        local = Path(local)
        model_folder(model, local)
        for name, settings in KINDS.items():
            if not (tables / name).is_dir():
                make(local, tables / name, settings)
            table = StaticModel.from_pretrained(tables / name)
            for folder in folders:
                tell(name, folder, table.encode, table.encode)
            for threads in (1, 2):
                # Tokenizers, BLAS and joblib take as many threads as there are cores when they begin.
                cores = sorted(os.sched_getaffinity(0))[:threads]
                command = [sys.executable, __file__, SPEED, str(tables / name), str(folders[0])]
                pin = lambda: os.sched_setaffinity(0, cores)
                subprocess.run(command, check=True, preexec_fn=pin)
        encode = fastembed(local, threads=2)
        with_prefix = lambda texts: encode([PREFIX + text for text in texts])
        for folder in folders:
            start = time.perf_counter()
            rows = encode(documents(folder)[1])
            rate = len(rows) / (time.perf_counter() - start)
            print(f"fastembed, {folder.name}: {rate:.1f} documents/s, by length", flush=True)
            tell("fastembed", folder, lambda _: rows, encode)
            tell("fastembed with the query prefix", folder, lambda _: rows, with_prefix)


if __name__ == "__main__":
    if sys.argv[1] == SPEED:
        speed(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        named = sys.argv[4:] or ["scifact", "nfcorpus"]
        main(Path(sys.argv[1]), Path(sys.argv[2]), [Path(sys.argv[3]) / name for name in named])
