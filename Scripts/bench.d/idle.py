"""What an idle connection costs a server: the growth of a fresh process, seen from outside."""

import queue
import re
import subprocess
import threading
import time

from systems import Failure

OPEN_WITHIN = 120
#: A server is at rest when two looks differ by less than STEADY bytes; it gets REST_WITHIN for that.
LOOK_EVERY, STEADY, REST_WITHIN = 0.25, 64 * 1024, 5.0


def measure(system, server_home, client_home, count, variant) -> dict:
    """Starts a server of its own, so that no heap has room from earlier work."""
    server = system.start(server_home, variant)
    try:
        # What the first calls load and reserve is not a connection's.
        system.run(server, client_home, "sequential", 50, variant)
        _until_closed(server)
        before = _resident_at_rest(server.process.pid)
        command = system.client_command(client_home, server.port, "idle-memory", count, variant)
        result, opened, after = _with_connections(system, server, command, variant)
    finally:
        server.stop()
    if opened < count:
        raise Failure(f"{opened} connections are open, not {count}")
    growth = after - before
    return {**result, "connections": opened, "growth": growth, "bytes_per_connection": growth / opened}


def _with_connections(system, server, command, variant):
    client = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        lines = queue.Queue()
        threading.Thread(target=lambda: lines.put(client.stdout.readline()), daemon=True).start()
        try:
            line = lines.get(timeout=OPEN_WITHIN)
        except queue.Empty:
            raise Failure(f"the connections are not open after {OPEN_WITHIN} s") from None
        if not line:
            raise Failure(f"the client ended: {client.stderr.read().strip()[-2000:]}")
        result = system.result([line], "idle-memory", variant)
        after = _resident_at_rest(server.process.pid)
        return result, established(server.port), after
    finally:
        client.stdin.close()
        try:
            client.wait(OPEN_WITHIN)
        except subprocess.TimeoutExpired:
            client.kill()
            client.wait()
        client.stdout.close()
        client.stderr.close()


def resident_bytes(pid: int) -> int:
    """Memory of a process that is in RAM: exact, unlike /proc/PID/statm."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Rss:\s+(\d+) kB$", file.read(), re.MULTILINE).group(1)) * 1024


def established(port: int) -> int:
    """Connections that are open now at a server's port on this machine."""
    count = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as file:
                fields = [line.split() for line in file.readlines()[1:]]
        except FileNotFoundError:
            continue
        count += sum(1 for f in fields if f[3] == "01" and int(f[1].rsplit(":", 1)[1], 16) == port)
    return count


def _until_closed(server) -> None:
    end = time.monotonic() + REST_WITHIN
    while established(server.port):
        if time.monotonic() > end:
            raise Failure("the server keeps a connection whose client is gone")
        time.sleep(LOOK_EVERY)


def _resident_at_rest(pid: int) -> int:
    try:
        last, end = resident_bytes(pid), time.monotonic() + REST_WITHIN
        while time.monotonic() < end:
            time.sleep(LOOK_EVERY)
            now = resident_bytes(pid)
            if abs(now - last) < STEADY:
                return now
            last = now
        return last
    except OSError as error:
        raise Failure(f"the server is gone: {error}") from None
