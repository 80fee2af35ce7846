"""A `lantern echo-server` of one's own, with what it logs and how much memory it takes."""

import os
import re
import signal
import subprocess
import threading
import time


class Daemon:
    """Runs until `close`; `log(text)` waits for a line with that text."""

    def __init__(self, lantern: str, home: str, *, environment=None, level="debug", arguments=()):
        command = [lantern, "echo-server", "--home", home, "--host", "127.0.0.1", "--port", "0", "--log-level", level]
        self.process = subprocess.Popen(
            [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            env={**os.environ, **(environment or {})},
        )
        self.lines = []
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        ready = self.process.stdout.readline()
        if not ready.startswith("READY "):
            self.process.wait(5)
            raise RuntimeError("no daemon: " + " ".join(self.lines))
        self.uri = ready.split()[1]
        self.port = int(self.uri.rsplit(":", 1)[1])

    def _read(self):
        for line in self.process.stderr:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()

    def log(self, pattern: str, seconds: float = 10, start: int = 0) -> str:
        deadline = time.monotonic() + seconds
        with self._changed:
            seen = start
            while True:
                for line in self.lines[seen:]:
                    if re.search(pattern, line):
                        return line
                seen = len(self.lines)
                if not self._changed.wait(max(0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                    return ""

    @property
    def memory(self) -> int:
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) * 1024

    def forget_peak(self) -> None:
        """Lets `peak` begin anew."""
        with open(f"/proc/{self.process.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")

    @property
    def peak(self) -> int:
        """The most resident bytes since `forget_peak`."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) * 1024

    @property
    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def is_running(self) -> bool:
        return self.process.poll() is None

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def make_home(lantern: str, path: str) -> str:
    """A home that trusts itself; its authority is `PATH-authority`."""
    subprocess.run([lantern, "init", path], check=True, capture_output=True)
    return path
