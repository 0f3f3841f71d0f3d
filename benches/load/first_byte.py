"""When a streamed search says its first byte, and how long after the query was encoded.

    python3 benches/load/first_byte.py http://127.0.0.1:7700 QUERIES.jsonl [COUNT]

Every query is asked on a connection of its own, after twenty that warm the server.
"""

import http.client
import json
import statistics
import sys
import time
import urllib.parse

WARM = 20


def ask(url, query):
    """Returns the milliseconds until the first byte, and the last event's data."""
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    connection.connect()
    body = json.dumps({"query": query})
    headers = {"content-type": "application/json", "accept": "text/event-stream"}
    began = time.perf_counter()
    connection.request("POST", "/v1/search", body, headers)
    response = connection.getresponse()
    first = response.read(1)
    took = 1000 * (time.perf_counter() - began)
    events = (first + response.read()).decode()
    connection.close()
    assert response.status == 200, events
    return took, json.loads([line for line in events.split("\n") if line.startswith("data:")][-1][5:])


def encoding(answer):
    """Returns the milliseconds that an answer's query took to encode, wherever its timings are."""
    if isinstance(answer, dict):
        if answer.get("step") == "encode":
            return answer["ms"]
        answer = answer.values()
    elif not isinstance(answer, list):
        return None
    return next((ms for ms in map(encoding, answer) if ms is not None), None)


def main():
    url = urllib.parse.urlparse(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as lines:
        queries = [json.loads(line)["text"] for line in lines]
    queries = queries[: int(sys.argv[3]) if len(sys.argv) > 3 else 100]
    for query in queries[:WARM]:
        ask(url, query)
    asked = [(took, took - encoding(answer)) for took, answer in (ask(url, query) for query in queries)]
    all_of_it, beyond = ([pair[at] for pair in asked] for at in (0, 1))
    hundredths = statistics.quantiles(all_of_it, n=100)
    print(f"first byte: median {hundredths[49]:.1f} ms, p95 {hundredths[94]:.1f} ms, of {len(asked)} queries")
    print(f"after the query was encoded: median {statistics.median(beyond):.1f} ms")


if __name__ == "__main__":
    main()
