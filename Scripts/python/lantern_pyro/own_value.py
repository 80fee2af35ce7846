"""A program's own handshake value, beside the proof (Pyro5 only).

It travels as the annotation LNHD on CONNECT and CONNECTOK, one value in the message's serializer, and is read after the
proof of its sender was found right. In CONNECT's body, where Pyro has it, is the proof.
"""

from .errors import LanternError

ANNOTATION = "LNHD"
#: Bytes of a value, either way.
MAXIMUM = 8 * 1024


def checked(data: bytes) -> bytes:
    if len(data) > MAXIMUM:
        raise LanternError(f"a handshake value has at most {MAXIMUM} bytes", public=True)
    return data


class ClientValue:
    """The client's part, for one attempt to connect."""

    def __init__(self, proxy, value: object):
        self.proxy = proxy
        self.value = value
        self.before = None

    def put(self) -> None:
        """The socket is there, so the name has been resolved: no name server gets the value."""
        from Pyro5.callcontext import current_context

        data = checked(self._serializer().dumps(self.value))
        current_context.response_annotations.pop(ANNOTATION, None)
        self.before = current_context.annotations
        current_context.annotations = {**self.before, ANNOTATION: data}

    def remove(self) -> None:
        from Pyro5.callcontext import current_context

        if self.before is not None:
            current_context.annotations = self.before

    def validate(self) -> None:
        """Shows the server's answer to the proxy's own check; None when there is none."""
        from Pyro5.callcontext import current_context

        data = current_context.response_annotations.pop(ANNOTATION, None)
        answer = None if data is None else self._serializer().loads(checked(bytes(data)))
        type(self.proxy)._pyroValidateHandshake(self.proxy, answer)

    def _serializer(self):
        from Pyro5 import config, serializers

        return serializers.serializers[self.proxy._pyroSerializer or config.SERIALIZER]


class ServerValue:
    """The server's part: stands before the program's own check."""

    def __init__(self, message, serializer, check):
        self.data = message.annotations.get(ANNOTATION)
        self.serializer = serializer
        self.own_check = check
        #: For CONNECTOK.
        self.annotations = {}

    def check(self):
        """What `authenticate` is to call after the proof; nothing when the program has no check."""
        return self._check if self.own_check is not None and self.data is not None else self.own_check

    def _check(self, connection, _proof):
        answer = self.own_check(connection, self.serializer.loads(checked(bytes(self.data))))
        if answer is not None:
            self.annotations = {ANNOTATION: checked(self.serializer.dumps(answer))}
