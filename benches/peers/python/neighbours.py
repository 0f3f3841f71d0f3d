"""Vector indexes: `hnswlib`, `faiss-hnsw`, `faiss-flat`; M = 16, efConstruction = 200 as trommel's."""

from pathlib import Path

import numpy as np

DIMENSION = 384
M = 16
EF_CONSTRUCTION = 200


def contestant(name: str, folder: Path, threads: int):
    read = lambda file: np.fromfile(folder / file, np.float32).reshape(-1, DIMENSION)
    rows, queries = read("rows.f32"), read("queries.f32")
    make = {"hnswlib": hnswlib_index, "faiss-hnsw": faiss_hnsw, "faiss-flat": faiss_flat}[name]
    built = {}

    def run(kind, work):
        if kind == "build":
            built["search"] = make(rows, threads)
            return []
        return built["search"](queries, work["k"], work["ef"])

    return run


def hnswlib_index(rows, threads):
    import hnswlib

    index = hnswlib.Index(space="ip", dim=DIMENSION)
    index.init_index(max_elements=len(rows), M=M, ef_construction=EF_CONSTRUCTION, random_seed=1)
    index.add_items(rows, num_threads=threads)

    def search(queries, k, ef):
        index.set_ef(max(ef, k))
        return [index.knn_query(query, k=k, num_threads=1)[0][0] for query in queries]

    return search


def faiss_hnsw(rows, threads):
    import faiss

    faiss.omp_set_num_threads(threads)
    index = faiss.IndexHNSWFlat(DIMENSION, M, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = EF_CONSTRUCTION
    index.add(rows)

    def search(queries, k, ef):
        index.hnsw.efSearch = max(ef, k)
        return [index.search(query[None], k)[1][0] for query in queries]

    return search


def faiss_flat(rows, threads):
    import faiss

    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatIP(DIMENSION)
    index.add(rows)
    return lambda queries, k, ef: [index.search(query[None], k)[1][0] for query in queries]
