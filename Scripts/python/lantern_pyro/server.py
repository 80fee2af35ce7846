"""The server's part of the handshake, the same for Pyro5 and Pyro4.

Both daemons' `_handshake` is replaced as a whole (by pyro5.py and pyro4.py), because `validateHandshake`
neither sees the object's name, which is signed too, nor survives being overridden by a subclass.
"""

import dataclasses
import ssl

from .errors import LanternError
from .identity import fingerprint, peer_identity
from .proof import Channel, Proof

#: Bytes of a CONNECT message, before anybody is known.
MAXIMUM_CONNECT = 16 * 1024
#: Seconds for the TLS handshake, and for each read of CONNECT; less when the connection is denied anyway,
#: because Pyro does that in its accepting loop.
DEADLINE = 10.0
DENIED_DEADLINE = 1.0


@dataclasses.dataclass(frozen=True)
class Peer:
    """Who is at the other end of a connection: `current_context.client.lantern_peer` in a Pyro method."""

    identity: str
    key_id: str
    algorithm: str


class BoundedConnection:
    """What `recv` functions of Pyro see before authentication: a connection that gives few bytes."""

    def __init__(self, connection):
        self._connection = connection
        self._left = MAXIMUM_CONNECT

    def recv(self, size: int):
        if size > self._left:
            raise LanternError(f"CONNECT message larger than {MAXIMUM_CONNECT} bytes", public=True)
        self._left -= size
        return self._connection.recv(size)

    def close(self):
        self._connection.close()


def begin(connection, denied: bool = False) -> BoundedConnection:
    """Finishes TLS in the thread that serves the connection, within a deadline."""
    sock = connection.sock
    if not isinstance(sock, ssl.SSLSocket):
        raise LanternError("plain connections are refused; is config.SSL switched off?")
    sock.settimeout(DENIED_DEADLINE if denied else DEADLINE)
    sock.do_handshake()
    return BoundedConnection(connection)


def authenticate(authenticator, connection, data: object, protocol: int, own_check) -> dict:
    """Checks the proof in a CONNECT message and returns the answer's fields.

    `own_check` is the program's `validateHandshake` when it has one: it may refuse.
    """
    sock = connection.sock
    if not isinstance(data, dict) or "handshake" not in data:
        raise LanternError("CONNECT without a handshake", public=True)
    object_id = data.get("object", "")
    if not isinstance(object_id, str):
        raise LanternError("CONNECT: the object must be text", public=True)
    proof = Proof.parse(data["handshake"])
    identity = peer_identity(sock)
    channel = Channel(fingerprint(sock), sock.context.own_fingerprint)
    key = authenticator.accept_client(proof, protocol, object_id, channel, identity)
    connection.lantern_peer = Peer(identity, key.id, key.algorithm)
    if own_check is not None:
        own_check(connection, data["handshake"])
    return authenticator.make_server(proof, key, protocol, object_id, channel).fields()


def own_check(daemon, daemon_class):
    """The program's own validateHandshake, or nothing when it has none."""
    if type(daemon).validateHandshake is daemon_class.validateHandshake:
        return None
    return daemon.validateHandshake


def refuse_supplied_sockets(daemon_class, security_error) -> None:
    """Daemons over a supplied socket skip the handshake, so there are none."""
    original = daemon_class.__init__

    def init(self, *arguments, **options):
        original_arguments = original.__code__.co_varnames[1 : original.__code__.co_argcount]
        given = dict(zip(original_arguments, arguments), **options)
        if given.get("connected_socket") is not None:
            raise security_error(
                "lantern: connections over supplied sockets have no handshake and are refused"
            )
        original(self, *arguments, **options)

    init.__doc__, init.__name__ = original.__doc__, original.__name__
    daemon_class.__init__ = init
