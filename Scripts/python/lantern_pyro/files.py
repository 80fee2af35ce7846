"""Opening files that others must not be able to read or change."""

import os
import stat

from .errors import LanternError

MAXIMUM_SIZE = 1 << 20


def read_protected(path: str, *, secret: bool) -> bytes:
    """Reads a file without following a link at its end.

    Refused: links, anything that is not a regular file, another owner than us or root, a file or folder
    that group or others may write, and for secrets one that they may read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise LanternError(f"{path}: cannot be opened: {error.strerror} (links are not followed)") from None
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise LanternError(f"{path}: not a regular file")
        _check(path, facts, 0o077 if secret else 0o022)
        folder = os.path.dirname(os.path.abspath(path))
        _check(folder, os.stat(folder), 0o022)
        content = file.read(MAXIMUM_SIZE + 1)
    if len(content) > MAXIMUM_SIZE:
        raise LanternError(f"{path}: larger than {MAXIMUM_SIZE} bytes")
    return content


def _check(path: str, facts: os.stat_result, forbidden: int) -> None:
    if facts.st_uid not in (os.geteuid(), 0):
        raise LanternError(f"{path}: belongs to user {facts.st_uid}, not to us or root")
    mode = stat.S_IMODE(facts.st_mode)
    if mode & forbidden:
        wanted = mode & ~forbidden
        raise LanternError(f"{path}: mode {mode:04o} lets others in; use: chmod {wanted:04o} {path}")
