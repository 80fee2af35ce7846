"""An unmodified Pyro program: daemon.py Pyro5|Pyro4 [thread|multiplex [SOCKET]] prints its object's URI."""

import importlib
import sys

Pyro = importlib.import_module(sys.argv[1] + (".api" if sys.argv[1] == "Pyro5" else ""))
Pyro.config.SERVERTYPE = sys.argv[2] if len(sys.argv) > 2 else "thread"
if sys.argv[1] == "Pyro4":
    Pyro.config.SERIALIZERS_ACCEPTED = {"serpent", "json", "marshal", "msgpack"}


@Pyro.expose
class Echo:
    def echo(self, value):
        return value

    def who(self):
        return Pyro.current_context.client.lantern_peer.identity

    def fail(self):
        raise ValueError("as asked")

    def numbers(self, count):
        return (number for number in range(count))

    @Pyro.oneway
    def forget(self):
        pass


daemon = Pyro.Daemon(unixsocket=sys.argv[3]) if len(sys.argv) > 3 else Pyro.Daemon(host="127.0.0.1")
print(daemon.register(Echo, "echo"), flush=True)
daemon.requestLoop()
