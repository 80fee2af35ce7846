"""Calls once for each line on its input and says how that went: quota.py WORKSHOP."""

import sys

from generation import Pyro5, config, errors

config.COMMTIMEOUT = 20
with Pyro5.api.Proxy(sys.argv[1]) as proxy:
    print("READY", proxy.describe("call", 1), flush=True)
    connection = proxy._pyroConnection
    for line in sys.stdin:
        try:
            answer = proxy.describe(line.strip(), 1)
        except errors.PyroError as error:
            kind = getattr(error, "lanternQuota", None)
            answer = f"{type(error).__name__}: {error} | {kind} {getattr(error, 'retryAfter', None)}"
        same = "same" if proxy._pyroConnection is connection else "another"
        print("READY", answer, "|", same, "connection", flush=True)
