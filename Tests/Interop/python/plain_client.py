"""A Pyro client without the signed handshake; prints what it got: plain_client.py URI [HOME [no-certificate]];
or, through the runner, with Pyro4's key: plain_client.py URI hmac."""

import sys

from generation import Pyro5, config

config.COMMTIMEOUT = 20
has_key = sys.argv[2:] == ["hmac"]
if len(sys.argv) > 2 and not has_key:
    config.SSL = True
    config.SSL_CACERTS = sys.argv[2] + "/trust/roots.pem"
    if len(sys.argv) == 3:
        config.SSL_CLIENTCERT = sys.argv[2] + "/identity/cert.pem"
        config.SSL_CLIENTKEY = sys.argv[2] + "/identity/key.pem"
try:
    with Pyro5.api.Proxy(sys.argv[1]) as proxy:
        if has_key:
            proxy._pyroHmacKey = b"an old key"
        print("GOT", proxy.echo("in"))
except Exception as error:
    print("REFUSED", type(error).__name__, str(error).replace("\n", " "))
