#!/usr/bin/env python3
"""Frames that lie about lengths, counts, depth and compression, before and after the signed handshake.

    frames.py LANTERN

Each attack is a connection of its own; the daemon's memory is read around it, and a well-behaved client calls after it.
"""

import os
import socket
import ssl
import struct
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "Scripts", "python"))

from daemon import Daemon, make_home  # noqa: E402

import lantern_pyro  # noqa: E402

MIB = 1 << 20
# The default of limits.message-size: what an authenticated peer may make us hold, plain or inflated.
MESSAGE = 64 * MIB


def bomb(plain: int) -> bytes:
    """Zeros, compressed; a megabyte for a gigabyte."""
    packer = zlib.compressobj(9)
    block = bytes(MIB)
    return b"".join(packer.compress(block) for _ in range(plain // MIB)) + packer.flush()


def frame(kind: int, payload: bytes, *, flags=0, serializer=4, length=None, annotations=0, magic=b"PYRO", version=502,
          number=0x4DC5) -> bytes:
    """A v502 message; `length` and `annotations` may lie."""
    return struct.pack(
        "!4sHBBHHII16sHH", magic, version, kind, serializer, flags, 1, len(payload) if length is None else length,
        annotations, b"\0" * 16, 0, number,
    ) + payload


def attacks(kind: int) -> dict:
    """What is sent, as a message of this type, by name."""
    megabyte = bomb(1 << 30)
    deep_json = b"[" * 200_000
    return {
        "a bomb of 1 MiB in 1 KiB": frame(kind, bomb(MIB), flags=2),
        "a bomb of 1 GiB in %.2f MiB" % (len(megabyte) / MIB): frame(kind, megabyte, flags=2),
        "a length of 4 GiB": frame(kind, b"", length=0xFFFFFFFF),
        "a length of 64 MiB and 10 bytes": frame(kind, b"x" * 10, length=64 * MIB),
        "annotations of 4 GiB": frame(kind, b"", annotations=0xFFFFFFFF),
        "annotations longer than they are": frame(kind, struct.pack("!4sI", b"ABCD", 0xFFFFFFFF), annotations=8),
        "a wrong number at the header's end": frame(kind, b"x", number=0),
        "another magic": frame(kind, b"x", magic=b"HTTP"),
        "an unknown version": frame(kind, b"x", version=9999),
        "an unknown type": frame(99, b"x"),
        "an unknown serializer": frame(kind, b"x", serializer=99),
        "lists 200,000 deep in json": frame(kind, deep_json, serializer=2),
        "lists 200,000 deep in msgpack": frame(kind, b"\x91" * 200_000, serializer=4),
        "a msgpack list of 4,294,967,295": frame(kind, b"\xdd\xff\xff\xff\xff", serializer=4),
        "a msgpack text of 4 GiB": frame(kind, b"\xdb\xff\xff\xff\xff", serializer=4),
        "a marshal tuple of 2^31": frame(kind, b"(\xff\xff\xff\x7f", serializer=3),
        "half a zlib stream": frame(kind, megabyte[: len(megabyte) // 2], flags=2),
        "no zlib stream": frame(kind, b"x" * 1000, flags=2),
        "all flags": frame(kind, b"x", flags=0xFFFF),
    }


def authenticated(uri: str):
    """An open connection, past the signed handshake."""
    import Pyro5.api

    proxy = Pyro5.api.Proxy(uri)
    proxy.echo(1)
    return proxy, proxy._pyroConnection.sock


def unauthenticated(home: str, port: int):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(f"{home}/trust/roots.pem")
    context.load_cert_chain(f"{home}/identity/cert.pem", f"{home}/identity/key.pem")
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10))


def ends(stream) -> bool:
    """Whether the daemon ends the connection or answers with no more than one message."""
    stream.settimeout(3)
    try:
        taken = 0
        while data := stream.recv(65_536):
            taken += len(data)
            if taken > MIB:
                return False
        return True
    except TimeoutError:
        return True  # it waits for the bytes that were promised, within its limits
    except OSError:
        return True


def main() -> int:
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(sys.argv[1], f"{folder}/home")
        lantern_pyro.install(home)
        with Daemon(sys.argv[1], home, level="error") as daemon:
            good, _ = authenticated(daemon.uri)
            # What the first frame of a kind makes the runtime load is not the attack's.
            # A CONNECT before the handshake, calls after it.
            cases = [(name, data, late) for late in (False, True) for name, data in attacks(4 if late else 1).items()]
            for _, data, late in cases:
                keep, stream = authenticated(daemon.uri) if late else (None, unauthenticated(home, daemon.port))
                try:
                    stream.sendall(data[:65_536])
                except OSError:
                    pass
                stream.close()
            for name, data, late in cases:
                good.echo("before")
                daemon.forget_peak()
                memory = daemon.memory
                keep, stream = authenticated(daemon.uri) if late else (None, unauthenticated(home, daemon.port))
                try:
                    stream.sendall(data)
                except OSError:
                    pass
                ended = ends(stream)
                stream.close()
                growth = daemon.peak - memory
                alive = daemon.is_running() and good.echo("hello") == "hello"
                # What came in full is held while it is looked at, and inflated up to the limit; what was only promised
                # costs nothing.
                inflates = late and len(data) > 64 * 1024 and "zlib" in name + ("zlib" if "bomb" in name else "")
                ok = ended and alive and growth < 2 * MIB + (MESSAGE + 4 * len(data) if inflates else 0)
                wrong += not ok
                when = "after" if late else "before"
                print(f"{'ok   ' if ok else 'WRONG'}  {name}, {when} the handshake: memory at most {growth / MIB:+.2f} MiB")
    print(f"{len(cases)} frames, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
