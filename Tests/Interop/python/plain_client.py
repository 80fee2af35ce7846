"""A Pyro5 client without the signed handshake; prints what it got: plain_client.py URI [HOME [no-certificate]]."""

import sys

import Pyro5.api
from Pyro5 import config

config.COMMTIMEOUT = 20
if len(sys.argv) > 2:
    config.SSL = True
    config.SSL_CACERTS = sys.argv[2] + "/trust/roots.pem"
    if len(sys.argv) == 3:
        config.SSL_CLIENTCERT = sys.argv[2] + "/identity/cert.pem"
        config.SSL_CLIENTKEY = sys.argv[2] + "/identity/key.pem"
try:
    with Pyro5.api.Proxy(sys.argv[1]) as proxy:
        print("GOT", proxy.echo("in"))
except Exception as error:
    print("REFUSED", type(error).__name__, str(error).replace("\n", " "))
