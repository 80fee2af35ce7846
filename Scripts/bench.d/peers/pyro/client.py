"""The client of docs/benchmark-contract.md in stock Pyro5 or Pyro4, with the hooks of lantern_pyro."""

import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "python"), os.path.join(HERE, "..", "..", "..", "python")]

import lantern_pyro  # noqa: E402
import peer  # noqa: E402
from peer import BATCH, ITEMS, LARGE, SMALL  # noqa: E402


class Client(peer.Client):
    def __init__(self, pyro, serpent, uri):
        self._pyro, self._serpent, self._uri = pyro, serpent, uri
        self._batch_of = getattr(pyro, "BatchProxy", None) or pyro.batch
        self.proxy = pyro.Proxy(uri)
        self.units = {
            "sequential": lambda: self.echo(self.proxy, SMALL),
            "pipelined": lambda: self.echo(self.proxy, SMALL),  # a Pyro connection has one call under way
            "large": lambda: self.echo(self.proxy, LARGE),
            "connect": self.connect,
            "oneway": lambda: self.proxy.note(SMALL),
            "batch": self.batch,
            "batch-oneway": self.batch_oneway,
            "stream": self.stream,
        }

    def usage(self):
        return self.proxy.usage()

    def echo(self, proxy, data):
        answer = proxy.echo(data)
        if not isinstance(answer, bytes):
            answer = self._serpent.tobytes(answer)
        assert len(answer) == len(data)

    def connect(self):
        with self._pyro.Proxy(self._uri) as proxy:
            self.echo(proxy, SMALL)

    def batch(self):
        calls = self._batch_of(self.proxy)
        for _ in range(BATCH):
            calls.echo(SMALL)
        assert sum(1 for _ in calls()) == BATCH

    def batch_oneway(self):
        calls = self._batch_of(self.proxy)
        for _ in range(BATCH):
            calls.note(SMALL)
        calls(oneway=True)

    def stream(self):
        expected = 0
        for number in self.proxy.numbers(ITEMS):
            assert number == expected
            expected += 1
        assert expected == ITEMS

    def open_idle(self, count):
        proxies = [self._pyro.Proxy(self._uri) for _ in range(count)]
        for proxy in proxies:
            self.echo(proxy, SMALL)
        return proxies


def main() -> None:
    parser = peer.client_arguments()
    parser.add_argument("--pyro", default="Pyro5", choices=["Pyro5", "Pyro4"])
    parser.add_argument("--serializer", default="msgpack", choices=["msgpack", "serpent"])
    options = parser.parse_args()
    lantern_pyro.install(options.home)
    import serpent

    pyro = importlib.import_module("Pyro5.api" if options.pyro == "Pyro5" else "Pyro4")
    pyro.config.SERIALIZER = options.serializer
    peer.run(Client(pyro, serpent, options.uri), options)


if __name__ == "__main__":
    main()
