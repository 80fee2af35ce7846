import os
import queue
import subprocess
import sys
import threading

import pytest

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, FOLDER)

from lantern_pyro import keys  # noqa: E402
from throwaway_authority import Authority, exchange_keys  # noqa: E402

PROGRAMS = os.path.join(FOLDER, "tests", "programs")
SERVER_ID = "spiffe://lantern.test/server"
CLIENT_ID = "spiffe://lantern.test/client"


class Homes:
    """A server's and a client's lantern home of one authority."""

    def __init__(self, folder, algorithm):
        self.folder = str(folder)
        self.authority = Authority(os.path.join(self.folder, "authority"))
        self.server = self.authority.make_home(os.path.join(self.folder, "server"), "server")
        self.client = self.authority.make_home(os.path.join(self.folder, "client"), "client")
        exchange_keys(self.server, SERVER_ID, self.client, CLIENT_ID, algorithm)

    def another(self, name, **options):
        return self.authority.make_home(os.path.join(self.folder, name), name, **options)


@pytest.fixture(scope="session", params=[keys.ED25519, keys.HMAC])
def homes(request, tmp_path_factory):
    return Homes(tmp_path_factory.mktemp("homes"), request.param)


@pytest.fixture
def own_homes(tmp_path):
    """Homes that one test may change."""
    return Homes(tmp_path, keys.ED25519)


class Server:
    """A daemon program in a process of its own, killed by its id at the end."""

    def __init__(self, command, **variables):
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment(), **variables},
        )
        self.log = None
        lines = queue.Queue()
        threading.Thread(target=lambda: lines.put(self.process.stdout.readline()), daemon=True).start()
        try:
            self.uri = lines.get(timeout=30).strip()
        except queue.Empty:
            self.uri = ""
        if not self.uri.startswith("PYRO:"):
            self.process.kill()
            raise AssertionError(f"no daemon: {self.uri!r} {self.process.stderr.read()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self) -> str:
        """Ends the process and returns its log, which has the reasons that peers are not told."""
        if self.log is None:
            self.process.terminate()
            self.log = self.process.communicate(timeout=10)[1]
        return self.log


def environment():
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYRO", "LANTERN"))}
    return {**clean, "PYTHONPATH": FOLDER}


def through_runner(home, *arguments):
    return [sys.executable, "-m", "lantern_pyro", "--home", home, *arguments]


def program(name):
    return os.path.join(PROGRAMS, name)


def run(command, **variables):
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**environment(), **variables}
    )
