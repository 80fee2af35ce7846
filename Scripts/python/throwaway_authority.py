"""Throw-away authorities and lantern homes for tests and benchmarks, made with the openssl command.

Nothing made here is for production: the authority's key lies beside its certificates.
"""

import os
import subprocess

from lantern_pyro import keys
from lantern_pyro.proof import public_bytes

LEAF_EXTENSIONS = """\
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""
AUTHORITY_CONFIG = """\
[req]
distinguished_name = dn
x509_extensions = authority
prompt = no
[dn]
CN = {name}
[authority]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""
HOST_NAMES = "DNS:localhost, IP:127.0.0.1, IP:::1"


class Authority:
    """One certificate authority in a folder of its own."""

    def __init__(self, folder: str, name: str = "Lantern throw-away authority"):
        self.folder = folder
        os.makedirs(folder, mode=0o700)
        self.certificate = os.path.join(folder, "authority.pem")
        self.key = os.path.join(folder, "authority.key")
        config = os.path.join(folder, "authority.cnf")
        _write(config, AUTHORITY_CONFIG.format(name=name))
        _new_key(self.key)
        _openssl(
            "req",
            "-new",
            "-x509",
            "-key",
            self.key,
            "-out",
            self.certificate,
            "-days",
            "2",
            "-config",
            config,
        )

    def issue(self, certificate: str, key: str, identity: str, *, names: str = HOST_NAMES, days: int = 1):
        """A leaf for both roles, with one SPIFFE URI and the given host names."""
        stem = os.path.join(self.folder, os.urandom(6).hex())
        _write(
            stem + ".cnf", LEAF_EXTENSIONS.format(names=", ".join(filter(None, (names, f"URI:{identity}"))))
        )
        _new_key(key)
        _openssl(
            "req", "-new", "-key", key, "-out", stem + ".csr", "-subj", "/CN=" + identity.rsplit("/", 1)[-1]
        )
        _openssl(
            "x509",
            "-req",
            "-in",
            stem + ".csr",
            "-CA",
            self.certificate,
            "-CAkey",
            self.key,
            "-set_serial",
            "0x" + os.urandom(8).hex(),
            "-days",
            str(days),
            "-out",
            certificate,
            "-extfile",
            stem + ".cnf",
            "-extensions",
            "leaf",
        )

    def make_home(self, folder: str, name: str, *, identity: str = None, names: str = HOST_NAMES) -> str:
        """A lantern home without handshake keys; see `exchange_keys`."""
        for part in ("identity", "trust", os.path.join("keys", "authorized")):
            os.makedirs(os.path.join(folder, part), mode=0o700)
        identity = identity or f"spiffe://lantern.test/{name}"
        self.issue(
            os.path.join(folder, "identity", "cert.pem"),
            os.path.join(folder, "identity", "key.pem"),
            identity,
            names=names,
        )
        with open(self.certificate, encoding="ascii") as roots:
            _write(os.path.join(folder, "trust", "roots.pem"), roots.read())
        return folder


def exchange_keys(
    first: str, first_identity: str, second: str, second_identity: str, algorithm: str = keys.ED25519
) -> None:
    """Gives both homes a key and tells each about the other's."""
    if algorithm == keys.HMAC:
        both = (first_identity, second_identity)
        shared = keys.Key("shared", keys.HMAC, both, secret=os.urandom(32))
        for home in (first, second):
            keys.write_key(_own(home), shared, authorized=False)
            keys.write_key(_authorized(home, "shared"), shared, authorized=True)
        return
    new_ed25519_key(first, first_identity)
    new_ed25519_key(second, second_identity)
    authorize(first, first_identity, second)
    authorize(second, second_identity, first)


def new_ed25519_key(home: str, identity: str) -> None:
    key = keys.Key(identity.rsplit("/", 1)[-1], keys.ED25519, (identity,), secret=os.urandom(32))
    keys.write_key(_own(home), key, authorized=False)


def authorize(holder: str, identity: str, at: str) -> None:
    """Tells the home `at` that `holder`'s own key may be used by `identity`."""
    own = keys.load_own(_own(holder))
    public = keys.Key(own.id, own.algorithm, (identity,), public=public_bytes(own.secret))
    keys.write_key(_authorized(at, own.id), public, authorized=True)


def _own(home: str) -> str:
    return os.path.join(home, "keys", "own.key")


def _authorized(home: str, name: str) -> str:
    return os.path.join(home, "keys", "authorized", name + ".key")


def _new_key(path: str) -> None:
    _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    os.chmod(path, 0o600)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr}")
