"""Sends much to Lantern's workshop: large.py WORKSHOP SERIALIZER MEGABYTES."""

import os
import sys

from cases import raises, run
from generation import Pyro5, config, errors, serializers

workshop_uri, config.SERIALIZER = sys.argv[1:3]
size = int(sys.argv[3]) << 20
config.COMMTIMEOUT = 120
config.MAX_MESSAGE_SIZE = 1 << 30


def noise(count):
    """Bytes that differ everywhere, quickly made."""
    block = os.urandom(1 << 20)
    return b"".join(block[-n:] + block[:-n] for n in range(count // len(block)))


def both_ways(proxy):
    data = noise(size)
    assert proxy.blob(data) == data
    assert proxy.describe("after", 1) == "after x1"


def too_much(proxy):
    """The daemon ends the connection at the header; the next call makes another."""
    data = bytes(size + (30 << 20))
    try:
        proxy.blob(data)
    except (errors.CommunicationError, ConnectionError):
        pass
    else:
        raise AssertionError("a message over the limit was taken")
    proxy._pyroRelease()
    assert proxy.describe("after", 2) == "after x2"


def our_own_limit(proxy):
    limit, config.MAX_MESSAGE_SIZE = config.MAX_MESSAGE_SIZE, 100_000
    try:
        try:
            proxy.blob(bytes(200_000))
        except errors.ProtocolError as error:  # Pyro4's MessageTooLargeError is one too
            assert "max" in str(error) and "100000" in str(error), error
        else:
            raise AssertionError("Pyro let its own limit pass")
        assert proxy.describe("after", 3) == "after x3", "the connection stays"
    finally:
        config.MAX_MESSAGE_SIZE = limit


def compressed(proxy):
    config.COMPRESSION = True
    try:
        data = noise(1 << 20) + bytes(8 << 20)
        assert proxy.blob(data) == data
        text = "".join(f"{n} lanterns, " for n in range(300_000))
        assert proxy.long(text) == text
    finally:
        config.COMPRESSION = False


with Pyro5.api.Proxy(workshop_uri) as workshop:
    run([both_ways, too_much, our_own_limit, compressed], workshop)
