"""Hooks for Pyro5 (wire protocol 502)."""

import logging
import uuid

from . import server, settings
from .client import hook_proxy
from .errors import LanternError
from .proof import Authenticator
from .tls import ContextSource

PROTOCOL = 502
log = logging.getLogger("lantern_pyro.pyro5")


def install(contexts: ContextSource, authenticator: Authenticator) -> None:
    from Pyro5 import client, config, errors, socketutil
    from Pyro5 import server as pyro_server

    settings.decide(config, contexts)

    def get_ssl_context(servercert="", **_):
        return contexts.context(server=bool(servercert))

    socketutil.get_ssl_context = get_ssl_context
    hook_proxy(
        client.Proxy,
        socketutil.SocketConnection,
        authenticator,
        protocol=PROTOCOL,
        object_in_connect=lambda: True,
        security_error=errors.SecurityError,
    )
    server.refuse_supplied_sockets(pyro_server.Daemon, errors.SecurityError)

    def handshake(self, conn, denied_reason=None):
        return _handshake(self, conn, denied_reason, authenticator)

    pyro_server.Daemon._handshake = handshake


def _handshake(daemon, conn, denied_reason, authenticator) -> bool:
    """Takes the place of `Daemon._handshake`: answers CONNECTOK only after a right proof."""
    from Pyro5 import config, core, errors, protocol, serializers
    from Pyro5 import server as pyro_server
    from Pyro5.callcontext import current_context

    serializer = serializers.serializers_by_id[serializers.MarshalSerializer.serializer_id]
    sequence = 0
    try:
        message = protocol.recv_stub(server.begin(conn, bool(denied_reason)), [protocol.MSG_CONNECT])
        sequence = message.seq
        if denied_reason:
            raise errors.PyroError(denied_reason)
        known = message.flags & protocol.FLAGS_CORR_ID
        current_context.correlation_id = uuid.UUID(bytes=bytes(message.corr_id)) if known else uuid.uuid4()
        serializer = serializers.serializers_by_id[message.serializer_id]
        data = serializer.loads(message.data)
        check = server.own_check(daemon, pyro_server.Daemon)
        answer = server.authenticate(authenticator, conn, data, PROTOCOL, check)
        metadata = daemon.objectsById[core.DAEMON_NAME].get_metadata(data["object"])
        payload = serializer.dumps({"handshake": answer, "meta": metadata})
        kind = protocol.MSG_CONNECTOK
    except (errors.ConnectionClosedError, OSError) as error:
        log.warning("connection refused before its handshake: %s", error)
        return False
    except Exception as error:
        log.warning("connection refused: %s", error)
        payload = serializer.dumps(LanternError.told_to_peer(error))
        kind = protocol.MSG_CONNECTFAIL
    conn.timeout = config.COMMTIMEOUT or None
    reply = protocol.SendingMessage(
        kind, 0, sequence, serializer.serializer_id, payload, annotations=daemon._Daemon__annotations()
    )
    conn.send(reply.data)
    return kind == protocol.MSG_CONNECTOK
