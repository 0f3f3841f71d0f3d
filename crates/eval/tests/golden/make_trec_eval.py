"""Writes trec_eval.jsonl: generated runs and judgements, and what trec_eval says of them.

    pip install pytrec_eval-terrier==0.5.11 ir_measures==0.4.3 cwl-eval==1.0.12 numpy
    python make_trec_eval.py > trec_eval.jsonl

Values are pytrec_eval's where trec_eval has the metric. RBP, Judged and RR@k it has not: theirs are
ir_measures', which is given the results in trec_eval's order. A judged query without results is one
that those tools leave out; it is written down as 0. The first line names the metrics; every other
line is a pair, with one list of values a judged query.
"""

import json
import multiprocessing
import random
import warnings

import ir_measures
import numpy
import pytrec_eval

warnings.simplefilter("ignore")

# Our name: (trec_eval's, least relevant grade), or none where ir_measures must answer.
METRICS = {
    "nDCG": ("ndcg", 1),
    "nDCG@3": ("ndcg_cut_3", 1),
    "nDCG@10": ("ndcg_cut_10", 1),
    "AP": ("map", 1),
    "AP@5": ("map_cut_5", 1),
    "AP(rel=2)@100": ("map_cut_100", 2),
    "RR": ("recip_rank", 1),
    "RR(rel=2)": ("recip_rank", 2),
    "RR@3": None,
    "R@5": ("recall_5", 1),
    "R(rel=2)@100": ("recall_100", 2),
    "P@1": ("P_1", 1),
    "P@10": ("P_10", 1),
    "P(rel=3)@5": ("P_5", 3),
    "Success@1": ("success_1", 1),
    "Success(rel=2)@5": ("success_5", 2),
    "Judged@10": None,
    "RBP(p=0.8)": None,
    "RBP(p=0.5,rel=2)": None,
}
# Where ir_measures calls the same thing otherwise.
IR_MEASURES = {"RBP(p=0.8)": "RBP(p=0.8,rel=1)"}

IDS = (
    [f"d{n}" for n in range(1, 25)]
    + ["D1", "Z", "a-1", "_", "é1", "e\u0301", "文7", "文8", "😀3", "\uffee", "zz", "10", "9"]
)
QUERIES = ["q1", "q2", "q3", "10", "9", "é", "文"]


def drawing(kind, rng):
    """Returns a way to draw scores; what matters is how often they tie, and as which floats."""
    return {
        "distinct": lambda: rng.uniform(-1, 30),
        "ties": lambda: float(rng.randint(0, 3)),
        "all equal": lambda: 1.0,
        # Different as 64-bit floats, equal as 32-bit ones.
        "float ties": lambda: 0.1 + rng.randint(0, 9) * 1e-10 + rng.randint(0, 2) * 0.25,
        # One unit in the last place of 32 bits apart, or less.
        "near ties": lambda: 1.0 + rng.randint(0, 8) * 2.0**-24,
        "zeros": lambda: rng.choice([0.0, -0.0, 1e-46, -1e-46, 1e-45]),
        "negative": lambda: -float(rng.randint(1, 40)),
        "large": lambda: rng.choice([1e30, 1e30 + 1e20, 3e38, -3e38, 16777216.0, 16777217.0]),
    }[kind]


KINDS = ["distinct", "ties", "all equal", "float ties", "near ties", "zeros", "negative", "large"]
GRADES = [[0, 1], [0, 1, 2, 3], [-2, -1, 0, 1], [-1, 0, 1, 2, 7], [0], [-1], [1]]


def pair(number, rng):
    kind = KINDS[number % len(KINDS)]
    draw = drawing(kind, rng)
    grades = GRADES[rng.randrange(len(GRADES))] if rng.random() < 0.6 else GRADES[1]
    long = number % 20 == 0
    pool = IDS + [f"x{n}" for n in range(160)] if long else IDS
    qrels, run = {}, {}
    queries = ["q1"] if long else rng.sample(QUERIES, rng.randint(1, 4))
    for query in queries:
        judged = rng.sample(pool, rng.randint(1, 12))
        qrels[query] = {document: rng.choice(grades) for document in judged}
        if rng.random() < 0.12:
            continue  # a judged query without results
        count = rng.randint(110, 180) if long else rng.randint(1, 14)
        # Half of the results come from what was judged, so that there is something to score.
        found = rng.sample(judged, rng.randint(0, min(len(judged), count)))
        rest = [document for document in pool if document not in found]
        found += rng.sample(rest, min(count, len(pool)) - len(found))
        rng.shuffle(found)
        run[query] = {document: draw() for document in found}
    if rng.random() < 0.2:
        run["stranger"] = {"d1": 1.0, "d2": 0.5}  # a query that nobody judged
    return qrels, run


def in_order(results):
    """Returns ids as trec_eval ranks them: by 32-bit score, then by id, both falling."""
    with numpy.errstate(all="ignore"):
        key = lambda item: (float(numpy.float32(item[1])), item[0].encode())
        return [document for document, _ in sorted(results.items(), key=key, reverse=True)]


def evaluate(pipe, qrels, run):
    """Evaluates one query at every level."""
    values = {}
    for level in (1, 2, 3):
        names = {form[0]: ours for ours, form in METRICS.items() if form and form[1] == level}
        evaluator = pytrec_eval.RelevanceEvaluator(qrels, set(names), relevance_level=level)
        for query, by_name in evaluator.evaluate(run).items():
            values |= {(query, names[its]): value for its, value in by_name.items()}
    pipe.send(values)


def by_trec_eval(qrels, run):
    """Evaluates every query in a process of its own: trec_eval keeps memory from one query to the
    next, and after some with negative grades it crashes or never comes back."""
    values = {}
    for query in sorted(qrels.keys() & run.keys()):
        near, far = multiprocessing.Pipe(duplex=False)
        arguments = (far, {query: qrels[query]}, {query: run[query]})
        process = multiprocessing.Process(target=evaluate, args=arguments)
        process.start()
        assert near.poll(10), arguments
        values |= near.recv()
        process.join()
    return values


def main():
    rng = random.Random(20)
    print(json.dumps({"metrics": list(METRICS)}))
    for number in range(260):
        qrels, run = pair(number, rng)
        values = by_trec_eval(qrels, run)
        # The same order without ties: ir_measures' other tools break ties in other ways.
        plain = {
            query: {document: float(-rank) for rank, document in enumerate(in_order(results))}
            for query, results in run.items()
        }
        assert values == by_trec_eval(qrels, plain), "in_order is not trec_eval's order"
        for ours, form in METRICS.items():
            if form is None:
                measure = ir_measures.parse_measure(IR_MEASURES.get(ours, ours))
                for metric in ir_measures.iter_calc([measure], qrels, plain):
                    values[metric.query_id, ours] = float(metric.value)
        table = {
            query: [round(values.get((query, ours), 0.0), 8) for ours in METRICS]
            for query in sorted(qrels)
        }
        # As text, so that no reader of JSON rounds them to another float.
        scores = {
            query: {document: repr(score) for document, score in results.items()}
            for query, results in run.items()
        }
        line = {"qrels": qrels, "run": scores, "values": table}
        print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    main()
