"""An unmodified Pyro program: client.py Pyro5|Pyro4 URI SERIALIZER."""

import importlib
import sys
import threading

name, uri, serializer = sys.argv[1:4]
Pyro = importlib.import_module(name + (".api" if name == "Pyro5" else ""))
Pyro.config.SERIALIZER = serializer

with Pyro.Proxy(uri) as proxy:
    assert proxy.echo([1, "two", None]) == [1, "two", None]
    assert proxy.who() == "spiffe://lantern.test/client", proxy.who()
    proxy.forget()
    assert list(proxy.numbers(5)) == [0, 1, 2, 3, 4]
    try:
        proxy.fail()
        raise AssertionError("no exception came")
    except ValueError as error:
        assert str(error) == "as asked"
    proxy._pyroRelease()
    assert proxy.echo("again") == "again", "a second connection makes a proof of its own"
    assert proxy._pyroHandshake == "hello", "no proof stays in a proxy"
    assert "lantern" not in repr(proxy.__getstate__())


def call(results):
    with Pyro.Proxy(uri) as own:
        results.append(own.echo(7))


results = []
threads = [threading.Thread(target=call, args=(results,)) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert results == [7] * 8, results
print("ok")
