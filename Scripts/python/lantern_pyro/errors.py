"""The one error type of this package."""


class LanternError(Exception):
    """What was expected and what came: never key material, never a stranger's text unshortened."""


def shown(text: object, limit: int = 80) -> str:
    """A peer's text, short enough and harmless enough for a log line."""
    quoted = repr(text)
    return quoted if len(quoted) <= limit else quoted[: limit - 1] + "…"
