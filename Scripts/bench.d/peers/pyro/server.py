"""The server of docs/benchmark-contract.md in stock Pyro5 or Pyro4, with the hooks of lantern_pyro."""

import importlib
import os
import signal
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "python"), os.path.join(HERE, "..", "..", "..", "python")]

import lantern_pyro  # noqa: E402
import peer  # noqa: E402


def main() -> None:
    parser = peer.server_arguments()
    parser.add_argument("--pyro", default="Pyro5", choices=["Pyro5", "Pyro4"])
    options = parser.parse_args()
    lantern_pyro.install(options.home)
    Pyro = importlib.import_module("Pyro5.api" if options.pyro == "Pyro5" else "Pyro4")
    if options.pyro == "Pyro4":  # leaves msgpack out unless told
        Pyro.config.SERIALIZERS_ACCEPTED = {"serpent", "msgpack", "marshal"}
    Pyro.config.THREADPOOL_SIZE = 1100  # a connection holds a thread; idle-memory opens hundreds

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
            return {"cpu": peer.cpu_seconds(), "notes": self._notes}

    daemon = Pyro.Daemon(host="127.0.0.1", port=options.port)
    daemon.register(Bench, "bench")
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print("READY", *daemon.locationStr.rsplit(":", 1), flush=True)
    daemon.requestLoop()


if __name__ == "__main__":
    main()
