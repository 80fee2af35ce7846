#!/usr/bin/env python3
"""Environment variables that try to weaken a daemon: it answers as without them.

    environment.py LANTERN
"""

import os
import ssl
import subprocess
import sys
import tempfile

from certificates import knock, knock_and_wait
from daemon import Daemon, make_home
from forge import AUTHORITY, Forge, Pair

WEAK = """openssl_conf = all
[ all ]
ssl_conf = ssl
[ ssl ]
system_default = weak
[ weak ]
MinProtocol = TLSv1
MaxProtocol = TLSv1.2
CipherString = ALL:@SECLEVEL=0
Groups = P-521
VerifyMode = None
Options = UnsafeLegacyRenegotiation,SessionTicket
"""


def old_version(port: int, roots: str, pair: Pair) -> str:
    """What a client that speaks TLS 1.2 at most is told."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_2
    import socket

    try:
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10)) as stream:
            return stream.version()
    except OSError as error:
        return getattr(error, "reason", None) or str(error)


def main(lantern: str) -> int:
    wrong = count = 0
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(lantern, f"{folder}/home")
        authority = Pair(f"{home}-authority/ca.pem", f"{home}-authority/ca.key")
        forge = Forge(folder, authority)
        others = forge.issue(base=AUTHORITY, self_signed=True, subject="/CN=others")
        stranger = forge.issue(by=others)
        good = forge.issue()
        config = f"{folder}/openssl.cnf"
        with open(config, "w", encoding="ascii") as file:
            file.write(WEAK)
        subprocess.run(["openssl", "rehash", folder], check=False, capture_output=True)
        keylog = f"{folder}/keylog"
        weakenings = {
            "nothing": {},
            "a weak openssl.cnf": {"OPENSSL_CONF": config},
            "roots of others, as file": {"SSL_CERT_FILE": others.certificate},
            "roots of others, as directory": {"SSL_CERT_DIR": folder},
            "a log of session keys": {"SSLKEYLOGFILE": keylog},
            "OpenSSL's own switches": {"OPENSSL_ia32cap": "~0x0", "OPENSSL_MODULES": folder, "OPENSSL_ENGINES": folder},
            "Pyro's settings": {"PYRO_SSL": "0", "PYRO_SSL_REQUIRECLIENTCERT": "0", "PYRO_SERIALIZERS_ACCEPTED": "pickle",
                                "PYRO_HOST": "0.0.0.0", "PYRO_REQUIRE_EXPOSE": "0"},
            "made-up settings": {"LANTERN_INSECURE": "1", "LANTERN_TLS": "off", "LANTERN_POLICY": "/dev/null",
                                 "LANTERN_ALLOW_DUMPS": "1", "LANTERN_TRUST_ROOTS": others.certificate},
            "another home": {"LANTERN_HOME": "/nonexistent"},
            "malloc's and the loader's debugging": {"MALLOC_PERTURB_": "170", "MALLOC_CHECK_": "3", "LD_BIND_NOW": "1"},
        }
        for name, environment in weakenings.items():
            with Daemon(lantern, home, environment=environment) as daemon:
                roots = authority.certificate
                told = {
                    "TLS 1.2": old_version(daemon.port, roots, good),
                    "no certificate": knock(daemon.port, roots, None)[1],
                    "another authority": knock(daemon.port, roots, stranger)[1],
                    "the right one": knock_and_wait(daemon.port, roots, good)[1],
                }
            ok = (
                "ALERT_PROTOCOL_VERSION" in told["TLS 1.2"]
                and told["no certificate"] == "certificate required"
                and told["another authority"] == "unknown ca"
                and told["the right one"] == ""
                and not os.path.exists(keylog)
            )
            wrong += not ok
            count += 1
            print(f"{'ok   ' if ok else 'WRONG'}  {name}: {told}")
    print(f"{count} environments, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
