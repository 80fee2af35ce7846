"""Points the test classes of Pyro4 and Pyro5 at Lantern: a pytest plugin, loaded by Scripts/pyro-own-tests.

The classes make a daemon (name server, echo server) in their own process and call it over loopback. Here each gets a
stand-in for it that only knows where a Lantern program serves the same. What a stand-in cannot do, since the test wants
to reach into the daemon's own process, skips the test. The outcome of every test goes into a file.

OWN_TESTS_GENERATION is "pyro4" or "pyro5"; OWN_TESTS_DAEMON and OWN_TESTS_NAMES are URIs of a running Lantern daemon
and name server; OWN_TESTS_ECHO is the command that starts an echo server; OWN_TESTS_REPORT is the file to write.
"""

import importlib
import ipaddress
import json
import os
import shlex
import signal
import socket
import subprocess
import threading

import pytest

GENERATION = os.environ["OWN_TESTS_GENERATION"]
DAEMON = os.environ["OWN_TESTS_DAEMON"]
NAMES = os.environ["OWN_TESTS_NAMES"]
IS_PYRO4 = GENERATION == "pyro4"
PACKAGE = "Pyro4" if IS_PYRO4 else "Pyro5"
outcomes = {}


def module(pyro4, pyro5):
    return importlib.import_module(f"{PACKAGE}.{pyro4 if IS_PYRO4 else pyro5}")


core = module("core", "core")
Proxy = module("core", "client").Proxy


class ForeignDaemon:
    """What a test takes for its daemon: the objects are served elsewhere already."""

    OBJECTS = ("something", "unexposed")

    def __init__(self, host=None, port=0, **options):
        if host is not None or port or options:
            pytest.skip("makes a daemon with settings of its own")
        self.sock = socket.socket()
        self._ended = threading.Event()

    def uriFor(self, name):
        return core.URI(DAEMON.replace("something", name, 1))

    def register(self, obj, objectId=None, **options):
        if objectId not in self.OBJECTS:
            pytest.skip("registers an object while it runs")
        return self.uriFor(objectId)

    def proxyFor(self, name):
        proxy = Proxy(self.uriFor(name))
        # Pyro's comes with the metadata.
        proxy._pyroBind()
        return proxy

    def requestLoop(self, loopCondition=lambda: True):
        while loopCondition() and not self._ended.wait(0.05):
            pass

    def shutdown(self):
        self._ended.set()
        self.sock.close()

    close = shutdown

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __getattr__(self, name):
        pytest.skip(f"uses the daemon's {name}")


class ForeignBroadcastServer:
    """Lantern answers no broadcasts: nobody listens on this port, and clients go on to NS_HOST."""

    def __init__(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]

    def getPort(self):
        return self._port

    def runInThread(self):
        return threading.Thread()

    def close(self):
        pass


def start_name_server(host=None, port=0, **options):
    return core.URI(NAMES), ForeignDaemon(), ForeignBroadcastServer()


class EchoServer(ForeignDaemon):
    """A Lantern echo server in a process of its own, since the tests end it."""

    def __init__(self):
        super().__init__()
        command = shlex.split(os.environ["OWN_TESTS_ECHO"])
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.uri = self._process.stdout.readline().removeprefix("READY ").strip()
        self._must_shutdown = False

    def shutdown(self):
        super().shutdown()
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(30) is not None
        self._process.stdout.close()

    def __getattr__(self, name):
        raise AttributeError(name)


def start_echo_server(args=None, returnWithoutLooping=False):
    server = EchoServer()
    return server, server, core.URI(server.uri)


echo_module = importlib.import_module("Pyro4.test.echoserver" if IS_PYRO4 else "Pyro5.utils.echoserver")
echo_module.main = start_echo_server
naming = module("naming", "nameserver")
# Behind the other two, whose classes are made of the real one.
module("core", "server").Daemon = ForeignDaemon
setattr(naming, "startNS" if IS_PYRO4 else "start_ns", start_name_server)
# The address of this machine, where the tests would start a name server: ours has a certificate for loopback.
setattr(
    module("socketutil", "socketutil"),
    "getIpAddress" if IS_PYRO4 else "get_ip_address",
    lambda *_, **__: "127.0.0.1" if IS_PYRO4 else ipaddress.ip_address("127.0.0.1"),
)


def pytest_runtest_logreport(report):
    """Keeps the worst that setup, call and teardown of a test said."""
    worst = ["passed", "skipped", "failed"]
    file, _, name = report.nodeid.partition("::")
    key = f"{os.path.basename(file).removesuffix('.py')} {name.replace('::', ' ')}"
    before = outcomes.get(key, {"outcome": "passed"})
    if worst.index(report.outcome) > worst.index(before["outcome"]):
        text = report.longrepr[2] if report.skipped and isinstance(report.longrepr, tuple) else report.longreprtext
        before = {"outcome": report.outcome, "text": text}
    outcomes[key] = before


def pytest_sessionfinish(session):
    with open(os.environ["OWN_TESTS_REPORT"], "w", encoding="utf-8") as file:
        json.dump(outcomes, file)
