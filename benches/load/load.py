"""More clients than a server can serve, for minutes; then its end while they ask.

    python3 benches/load/load.py TROMMEL COLLECTION QUERIES.jsonl [--minutes 10] [--clients 64]

The server's speed is measured first, then it is asked twice as much by clients that do not wait for each
other. Checked: no answer but 200 and 429; the time of accepted requests; memory in the last minute against the
second; and that after SIGTERM every request that the server took is answered. Only Python's own library is used.
"""

import argparse
import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import threading
import time


def start(trommel, collection, queue):
    command = [trommel, "-c", collection, "serve", "--bind", "127.0.0.1:0", "--queue", str(queue), "--log"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    logged = []
    for line in server.stderr:
        if " at http://" in line:
            break
    else:
        raise SystemExit("the server did not start")
    port = int(line.rsplit(":", 1)[1])
    threading.Thread(target=lambda: logged.extend(server.stderr), daemon=True).start()
    return server, port, logged


def ask(port, body):
    """Returns the status, the milliseconds and `Retry-After` of one request on a connection of its own."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("POST", "/v1/search", body)
        response = connection.getresponse()
        response.read()
        took = (time.perf_counter() - began) * 1000
        return response.status, took, response.headers.get("retry-after")
    finally:
        connection.close()


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))


def speed(port, bodies, seconds=20, clients=4):
    """Returns how many searches a second are answered to clients that wait for each answer."""
    times, end = [], time.time() + seconds

    def client(seed):
        choice = random.Random(seed)
        while time.time() < end:
            status, took, _ = ask(port, choice.choice(bodies))
            assert status == 200, status
            times.append(took)

    run(client, clients)
    return len(times) / seconds


def run(client, clients):
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("trommel")
    parser.add_argument("collection")
    parser.add_argument("queries")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--queue", type=int, default=16)
    parser.add_argument("--budget-ms", type=int, default=300)
    said = parser.parse_args()
    with open(said.queries) as file:
        queries = [json.loads(line)["text"] for line in file]
    bodies = [json.dumps({"query": query, "budget_ms": said.budget_ms}) for query in queries]
    server, port, logged = start(said.trommel, said.collection, said.queue)
    rate = speed(port, bodies)
    print(f"{rate:.1f} searches/s of {said.budget_ms} ms budget; asked for {2 * rate:.1f}")

    answers, lost, memory = [], [], []
    began = time.time()
    end = began + 60 * said.minutes
    stopping = threading.Event()

    def client(seed):
        choice = random.Random(seed)
        every = said.clients / (2 * rate)
        due = time.time() + choice.random() * every
        while not stopping.is_set() and time.time() < end + 60:
            time.sleep(max(0, due - time.time()))
            due += every
            try:
                answers.append((time.time() - began, *ask(port, choice.choice(bodies))))
            except (OSError, http.client.HTTPException) as error:
                lost.append((time.time() - began, repr(error)))
                if stopping.is_set():
                    return

    def watch():
        while time.time() < end:
            memory.append((time.time() - began, resident(server.pid)))
            time.sleep(1)
        before = len(logged)
        stopping.set()
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
        print(f"ended with {server.returncode}, answering {len(logged) - before} more requests")

    watcher = threading.Thread(target=watch)
    watcher.start()
    run(client, said.clients)
    watcher.join()
    time.sleep(1)

    statuses = {}
    for _, status, *_ in answers:
        statuses[status] = statuses.get(status, 0) + 1
    taken = sorted(took for _, status, took, _ in answers if status == 200)
    at = lambda share: taken[min(int(share * len(taken)), len(taken) - 1)]
    stated = [int(after) for *_, after in answers if after]
    early = [mib for when, mib in memory if 60 <= when < 120] or [memory[0][1]]
    late = [mib for when, mib in memory if when >= memory[-1][0] - 60]
    print(f"statuses {statuses}; accepted p50 {at(.5):.0f} p95 {at(.95):.0f} p99 {at(.99):.0f} ms")
    if stated:
        print(f"Retry-After of the others {min(stated)} to {max(stated)} s")
    print(f"memory {statistics.median(early):.0f} MiB in the second minute, {statistics.median(late):.0f} in the last")
    before_the_end = [error for when, error in lost if when < end - began]
    print(f"broken connections before the end: {len(before_the_end)} {before_the_end[:3]}")
    requests = [json.loads(line) for line in logged if line.startswith("{")]
    answered = sum(request.get("route") == "/v1/search" for request in requests)
    print(f"the server answered {answered}, {len(answers) + round(rate * 20)} of them reached somebody")


if __name__ == "__main__":
    main()
