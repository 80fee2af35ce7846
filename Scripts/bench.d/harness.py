"""Runs every workload of every system in turns and writes the figures; see docs/benchmark-contract.md."""

import argparse
import json
import os
import re
import resource
import sys
import tempfile

import idle
import plot
import report
import systems as catalogue
from systems import COUNTS, Failure

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "python"))

from throwaway_authority import Authority, exchange_keys  # noqa: E402

#: What the server's home of Lantern allows: the client, and each method of the object by name.
POLICY = """\
version: 1
rules:
  - allow: ["spiffe://lantern.test/client"]
    objects: ["bench"]
    methods: ["echo", "note", "numbers", "usage"]
"""
#: Each needs a server of its own and takes seconds; the growth of a process hardly varies.
IDLE_ROUNDS = 3


class Run:
    """One measurement of some systems: results, and what failed."""

    def __init__(self, systems, workloads, rounds, scale):
        self.systems, self.workloads, self.rounds, self.scale = systems, workloads, rounds, scale
        self.results = []
        #: {(system, workload or "", variant): what happened}; not tried again.
        self.failures = {}
        self._servers = {}

    def measure(self, server_home, client_home) -> None:
        try:
            for system in self.systems:
                for variant in system.server_variants:
                    try:
                        self._servers[system.name, variant] = system.start(server_home, variant)
                    except Failure as failure:
                        self._failed(system, "", variant, failure)
            for number in range(1, self.rounds + 1):
                for workload in self.workloads:
                    if workload != "idle-memory" or number <= IDLE_ROUNDS:
                        self._turns(number, workload, server_home, client_home)
        finally:
            for server in self._servers.values():
                server.stop()

    def _turns(self, number, workload, server_home, client_home) -> None:
        cells = []
        for system in self.systems:
            for variant in system.variants:
                if not self._may_run(system, workload, variant):
                    continue
                try:
                    result = self._one(system, workload, variant, server_home, client_home)
                except Failure as failure:
                    self._failed(system, workload, variant, failure)
                    continue
                self.results.append({**result, "round": number})
                cells.append(report.short(result))
        note(f"round {number} of {self.rounds}, {workload}: {', '.join(cells)}")

    def _may_run(self, system, workload, variant) -> bool:
        if workload in system.lacks or (system.name, workload, variant) in self.failures:
            return False
        return self._server(system, variant) is not None

    def _server(self, system, variant):
        return self._servers.get((system.name, variant if system.server_varies else ""))

    def _one(self, system, workload, variant, server_home, client_home) -> dict:
        if workload == "idle-memory":
            count = system.count(workload, 1)
            return idle.measure(system, server_home, client_home, count, variant)
        count = system.count(workload, self.scale)
        return system.run(self._server(system, variant), client_home, workload, count, variant)

    def _failed(self, system, workload, variant, failure) -> None:
        self.failures[system.name, workload, variant] = str(failure)
        note(f"FAILED: {' '.join(filter(None, (system.name, workload, variant)))}: {failure}")


def note(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


def chosen_systems(options) -> list:
    known = catalogue.known(options)
    wanted = options.systems.split(",")
    for name in wanted:
        if name not in known:
            raise SystemExit(f"bench: no system {name!r}, there are {', '.join(known)}")
        if options.pin:
            known[name].server_core, known[name].client_core = sorted(os.sched_getaffinity(0))[:2]
    return [known[name] for name in dict.fromkeys(wanted)]


def make_homes(folder: str):
    authority = Authority(os.path.join(folder, "authority"))
    server = authority.make_home(os.path.join(folder, "server"), "server")
    client = authority.make_home(os.path.join(folder, "client"), "client")
    exchange_keys(server, "spiffe://lantern.test/server", client, "spiffe://lantern.test/client")
    with open(os.path.join(server, "policy.yaml"), "w", encoding="utf-8") as file:
        file.write(POLICY)
    return server, client


def update_page(path: str, figures: str) -> None:
    """Replaces what lies between the two marks of the page."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    block = f"<!-- figures -->\n{figures}<!-- /figures -->"
    changed, found = re.subn(r"<!-- figures -->.*?<!-- /figures -->", lambda _: block, page, flags=re.DOTALL)
    if found != 1:
        raise SystemExit(f"bench: {path} must have the marks <!-- figures --> and <!-- /figures --> once")
    write(path, changed)


def write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def allow_many_files() -> None:
    """Idle connections need a descriptor each, at both ends; children inherit the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Scripts/bench")
    parser.add_argument("--limit", required=True)
    parser.add_argument("--lantern-server", default="lantern-bench-server")
    parser.add_argument("--lantern-client", default="lantern-bench-client")
    parser.add_argument("--peers", default=".build/bench/peers", help="where the peers' programs are")
    parser.add_argument("--systems", default="limit,lantern,pyro5")
    parser.add_argument("--workloads", default=",".join(COUNTS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pin", action="store_true", help="servers on one core, clients on another")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies every count but idle-memory's")
    parser.add_argument("--poll-microseconds", type=int, default=100, help="for limit-poll, lantern-latency")
    parser.add_argument("--output", required=True, help="folder for results.json, figures.md and figures.svg")
    parser.add_argument("--page", help="also replace the figures in this page and the plot beside it")
    options = parser.parse_args()
    if options.pin and len(os.sched_getaffinity(0)) < 2:
        parser.error("--pin needs two cores")
    if options.rounds < 1 or options.poll_microseconds < 1 or options.scale <= 0:
        parser.error("--rounds, --poll-microseconds and --scale must be more than nothing")
    options.workloads = options.workloads.split(",")
    for workload in options.workloads:
        if workload not in COUNTS:
            parser.error(f"no workload {workload!r}, there are {', '.join(COUNTS)}")
    return options


def main() -> int:
    options = arguments()
    run = Run(chosen_systems(options), options.workloads, options.rounds, options.scale)
    machine = report.machine_facts()
    machine["pinned"] = "servers and clients on a core each" if options.pin else "no"
    if any(system.name in ("limit-poll", "lantern-latency") for system in run.systems):
        machine["polling"] = f"{options.poll_microseconds} µs for limit-poll and lantern-latency"
    allow_many_files()
    with tempfile.TemporaryDirectory(prefix="lantern-bench-") as folder:
        run.measure(*make_homes(folder))
    publish(run, machine, options)
    for (system, workload, variant), what in run.failures.items():
        note(f"FAILED: {' '.join(filter(None, (system, workload, variant)))}: {what}")
    return 1 if run.failures else 0


def publish(run, machine, options) -> None:
    names = [system.name for system in run.systems]
    table = report.medians(run.results)
    empty = report.empty_cells(run.systems, run.workloads, run.failures, catalogue.REMARKS)
    picture = plot.svg(table, names, machine)
    os.makedirs(options.output, exist_ok=True)
    failures = [[*where, what] for where, what in run.failures.items()]
    kept = {"machine": machine, "results": run.results, "failures": failures}
    figures = report.markdown(table, names, empty, machine, run.rounds)
    write(os.path.join(options.output, "results.json"), json.dumps(kept, indent=1))
    write(os.path.join(options.output, "figures.md"), figures)
    write(os.path.join(options.output, "figures.svg"), picture)
    if options.page:
        image = os.path.splitext(options.page)[0] + ".svg"
        write(image, picture)
        name = os.path.basename(image)
        update_page(options.page, report.markdown(table, names, empty, machine, run.rounds, image=name))
    print(report.text(report.rows(table, names, empty)))


if __name__ == "__main__":
    sys.exit(main())
