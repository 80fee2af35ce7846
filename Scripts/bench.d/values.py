"""Lantern's serializers and Python's in turns, on the same documents; a table of the shortest times."""

import argparse
import json
import marshal
import pathlib
import subprocess
import sys
import tempfile
import time

import msgpack
import serpent

import report

# As Pyro5 uses them.
FORMATS = {
    "serpent": (lambda d: serpent.dumps(d, module_in_classname=True), serpent.loads),
    "json": (lambda d: json.dumps(d, ensure_ascii=False).encode("utf-8"), lambda b: json.loads(b.decode("utf-8"))),
    "msgpack": (lambda d: msgpack.packb(d, use_bin_type=True), lambda b: msgpack.unpackb(b, raw=False)),
    "marshal": (marshal.dumps, marshal.loads),
}
PATHS = ("static", "tree", "codable")
OPERATIONS = ("encode", "decode")
MARKS = ("<!-- values -->", "<!-- /values -->")


def main() -> None:
    arguments = _arguments()
    best = {}
    sizes = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([arguments.program, "--write", folder], check=True, timeout=60)
        files = sorted(pathlib.Path(folder).glob("*.msgpack"))
        documents = {f.stem: msgpack.unpackb(f.read_bytes(), raw=False) for f in files}
    for turn in range(arguments.turns):
        print(f"turn {turn + 1} of {arguments.turns}", file=sys.stderr)
        for figure in _lantern(arguments):
            key = (figure["document"], figure["format"], figure["path"], figure["operation"])
            best[key] = min(best.get(key, float("inf")), figure["nanoseconds"])
            sizes[key[:2]] = figure["bytes"]
        for key, nanoseconds in _python(documents, 3 if arguments.quick else 20):
            best[key] = min(best.get(key, float("inf")), nanoseconds)
    head, body = _rows(best, sizes)
    print(report.text([head, *body]))
    page = _page(head, body, arguments.turns)
    out = pathlib.Path(arguments.output)
    rows = [dict(zip(("document", "format", "path", "operation"), key), nanoseconds=ns) for key, ns in best.items()]
    (out / "values.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    (out / "values.md").write_text(page, encoding="utf-8")
    if arguments.page:
        _put(pathlib.Path(arguments.page), page)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--page")
    return parser.parse_args()


def _lantern(arguments: argparse.Namespace) -> list:
    command = [arguments.program]
    if arguments.quick:
        command += ["--rounds", "1", "--milliseconds", "3"]
    run = subprocess.run(command, check=True, timeout=600, capture_output=True, text=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def _python(documents: dict, milliseconds: int):
    for name, document in documents.items():
        for form, (dumps, loads) in FORMATS.items():
            try:
                data = dumps(document)
            except TypeError:
                continue  # Python's json has no form for bytes.
            yield (name, form, "python", "encode"), _time(lambda: dumps(document), milliseconds)
            yield (name, form, "python", "decode"), _time(lambda: loads(data), milliseconds)


def _time(body, milliseconds: int, rounds: int = 5) -> float:
    """Nanoseconds of processor time for one run: the shortest of some rounds."""
    start = time.thread_time_ns()
    body()
    count = max(1, int(milliseconds * 1e6 / max(time.thread_time_ns() - start, 100)))
    best = float("inf")
    for _ in range(rounds):
        start = time.thread_time_ns()
        for _ in range(count):
            body()
        best = min(best, (time.thread_time_ns() - start) / count)
    return best


def _rows(best: dict, sizes: dict) -> tuple:
    head = ["document", "format", "bytes", "", *PATHS, "python", "python / static", "python / tree"]
    body = []
    for (name, form), size in sizes.items():
        for operation in OPERATIONS:
            times = {p: best.get((name, form, p, operation)) for p in (*PATHS, "python")}
            cells = [_microseconds(times[p]) for p in (*PATHS, "python")]
            ratios = [_ratio(times["python"], times[p]) for p in ("static", "tree")]
            body.append([name, form, f"{size:,}", operation, *cells, *ratios])
    return head, body


def _microseconds(nanoseconds) -> str:
    if nanoseconds is None:
        return "–"
    value = nanoseconds / 1000
    return f"{value:,.{0 if value >= 1000 else 1 if value >= 100 else 2}f}"


def _ratio(python, ours) -> str:
    return f"{python / ours:.1f}" if python and ours else "–"


def _page(head: list, body: list, turns: int) -> str:
    facts = "; ".join(f"{name}: {value}" for name, value in report.machine_facts().items())
    table = ["| " + " | ".join(head) + " |", "|:--|:--|--:|:--|" + "--:|" * (len(head) - 4)]
    table += ["| " + " | ".join(row) + " |" for row in body]
    return (
        f"Measured with `Scripts/bench-values`, the shortest of {turns} turns of five rounds. Processor time in µs. The last two "
        f"columns: how many times as long Python needs.\n\nMachine: {facts}.\n\n" + "\n".join(table) + "\n"
    )


def _put(page: pathlib.Path, figures: str) -> None:
    text = page.read_text(encoding="utf-8")
    start, end = (text.find(mark) for mark in MARKS)
    if start < 0 or end < start:
        sys.exit(f"{page} has no {MARKS[0]} … {MARKS[1]}")
    page.write_text(text[: start + len(MARKS[0])] + "\n" + figures + text[end:], encoding="utf-8")


if __name__ == "__main__":
    main()
