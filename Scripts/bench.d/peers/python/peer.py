"""What the Python peers share: arguments, and the loop that measures; see docs/benchmark-contract.md."""

import argparse
import json
import resource
import sys
import time

SMALL, LARGE, WINDOW, BATCH, ITEMS = b"x" * 100, b"x" * (1 << 20), 64, 100, 10_000
#: Operations of a unit where they are not one.
OPERATIONS = {"batch": BATCH, "batch-oneway": BATCH, "stream": ITEMS}


def client_arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", required=True)
    parser.add_argument("--uri", required=True)
    parser.add_argument("--workload", action="append", required=True)
    parser.add_argument("--count", action="append", type=int, required=True)
    parser.add_argument("--json", action="store_true")
    return parser


def server_arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", required=True)
    parser.add_argument("--port", type=int, default=0)
    return parser


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Client:
    """A system's client: `units` says how it does a unit of each workload."""

    units = {}

    def usage(self) -> dict:
        raise NotImplementedError

    def open_idle(self, count):
        """Opens connections with a call on each; returns what keeps them open."""
        raise NotImplementedError

    def many(self, workload, count) -> list:
        """Seconds of each unit."""
        unit, times = self.units[workload], []
        for _ in range(count):
            start = time.perf_counter()
            unit()
            times.append(time.perf_counter() - start)
        return times


def run(client, options) -> None:
    for workload, count in zip(options.workload, options.count):
        if workload == "idle-memory":
            opened = client.open_idle(count)
            print(json.dumps({"workload": workload, "count": count}), flush=True)
            sys.stdin.read()
            del opened
        else:
            print(json.dumps(_measure(client, workload, count)), flush=True)


def _measure(client, workload, count) -> dict:
    client.many(workload, 1 if workload in ("connect", "stream") else min(50, count // 10))
    before, cpu, began = client.usage(), time.process_time(), time.perf_counter()
    times = client.many(workload, count)
    operations = count * OPERATIONS.get(workload, 1)
    after = client.usage()
    while "oneway" in workload and after["notes"] < before["notes"] + operations:
        after = client.usage()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    times.sort()
    return {
        "workload": workload,
        "count": count,
        "operations": operations,
        "seconds": seconds,
        "per_second": operations / seconds,
        "p50_us": times[count // 2] * 1e6,
        "p99_us": times[count * 99 // 100] * 1e6,
        "client_cpu_us": cpu * 1e6 / operations,
        "server_cpu_us": (after["cpu"] - before["cpu"]) * 1e6 / operations,
    }
