"""A daemon with TLS but without a right answer: lying_daemon.py Pyro5|Pyro4 hello|echo|other."""

import importlib
import os
import sys

from lantern_pyro import server
from lantern_pyro.proof import Authenticator

name, way = sys.argv[1:3]
authenticate = server.authenticate


def lie(authenticator, connection, data, protocol, own_check):
    right = authenticate(authenticator, connection, data, protocol, own_check)
    return {"hello": "hello", "echo": data["handshake"], "other": {**right, "nonce": data["handshake"]["nonce"]}}[way]


server.authenticate = lie
Pyro = importlib.import_module(name + (".api" if name == "Pyro5" else ""))


@Pyro.expose
class Echo:
    def echo(self, value):
        return value


daemon = Pyro.Daemon(host="127.0.0.1")
print(daemon.register(Echo, "echo"), flush=True)
daemon.requestLoop()
