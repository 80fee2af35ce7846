"""The one error type of this package."""


class LanternError(Exception):
    """What was expected and what came: never key material, never a stranger's text unshortened.

    `public` errors strangers may hear. Of all others a peer hears `PEER_MESSAGE`, and the log the reason.
    """

    PEER_MESSAGE = "authentication failed"

    def __init__(self, message: str, *, public: bool = False):
        super().__init__(message)
        self.public = public

    @staticmethod
    def told_to_peer(error: Exception) -> str:
        """The text of a refusal: a program's own errors travel as Pyro has it."""
        secret = isinstance(error, LanternError) and not error.public
        return LanternError.PEER_MESSAGE if secret else str(error)


def shown(text: object, limit: int = 80) -> str:
    """A peer's text, short enough and harmless enough for a log line."""
    quoted = repr(text)
    return quoted if len(quoted) <= limit else quoted[: limit - 1] + "…"
