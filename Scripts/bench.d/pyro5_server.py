"""The server of docs/benchmark-contract.md in stock Pyro5, with the hooks of lantern_pyro."""

import argparse
import os
import resource
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

import lantern_pyro  # noqa: E402


def resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", required=True)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    lantern_pyro.install(options.home)
    import Pyro5.api as Pyro

    Pyro.config.THREADPOOL_SIZE = 1000  # a connection holds a thread; idle-memory opens hundreds

    @Pyro.expose
    @Pyro.behavior(instance_mode="single")
    class Bench:
        def __init__(self):
            self._lock = threading.Lock()
            self._notes = 0

        def echo(self, data):
            return data

        @Pyro.oneway
        def note(self, data):
            with self._lock:
                self._notes += 1

        def numbers(self, count):
            return (number for number in range(count))

        def usage(self):
            used = resource.getrusage(resource.RUSAGE_SELF)
            return {"cpu": used.ru_utime + used.ru_stime, "rss": resident_bytes(), "notes": self._notes}

    daemon = Pyro.Daemon(host="127.0.0.1", port=options.port)
    daemon.register(Bench, "bench")
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print("READY", *daemon.locationStr.rsplit(":", 1), flush=True)
    daemon.requestLoop()


if __name__ == "__main__":
    main()
