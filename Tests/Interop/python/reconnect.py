"""Keeps a proxy while its daemon goes away and comes back: reconnect.py WORKSHOP, told by lines on its input."""

import sys

from generation import Pyro5, config, errors

config.COMMTIMEOUT = 20
with Pyro5.api.Proxy(sys.argv[1]) as proxy:
    print("READY", proxy.describe("first", 1), flush=True)
    sys.stdin.readline()
    try:
        proxy.describe("lost", 1)
        print("FAIL the daemon is gone", flush=True)
    except (errors.CommunicationError, ConnectionError) as error:
        print("READY", type(error).__name__, flush=True)
    sys.stdin.readline()
    proxy._pyroReconnect(tries=10)
    print("READY", proxy.describe("back", 1), flush=True)
