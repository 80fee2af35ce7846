"""A stock Pyro client that finds the name server by its own broadcast: discovery.py PORT URI."""

import sys

from cases import run
from generation import IS_PYRO4, config, core

port, uri = int(sys.argv[1]), sys.argv[2]
# Not a loopback name: Pyro would ask there first and not by broadcast.
config.NS_HOST, config.NS_BCPORT, config.COMMTIMEOUT = "", port, 20
config.BROADCAST_ADDRS = "127.0.0.1" if IS_PYRO4 else ["127.0.0.1"]


def by_broadcast():
    names = core.locate_ns()
    assert str(names._pyroUri) == uri, names._pyroUri
    assert names.count() == 1
    assert names.lookup("Pyro.NameServer") == core.URI(uri)


run([by_broadcast])
