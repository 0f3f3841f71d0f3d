"""A contestant as a process: one line of JSON in, one line of JSON out; see ../src/serve.rs.

usage: serve.py CONTESTANT WORK
"""

import json
import sys
import time
from pathlib import Path

THREADS = 2


def load(name: str, folder: Path):
    """Returns the function that does a piece of work."""
    if name.startswith("ort-"):
        import onnx_runtime

        return onnx_runtime.contestant(name.removeprefix("ort-"), folder, THREADS)
    if name.startswith("torch-"):
        import torch_bert

        return torch_bert.contestant(name.removeprefix("torch-"), folder, THREADS)
    if name.startswith("sentence-transformers-"):
        import sentences

        return sentences.contestant(name.rsplit("-", 1)[1], folder, THREADS)
    import neighbours

    return neighbours.contestant(name, folder, THREADS)


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    # Libraries print; the answers have the real output to themselves.
    out, sys.stdout = sys.stdout, sys.stderr
    start = time.perf_counter()
    run = load(name, folder)
    print(json.dumps({"seconds": time.perf_counter() - start}), file=out, flush=True)
    work = {}
    for line in sys.stdin:
        request = json.loads(line)
        task = request["run"]
        if task not in work:
            work[task] = read(folder, task)
        start = time.perf_counter()
        for _ in range(request["repeat"]):
            rows = run(*work[task])
        seconds = (time.perf_counter() - start) / request["repeat"]
        answer = {"seconds": seconds}
        if request["rows"]:
            answer["rows"] = [[float(number) for number in row] for row in rows]
        print(json.dumps(answer), file=out, flush=True)


def read(folder: Path, task: str):
    """Returns the kind of a piece of work, and what it is about."""
    work = json.loads((folder / "work" / f"{task}.json").read_text())
    return (work, None) if isinstance(work, str) else next(iter(work.items()))


if __name__ == "__main__":
    main()
