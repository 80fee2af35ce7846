"""A stock Pyro daemon with the workshop and an echo object: server.py [PORT [hmac]] prints READY and the location."""

import sys
import threading

from generation import Pyro5, callcontext, config, core

config.SERVERTYPE = "thread"
config.COMMTIMEOUT = 20


@Pyro5.api.expose
class Workshop:
    def __init__(self):
        self._total = 0
        self._lines = set()
        self._changed = threading.Condition()
        self._label = "python"
        self._callers = set()

    def add(self, amount):
        self._callers.add(callcontext.current_context.client_sock_addr)
        self._total += amount
        return self._total

    def callers(self):
        return len(self._callers)

    def describe(self, name, times=1):
        return f"{name} x{times}"

    def fail(self, kind, text):
        import builtins

        module, _, name = kind.rpartition(".")
        raise getattr(builtins if module == "builtins" else Pyro5.errors, name)(text)

    def empty(self, item):
        error = LookupError(f"no {item} left")
        error.lanternType = "NothingLeft"
        error.lanternMembers = {"item": item}
        raise error

    @Pyro5.api.oneway
    def note(self, line):
        with self._changed:
            self._lines.add(line)
            self._changed.notify_all()

    def noted(self, line):
        with self._changed:
            return self._changed.wait_for(lambda: line in self._lines, timeout=20)

    def numbers(self, upTo):
        return iter(range(upTo))

    def brokenNumbers(self):
        yield 1
        raise ValueError("broken")

    def blob(self, data):
        return data

    def long(self, text):
        return text

    def point(self, point):
        return {**point, "x": point["x"] + 1}

    def whoCalls(self):
        return callcontext.current_context.client.lantern_peer.identity

    def correlation(self):
        return str(callcontext.current_context.correlation_id)

    def renamed(self):
        return True

    @property
    def total(self):
        return self._total

    @property
    def label(self):
        return self._label

    @label.setter
    def label(self, value):
        self._label = value

    def _secret(self):
        return "secret"


class CustomError(Exception):
    pass


@Pyro5.api.expose
class Echo:
    def echo(self, value):
        return value

    def arguments(self, *args, **kwargs):
        return [list(args), kwargs]

    def kind(self, value):
        return type(value).__name__

    def custom(self):
        raise CustomError("own class")

    def unsendable(self):
        return object()

    def uri(self):
        return core.URI("PYRO:echo@localhost:1234")


daemon = Pyro5.api.Daemon(host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 0)
if sys.argv[2:] == ["hmac"]:
    daemon._pyroHmacKey = b"an old key"
daemon.register(Workshop(), "workshop")
daemon.register(Echo(), "echo")
print("READY", daemon.locationStr, flush=True)
daemon.requestLoop()
