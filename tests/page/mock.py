#!/usr/bin/env python3
"""A stand-in for `trommel serve`: the API of the page with made-up, partly hostile documents.

    python3 mock.py [--port 7700] [--key SECRET] [--slow 1.0]

Queries that do something of their own: "nothing" (answered: false), "busy" (429 once), "fail" (the
reranker fails), "empty" (no hits), "break" (the stream ends in the middle).
For tests: POST /mock/set {"key": "…"|null, "busy": 2, "gone": true, "ready": false, "slow": 0.2} and GET /mock/log.
"""

import argparse
import functools
import hashlib
import json
import math
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

HERE = Path(__file__).resolve().parents[2] / "crates/server/src/page"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


def words(text):
    return re.findall(r"\w+", text.lower())


def stem(word):
    return re.sub(r"(s|ing|led|ed)$", "", word)


def lines_of(*paragraphs):
    return "\n\n".join(paragraphs)


LONG = "\n".join(
    (
        f"## Entry {n // 12}: {['boiler', 'pump', 'valve', 'gauge'][n // 12 % 4]}"
        if n % 12 == 0
        else (
            ""
            if n % 12 in (1, 11)
            else f"On day {n} the {['pressure', 'flow', 'reading', 'temperature'][n % 4]} stood at {1 + n % 7 / 10:.1f} and nothing had to be done; line {n}."
        )
    )
    for n in range(2400)
)
LONG = LONG.replace(
    "nothing had to be done; line 1205.",
    "a radiator on the top floor was cold, so we had to bleed the radiator and top up; line 1205.",
)

PDF = "\n\n".join(
    f"Page heading {page}\n\n"
    + "\n".join(
        (
            f"The warranty covers the radiator and its valve for {page} years, unless the system was filled without inhibitor. "
            f"A fitter signs the sheet on page {page}."
            if line == 2
            else f"Clause {page}.{line}. Parts are replaced, not repaired, and the carriage is paid by the maker."
        )
        for line in range(1, 7)
    )
    for page in range(1, 16)
)

ONE_LINE = (
    '{"valves": [' + ", ".join(f'{{"radiator": {n}, "bleed": true}}' for n in range(6000)) + "]}"
)
WIDE = "\n".join(f"{n + 1}," + ",".join(f"cell {n}.{m}" for m in range(40)) for n in range(400))

DOCUMENTS = [
    (
        "notes",
        "manuals/aerolith-h9-topping-up.html",
        "Filling pressure and topping up, Aerolith H9",
        lines_of(
            "# Filling pressure and topping up (H9)",
            "The Aerolith H9 wants 1.5 bar when it is cold. Look at the display under Service > Pressure before the first frost.",
            "## Air after filling",
            "A splashing noise in the first few hours is harmless. Let the circulation pump run with the compressor off (Service > Quiet vent, twenty minutes), "
            "then bleed the radiators from the bottom floor upwards. The reading will fall by a tenth or two. Correct it once, on the next morning, and not on the same evening.",
        ),
        {"author": "Ada Lindqvist", "date": "2024-03-02"},
        "current",
        None,
    ),
    (
        "notes",
        "manuals/aerolith-h6-topping-up.html",
        "Aerolith H6 - topping up heating water",
        lines_of(
            "# Topping up the heating water (H6)",
            "Look at the round gauge on the indoor module first thing in the morning, before the heating comes on. With a cold system the needle of an H6 should stand at 1.2 bar. "
            "Under 0.8 bar the pump starts to gurgle, and at 0.5 bar the unit shuts down.",
            "1. Screw a garden hose to the filling tap and let water run through it to push the air out.\n2. Open the filling tap slowly and watch the needle.\n3. Close at 1.2 bar, bleed the highest radiator, and check again.",
            "Having to do this more than twice a year points to a leak or a flat expansion vessel. Tell your installer, since fresh water brings oxygen and rust.",
        ),
        {"author": "Ada Lindqvist"},
        "changed",
        None,
    ),
    (
        "notes",
        "<script>alert(2)</script>/evil.html",
        "<img src=x onerror=alert(1)>",
        lines_of(
            "# <b onmouseover=alert(3)>Radiator</b>",
            '<script>window.pwned = true</script> How to bleed a radiator: <img src=x onerror="window.pwned = true"> turn the key. \x1b[31mred\x07',
            "[click](javascript:alert(4)) and </div></li> end.",
        ),
        {"<i>field</i>": "<svg onload=alert(5)>", "author": "<script>alert(6)</script>"},
        "current",
        None,
    ),
    (
        "notes",
        "inbox/invoice\u202egpj.exe",
        "Radiator invoice \u202egnp.exe\u202c and \u2066isolated\u2069 \u200fmark",
        lines_of(
            "The radiator invoice \u202ereversed\u202c is due on the first of May. Pay it before you bleed the radiator account."
        ),
        {"author": "Evil\u202eaaM"},
        "gone",
        None,
    ),
    (
        "notes",
        "עברית/רדיאטור.txt",
        "איך משחררים אוויר מהרדיאטור",
        lines_of(
            "כדי לשחרר אוויר מהרדיאטור (bleed the radiator), פתחו את השסתום בעזרת מפתח קטן. חכו עד שיוצאים מים בלבד, ואז סגרו.",
            "אם הלחץ ירד מתחת ל-1.2 bar, הוסיפו מים.",
        ),
        {"author": "נועה"},
        "current",
        None,
    ),
    (
        "papers",
        "warranty/radiator-warranty.pdf",
        "Warranty terms for radiators and valves",
        PDF,
        {"author": "Nordheat AB", "date": "2023-11-20"},
        "current",
        "page",
    ),
    (
        "notes",
        "logbook/boiler-room-2023.md",
        "Boiler room logbook 2023",
        LONG,
        {"author": "Sam Okafor"},
        "unknown",
        None,
    ),
    (
        "notes",
        "handbook/heating-season.txt",
        "Heating season: who does what",
        lines_of(
            "Heating season: who does what",
            "Facilities bleed every radiator on the second floor before the first of October. Nobody else should touch the valves; a drip on a weekend floods the archive.",
            "If your room stays cold, write to facilities with the number on the radiator. They come within two days.",
        ),
        {"author": "Facilities", "date": "2025-09-01"},
        "current",
        None,
    ),
    (
        "papers",
        "slides/heat-pumps-for-beginners.pptx",
        "Heat pumps for beginners",
        lines_of(
            "Low flow temperature, large radiators",
            "A radiator that was sized for 70 degrees gives a third of its heat at 40.",
            "Bleed the radiators first: half of all complaints about heat pumps are air.",
        ),
        {},
        "current",
        "slide",
    ),
    (
        "papers",
        "costs/heating.xlsx",
        "",
        lines_of(
            "room\tradiator\tbleed\tcost",
            "cellar\t2\tyes\t120",
            "attic\t1\tno\t80",
            "office\t4\tyes\t310",
        ),
        {"date": "2025-01-15"},
        "current",
        "sheet",
    ),
    (
        "notes",
        "runbooks/disk-full.md",
        "Disk full on the build host",
        lines_of(
            "# Disk full",
            "Old images fill the disk. Bleed off the oldest ones with `prune --keep 3`, then restart the queue.",
            "The radiator of the rack is unrelated, whatever the alarm says.",
        ),
        {"author": "Ops"},
        "current",
        None,
    ),
    (
        "notes",
        "src/heating/valve.rs",
        "valve.rs",
        "\n".join(
            [
                "//! The valve of one radiator.",
                "",
                "/// Opens the valve until water comes, which is how one bleeds a radiator.",
                "pub fn bleed(radiator: &mut Radiator) -> Result<(), Stuck> {",
                "    while radiator.has_air() {",
                "        radiator.valve.turn(Quarter::Left)?;",
                "    }",
                "    radiator.valve.close()",
                "}",
            ]
        ),
        {},
        "current",
        None,
    ),
    (
        "notes",
        "mail/2024-02-cold-radiator.eml",
        "Re: cold radiator in room 214",
        lines_of(
            "Hello Sam,",
            "we had the same last winter. I asked how one is supposed to bleed a radiator without the key and got one by mail the next day.",
            "Best, Ada",
        ),
        {"author": "Ada Lindqvist", "date": "2024-02-11"},
        "current",
        None,
    ),
    (
        "papers",
        "theses/hydronic-balancing.pdf",
        "On the hydronic balancing of old buildings: measurements on forty-one radiators in a school that was built before the war and changed four times since",
        lines_of(
            "Abstract. We balanced 41 radiators and measured for two winters.",
            "Air in a radiator halves its output; we therefore bled each radiator before every measurement, and note the pressure after it.",
        ),
        {"author": "M. Duarte"},
        "current",
        "page",
    ),
    ("papers", "data/valves.json", "", ONE_LINE, {}, "current", None),
    ("papers", "data/wide.csv", "", WIDE, {}, "current", None),
]
COLLECTIONS = ["notes", "papers"]


class Document:
    def __init__(self, collection, id_, title, text, metadata, freshness, kind):
        self.collection, self.id, self.title, self.text = collection, id_, title, text
        self.metadata, self.freshness, self.kind = metadata, freshness, kind
        self.lines = text.split("\n")
        self.passages = list(self.split())
        self.stems = {stem(word) for word in words(f"{title} {text}")}

    def split(self):
        """Yields (first, last, headings, location) of each passage."""
        first, headings = 1, []
        step = 9 if self.kind == "page" else 12
        for start in range(0, len(self.lines), step):
            end = min(len(self.lines), start + step)
            headings = next(
                ([line.lstrip("# ")] for line in self.lines[start:end] if line.startswith("#")),
                headings,
            )
            number = start // step + 1
            location = {
                "page": {
                    "kind": "page",
                    "name": str(number + 4),
                    "label": (
                        ["i", "ii", "iii", "iv", "v", "vi"][number - 1] if number < 7 else None
                    ),
                },
                "slide": {"kind": "slide", "name": "3", "title": "Air is the enemy"},
                "sheet": {
                    "from": {
                        "sheet": {"name": "Rooms", "first_row": 1, "last_row": 4, "columns": 4}
                    },
                    "text": "Rooms!A1:D4",
                },
            }.get(self.kind)
            yield start + 1, end, headings, location
            first = end + 1

    def passage_text(self, passage):
        return "\n".join(self.lines[passage[0] - 1 : passage[1]])

    def source(self):
        return {
            "root": "/home/ada/notes",
            "path": self.id,
            "file": f"/home/ada/{self.collection}/{self.id}",
            "line": None,
        }


ALL = [Document(*d) for d in DOCUMENTS]


def dice(*parts):
    return int(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8], 16) / 2**32


def byte(text, at):
    return len(text[:at].encode())


@functools.cache
def passage_of(document, query):
    asked = {stem(w) for w in words(query)}
    best = max(
        document.passages,
        key=lambda p: len(asked & {stem(w) for w in words(document.passage_text(p))}),
    )
    text = document.passage_text(best)
    sentences = [
        m.span()
        for m in re.finditer(
            r"[^.!?\n][^.!?\n]*(?:[.!?](?=\s|$)|[.!?][^\s.!?\n]+[^.!?\n]*)*[.!?]?", text
        )
    ] or [(0, 0)]
    start, end = max(
        sentences,
        key=lambda s: (len(asked & {stem(w) for w in words(text[s[0] : s[1]])}), s[1] - s[0] < 300),
    )
    matches = [
        m.span()
        for m in re.finditer(r"\w+", text)
        if stem(m.group().lower()) in asked and len(m.group()) > 2
    ]
    passage = {
        "lines": {"first": best[0], "last": best[1]},
        "headings": best[2],
        "text": text,
        "sentence": [byte(text, start), byte(text, end)],
        "matches": [[byte(text, a), byte(text, b)] for a, b in matches],
    }
    if best[3]:
        passage["location"] = best[3]
    return passage


def ranked(documents, key):
    order = sorted(documents, key=key, reverse=True)
    return {d.id: i + 1 for i, d in enumerate(order)}


def answers(request, slow):
    """Yields (event, data, pause) of one search."""
    query = request["query"]
    stage = request.get("stage", "reranked")
    documents = [d for d in ALL if d.collection in request.get("collections", COLLECTIONS)]
    for path in request.get("path", []):
        documents = [d for d in documents if d.id.startswith(path.rstrip("*"))]
    for condition in request.get("filter", []):
        field, _, value = re.match(r"(.*?)(!=|<=|>=|=|<|>|~)(.*)", condition).groups()
        documents = [
            d for d in documents if str(d.metadata.get(field.strip(), "")).startswith(value.strip())
        ]
    if query == "empty":
        documents = []
    asked = {stem(w) for w in words(query)}
    overlap = lambda d: len(asked & d.stems)
    bm25 = ranked(documents, lambda d: overlap(d) + dice("b", query, d.id))
    dense = ranked(documents, lambda d: overlap(d) * 0.3 + dice("d", query, d.id))
    fused = ranked(documents, lambda d: -(bm25[d.id] + dense[d.id]) + dice(d.id) * 0.1)
    order_of_listing = {d.id: i for i, d in enumerate(ALL)}
    model = ranked(
        documents, lambda d: overlap(d) - order_of_listing[d.id] * 0.35 - dice("r", query, d.id) * 2
    )
    k = request.get("k", 10)
    unsure = query == "nothing"
    read = min(len(documents), 8)

    def hit(d, rank, known):
        seen = sorted(documents, key=lambda d: fused[d.id])[:read]
        was_read = known and d in seen and not (rank == 7)
        probability = (
            (0.17 if unsure else 0.97) * math.exp(-0.27 * (rank - 1)) * (0.9 + 0.1 * dice(d.id))
        )
        stages = {
            "bm25": {"rank": bm25[d.id], "score": 14.2 / bm25[d.id] ** 0.4} if rank != 5 else None,
            "dense": {"rank": dense[d.id], "score": 0.72 - 0.012 * dense[d.id]},
            "bm25+neighbours": {"rank": bm25[d.id], "score": 11.7 / bm25[d.id] ** 0.4},
            "exact": 0.249 if rank == 1 else 0.0,
            "fused": {"rank": fused[d.id], "score": 1.3 - 0.09 * fused[d.id]},
        }
        if known:
            stages["feedback"] = {
                "rank": max(1, fused[d.id] - (1 if fused[d.id] % 4 == 3 else 0)),
                "score": 1.3 - 0.09 * fused[d.id],
            }
            stages["reranked"] = (
                {
                    "rank": model[d.id],
                    "logit": 6 - model[d.id],
                    "probability": 1 / (1 + math.exp(-(5 - model[d.id]))),
                    "truncated": d.kind == "page",
                }
                if was_read
                else None
            )
            stages["expected"] = None if was_read else 0.21
        if stage in ("bm25", "dense"):
            stages = {stage: stages[stage] or {"rank": rank, "score": 1.0}}
        return {
            "rank": rank,
            "id": d.id,
            "collection": d.collection,
            "score": probability,
            "probability": min(1, probability * 1.04),
            "ranked_by": 1.9 - 0.11 * rank,
            "title": d.title,
            "source": d.source(),
            "freshness": d.freshness,
            "metadata": d.metadata,
            "passage": passage_of(d, query),
            "stages": stages,
        }

    def answer(order, known, passages_read, final=False):
        ids = sorted(documents, key=lambda d: order[d.id])[:k]
        body = {
            "schema": "trommel.answer.v1",
            "query": query,
            "stage": stage if known else "fused",
            "reranked": known and stage == "reranked",
            "answered": not unsure,
            "hits": [hit(d, i + 1, known) for i, d in enumerate(ids)],
        }
        if known:
            stopped = "budget" if "budget_ms" in request else "settled"
            body["feedback"] = {"by": "reranker", "documents": [ids[0].id] if ids else [], "new": 6}
            body["rerank"] = {"read": passages_read, "of": 50, "stopped": stopped}
            body["passes"] = [
                {
                    "reranker": "ms-marco-MiniLM-L-12-v2@1225ccd6afd0f1b4",
                    "depth": 50,
                    "excerpt": None,
                    "read": passages_read,
                    "of": 50,
                    "stopped": stopped,
                }
            ]
            body["cache"] = {"found": 3, "asked": 8}
        if query == "fail":
            body["failure"] = "the model's file is gone"
            body["rerank"] = {"read": 0, "of": 50, "stopped": "failed"}
        body["timings"] = [
            {"step": "encode", "ms": 10.28, "counts": {}},
            {"step": "bm25", "ms": 0.25, "counts": {}},
            {"step": "dense", "ms": 0.57, "counts": {}},
            {"step": "fuse", "ms": 0.31, "counts": {}},
        ] + (
            [
                {"step": "rerank", "ms": 63.45, "counts": {}},
                {"step": "feedback", "ms": 0.38, "counts": {}},
                {"step": "rerank", "ms": 111.83, "counts": {}},
                {"step": "read", "ms": 1.12, "counts": {}},
            ]
            if known
            else []
        )
        return body

    first = {"bm25": bm25, "dense": dense}.get(stage, fused)
    if stage != "reranked":
        yield "answer", answer(first, False, 0), 0
        return
    yield "fused", answer(fused, False, 0), 0.25
    half = ranked(
        documents, lambda d: -(fused[d.id] + model[d.id]) if fused[d.id] < 8 else -20 - fused[d.id]
    )
    for n in range(8, 49, 8):
        yield "progress", {"read": n, "of": 50}, 0.12
        if n == 24:
            if query == "break":
                return
            yield "reranked", answer(half, True, n), 0.2
    yield "reranked", answer(model, True, 48), 0.1
    yield "answer", answer(model, True, 48, True), 0


class State:
    lock = threading.Lock()
    key = None
    busy = 0
    gone = False
    ready = True
    slow = 1.0
    log = []
    judgements = {}
    jobs = {}


def judged_queries():
    return len({query for (_, query, _) in State.judgements})


def job_at(job):
    age = (time.time() - job["began"]) / max(State.slow, 0.05)
    total, duration = 4_096_000, 6.0
    done = min(1.0, age / duration)
    state = "cancelled" if job["cancelled"] else "done" if done >= 1 else "running"
    if job["cancelled"]:
        done = job["cancelled"]
    body = {
        "id": job["id"],
        "collection": job["collection"],
        "state": state,
        "documents": int(820 * done),
        "passages": int(3100 * done),
        "bytes": int(total * done),
        "total_bytes": total if age > 0.6 else None,
        "per_second": 136.7 if age > 0.3 else None,
        "seconds_left": (
            max(1, int((1 - done) * duration)) if age > 0.6 and state == "running" else None
        ),
        "file": f"manuals/part-{int(done * 40)}\u202e.pdf" if state == "running" else None,
    }
    if state != "running":
        skipped = [
            {
                "path": f"pictures/photo-{n}.jpg",
                "line": None,
                "reason": "binary",
                "detail": "binary",
            }
            for n in range(12)
        ]
        skipped += [
            {
                "path": "garden/<b>garden</b>.jsonl",
                "line": 14,
                "reason": "invalid-json",
                "detail": "byte 71: expected `,` or `}`",
            },
            {
                "path": "scans/lease\u202efdp.pdf",
                "line": None,
                "reason": "no-text",
                "detail": "no text on any of 4 pages; it is a scan",
            },
        ]
        body["report"] = {
            "added": 12,
            "updated": 3,
            "unchanged": 805,
            "removed": 1,
            "skipped": skipped,
            "skipped_counts": {"binary": 31, "invalid-json": 1, "no-text": 1},
        }
    return body


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body, headers=()):
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        names = [name for name, _ in headers]
        if "Content-Type" not in names:
            self.send_header("Content-Type", "application/json")
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def fail(self, status, code, message, hint=None, headers=()):
        error = {"code": code, "message": message}
        if hint:
            error["hint"] = hint
        self.reply(status, {"error": error}, headers)

    def events(self, items):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for event, data, pause in items:
                self.wfile.write(
                    f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
                )
                self.wfile.flush()
                time.sleep(pause * State.slow)
        except (BrokenPipeError, ConnectionResetError):
            State.log.append({"stopped": self.path})

    def body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def handle_any(self):
        url = urlsplit(self.path)
        path, query = url.path, {k: v[-1] for k, v in parse_qs(url.query).items()}
        if path.startswith("/mock/"):
            return self.mock(path)
        if State.gone:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return None
        if self.command == "GET" and (path == "/" or path.startswith("/page/")):
            return self.static("index.html" if path == "/" else path[6:])
        body = self.body() if self.command == "POST" else {}
        State.log.append(
            {
                "method": self.command,
                "path": path,
                "query": query,
                "body": body,
                "accept": self.headers.get("Accept"),
            }
        )
        if State.key and self.headers.get("Authorization") != f"Bearer {State.key}":
            return self.fail(
                401, "unauthorized", "a key is needed", "send Authorization: Bearer KEY"
            )
        return self.route(path, query, body)

    do_GET = do_POST = do_DELETE = handle_any

    def static(self, name):
        file = HERE / name
        if "/" in name or file.suffix not in TYPES or not file.is_file():
            return self.fail(404, "not_found", f"no such file: {name}")
        headers = [
            ("Content-Type", TYPES[file.suffix] + "; charset=utf-8"),
            ("Content-Security-Policy", CSP),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-cache"),
        ]
        return self.reply(200, file.read_bytes(), headers)

    def mock(self, path):
        if path == "/mock/set":
            for name, value in self.body().items():
                setattr(State, name, value)
            return self.reply(200, {})
        log, State.log = State.log, []
        return self.reply(200, log)

    def route(self, path, query, body):
        if path == "/v1/status":
            sizes = {
                "notes": (971125, "2026-11-29T22:01:00Z"),
                "papers": (48_120_333, "2026-11-12T08:30:00Z"),
            }
            return self.reply(
                200,
                {
                    "schema": "trommel.server.v1",
                    "version": "0.1.0",
                    "ready": True,
                    "collections": [
                        {
                            "name": name,
                            "documents": sum(d.collection == name for d in ALL),
                            "passages": sum(len(d.passages) for d in ALL if d.collection == name),
                            "generation": 1,
                            "bytes": sizes[name][0],
                            "roots": [
                                {"kind": "folder", "path": f"/home/ada/{name}", "there": True}
                            ]
                            + (
                                [
                                    {
                                        "kind": "folder",
                                        "path": "/media/old disk\u202e/papers",
                                        "there": False,
                                    }
                                ]
                                if name == "papers"
                                else []
                            ),
                            "encoder": "bge-small-en-v1.5",
                            "committed": sizes[name][1],
                            "writable": name == "notes",
                        }
                        for name in COLLECTIONS
                    ],
                    "rerankers": ["ms-marco-MiniLM-L-12-v2"],
                    "queue": {"waiting": 0, "running": 1, "limit": 64},
                    "jobs": [job_at(job) for job in State.jobs.values()],
                },
            )
        if path == "/v1/search":
            return self.search(body)
        if path.startswith("/v1/documents/"):
            return self.document(unquote(path[len("/v1/documents/") :]), query)
        if path == "/v1/why":
            return self.why(body)
        if path == "/v1/judgements":
            return self.judgements(query, body)
        if path == "/v1/helps":
            return self.reply(200, helps())
        if path == "/v1/budget":
            return self.reply(
                200,
                {
                    "per_pair_ms": 4.1,
                    "points": [
                        {"budget_ms": ms, "reads": int(ms / 4.1)}
                        for ms in (50, 100, 200, 500, 1000, 2000)
                    ],
                },
            )
        if path == "/v1/index":
            job = {
                "id": str(len(State.jobs) + 1),
                "collection": body["collection"],
                "began": time.time(),
                "cancelled": None,
            }
            State.jobs[job["id"]] = job
            return self.reply(202, job_at(job))
        if path.startswith("/v1/jobs/"):
            return self.job(path.split("/")[3:])
        return self.fail(404, "not_found", f"no such route: {path}")

    def search(self, body):
        if State.busy > 0:
            State.busy -= 1
            return self.fail(429, "busy", "64 searches are waiting", headers=[("Retry-After", "1")])
        for condition in body.get("filter", []):
            if condition.startswith("autor"):
                return self.fail(
                    422,
                    "unknown_field_in_filter",
                    "no document has the field `autor`",
                    "did you mean `author`?",
                )
        items = answers(body, State.slow)
        if "event-stream" in (self.headers.get("Accept") or ""):
            return self.events(items)
        return self.reply(200, [data for event, data, _ in items if event == "answer"][0])

    def document(self, id_, query):
        found = next(
            (
                d
                for d in ALL
                if d.id == id_ and d.collection == query.get("collection", d.collection)
            ),
            None,
        )
        if not found:
            return self.fail(
                404,
                "unknown_document",
                f"no document has the id `{id_}`",
                "near: manuals/aerolith-h9-topping-up.html",
            )
        first, last = (int(n) for n in query.get("lines", f"1-{len(found.lines)}").split("-"))
        last = min(last, len(found.lines))
        text = "\n".join(found.lines[first - 1 : last])
        most = int(query.get("max_chars", 20000))
        truncated = len(text) > most
        text = text[:most]
        time.sleep(0.05 * State.slow)
        return self.reply(
            200,
            {
                "schema": "trommel.document.v1",
                "collection": found.collection,
                "id": found.id,
                "title": found.title,
                "source": found.source(),
                "metadata": found.metadata,
                "lines": {"first": first, "last": first + text.count("\n")},
                "total_lines": len(found.lines),
                "text": text,
                "truncated": truncated,
                "location": None,
                "passages": [
                    {"lines": {"first": a, "last": b}, **({"location": at} if at else {})}
                    for a, b, _, at in found.passages
                ],
            },
        )

    def why(self, body):
        id_ = body["id"]
        if id_ == "pictures/photo-1.jpg":
            return self.reply(
                200,
                {
                    "schema": "trommel.why.v1",
                    "id": id_,
                    "found": False,
                    "stages": {},
                    "loss": None,
                    "text": [
                        "pictures/photo-1.jpg is not indexed",
                        "it was skipped: its content is not text (binary)",
                    ],
                },
            )
        found = next(
            (
                d
                for d in ALL
                if d.id == id_ and d.collection == body.get("collection", d.collection)
            ),
            None,
        )
        if not found:
            return self.fail(
                404,
                "unknown_document",
                f"no document has the id `{id_}`",
                "near: manuals/aerolith-h9-topping-up.html, manuals/aerolith-h6-topping-up.html",
            )
        return self.reply(
            200,
            {
                "schema": "trommel.why.v1",
                "id": id_,
                "found": True,
                "stages": {},
                "loss": "depth",
                "text": [
                    "bm25: #41 of all documents, score 3.1042: a candidate",
                    "dense: #112 of all documents, score 0.4130: not a candidate",
                    "fused: #38 with 0.4121",
                    "reranked: not read",
                    "answer: #38 with 0.2210, not among the first 10: the reranker did not read so far down",
                ],
            },
        )

    def judgements(self, query, body):
        if self.command == "POST":
            key = (body["collection"], body["query"], body["id"])
            if body["grade"] is None:
                State.judgements.pop(key, None)
            else:
                State.judgements[key] = body["grade"]
            return self.reply(200, {"queries": judged_queries()})
        rows = [
            {"query": q, "id": i, "grade": g}
            for (c, q, i), g in State.judgements.items()
            if c == query.get("collection") and query.get("query", q) == q
        ]
        return self.reply(200, {"queries": judged_queries(), "judgements": rows})

    def job(self, parts):
        job = State.jobs.get(parts[0])
        if not job:
            return self.fail(404, "unknown_job", f"no job has the id `{parts[0]}`")
        if self.command == "DELETE":
            job["cancelled"] = 0.4
            return self.reply(200, job_at(job))
        if parts[1:] == ["events"]:

            def items():
                while (now := job_at(job))["state"] == "running":
                    yield "progress", now, 0.2
                yield "end", now, 0

            return self.events(items())
        return self.reply(200, job_at(job))


def helps():
    if not State.ready:
        return {
            "schema": "trommel.helps.v1",
            "queries": max(3, judged_queries()),
            "needed": 10,
            "ready": False,
            "metric": "nDCG@10",
            "stages": [],
            "changes": [],
            "advice": [],
        }
    stages = [
        ("bm25", 0.61, 0.52, 0.70),
        ("dense", 0.64, 0.55, 0.73),
        ("fused", 0.702, 0.62, 0.78),
        ("feedback", 0.698, 0.61, 0.78),
        ("reranked", 0.781, 0.71, 0.85),
    ]
    changes = [
        (
            "bm25",
            "fused",
            0.092,
            0.031,
            0.153,
            True,
            "Keep the vectors: they find what is said in other words.",
            None,
        ),
        (
            "fused",
            "feedback",
            -0.004,
            -0.022,
            0.014,
            False,
            "Feedback makes no difference that could be shown so far.",
            140,
        ),
        (
            "feedback",
            "reranked",
            0.083,
            0.024,
            0.142,
            True,
            "Keep the reranker: it is worth its 180 ms on your documents.",
            None,
        ),
    ]
    return {
        "schema": "trommel.helps.v1",
        "queries": 24,
        "needed": 10,
        "ready": True,
        "metric": "nDCG@10",
        "stages": [dict(zip(("stage", "mean", "low", "high"), row)) for row in stages],
        "changes": [
            dict(
                zip(
                    ("from", "to", "difference", "low", "high", "shown", "advice", "more_queries"),
                    row,
                )
            )
            for row in changes
        ],
        "advice": [
            "The reranker helps on your documents: leave it on.",
            "Feedback could be left out; it costs 12 ms and nothing shows that it helps.",
        ],
    }


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--port", type=int, default=7700)
    options.add_argument("--key")
    options.add_argument("--slow", type=float, default=1.0)
    given = options.parse_args()
    State.key, State.slow = given.key, given.slow
    print(f"http://127.0.0.1:{given.port}/", flush=True)
    Server(("127.0.0.1", given.port), Handler).serve_forever()
