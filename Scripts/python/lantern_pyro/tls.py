"""TLS contexts of a lantern home: TLS 1.3, both sides with certificates, the home's roots and no others.

Pyro builds its contexts with ssl.create_default_context, which also trusts the system's store; these
contexts take their place.
"""

import hashlib
import logging
import os
import re
import socket
import ssl
import threading

from .errors import LanternError
from .files import read_protected

log = logging.getLogger("lantern_pyro.tls")
_FIRST_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


class LanternContext(ssl.SSLContext):
    """A context that knows the hash of the leaf certificate it shows."""

    own_fingerprint: bytes = b""
    #: What a server behind a Unix socket, which has no host name, must have in its certificate.
    unix_server_name: str = "localhost"

    def wrap_socket(self, sock, server_side=False, do_handshake_on_connect=True, **options):
        # Pyro accepts in its main loop. The TLS handshake of an accepted socket waits until the worker
        # asks for it (see server.py), so that a silent client cannot stop others from connecting.
        if server_side:
            do_handshake_on_connect = False
        elif sock.family == getattr(socket, "AF_UNIX", None):
            # Pyro gives the first character of the path as the name.
            options["server_hostname"] = self.unix_server_name
        return super().wrap_socket(
            sock, server_side=server_side, do_handshake_on_connect=do_handshake_on_connect, **options
        )


class ContextSource:
    """Builds the contexts of a home and builds them anew when its files change.

    A client's next connection uses the new certificate. A server's listening socket keeps its context until
    the program starts again.
    """

    def __init__(self, home: str, password=None, unix_server_name: str = LanternContext.unix_server_name):
        self._unix_server_name = unix_server_name
        self.certificate = os.path.join(home, "identity", "cert.pem")
        self.key = os.path.join(home, "identity", "key.pem")
        self.roots = os.path.join(home, "trust", "roots.pem")
        self.revoked = os.path.join(home, "trust", "crl.pem")
        self._password = password
        self._lock = threading.Lock()
        self._contexts = {}
        self.context(server=False)

    def context(self, *, server: bool) -> LanternContext:
        stamp = self._stamp()
        with self._lock:
            known = self._contexts.get(server)
            if known and known[0] == stamp:
                return known[1]
            try:
                context = self._build(server)
            except (LanternError, OSError):
                if not known:
                    raise
                log.warning("new identity files cannot be used, keeping the old ones", exc_info=True)
                context = known[1]
            self._contexts[server] = (stamp, context)
            return context

    def _stamp(self):
        facts = []
        for path in (self.certificate, self.key, self.roots, self.revoked):
            try:
                status = os.stat(path)
                facts.append((status.st_ino, status.st_size, status.st_mtime_ns))
            except FileNotFoundError:
                facts.append(None)
        return facts

    def _build(self, server: bool) -> LanternContext:
        read_protected(self.key, secret=True)
        leaf = leaf_fingerprint(self.certificate)
        context = LanternContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.check_hostname = not server
        if server:
            context.num_tickets = 0
        self._load(self.roots, context.load_verify_locations, cadata=self._text(self.roots))
        if os.path.exists(self.revoked):
            self._load(self.revoked, context.load_verify_locations, cafile=self.revoked)
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        self._load(self.certificate, context.load_cert_chain, self.certificate, self.key, self._give_password)
        if leaf_fingerprint(self.certificate) != leaf:
            raise LanternError(f"{self.certificate}: changed while it was read")
        context.own_fingerprint = leaf
        context.unix_server_name = self._unix_server_name
        return context

    def _load(self, path, load, *arguments, **options):
        try:
            load(*arguments, **options)
        except ssl.SSLError as error:
            raise LanternError(f"{path}: {error.reason or error} (key and certificate must match)") from None
        except OSError as error:
            raise LanternError(f"{path}: {error.strerror}") from None

    def _text(self, path: str) -> str:
        return read_protected(path, secret=False).decode("ascii", "replace")

    def _give_password(self):
        if self._password is None:
            raise LanternError(f"{self.key}: is encrypted; give install() its password")
        return self._password() if callable(self._password) else self._password


def leaf_fingerprint(path: str) -> bytes:
    """SHA-256 of the first certificate of a PEM file."""
    found = _FIRST_CERTIFICATE.search(read_protected(path, secret=False))
    if not found:
        raise LanternError(f"{path}: no certificate in it")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(found.group().decode("ascii"))).digest()
