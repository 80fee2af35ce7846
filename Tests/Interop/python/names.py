"""A stock Pyro client of Lantern's name server: names.py PORT WORKSHOP SERIALIZER; the workshop has a name already."""

import sys

from cases import raises, run
from generation import Pyro5, config, core, errors, yplookup

port, workshop_uri, config.SERIALIZER = int(sys.argv[1]), sys.argv[2], sys.argv[3]
config.NS_HOST, config.NS_PORT = "127.0.0.1", port
config.COMMTIMEOUT = 20
TAGS = {"kind:demo", "paper:A4"}


def located(ns):
    assert str(ns._pyroUri) == f"PYRO:Pyro.NameServer@127.0.0.1:{port}"
    assert ns.ping() is None
    assert ns.count() == len(ns.list()) >= 2
    assert "Pyro.NameServer" in ns.list()


def registering_and_looking_up(ns):
    ns.register("py.one", "PYRO:one@localhost:1111")
    assert ns.lookup("py.one") == core.URI("PYRO:one@localhost:1111")
    uri, tags = ns.lookup("py.one", return_metadata=True)
    assert uri == core.URI("PYRO:one@localhost:1111") and not tags
    ns.register("py.one", core.URI("PYRO:two@localhost:2222"), metadata=TAGS)
    uri, tags = ns.lookup("py.one", return_metadata=True)
    assert uri == core.URI("PYRO:two@localhost:2222") and set(tags) == TAGS
    raises(errors.NamingError, lambda: ns.register("py.one", "PYRO:x@localhost:1", safe=True), "already registered")
    raises(errors.PyroError, lambda: ns.register("py.bad", "nonsense"))
    raises(errors.NamingError, lambda: ns.lookup("py.none"), "unknown name")


def listing(ns):
    for name in ("a", "ab", "b"):
        ns.register("list." + name, f"PYRO:{name}@localhost:1", metadata={name, "all"})
    assert ns.list(prefix="list.a") == {"list.a": "PYRO:a@localhost:1", "list.ab": "PYRO:ab@localhost:1"}
    assert set(ns.list(regex=r"list\.[ab]$")) == {"list.a", "list.b"}
    entries = ns.list(prefix="list.b", return_metadata=True)
    uri, tags = entries["list.b"]
    assert uri == "PYRO:b@localhost:1" and set(tags) == {"b", "all"}
    raises(errors.NamingError, lambda: ns.list(regex="("))
    raises(ValueError, lambda: ns.list(prefix="a", regex="b"))


def yellow_pages(ns):
    assert set(yplookup(ns, meta_all={"all", "ab"})) == {"list.ab"}
    assert set(yplookup(ns, meta_any={"a", "b"}, return_metadata=False)) == {"list.a", "list.b"}
    assert yplookup(ns, meta_all={"all", "nothing"}) == {}
    ns.set_metadata("list.a", {"other"})
    assert set(yplookup(ns, meta_any={"other"})) == {"list.a"}
    raises(errors.NamingError, lambda: ns.set_metadata("list.none", {"x"}))
    raises(TypeError, lambda: yplookup(ns, meta_all="text"))


def removing(ns):
    assert ns.remove("list.a") == 1
    assert ns.remove("list.a") == 0
    assert ns.remove(prefix="list.") == 2
    ns.register("gone.1", "PYRO:a@localhost:1")
    ns.register("gone.2", "PYRO:a@localhost:1")
    assert ns.remove(regex=r"gone\.\d") == 2
    assert ns.remove("Pyro.NameServer") == 0


def calling_by_name(ns):
    with Pyro5.api.Proxy("PYRONAME:example.workshop") as proxy:
        assert proxy.describe("by name", 1) == "by name x1"
    with Pyro5.api.Proxy(f"PYRONAME:example.workshop@localhost:{port}") as proxy:
        assert proxy.describe("by name", 2) == "by name x2"
    assert str(core.resolve("PYRONAME:example.workshop")) == workshop_uri
    ns.register("tagged", workshop_uri, metadata={"kind:workshop", "paper:none"})
    with Pyro5.api.Proxy("PYROMETA:paper:none,kind:workshop") as proxy:
        assert proxy.describe("by tags", 1) == "by tags x1"
    raises(errors.NamingError, lambda: Pyro5.api.Proxy("PYRONAME:py.none")._pyroBind())
    raises(errors.NamingError, lambda: Pyro5.api.Proxy("PYROMETA:no,such")._pyroBind())


with core.locate_ns() as names:
    run([located, registering_and_looking_up, listing, yellow_pages, removing, calling_by_name], names)
