"""A daemon with TLS but without a right answer: lying_daemon.py Pyro5|Pyro4 hello|echo|other|pickle."""

import importlib
import sys

from lantern_pyro import server

name, way = sys.argv[1:3]
authenticate = server.authenticate


def lie(authenticator, connection, data, protocol, own_check):
    right = authenticate(authenticator, connection, data, protocol, own_check)
    return {
        "hello": "hello",
        "echo": data["handshake"],
        "other": {**right, "nonce": data["handshake"]["nonce"]},
    }[way]


server.authenticate = lie
Pyro = importlib.import_module(name + (".api" if name == "Pyro5" else ""))


class Evil:
    def __reduce__(self):
        return print, ("EVIL",)


def send_pickle(daemon, connection, denied_reason=None):
    """Answers CONNECT with code for the client to run; Pyro4 only."""
    import pickle

    from Pyro4 import message, util

    message.Message.recv(server.begin(connection), [message.MSG_CONNECT])
    number = util.PickleSerializer.serializer_id
    connection.send(message.Message(message.MSG_CONNECTOK, pickle.dumps(Evil()), number, 0, 0).to_bytes())
    return True


if way == "pickle":
    Pyro.Daemon._handshake = send_pickle


@Pyro.expose
class Echo:
    def echo(self, value):
        return value


daemon = Pyro.Daemon(host="127.0.0.1")
print(daemon.register(Echo, "echo"), flush=True)
daemon.requestLoop()
