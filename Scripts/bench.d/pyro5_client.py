"""The client of docs/benchmark-contract.md in stock Pyro5, with the hooks of lantern_pyro."""

import argparse
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

import lantern_pyro  # noqa: E402

SMALL, LARGE, BATCH, ITEMS = b"x" * 100, b"x" * (1 << 20), 100, 10_000


class Client:
    def __init__(self, pyro, serpent, uri):
        self._pyro, self._serpent, self._uri = pyro, serpent, uri
        self.proxy = pyro.Proxy(uri)
        self.units = {
            "sequential": (1, lambda: self.echo(self.proxy, SMALL)),
            "pipelined": (1, lambda: self.echo(self.proxy, SMALL)),
            "large": (1, lambda: self.echo(self.proxy, LARGE)),
            "connect": (1, self.connect),
            "oneway": (1, lambda: self.proxy.note(SMALL)),
            "batch": (BATCH, self.batch),
            "batch-oneway": (BATCH, self.batch_oneway),
            "stream": (ITEMS, self.stream),
        }

    def echo(self, proxy, data):
        answer = proxy.echo(data)
        if not isinstance(answer, bytes):
            answer = self._serpent.tobytes(answer)
        assert len(answer) == len(data)

    def connect(self):
        with self._pyro.Proxy(self._uri) as proxy:
            self.echo(proxy, SMALL)

    def batch(self):
        calls = self._pyro.BatchProxy(self.proxy)
        for _ in range(BATCH):
            calls.echo(SMALL)
        assert sum(1 for _ in calls()) == BATCH

    def batch_oneway(self):
        calls = self._pyro.BatchProxy(self.proxy)
        for _ in range(BATCH):
            calls.note(SMALL)
        calls(oneway=True)

    def stream(self):
        for expected, number in enumerate(self.proxy.numbers(ITEMS)):
            assert number == expected

    def measure(self, workload, count):
        if workload == "idle-memory":
            return self.idle_memory(count)
        per_unit, unit = self.units[workload]
        for _ in range(1 if workload in ("connect", "stream") else min(50, count // 10)):
            unit()
        times = []
        before, cpu, began = self.proxy.usage(), time.process_time(), time.perf_counter()
        for _ in range(count):
            start = time.perf_counter()
            unit()
            times.append(time.perf_counter() - start)
        after = self.proxy.usage()
        while "oneway" in workload and after["notes"] < before["notes"] + count * per_unit:
            after = self.proxy.usage()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        times.sort()
        operations = count * per_unit
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

    def idle_memory(self, count):
        self.echo(self.proxy, SMALL)
        before, proxies = self.proxy.usage()["rss"], []
        for _ in range(count):
            proxies.append(self._pyro.Proxy(self._uri))
            self.echo(proxies[-1], SMALL)
        after = self.proxy.usage()["rss"]
        for proxy in proxies:
            proxy._pyroRelease()
        return {"workload": "idle-memory", "count": count, "bytes_per_connection": (after - before) // count}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", required=True)
    parser.add_argument("--uri", required=True)
    parser.add_argument("--workload", action="append", required=True)
    parser.add_argument("--count", action="append", type=int, required=True)
    parser.add_argument("--serializer", default="msgpack", choices=["msgpack", "serpent"])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    lantern_pyro.install(options.home)
    import Pyro5.api
    import serpent

    Pyro5.config.SERIALIZER = options.serializer
    client = Client(Pyro5.api, serpent, options.uri)
    for workload, count in zip(options.workload, options.count):
        print(json.dumps(client.measure(workload, count)), flush=True)


if __name__ == "__main__":
    main()
