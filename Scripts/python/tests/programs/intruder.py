"""Connects once with a signed handshake that is wrong in one way: intruder.py Pyro5|Pyro4 URI WAY."""

import dataclasses
import importlib
import os
import sys

from lantern_pyro import client
from lantern_pyro.proof import Authenticator, Channel

name, uri, way = sys.argv[1:4]
begin = client.Attempt.begin
make = Authenticator.make_client
kept = []


def tampered(self, sock, object_id):
    begin(self, sock, object_id)
    if way == "none":
        self.proxy.__dict__["_pyroHandshake"] = "hello"
    if way == "replayed":
        kept.append(self.proxy.__dict__["_pyroHandshake"])
        self.proxy.__dict__["_pyroHandshake"] = kept[0]


def changed(self, protocol, object_id, channel):
    if way == "stale":
        clock, self._clock = self._clock, lambda: clock() - 40_000
    if way == "other-certificate":
        channel = Channel(os.urandom(32), channel.server)
    proof = make(self, protocol, object_id, channel)
    return dataclasses.replace(proof, proof=bytes(len(proof.proof))) if way == "garbage" else proof


client.Attempt.begin = tampered
Authenticator.make_client = changed
Pyro = importlib.import_module(name + (".api" if name == "Pyro5" else ""))
errors = importlib.import_module(name + ".errors")
try:
    with Pyro.Proxy(uri) as proxy:
        proxy.echo(1)
        if way == "replayed":
            proxy._pyroRelease()
            proxy.echo(1)
    print("got in")
except errors.PyroError as error:
    assert proxy._pyroConnection is None
    print("refused:", error)
