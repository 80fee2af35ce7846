"""What the home decides in Pyro's configuration, the same for Pyro5 and Pyro4."""

import functools

from .tls import ContextSource


def decide(config, contexts: ContextSource, more=lambda: None) -> None:
    """Sets it now, and again whenever the program resets Pyro's configuration, as many do at their start.

    `more` sets what only one of the two has.
    """
    kind = type(config)
    reset = kind.reset

    def set_all():
        config.SSL = True
        config.SSL_REQUIRECLIENTCERT = True
        config.SSL_CLIENTCERT = config.SSL_SERVERCERT = contexts.certificate
        config.SSL_CLIENTKEY = config.SSL_SERVERKEY = contexts.key
        config.SSL_CACERTS = contexts.roots
        # Pyro leaves Nagle's algorithm on: CONNECT, right after the last TLS flight, would wait some 40 ms.
        config.SOCK_NODELAY = True
        more()

    @functools.wraps(reset)
    def reset_and_decide(self, *arguments, **options):
        reset(self, *arguments, **options)
        if self is config:
            set_all()

    kind.reset = reset_and_decide
    set_all()
