#!/usr/bin/env python3
"""Looks for a home's secrets in a core dump or in the memory of a process.

    search_memory.py HOME --file CORE
    search_memory.py HOME --pid PID [--all]

Prints `NAME: found` or `NAME: absent`. Of a process only the pages that a core dump would hold are read, unless --all
is given: those that the kernel marks `dd` in /proc/PID/smaps are left out.
"""

import argparse
import base64
import mmap
import re
import subprocess
import sys


def secrets(home: str) -> dict:
    with open(f"{home}/keys/own.key", encoding="ascii") as file:
        fields = dict(line.split(": ", 1) for line in file.read().splitlines() if ": " in line)
    seed = base64.b64decode(fields["secret"])
    found = {
        "key id": fields["id"].encode(),
        "seed": seed,
        # Without its end: the last group depends on what follows.
        "seed in base64": fields["secret"][:40].encode(),
    }
    text = subprocess.run(
        ["openssl", "pkey", "-in", f"{home}/identity/key.pem", "-noout", "-text"],
        capture_output=True, text=True, check=True,
    ).stdout
    digits = re.search(r"priv:\s*((?:[0-9a-f]{2}[:\s]*)+)", text)
    if digits:
        scalar = bytes.fromhex(re.sub(r"[^0-9a-f]", "", digits.group(1)))[-32:]
        found["TLS private key, big-endian"] = scalar
        found["TLS private key, little-endian"] = scalar[::-1]
    return found


def regions(pid: int, everything: bool):
    """The bytes of each mapping that can be read."""
    mappings, current = [], None
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as file:
        for line in file:
            head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line)
            if head:
                current = [int(head[1], 16), int(head[2], 16), head[3], ""]
                mappings.append(current)
            elif line.startswith("VmFlags:") and current:
                current[3] = line
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end, rights, flags in mappings:
            if "r" not in rights or (not everything and " dd" in flags):
                continue
            try:
                memory.seek(start)
                yield memory.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue  # such as [vvar]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home")
    parser.add_argument("--file")
    parser.add_argument("--pid", type=int)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    wanted = secrets(options.home)
    found = set()
    if options.file:
        with open(options.file, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as core:
            found = {name for name, value in wanted.items() if core.find(value) >= 0}
    else:
        for data in regions(options.pid, options.all):
            found |= {name for name, value in wanted.items() if value in data}
    for name in wanted:
        print(f"{name}: {'found' if name in found else 'absent'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
