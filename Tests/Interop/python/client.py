"""A stock Pyro client of Lantern's workshop and echo objects: client.py WORKSHOP ECHO SERIALIZER."""

import sys
import threading
import uuid

from cases import raises, run
from generation import IS_PYRO4, Pyro5, callcontext, config, core, errors, protocol, serializers

workshop_uri, echo_uri, config.SERIALIZER = sys.argv[1:4]
config.COMMTIMEOUT = 20
METHODS = {
    "add", "describe", "fail", "empty", "note", "noted", "numbers", "brokenNumbers", "blob", "long", "point",
    "whoCalls", "correlation", "renamed",
}  # fmt: skip


def plain_calls(proxy, echo):
    before = proxy.add(0)
    assert proxy.add(2) == before + 2
    assert proxy.add(-5) == before - 3
    assert proxy.describe("lamp", 3) == "lamp x3"
    assert proxy.renamed() is True
    assert proxy.whoCalls() == "spiffe://lantern.test/client"
    assert proxy.long("ü" * 100000) == "ü" * 100000
    assert proxy.point({"x": 1, "y": 2.5, "label": None}) == {"x": 2, "y": 2.5}


def bytes_as_arguments(proxy, echo):
    if config.SERIALIZER == "json":
        raises(errors.SerializeError, lambda: proxy.blob(b"\x00\xff"))
    else:
        got = proxy.blob(b"\x00\xff")
        assert (serializers.serpent.tobytes(got) if isinstance(got, dict) else got) == b"\x00\xff"


def keyword_arguments(proxy, echo):
    assert proxy.describe(name="lamp", times=2) == "lamp x2"
    assert proxy.describe(times=4, name="saw") == "saw x4"
    assert proxy.describe("saw", times=1) == "saw x1"
    assert [x for x in echo.arguments(1, 2, a=3, b="x")][1] == {"a": 3, "b": "x"}


def wrong_arguments(proxy, echo):
    raises(TypeError, lambda: proxy.describe("lamp"))
    raises(TypeError, lambda: proxy.describe("lamp", 1, 2))
    raises(TypeError, lambda: proxy.describe("lamp", name="saw"))
    raises(TypeError, lambda: proxy.describe("lamp", count=1))
    raises(TypeError, lambda: proxy.add("two"))
    raises(TypeError, lambda: proxy.add(2**70))
    assert proxy.describe("lamp", 1) == "lamp x1", "the connection stays"


def attributes(proxy, echo):
    if config.SERIALIZER == "marshal":
        return  # Pyro's own client cannot ask for attributes with marshal
    before = proxy.total
    proxy.add(7)
    assert proxy.total == before + 7
    assert proxy.label == "swift"
    raises(AttributeError, lambda: setattr(proxy, "label", "x"))
    echo.state = [1, "two"]
    assert echo.state == [1, "two"]
    raises(AttributeError, lambda: proxy.nothing)
    raises(AttributeError, lambda: proxy._pyroInvoke("__getattr__", ("nothing",), None))
    raises(AttributeError, lambda: proxy._pyroInvoke("__getattr__", ("add",), None))


def one_way(proxy, echo):
    assert "note" in proxy._pyroOneway
    line = str(uuid.uuid4())
    assert proxy.note(line) is None
    assert proxy.noted(line) is True
    assert proxy.note(1, 2, 3) is None, "errors of one-way calls are not told"
    assert proxy.add(0) is not None


def batch(proxy, echo):
    if config.SERIALIZER == "marshal":
        return  # nor can it send batches
    calls = Pyro5.api.BatchProxy(proxy)
    start = proxy.add(0)
    calls.add(1)
    calls.describe("lamp", times=2)
    calls.add(2)
    assert list(calls()) == [start + 1, "lamp x2", start + 3]
    assert list(calls()) == [], "Pyro empties a batch that was sent"


def batch_that_fails_in_the_middle(proxy, echo):
    if config.SERIALIZER == "marshal":
        return
    calls = Pyro5.api.BatchProxy(proxy)
    start = proxy.add(0)
    calls.add(1)
    calls.fail("builtins.ValueError", "in the middle")
    calls.add(100)
    results = calls()
    assert next(results) == start + 1
    raises(ValueError, lambda: next(results), "in the middle")
    assert proxy.add(0) == start + 1, "nothing after the failing call was run"
    calls = Pyro5.api.BatchProxy(proxy)
    calls.add(1)
    calls.secret()
    raises(errors.SecurityError, lambda: list(calls()))
    assert proxy.add(0) == start + 1, "a batch with a call that is not allowed is refused as a whole"


def one_way_batch(proxy, echo):
    if config.SERIALIZER == "marshal":
        return
    line = str(uuid.uuid4())
    calls = Pyro5.api.BatchProxy(proxy)
    calls.add(1)
    calls.note(line)
    assert calls(oneway=True) is None
    assert proxy.noted(line) is True


def item_streams(proxy, echo):
    assert list(proxy.numbers(5)) == [0, 1, 2, 3, 4]
    assert list(proxy.numbers(0)) == []
    stream = proxy.numbers(upTo=1000000)
    assert [next(stream) for _ in range(3)] == [0, 1, 2]
    other = proxy.numbers(3)
    assert next(other) == 0 and next(stream) == 3
    stream.close()
    assert list(other) == [1, 2]
    assert proxy.add(0) is not None


def item_stream_that_fails(proxy, echo):
    stream = proxy.brokenNumbers()
    assert next(stream) == 1
    raises(ValueError, lambda: next(stream), "broken")
    with Pyro5.api.Proxy("PYRO:Pyro.Daemon@" + location()) as daemon:
        raises(errors.PyroError, lambda: daemon.get_next_stream_item("no such stream"))
        daemon.close_stream("no such stream")


def exceptions(proxy, echo):
    for kind in (ValueError, KeyError, TypeError, RuntimeError, ZeroDivisionError, StopIteration, OSError):
        error = raises(kind, lambda: proxy.fail("builtins." + kind.__name__, "as asked"), "as asked")
        traceback = "".join(Pyro5.errors.get_pyro_traceback(type(error), error, error.__traceback__))
        assert "Remote traceback" in traceback and "workshop.fail" in traceback, traceback
        assert "as asked" in "".join(error._pyroTraceback)
    raises(errors.NamingError, lambda: proxy.fail("Pyro5.errors.NamingError", "no name"), "no name")
    raises(errors.NamingError, lambda: proxy.fail("Pyro4.errors.NamingError", "no name"), "no name")
    for unknown in ("made.up.Error", "builtins.eval", "builtins.NoSuchError", "Pyro5.errors.config"):
        raises(RuntimeError, lambda: proxy.fail(unknown, "odd"), "odd")
    raises(RuntimeError, lambda: proxy.fail("unforeseen", ""), "Unforeseen")
    assert proxy.add(0) is not None, "the connection stays"


def registered_errors(proxy, echo):
    error = raises(LookupError, lambda: proxy.empty("lamp"), "no lamp left")
    assert error.lanternType == "NothingLeft"
    assert error.lanternMembers == {"item": "lamp"}


def metadata(proxy, echo):
    proxy._pyroBind()
    assert proxy._pyroMethods == METHODS, proxy._pyroMethods ^ METHODS
    assert proxy._pyroOneway == {"note"}
    assert proxy._pyroAttrs == {"total", "label"}
    assert echo._pyroAttrs == {"fixed", "state"}


def refused_method(proxy, echo):
    raises(AttributeError, lambda: proxy.secret())
    raises(errors.SecurityError, lambda: proxy._pyroInvoke("secret", (), {}))
    raises(errors.SecurityError, lambda: proxy._pyroInvoke("secret", ("too", "many"), {}))
    assert proxy.add(0) is not None


def unknown_method_and_object(proxy, echo):
    raises(AttributeError, lambda: proxy._pyroInvoke("nothing", (), {}))
    raises(AttributeError, lambda: proxy._pyroInvoke("__init__", (), {}))
    raises(AttributeError, lambda: proxy._pyroInvoke("describe.name", (), {}))
    raises(errors.DaemonError, lambda: proxy._pyroInvoke("add", (1,), {}, objectId="nobody"), "unknown object")
    with Pyro5.api.Proxy("PYRO:nobody@" + location()) as nobody:
        raises(errors.CommunicationError, nobody._pyroBind, "unknown object")


def the_daemons_object(proxy, echo):
    with Pyro5.api.Proxy("PYRO:Pyro.Daemon@" + location()) as daemon:
        assert daemon.ping() is None
        assert set(daemon.registered()) == {"workshop", "echo", "Pyro.Daemon"}, daemon.registered()
        assert "Lantern" in daemon.info()
        known = daemon.get_metadata("workshop")
        assert set(known["methods"]) == METHODS
        raises(errors.DaemonError, lambda: daemon.get_metadata("nobody"))
    with Pyro5.api.Proxy(core.URI("PYRO:workshop@localhost:" + location().rpartition(":")[2])) as named:
        assert named.describe("by name", 1) == "by name x1"


def reconnection(proxy, echo):
    proxy._pyroRelease()
    assert proxy.describe("again", 1) == "again x1"
    proxy._pyroReconnect(tries=2)
    assert proxy.describe("again", 2) == "again x2"
    copy = proxy.__copy__()
    assert copy.describe("copy", 1) == "copy x1"
    copy._pyroRelease()


def ping(proxy, echo):
    serializer = serializers.serializers[config.SERIALIZER].serializer_id
    message = protocol.SendingMessage(protocol.MSG_PING, 0, 77, serializer, b"ping")
    proxy._pyroConnection.send(message.data)
    answer = protocol.recv_stub(proxy._pyroConnection, [protocol.MSG_PING])
    assert answer.seq == 77 and answer.data == b"pong"


def correlation(proxy, echo):
    callcontext.current_context.correlation_id = uuid.uuid4()
    assert proxy.correlation() == str(callcontext.current_context.correlation_id)
    callcontext.current_context.correlation_id = None


def timeouts(proxy, echo):
    line = str(uuid.uuid4())
    with Pyro5.api.Proxy(workshop_uri) as hasty:
        hasty._pyroTimeout = 0.3
        raises(errors.TimeoutError, lambda: hasty.noted(line))
        hasty._pyroTimeout = 20
        assert hasty.describe("after", 1) == "after x1"
        hasty.note(line)
        assert hasty.noted(line) is True


def many_threads(proxy, echo):
    results = []

    def work():
        with Pyro5.api.Proxy(workshop_uri) as own:
            results.append([own.describe("n", n) for n in range(20)])

    threads = [threading.Thread(target=work) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert results == [[f"n x{n}" for n in range(20)]] * 6


def large_and_compressed(proxy, echo):
    text = " ".join(map(str, range(200000)))
    config.COMPRESSION = True
    try:
        assert proxy.long(text) == text
        assert proxy.describe("x" * 1000, 1) == "x" * 1000 + " x1"
    finally:
        config.COMPRESSION = False


def results_without_a_form(proxy, echo):
    """What the caller's serializer cannot carry is an exception, and the connection stays."""
    refusing = {"complex": ["json"], "date": ["serpent", "json", "marshal"]}
    for kind in ("complex", "bytes", "date", "big"):
        if config.SERIALIZER in refusing.get(kind, []):
            raises(ValueError, lambda: echo.make(kind))
        else:
            assert echo.make(kind) is not None
    assert echo.echo(1) == 1


def location():
    return workshop_uri.partition("@")[2]


with Pyro5.api.Proxy(workshop_uri) as workshop, Pyro5.api.Proxy(echo_uri) as values:
    run(
        [
            plain_calls, bytes_as_arguments, keyword_arguments, wrong_arguments, attributes, one_way, batch,
            batch_that_fails_in_the_middle, one_way_batch, item_streams, item_stream_that_fails, exceptions,
            registered_errors, metadata, refused_method, unknown_method_and_object, the_daemons_object,
            reconnection, ping, correlation, timeouts, many_threads, large_and_compressed, results_without_a_form,
        ],
        workshop,
        values,
    )  # fmt: skip
