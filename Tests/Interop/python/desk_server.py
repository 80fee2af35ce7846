"""A stock Pyro5 daemon with a desk: desk_server.py [URI OF THE NEXT HOP] prints READY and the location."""

import sys

import Pyro5.api
from Pyro5 import config
from Pyro5.api import current_context

import shop

shop.register()
config.SERVERTYPE = "thread"
config.COMMTIMEOUT = 20


@Pyro5.api.expose
class Desk:
    def __init__(self):
        self._name = "python"

    @property
    def name(self):
        return self._name

    @name.setter
    def name(self, value):
        self._name = value

    @property
    def fixed(self):
        return 7

    @property
    def changes(self):
        yield from range(3)

    def __len__(self):
        return 3

    def process(self, blob):
        return [type(blob).__name__, blob.info, blob.deserialized()]

    def forward(self, blob):
        with Pyro5.api.Proxy(sys.argv[1]) as last:
            return last.process(blob)

    def tag(self, failing):
        got = current_context.annotations
        current_context.response_annotations = {"BACK": bytes(got.get("ECHO", b""))}
        if failing:
            raise ValueError("after tagging")
        return sorted(name for name in got if name not in ("LDLN", "LNTN"))

    def tagged(self, upTo):
        for number in range(upTo):
            current_context.response_annotations = {"ITEM": bytes([number])}
            yield number

    def correlation(self):
        return str(current_context.correlation_id)

    def empty(self, item):
        error = shop.OutOfStock(f"no {item}")
        error.item = item
        error.left = 2
        raise error

    def problem(self):
        return ValueError("kept")

    def order(self, order):
        assert type(order) is shop.Order, type(order)
        return shop.Order(order.number + 1, order.item)


class Picky(Pyro5.api.Daemon):
    def validateHandshake(self, conn, data):
        if "token" in data and data["token"] != "right":
            raise ValueError("wrong token")
        return ["welcome", conn.lantern_peer.identity]


daemon = Picky(host="127.0.0.1")
daemon.register(Desk(), "desk")
print("READY", daemon.locationStr, flush=True)
daemon.requestLoop()
