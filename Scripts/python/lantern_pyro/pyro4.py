"""Hooks for Pyro4 (wire protocol 48)."""

import logging
import os
import uuid

from . import server, settings
from .client import awaiting_proof, hook_proxy
from .errors import LanternError
from .proof import Authenticator
from .tls import ContextSource

PROTOCOL = 48
log = logging.getLogger("lantern_pyro.pyro4")


def install(contexts: ContextSource, authenticator: Authenticator) -> None:
    from Pyro4 import config, core, errors, socketutil

    settings.decide(config, contexts, _accept_msgpack)

    def get_ssl_context(servercert="", **_):
        return contexts.context(server=bool(servercert))

    socketutil.getSSLcontext = get_ssl_context
    # Without METADATA the CONNECT message names no object, and the signed object is empty.
    hook_proxy(
        core.Proxy,
        socketutil.SocketConnection,
        authenticator,
        protocol=PROTOCOL,
        object_in_connect=lambda: bool(config.METADATA),
        security_error=errors.SecurityError,
    )
    server.refuse_supplied_sockets(core.Daemon, errors.SecurityError)
    _hook_answers()

    def handshake(self, conn, denied_reason=None):
        return _handshake(self, conn, denied_reason, authenticator)

    core.Daemon._handshake = handshake


def _accept_msgpack() -> None:
    """Daemons take msgpack too, as Pyro5's do: it is what Lantern sends unless told otherwise, and plain data.
    A program or a variable that chooses the serializers has the last word."""
    from Pyro4 import config, util

    if "PYRO_SERIALIZERS_ACCEPTED" not in os.environ and "msgpack" in util._serializers:
        config.SERIALIZERS_ACCEPTED.add("msgpack")


def _safe_serializers() -> set:
    """Numbers of the serializers that run no code. CONNECT and its answer are read before anybody is known,
    so pickle and its relatives are refused there, which means altogether."""
    from Pyro4 import util

    kinds = (util.SerpentSerializer, util.JsonSerializer, util.MarshalSerializer, util.MsgpackSerializer)
    return {kind.serializer_id for kind in kinds}


def _hook_answers() -> None:
    """Pyro4 reads the answer to CONNECT with whatever serializer it names: look before it does."""
    from Pyro4 import errors, message

    receive, safe = message.Message.recv.__func__, _safe_serializers()

    def recv(cls, connection, requiredMsgTypes=None, hmac_key=None):
        received = receive(cls, connection, requiredMsgTypes, hmac_key)
        if awaiting_proof() and received.serializer_id not in safe:
            raise errors.SecurityError(
                f"lantern: serializer {received.serializer_id} in the handshake is refused"
            )
        return received

    message.Message.recv = classmethod(recv)


def _handshake(daemon, conn, denied_reason, authenticator) -> bool:
    """Takes the place of `Daemon._handshake`: answers CONNECTOK only after a right proof."""
    from Pyro4 import config, constants, core, errors, message, util

    serializer = util.get_serializer_by_id(util.MarshalSerializer.serializer_id)
    sequence, flags = 0, 0
    try:
        received = message.Message.recv(
            server.begin(conn, bool(denied_reason)), [message.MSG_CONNECT], hmac_key=daemon._pyroHmacKey
        )
        sequence = received.seq
        if denied_reason:
            raise errors.PyroError(denied_reason)
        if received.serializer_id not in _safe_serializers() & set(daemon._Daemon__serializer_ids):
            raise errors.SerializeError(f"serializer {received.serializer_id} is not accepted")
        correlation = received.annotations.get("CORR")
        core.current_context.correlation_id = (
            uuid.UUID(bytes=bytes(correlation)) if correlation else uuid.uuid4()
        )
        serializer = util.get_serializer_by_id(received.serializer_id)
        data = serializer.deserializeData(received.data, received.flags & message.FLAGS_COMPRESSED)
        check = server.own_check(daemon, core.Daemon)
        answer = server.authenticate(authenticator, conn, data, PROTOCOL, check)
        if received.flags & message.FLAGS_META_ON_CONNECT:
            flags = message.FLAGS_META_ON_CONNECT
            metadata = daemon.objectsById[constants.DAEMON_NAME].get_metadata(data["object"], as_lists=True)
            answer = {"handshake": answer, "meta": metadata}
        payload, compressed = serializer.serializeData(answer, config.COMPRESSION)
        kind = message.MSG_CONNECTOK
    except (errors.ConnectionClosedError, OSError) as error:
        log.warning("connection refused before its handshake: %s", error)
        return False
    except Exception as error:
        log.warning("connection refused: %s", error)
        payload, compressed = serializer.serializeData(LanternError.told_to_peer(error), False)
        kind, flags = message.MSG_CONNECTFAIL, 0
    if compressed:
        flags |= message.FLAGS_COMPRESSED
    conn.timeout = config.COMMTIMEOUT or None
    reply = message.Message(
        kind,
        payload,
        serializer.serializer_id,
        flags,
        sequence,
        annotations=daemon._Daemon__annotations(),
        hmac_key=daemon._pyroHmacKey,
    )
    conn.send(reply.to_bytes())
    return kind == message.MSG_CONNECTOK
