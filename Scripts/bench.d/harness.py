"""Runs every workload of every system in turns and writes the figures; see docs/benchmark-contract.md."""

import argparse
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading

import report

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "python"))

from throwaway_authority import Authority, exchange_keys  # noqa: E402

#: Units of one round: (limit and lantern, pyro5). Each takes about a second or less on two cores.
COUNTS = {
    "sequential": (8000, 3000),
    "pipelined": (60000, 3000),
    "large": (60, 20),
    "connect": (150, 80),
    "oneway": (20000, 3000),
    "batch": (300, 40),
    "batch-oneway": (300, 40),
    "stream": (20, 1),
    "idle-memory": (200, 200),
}
#: What the server's home of Lantern allows: the client, and each method of the object by name.
POLICY = """\
version: 1
rules:
  - allow: ["spiffe://lantern.test/client"]
    objects: ["bench"]
    methods: ["echo", "note", "numbers", "usage"]
"""
READY_WITHIN = 30
RUN_WITHIN = 180


class System:
    """A server and a client program; `variants` are serializers to try; the quicker one counts."""

    def __init__(self, name, server, client, variants=("",)):
        self.name, self.server, self.client, self.variants = name, server, client, variants
        self.server_core = self.client_core = None
        self.process = self.port = None

    def start(self, home):
        command = [*on_core(self.server_core), *self.server, "--home", home, "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        lines = queue.Queue()
        threading.Thread(target=lambda: lines.put(self.process.stdout.readline()), daemon=True).start()
        try:
            ready = lines.get(timeout=READY_WITHIN).split()
        except queue.Empty:
            ready = []
        if len(ready) != 3 or ready[0] != "READY":
            self.stop()
            raise SystemExit(f"bench: the server of {self.name} printed {ready!r} instead of READY host port")
        self.port = int(ready[2])

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            print(f"bench: the server of {self.name} ignores SIGTERM", file=sys.stderr)
            self.process.kill()
            self.process.wait()

    def run(self, home, workload, count, variant):
        command = [
            *on_core(self.client_core),
            *self.client,
            "--home",
            home,
            "--uri",
            f"PYRO:bench@127.0.0.1:{self.port}",
            "--workload",
            workload,
            "--count",
            str(count),
            "--json",
        ]
        if variant:
            command += ["--serializer", variant]
        done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_WITHIN, check=False)
        if done.returncode:
            raise RuntimeError(f"{self.name} {workload}: exit code {done.returncode}: {done.stderr[-2000:]}")
        return {**json.loads(done.stdout.splitlines()[-1]), "system": self.name, "variant": variant}


def on_core(core) -> list:
    return [] if core is None else ["taskset", "--cpu-list", str(core)]


def systems_of(options) -> list:
    python = [sys.executable]
    known = {
        "limit": System("limit", [options.limit, "server"], [options.limit, "client"]),
        "lantern": System("lantern", [options.lantern_server], [options.lantern_client]),
        "pyro5": System(
            "pyro5",
            python + [os.path.join(HERE, "pyro5_server.py")],
            python + [os.path.join(HERE, "pyro5_client.py")],
            ("msgpack", "serpent"),
        ),
    }
    wanted = options.systems.split(",")
    for name in wanted:
        if name not in known:
            raise SystemExit(f"bench: no system {name!r}, there are {', '.join(known)}")
        if not os.access(known[name].server[0], os.X_OK):
            raise SystemExit(f"bench: {name}: {known[name].server[0]} is not there; build it first")
        if options.pin:
            known[name].server_core, known[name].client_core = sorted(os.sched_getaffinity(0))[:2]
    return [known[name] for name in wanted]


def make_homes(folder: str):
    authority = Authority(os.path.join(folder, "authority"))
    server = authority.make_home(os.path.join(folder, "server"), "server")
    client = authority.make_home(os.path.join(folder, "client"), "client")
    exchange_keys(server, "spiffe://lantern.test/server", client, "spiffe://lantern.test/client")
    with open(os.path.join(server, "policy.yaml"), "w", encoding="utf-8") as file:
        file.write(POLICY)
    return server, client


def measure(systems, workloads, rounds, scale, client_home) -> list:
    results = []
    for number in range(1, rounds + 1):
        for workload in workloads:
            for system in systems:
                count = COUNTS[workload][system.name == "pyro5"]
                if workload != "idle-memory":
                    count = max(1, int(count * scale))
                for variant in system.variants:
                    results.append(system.run(client_home, workload, count, variant))
                    results[-1]["round"] = number
        print(f"bench: round {number} of {rounds} done", file=sys.stderr, flush=True)
    return results


def update_page(path: str, figures: str) -> None:
    """Replaces what lies between the two marks of the page."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    block = f"<!-- figures -->\n{figures}<!-- /figures -->"
    changed, found = re.subn(r"<!-- figures -->.*?<!-- /figures -->", lambda _: block, page, flags=re.DOTALL)
    if found != 1:
        raise SystemExit(f"bench: {path} must have the marks <!-- figures --> and <!-- /figures --> once")
    with open(path, "w", encoding="utf-8") as file:
        file.write(changed)


def main() -> None:
    parser = argparse.ArgumentParser(prog="Scripts/bench")
    parser.add_argument("--limit", required=True)
    parser.add_argument("--lantern-server", default="lantern-bench-server")
    parser.add_argument("--lantern-client", default="lantern-bench-client")
    parser.add_argument("--systems", default="limit,lantern,pyro5")
    parser.add_argument("--workloads", default=",".join(COUNTS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pin", action="store_true", help="servers on one core, clients on another")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies every count")
    parser.add_argument("--output", required=True, help="folder for results.json and figures.md")
    parser.add_argument("--page", help="also replace the figures in this page")
    options = parser.parse_args()
    if options.pin and len(os.sched_getaffinity(0)) < 2:
        parser.error("--pin needs two cores")
    workloads = options.workloads.split(",")
    for workload in workloads:
        if workload not in COUNTS:
            raise SystemExit(f"bench: no workload {workload!r}, there are {', '.join(COUNTS)}")
    systems = systems_of(options)
    machine = report.machine_facts()
    with tempfile.TemporaryDirectory(prefix="lantern-bench-") as folder:
        server_home, client_home = make_homes(folder)
        try:
            for system in systems:
                system.start(server_home)
            results = measure(systems, workloads, options.rounds, options.scale, client_home)
        finally:
            for system in systems:
                system.stop()
    lines = report.rows(report.medians(results), [system.name for system in systems])
    machine["pinned"] = "servers and clients on a core each" if options.pin else "no"
    figures = report.markdown(lines, machine, options.rounds)
    os.makedirs(options.output, exist_ok=True)
    with open(os.path.join(options.output, "results.json"), "w", encoding="utf-8") as file:
        json.dump({"machine": machine, "results": results}, file, indent=1)
    with open(os.path.join(options.output, "figures.md"), "w", encoding="utf-8") as file:
        file.write(figures)
    if options.page:
        update_page(options.page, figures)
    print(report.text(lines))


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        sys.exit(f"bench: {error}")
