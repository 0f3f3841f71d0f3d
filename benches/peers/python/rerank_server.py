"""A rerank server as one would write it today: FastAPI, ONNX Runtime int8, waiting requests in one batch.

    python rerank_server.py MODEL_FOLDER PORT

MODEL_FOLDER has `model.onnx` and `tokenizer.json`. `POST /rerank` is that of text-embeddings-inference.
"""

import asyncio
import contextlib
import sys
from pathlib import Path

import fastapi
import numpy as np
import onnxruntime
import pydantic
import uvicorn
from tokenizers import Tokenizer

BATCH = 32
THREADS = 2

folder = Path(sys.argv[1])
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(512, strategy="only_second")
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = THREADS
session = onnxruntime.InferenceSession(
    str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
)


def score(pairs):
    """Returns the probability of each pair, computed in batches of like lengths."""
    encodings = tokenizer.encode_batch_fast(pairs)
    order = sorted(range(len(pairs)), key=lambda pair: len(encodings[pair].ids))
    scores = np.zeros(len(pairs))
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        shape = len(batch), len(encodings[batch[-1]].ids)
        ids, mask, types = (np.zeros(shape, np.int64) for _ in range(3))
        for row, pair in enumerate(batch):
            length = len(encodings[pair].ids)
            ids[row, :length] = encodings[pair].ids
            types[row, :length] = encodings[pair].type_ids
            mask[row, :length] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        logits = session.run(None, inputs)[0][:, 0]
        scores[batch] = 1 / (1 + np.exp(-logits))
    return scores


class Rerank(pydantic.BaseModel):
    query: str
    texts: list[str]


waiting: asyncio.Queue = asyncio.Queue()


async def work():
    """Computes all requests that wait as one batch, again and again."""
    while True:
        requests = [await waiting.get()]
        while not waiting.empty():
            requests.append(waiting.get_nowait())
        pairs = [pair for pairs, _ in requests for pair in pairs]
        scores = await asyncio.to_thread(score, pairs)
        start = 0
        for pairs, answer in requests:
            answer.set_result(scores[start : start + len(pairs)])
            start += len(pairs)


@contextlib.asynccontextmanager
async def lifespan(_):
    worker = asyncio.create_task(work())
    yield
    worker.cancel()


app = fastapi.FastAPI(lifespan=lifespan)


@app.post("/rerank")
async def rerank(request: Rerank):
    answer = asyncio.get_running_loop().create_future()
    await waiting.put(([(request.query, text) for text in request.texts], answer))
    scores = await answer
    order = np.argsort(-scores)
    return [{"index": int(place), "score": float(scores[place])} for place in order]


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
