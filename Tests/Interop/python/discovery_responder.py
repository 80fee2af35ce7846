"""Pyro5's own answering of broadcasts, on a free port of loopback; ends with standard input."""

import sys

from Pyro5 import core, nameserver

server = nameserver.BroadcastServer(core.URI("PYRO:Pyro.NameServer@127.0.0.1:9"), "127.0.0.1", 0)
server.runInThread()
print("READY", server.getPort(), flush=True)
sys.stdin.read()
