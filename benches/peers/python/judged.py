"""Judged collections in BEIR's layout, and what a dense ranking of them is worth, as trec_eval counts."""

import json
import math
from pathlib import Path

import numpy as np


def documents(folder: Path):
    """Returns the ids and the texts of all documents, each behind its title."""
    lines = [json.loads(line) for line in open(folder / "corpus.jsonl", encoding="utf-8")]
    texts = [f"{line.get('title', '')} {line['text']}".strip() for line in lines]
    return [line["_id"] for line in lines], texts


def judgements(folder: Path):
    """Returns the grades of documents by query, of the test split."""
    grades = {}
    lines = open(folder / "qrels" / "test.tsv", encoding="utf-8").read().splitlines()
    for line in lines[1:]:
        query, document, grade = line.split("\t")
        grades.setdefault(query, {})[document] = int(grade)
    return grades


def queries(folder: Path, grades):
    """Returns the ids and the texts of the judged queries."""
    lines = [json.loads(line) for line in open(folder / "queries.jsonl", encoding="utf-8")]
    asked = {line["_id"]: line["text"] for line in lines if line["_id"] in grades}
    return list(asked), list(asked.values())


def quality(folder: Path, encode_documents, encode_queries):
    """Returns mean nDCG@10 and recall@100 of documents ranked by the dot product of unit vectors."""
    ids, texts = documents(folder)
    grades = judgements(folder)
    names, asked = queries(folder, grades)
    scores = unit(encode_queries(asked)) @ unit(encode_documents(texts)).T
    # Of equal scores the greater id comes first, as in trec_eval.
    descending = np.argsort(np.array(ids))[::-1]
    gains, recalls = [], []
    for name, row in zip(names, scores):
        order = descending[np.argsort(-row[descending], kind="stable")[:100]]
        of_query = grades[name]
        found = [max(of_query.get(ids[place], 0), 0) for place in order]
        ideal = dcg(sorted((max(grade, 0) for grade in of_query.values()), reverse=True))
        relevant = sum(grade > 0 for grade in of_query.values())
        gains.append(dcg(found) / ideal if ideal else 0.0)
        recalls.append(sum(grade > 0 for grade in found) / relevant if relevant else 0.0)
    return sum(gains) / len(gains), sum(recalls) / len(recalls)


def dcg(grades):
    """Returns the discounted gain of the first ten."""
    return sum(grade / math.log2(place + 2) for place, grade in enumerate(grades[:10]))


def unit(vectors):
    """Returns vectors at length 1; those of texts without a known token stay 0."""
    vectors = np.asarray(vectors, np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
