"""Certificates and signed handshakes of a lantern home for Pyro5 and Pyro4 programs.

From code, before the first proxy or daemon is made::

    import lantern_pyro
    lantern_pyro.install("/etc/lantern")

or without touching a program: ``python -m lantern_pyro --home DIR -m Pyro5.nsc list``.
"""

import importlib.util
import logging
import os
import sys

from .errors import LanternError
from .keys import Keyring
from .proof import Authenticator
from .server import Peer
from .tls import ContextSource

__all__ = ["LanternError", "Peer", "install", "installed_home"]

log = logging.getLogger("lantern_pyro")
_installed = None


def install(home: str = None, *, password=None) -> None:
    """Hooks Pyro5 and Pyro4, whichever are there, to use this lantern home and nothing else.

    Without `home`, LANTERN_HOME names it. `password` (text, or a function that returns it) opens an encrypted
    identity/key.pem. Raises LanternError, naming the file, when the home cannot be used. A second
    call with the same home does nothing; with another one it is refused.
    """
    global _installed
    home = home or os.environ.get("LANTERN_HOME")
    if not home:
        raise LanternError("no lantern home: give --home DIR or set LANTERN_HOME")
    home = os.path.abspath(home)
    if _installed is not None:
        if _installed != home:
            raise LanternError(f"already installed for {_installed}")
        return
    names = [name for name in ("Pyro5", "Pyro4") if importlib.util.find_spec(name) and _starts(name)]
    if not names:
        raise LanternError("neither Pyro5 nor Pyro4 is installed in this Python")
    contexts = ContextSource(home, password)
    authenticator = Authenticator(Keyring.load(home))
    for name in names:
        importlib.import_module(f".{name.lower()}", __name__).install(contexts, authenticator)
    _installed = home


def _starts(name: str) -> bool:
    """Whether a Pyro lets itself be imported. Pyro5 refuses PYRO_ variables that it does not know, among them those
    that only Pyro4 has; then it must not be imported later either, without its hooks."""
    try:
        importlib.import_module(name)
        return True
    except ValueError as error:
        log.warning("%s is not usable: %s", name, error)
        sys.modules[name] = None
        return False


def installed_home():
    """The lantern home in use, or None."""
    return _installed
