"""The systems that can be measured: what starts them, how many units they get, what they cannot do."""

import json
import os
import queue
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
READY_WITHIN = 30
RUN_WITHIN = 180

#: Units of one round by pace: (fast, middle, slow). Each takes about a second or less on two cores.
COUNTS = {
    "sequential": (8000, 5000, 3000),
    "pipelined": (60000, 20000, 3000),
    "large": (60, 40, 20),
    "connect": (150, 100, 80),
    "oneway": (20000, 20000, 3000),
    "batch": (300, 300, 40),
    "batch-oneway": (300, 300, 40),
    "stream": (20, 4, 1),
    "idle-memory": (500, 500, 500),
}
FAST, MIDDLE, SLOW = range(3)

NO_NOTES = {
    "oneway": "gRPC has no one-way calls",
    "batch": "gRPC has no batches",
    "batch-oneway": "gRPC has neither one-way calls nor batches",
}
#: Workloads that a system has no way to do, with the reason.
LACKS = {
    "ice": {
        "batch": "Ice batches one-way calls only",
        "stream": "Ice has no streams",
    },
    "grpc-cpp": NO_NOTES,
    "grpc-swift": NO_NOTES,
    "grpcio": NO_NOTES,
}
#: What a row of a system means where it is not what the contract says.
REMARKS = {
    "pyro5": {"pipelined": "one call at a time: a Pyro connection has one call under way"},
    "pyro4": {"pipelined": "one call at a time: a Pyro connection has one call under way"},
}


class Failure(Exception):
    """A program of a system did not do its part; the other systems go on."""


class Server:
    """A running server program."""

    def __init__(self, name, command):
        self.name = name
        try:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        except OSError as error:
            raise Failure(f"the server does not start: {error}") from None
        lines = queue.Queue()
        threading.Thread(target=lambda: lines.put(self.process.stdout.readline()), daemon=True).start()
        try:
            ready = lines.get(timeout=READY_WITHIN).split()
        except queue.Empty:
            ready = []
        if len(ready) != 3 or ready[0] != "READY":
            self.stop()
            raise Failure(f"the server printed {ready!r} instead of READY host port")
        self.port = int(ready[2])

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            print(f"bench: the server of {self.name} ignores SIGTERM", file=sys.stderr)
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class System:
    """A server and a client program.

    `variants` are ways to try, of which the quicker one counts: serializers that the client is told, or kinds
    of service that the server is told.
    """

    def __init__(self, name, server, client, pace=FAST, variants=("",), server_varies=False):
        self.name, self.server, self.client, self.pace = name, server, client, pace
        self.variants, self.server_varies = variants, server_varies
        self.lacks = LACKS.get(name, {})
        self.server_core = self.client_core = None

    @property
    def server_variants(self) -> tuple:
        """One server for each."""
        return self.variants if self.server_varies else ("",)

    def start(self, home, variant="") -> Server:
        command = [*_on_core(self.server_core), *self.server, "--home", home, "--port", "0"]
        return Server(self.name, command + (["--service", variant] if variant and self.server_varies else []))

    def client_command(self, home, port, workload, count, variant) -> list:
        command = [*_on_core(self.client_core), *self.client, "--home", home]
        command += ["--uri", f"PYRO:bench@127.0.0.1:{port}"]
        command += ["--workload", workload, "--count", str(count), "--json"]
        return command + (["--serializer", variant] if variant and not self.server_varies else [])

    def run(self, server, home, workload, count, variant) -> dict:
        """One workload of one client process."""
        command = self.client_command(home, server.port, workload, count, variant)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_WITHIN, check=False)
        except subprocess.TimeoutExpired:
            raise Failure(f"no end after {RUN_WITHIN} s") from None
        except OSError as error:
            raise Failure(f"the client does not start: {error}") from None
        if done.returncode:
            raise Failure(f"exit code {done.returncode}: {done.stderr.strip()[-2000:]}")
        return self.result(done.stdout.splitlines()[-1:], workload, variant)

    def result(self, lines, workload, variant) -> dict:
        try:
            figures = json.loads(lines[0])
        except (IndexError, ValueError):
            raise Failure(f"the client printed {lines!r} instead of a JSON object") from None
        if figures.get("workload") != workload:
            raise Failure(f"the client did {figures.get('workload')!r} instead of {workload!r}")
        return {**figures, "system": self.name, "variant": variant}

    def count(self, workload, scale) -> int:
        return max(1, int(COUNTS[workload][self.pace] * scale))


def _on_core(core) -> list:
    return [] if core is None else ["taskset", "--cpu-list", str(core)]


def known(options) -> dict:
    """All systems by name, whether their programs are there or not."""
    poll = ["--poll-microseconds", str(options.poll_microseconds)]
    lantern = ([options.lantern_server], [options.lantern_client])

    def built(name):
        return [os.path.join(options.peers, name, "server")], [os.path.join(options.peers, name, "client")]

    def python(folder, *arguments):
        ends = (os.path.join(HERE, "peers", folder, end + ".py") for end in ("server", "client"))
        return [[sys.executable, end, *arguments] for end in ends]

    systems = [
        System("limit", [options.limit, "server"], [options.limit, "client"]),
        System("limit-poll", [options.limit, "server", *poll], [options.limit, "client", *poll]),
        System("lantern", *lantern),
        System("lantern-latency", *(end + poll for end in lantern)),
        System("ice", *built("ice"), pace=MIDDLE),
        System("grpc-cpp", *built("grpc-cpp"), MIDDLE, ("queue", "callback"), server_varies=True),
        System("grpc-swift", *built("grpc-swift"), pace=MIDDLE),
        System("grpcio", *python("grpcio"), pace=SLOW),
        System("pyro5", *python("pyro", "--pyro", "Pyro5"), pace=SLOW, variants=("msgpack", "serpent")),
        System("pyro4", *python("pyro", "--pyro", "Pyro4"), pace=SLOW, variants=("msgpack", "serpent")),
    ]
    return {system.name: system for system in systems}
