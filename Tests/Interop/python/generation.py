"""The generation of Pyro that a program of these tests runs with, under Pyro5's names.

LANTERN_TEST_GENERATION says which: "pyro5" gives Pyro5's own modules, "pyro4" gives Pyro4's things under the names that
Pyro5 has for them, so that one program tells about both. Nothing here changes what either package does.
"""

import os
from types import SimpleNamespace

NAME = os.environ.get("LANTERN_TEST_GENERATION", "pyro5")
IS_PYRO4 = NAME == "pyro4"


def _pyro4():
    import Pyro4
    import Pyro4.core
    import Pyro4.errors
    import Pyro4.message
    import Pyro4.socketutil
    import Pyro4.util

    base = Pyro4.util.SerializerBase
    callcontext = SimpleNamespace(current_context=Pyro4.current_context)
    errors = SimpleNamespace(**vars(Pyro4.errors), get_pyro_traceback=Pyro4.util.getPyroTraceback)
    core = SimpleNamespace(
        URI=Pyro4.URI, resolve=Pyro4.resolve, locate_ns=Pyro4.locateNS, DAEMON_NAME="Pyro.Daemon",
        NAMESERVER_NAME="Pyro.NameServer",
    )  # fmt: skip

    class SendingMessage:
        def __init__(self, kind, flags, sequence, serializer_id, payload, annotations=None):
            made = Pyro4.message.Message(kind, payload, serializer_id, flags, sequence, annotations)
            self.data = made.to_bytes()

    protocol = SimpleNamespace(
        SendingMessage=SendingMessage,
        recv_stub=Pyro4.message.Message.recv,
        **{name: value for name, value in vars(Pyro4.message).items() if name.startswith(("MSG_", "FLAGS_"))},
    )
    names = ("serpent", "json", "marshal", "msgpack")
    serializers = SimpleNamespace(
        serializers={name: Pyro4.util.get_serializer(name) for name in names},
        serpent=Pyro4.util.serpent,
        SerializerBase=base,
    )
    api = SimpleNamespace(
        Proxy=Pyro4.Proxy, BatchProxy=Pyro4.batch, SerializedBlob=Pyro4.core.SerializedBlob, URI=Pyro4.URI,
        Daemon=Pyro4.Daemon, expose=Pyro4.expose, oneway=Pyro4.oneway, behavior=Pyro4.behavior,
        callback=Pyro4.callback, current_context=Pyro4.current_context, config=Pyro4.config,
        resolve=Pyro4.resolve, locate_ns=Pyro4.locateNS, serve=Pyro4.Daemon.serveSimple,
        register_class_to_dict=base.register_class_to_dict, register_dict_to_class=base.register_dict_to_class,
    )  # fmt: skip
    # Where Pyro5 keeps them.
    client = SimpleNamespace(Proxy=api.Proxy, BatchProxy=api.BatchProxy, SerializedBlob=api.SerializedBlob)
    server = SimpleNamespace(Daemon=api.Daemon, expose=api.expose, oneway=api.oneway, behavior=api.behavior)
    return SimpleNamespace(
        api=api, callcontext=callcontext, client=client, config=Pyro4.config, core=core, errors=errors,
        protocol=protocol, serializers=serializers, server=server,
    )  # fmt: skip


def _pyro5():
    import Pyro5.api
    import Pyro5.callcontext
    import Pyro5.client
    import Pyro5.core
    import Pyro5.errors
    import Pyro5.protocol
    import Pyro5.serializers
    import Pyro5.server

    return Pyro5


Pyro5 = _pyro4() if IS_PYRO4 else _pyro5()
api, callcontext, client, config, core = Pyro5.api, Pyro5.callcontext, Pyro5.client, Pyro5.config, Pyro5.core
errors, protocol, serializers, server = Pyro5.errors, Pyro5.protocol, Pyro5.serializers, Pyro5.server


def yplookup(names, meta_all=None, meta_any=None, return_metadata=True):
    """Entries of a name server by their tags; in Pyro4 that is a form of `list`."""
    if IS_PYRO4:
        return names.list(metadata_all=meta_all, metadata_any=meta_any, return_metadata=return_metadata)
    return names.yplookup(meta_all=meta_all, meta_any=meta_any, return_metadata=return_metadata)
