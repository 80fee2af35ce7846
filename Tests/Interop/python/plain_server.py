"""A Pyro daemon with mutual TLS but without the signed handshake: plain_server.py HOME."""

import sys

from generation import Pyro5, config

config.SSL = True
config.SSL_REQUIRECLIENTCERT = True
config.SSL_CACERTS = sys.argv[1] + "/trust/roots.pem"
config.SSL_SERVERCERT = sys.argv[1] + "/identity/cert.pem"
config.SSL_SERVERKEY = sys.argv[1] + "/identity/key.pem"


@Pyro5.api.expose
class Echo:
    def echo(self, value):
        print("CALLED", flush=True)
        return value


daemon = Pyro5.api.Daemon(host="127.0.0.1")
daemon.register(Echo(), "echo")
print("READY", daemon.locationStr, flush=True)
daemon.requestLoop()
