"""The client of docs/benchmark-contract.md in gRPC for Python, bytes without protobuf."""

import os
import struct
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "python"))

import grpc  # noqa: E402
import peer  # noqa: E402
from peer import ITEMS, LARGE, SMALL, WINDOW  # noqa: E402

#: Channels share connections unless each has a pool of its own.
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]


class Client(peer.Client):
    def __init__(self, home, uri):
        self._target = uri.rsplit("@", 1)[1]
        key, certificate, roots = (
            open(os.path.join(home, *path), "rb").read()
            for path in (("identity", "key.pem"), ("identity", "cert.pem"), ("trust", "roots.pem"))
        )
        self._credentials = grpc.ssl_channel_credentials(roots, key, certificate)
        self._channel = self._new_channel()
        self._echo = self._channel.unary_unary("/bench.Bench/Echo")
        self._numbers = self._channel.unary_stream("/bench.Bench/Numbers")
        self._usage = self._channel.unary_unary("/bench.Bench/Usage")
        self.units = {
            "sequential": lambda: self.echo(self._echo, SMALL),
            "large": lambda: self.echo(self._echo, LARGE),
            "connect": self.connect,
            "stream": self.stream,
        }

    def _new_channel(self):
        return grpc.secure_channel(self._target, self._credentials, OWN_CONNECTION)

    def usage(self):
        return {"cpu": struct.unpack("<d", self._usage(b""))[0], "notes": 0}

    def echo(self, echo, data):
        assert len(echo(data)) == len(data)

    def connect(self):
        with self._new_channel() as channel:
            self.echo(channel.unary_unary("/bench.Bench/Echo"), SMALL)

    def stream(self):
        expected = 0
        for item in self._numbers(struct.pack("<q", ITEMS)):
            assert struct.unpack("<q", item)[0] == expected
            expected += 1
        assert expected == ITEMS

    def open_idle(self, count):
        channels = [self._new_channel() for _ in range(count)]
        for channel in channels:
            self.echo(channel.unary_unary("/bench.Bench/Echo"), SMALL)
        return channels

    def many(self, workload, count):
        return self._pipelined(count) if workload == "pipelined" else super().many(workload, count)

    def _pipelined(self, count):
        free, times = threading.Semaphore(WINDOW), []

        def done(call, start):
            times.append(time.perf_counter() - start)
            assert len(call.result()) == len(SMALL)
            free.release()

        for _ in range(count):
            free.acquire()
            start = time.perf_counter()
            self._echo.future(SMALL).add_done_callback(lambda call, start=start: done(call, start))
        for _ in range(WINDOW):
            free.acquire()
        assert len(times) == count
        return times


def main() -> None:
    options = peer.client_arguments().parse_args()
    peer.run(Client(options.home, options.uri), options)


if __name__ == "__main__":
    main()
