"""A running name server, audited and durable, beside Pyro5's own: lookups, registrations, watches, start-up, memory."""

import argparse
import json
import os
import pathlib
import queue
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
READY_WITHIN = 600


def main() -> None:
    arguments = _arguments()
    home = arguments.work / "home"
    _run([arguments.bin / "lantern", "init", home], stdout=subprocess.DEVNULL)
    # Many clients of one identity on one machine: a limit of connections would be all that is measured.
    settings = home / "lantern.yaml"
    settings.write_text(
        settings.read_text() + "\nlimits: { connections-per-identity: 2000, connections-per-address: 2000, streams-per-identity: 2000 }\n"
    )
    for number, names in enumerate(arguments.names):
        _one_size(arguments, home, names, everything=number == 0)


def _one_size(arguments, home, names, everything) -> None:
    def show(system, figure, value, unit):
        print(f"{names:>9,} names  {system:<8} {figure:<28} {value:>14,.2f} {unit}", flush=True)

    stored = arguments.work / f"pyro-{names}.sqlite"
    _pyro_store(stored, names)
    _run([arguments.bin / "lantern", "nsc", "import", stored, "--home", home], stdout=subprocess.DEVNULL)

    with Server([arguments.bin / "lantern", "ns", "--home", home, "--port", "0"]) as server:
        show("lantern", "start-up", server.started * 1e3, "ms")
        show("lantern", "resident memory", server.resident() / 2**20, "MiB")

        def lantern(workload, count, clients=1):
            lines = _run(
                [arguments.bin / "lantern-bench-registry", "--home", home, "--server", server.place, "--workload",
                 workload, "--count", str(count), "--clients", str(clients), "--names", str(names)],
                stdout=subprocess.PIPE,
            ).splitlines()  # fmt: skip
            for line in lines:
                figure = json.loads(line)
                show("lantern", figure["figure"], figure["value"], figure["unit"])

        for clients in (1, 64):
            lantern("ping", arguments.calls, clients)
            lantern("lookup", arguments.calls, clients)
        _python_client("lantern, Pyro5 client", arguments, home, server.place, names, show)
        if everything:
            show("disk", "fdatasync of 4 KiB", _syncs(arguments.work), "1/s")
            lantern("register", arguments.registrations)
            lantern("register", 8 * arguments.registrations, 64)
            lantern("watch", arguments.rounds, arguments.watchers)
        show("lantern", "resident memory at the end", server.resident() / 2**20, "MiB")

    python = [arguments.python, "-m", "lantern_pyro", "--home", home, "-m", "Pyro5.nameserver"]
    with Server([*python, "-n", "127.0.0.1", "-p", "0", "-x", "-s", f"sql:{stored}"]) as server:
        _python_client("pyro5", arguments, home, server.place, names, show)


def _python_client(system, arguments, home, place, names, show) -> None:
    host, _, port = place.rpartition(":")
    count = str(max(100, arguments.calls // 10))
    client = [arguments.python, "-m", "lantern_pyro", "--home", home, HERE / "pyro_lookups.py"]
    answer = json.loads(_run([*client, host, port, count, str(names)], stdout=subprocess.PIPE, env=_environment()))
    for name, figures in answer.items():
        show(system, name, figures["per_second"], "1/s")
        show(system, name + " p50", figures["p50"], "us")
        show(system, name + " p99", figures["p99"], "us")


class Server:
    """A name server that runs until the end of the block."""

    def __init__(self, command):
        start = time.monotonic()
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, text=True, env=_environment()
        )
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in self.process.stdout], daemon=True).start()
        self.place = None
        while self.place is None:
            try:
                line = lines.get(timeout=READY_WITHIN)
            except queue.Empty:
                self.process.kill()
                raise SystemExit(f"bench-names: {command[0]} is not ready after {READY_WITHIN} s") from None
            found = re.search(r"PYRO:Pyro.NameServer@(\S+:\d+)", line)
            self.place = found and found[1]
        self.started = time.monotonic() - start

    def resident(self) -> int:
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


def _pyro_store(path, names) -> None:
    """The file that `pyro5-ns -s sql:FILE` would have after so many registrations."""
    with sqlite3.connect(path) as store:
        store.execute("CREATE TABLE pyro_names (id integer PRIMARY KEY, name nvarchar NOT NULL UNIQUE, uri nvarchar NOT NULL)")
        store.execute(
            "CREATE TABLE pyro_metadata (object integer NOT NULL, metadata nvarchar NOT NULL,"
            " FOREIGN KEY(object) REFERENCES pyro_names(id))"
        )
        rows = ((n, f"example.service.{n}", "PYRO:object@host.example.org:7766") for n in range(names))
        store.executemany("INSERT INTO pyro_names VALUES (?, ?, ?)", rows)


def _syncs(directory, count=300) -> float:
    """How often the disk keeps 4 KiB that are appended to a file."""
    path = directory / "sync.tmp"
    with open(path, "wb", buffering=0) as file:
        start = time.perf_counter()
        for _ in range(count):
            file.write(b"Z" * 4096)
            os.fdatasync(file.fileno())
        rate = count / (time.perf_counter() - start)
    path.unlink()
    return rate


def _environment() -> dict:
    return {**os.environ, "PYTHONPATH": str(HERE.parent / "python"), "PYTHONUNBUFFERED": "1"}


def _run(command, **options) -> str:
    done = subprocess.run([str(part) for part in command], check=False, text=True, timeout=1800, **options)
    if done.returncode != 0:
        raise SystemExit(f"bench-names: {' '.join(map(str, command[:4]))} … ended with {done.returncode}")
    return done.stdout


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--names", type=lambda text: [int(part) for part in text.split(",")], required=True)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--registrations", type=int, default=500)
    parser.add_argument("--watchers", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
