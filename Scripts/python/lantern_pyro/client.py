"""The client's part of the handshake, the same for Pyro5 and Pyro4.

Pyro's `Proxy.__pyroCreateConnection` makes the socket, wraps it in a `SocketConnection`, sends
`proxy._pyroHandshake` and hands the answer to `proxy._pyroValidateHandshake`. Around it lies one `Attempt`:

- `SocketConnection.__init__` is the first moment at which the TLS socket and the resolved object are known;
  there the fresh proof is put into `_pyroHandshake`;
- an instance attribute `_pyroValidateHandshake` checks the answer, so that a subclass's own method adds to
  the check and cannot replace it;
- afterwards the proxy is as before: a proof never travels with a proxy that is sent to somebody.

Attempts live in a context variable: resolving a name connects to the name server in the middle of another
attempt, and other threads have their own.
"""

import contextlib
import contextvars
import functools
import logging
import ssl

from .errors import LanternError
from .identity import fingerprint, peer_identity
from .proof import Authenticator, Channel, Proof

log = logging.getLogger("lantern_pyro.client")
_attempt = contextvars.ContextVar("lantern_pyro_attempt", default=None)
DEFAULT_HANDSHAKE = "hello"


class Attempt:
    """One connection that a proxy is making."""

    def __init__(self, proxy, authenticator: Authenticator, protocol: int, object_in_connect, security_error):
        self.proxy = proxy
        self.authenticator = authenticator
        self.protocol = protocol
        self.object_in_connect = object_in_connect
        self.security_error = security_error
        self.sock = None
        self.verified = False

    def begin(self, sock, object_id: str) -> None:
        """The socket is there: make the proof for this connection."""
        if not isinstance(sock, ssl.SSLSocket):
            raise self.security_error("lantern: plain connections are refused; is config.SSL switched off?")
        self.sock = sock
        try:
            self.object = object_id if self.object_in_connect() else ""
            self.channel = Channel(sock.context.own_fingerprint, fingerprint(sock))
            self.proof = self.authenticator.make_client(self.protocol, self.object, self.channel)
        except (LanternError, AttributeError) as error:
            sock.close()
            raise self.security_error(f"lantern: {error}") from error
        self.proxy.__dict__["_pyroHandshake"] = self.proof.fields()

    def validate(self, response: object) -> None:
        """Checks the server's answer, then lets the proxy's own check see it."""
        try:
            if self.sock is None:
                raise LanternError("no handshake was sent on this connection")
            answer = Proof.parse(response)
            self.authenticator.accept_server(
                answer, self.proof, self.protocol, self.object, self.channel, peer_identity(self.sock)
            )
        except LanternError as error:
            raise self.security_error(f"lantern: server refused: {error}") from error
        self.verified = True
        type(self.proxy)._pyroValidateHandshake(self.proxy, response)


def awaiting_proof() -> bool:
    """Whether this thread is making a connection whose server is not known yet."""
    attempt = _attempt.get()
    return attempt is not None and attempt.sock is not None and not attempt.verified


def hook_proxy(proxy_class, connection_class, authenticator, *, protocol, object_in_connect, security_error):
    """Patches the two places named at the top."""
    create_connection = proxy_class._Proxy__pyroCreateConnection
    init_connection = connection_class.__init__

    @functools.wraps(create_connection)
    def create(self, replaceUri=False, connected_socket=None):
        if connected_socket is not None:
            # Pyro does no handshake at all there.
            raise security_error(
                "lantern: connections over supplied sockets have no handshake and are refused"
            )
        # Threads share proxies in Pyro4, which has a lock for that; in Pyro5 a proxy belongs to one thread.
        with self.__dict__.get("_Proxy__pyroConnLock") or contextlib.nullcontext():
            return self._pyroConnection is None and connect(self, replaceUri)

    def connect(self, replaceUri):
        attempt = Attempt(self, authenticator, protocol, object_in_connect, security_error)
        state = self.__dict__
        before = {
            name: state.get(name) for name in ("_pyroHandshake", "_pyroMethods", "_pyroAttrs", "_pyroOneway")
        }
        if before["_pyroHandshake"] != DEFAULT_HANDSHAKE:
            log.warning("the proxy's own handshake value is not sent: the signed handshake takes its place")
        token = _attempt.set(attempt)
        state["_pyroValidateHandshake"] = attempt.validate
        try:
            made = create_connection(self, replaceUri)
            if made and not attempt.verified:
                raise security_error("lantern: the server's handshake was not checked")
            return made
        except BaseException:
            connection, state["_pyroConnection"] = state.get("_pyroConnection"), None
            if connection is not None:
                connection.close()
            state.update(before)
            raise
        finally:
            _attempt.reset(token)
            state.pop("_pyroValidateHandshake", None)
            state["_pyroHandshake"] = before["_pyroHandshake"]

    @functools.wraps(init_connection)
    def init(self, sock, objectId=None, keep_open=False):
        init_connection(self, sock, objectId, keep_open)
        attempt = _attempt.get()
        if attempt is not None and attempt.sock is None and objectId is not None:
            attempt.begin(sock, objectId)

    proxy_class._Proxy__pyroCreateConnection = create
    connection_class.__init__ = init
