"""Rerank servers side by side: pairs a second and the time of a request, at 1, 4 and 16 clients.

    python3 benches/load/race.py CORPUS.jsonl QUERIES.jsonl NAME=URL NAME=URL …

Each URL answers `POST /rerank` as text-embeddings-inference does. In every round all servers get the same
requests of 32 texts in turn; no pair comes twice, so that nothing can be remembered. Reported are medians over
the rounds, of each server and of the ratios within a round, and how far apart the servers' scores are.
"""

import argparse
import http.client
import json
import random
import statistics
import threading
import time
import urllib.parse

TEXTS = 32


def rerank(url, query, texts):
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=600)
    body = json.dumps({"query": query, "texts": texts, "truncate": True})
    began = time.perf_counter()
    connection.request("POST", "/rerank", body, {"content-type": "application/json"})
    response = connection.getresponse()
    answer = json.loads(response.read())
    took = time.perf_counter() - began
    connection.close()
    assert response.status == 200, answer
    return took, {ranked["index"]: ranked["score"] for ranked in answer}


def heat(url, clients, requests):
    """Lets clients take requests in turn; returns pairs a second, all times, and the scores of the first."""
    left, times, first = list(enumerate(requests)), [], {}
    lock = threading.Lock()

    def client():
        while True:
            with lock:
                if not left:
                    return
                number, (query, texts) = left.pop(0)
            took, scores = rerank(url, query, texts)
            times.append(took)
            if number == 0:
                first.update(scores)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return TEXTS * len(requests) / (time.perf_counter() - began), times, first


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus")
    parser.add_argument("queries")
    parser.add_argument("servers", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    said = parser.parse_args()
    with open(said.corpus) as file:
        texts = [json.loads(line)["text"] for line in file]
    with open(said.queries) as file:
        queries = [json.loads(line)["text"] for line in file]
    chance = random.Random(1)
    servers = {}
    for server in said.servers:
        name, url = server.split("=", 1)
        servers[name] = urllib.parse.urlsplit(url)
    for url in servers.values():
        rerank(url, queries[0], texts[:4])
    for clients in (1, 4, 16):
        rates = {name: [] for name in servers}
        times = {name: [] for name in servers}
        apart = []
        for turn in range(said.rounds):
            requests = [
                (chance.choice(queries), chance.sample(texts, TEXTS)) for _ in range(max(4, clients))
            ]
            scores = []
            # Whoever begins changes from round to round.
            names = list(servers)[turn % len(servers) :] + list(servers)[: turn % len(servers)]
            for name in names:
                rate, took, first = heat(servers[name], clients, requests)
                rates[name].append(rate)
                times[name].extend(took)
                scores.append(first)
            apart.extend(abs(scores[0][place] - scores[-1][place]) for place in scores[0])
        base = list(servers)[0]
        for name in servers:
            ratio = statistics.median(a / b for a, b in zip(rates[base], rates[name]))
            took = sorted(times[name])
            print(
                f"{clients:2} clients  {name:10} {statistics.median(rates[name]):6.1f} pairs/s"
                f"  p50 {statistics.median(took):6.2f} s  p95 {took[int(.95 * (len(took) - 1))]:6.2f} s"
                f"  {base} / it {ratio:.2f}"
            )
        print(f"            scores apart by {statistics.mean(apart):.4f} in the mean")


if __name__ == "__main__":
    main()
