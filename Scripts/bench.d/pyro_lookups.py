"""A stock Pyro5 client of a name server: pyro_lookups.py HOST PORT COUNT NAMES; prints what each call took, as JSON."""

import json
import random
import sys
import time

from Pyro5 import config, core

host, port, count, names = sys.argv[1], *map(int, sys.argv[2:5])
config.COMMTIMEOUT = 60


def measured(call):
    times = []
    begin = time.perf_counter()
    for _ in range(count):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    total = time.perf_counter() - begin
    times.sort()
    return {"per_second": count / total, "p50": times[count // 2] * 1e6, "p99": times[count * 99 // 100] * 1e6}


with core.locate_ns(host, port) as name_server:
    for _ in range(20):
        name_server.ping()
    print(json.dumps({
        "ping": measured(name_server.ping),
        "lookup": measured(lambda: name_server.lookup(f"example.service.{random.randrange(names)}")),
    }))  # fmt: skip
