"""Writes ranx.jsonl: generated lists, and what ranx fuses them into.

    pip install ranx==0.3.21
    python make_ranx.py > ranx.jsonl

A line is one case: `minmax` (min_max_norm, then wsum), `rrf` (rrf, of equal weights) or `zscore`
(zmuv_norm, then wsum). ranx gives 0 to a document that a list lacks, which is below or above the
lowest z-score; so for `zscore` every list is filled up with its lowest before the sum.
"""

import json
import random

from ranx import Run
from ranx.fusion.rrf import rrf
from ranx.fusion.wsum import wsum
from ranx.normalization.min_max_norm import min_max_norm
from ranx.normalization.zmuv_norm import zmuv_norm

CASES = 20


def lists(draw, ties):
    """Returns two to four lists of some of 16 documents, each list on a scale of its own."""
    result = []
    for _ in range(draw.randint(2, 4)):
        ids = draw.sample([f"d{number}" for number in range(16)], draw.randint(2, 12))
        width, middle = draw.choice([(0.01, 0.5), (1, 0), (10, 25), (500, -300)])
        # Multiples of 1/1024 are the same number in 32 and in 64 bits.
        steps = [draw.randint(-1024, 1024) for _ in ids]
        if ties:
            steps = [step // 400 * 400 for step in steps]
        elif len(set(steps)) < len(steps):
            steps = list(range(len(ids)))
        scores = [round((middle + width * step / 1024) * 1024) / 1024 for step in steps]
        if not ties and len(set(scores)) < len(scores):
            scores = [float(step) for step in range(len(ids))]
        result.append(dict(zip(ids, scores)))
    return result


def runs(lists):
    return [Run({"q": scores}) for scores in lists]


def fused(kind, lists, weights):
    if kind == "minmax":
        return wsum([min_max_norm(run) for run in runs(lists)], weights)
    if kind == "rrf":
        return rrf(runs(lists))
    standard = [dict(zmuv_norm(run).run["q"]) for run in runs(lists)]
    every = {document for scores in lists for document in scores}
    for scores in standard:
        lowest = min(scores.values())
        for document in every:
            scores.setdefault(document, lowest)
    return wsum(runs(standard), weights)


def main():
    draw = random.Random(20261125)
    for number in range(CASES):
        for kind in ["minmax", "rrf", "zscore"]:
            given = lists(draw, ties=kind != "rrf" and number % 3 == 0)
            weights = [1.0 for _ in given]
            if kind != "rrf":
                weights = [draw.randint(1, 9) / 8 for _ in given]
            scores = {id: float(score) for id, score in fused(kind, given, weights).run["q"].items()}
            case = {"kind": kind, "lists": given, "weights": weights, "fused": scores}
            print(json.dumps(case, sort_keys=True))


main()
