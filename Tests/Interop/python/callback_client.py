"""A stock Pyro client that serves objects for a Lantern daemon to call: callback_client.py OFFICE SERIALIZER."""

import sys
import threading

from cases import raises, run
from generation import api, config, errors

office_uri, config.SERIALIZER = sys.argv[1:3]
config.COMMTIMEOUT = 20
config.SERVERTYPE = "thread"


@api.expose
class Desk:
    def __init__(self, name):
        self._name = name
        self._heard = threading.Event()

    def speak(self, text):
        self._heard.set()
        return f"{self._name} says {text}"

    @api.callback
    def fail(self):
        raise KeyError("no desk")

    def chain(self):
        return str(api.current_context.correlation_id)

    def close(self):
        pass


desk, other = Desk("ann"), Desk("bob")
daemon = api.Daemon(host="127.0.0.1", port=0)
for thing in (desk, other):
    daemon.register(thing)
threading.Thread(target=daemon.requestLoop, daemon=True).start()


def callback(office):
    assert office.speak(desk, "hi") == "ann says hi"


def callback_to_a_named_host(office):
    """The host is only a name to check the certificate against: it is not looked up."""
    named = api.Proxy(f"PYRO:{desk._pyroId}@localhost:{daemon.locationStr.partition(':')[2]}")
    assert office.speak(named, "hi") == "ann says hi"


def collections(office):
    assert office.speakAll([desk, other], {"b": other, "a": desk}) == [
        "ann says all", "bob says all", "ann says all", "bob says all",
    ]  # fmt: skip
    assert office.speakAll((), {}) == []


def error_of_a_callback(office):
    assert office.fail(desk) == "builtins.KeyError 'no desk'"


def correlation(office):
    one, two = office.chain(desk)
    assert one == two


def objects_of_the_server(office):
    with office.hire("swift") as hired:
        assert isinstance(hired, api.Proxy)
        assert hired.speak("hi") == "swift says hi"
        raises(AttributeError, lambda: hired.nothing)
    many = office.hireMany(3)["desks"]
    assert len(many) == 3
    with many[2] as last:
        assert last.speak("x") == "many2 says x"


def proxies_passed_on(office):
    proxy = daemon.proxyFor(desk)
    back = office.passOn(proxy)
    assert back == proxy
    assert isinstance(back, api.Proxy)
    assert str(office.place()) == "PYRO:desk@localhost:1234"


def other_hosts_are_not_connected_to(office):
    away = api.Proxy("PYRO:desk@192.0.2.1:7")
    raises(errors.SecurityError, lambda: office.speak(away, "hi"), "is not where the caller is")
    named = api.Proxy("PYRONAME:desk")
    raises(errors.SecurityError, lambda: office.speak(named, "hi"), "is not where the caller is")


def other_identities_are_not_called(office):
    """The office's own daemon is at our address, and is not ours."""
    raises(errors.SecurityError, lambda: office.speak(office.hire("own"), "hi"))


def unregistered_objects(office):
    raises(TypeError, lambda: office.speak("desk", "hi"))
    raises(TypeError, lambda: office.speak({"__class__": "strange"}, "hi"))
    assert office.speak(desk, "again") == "ann says again"


with api.Proxy(office_uri) as office:
    run(
        [
            callback, callback_to_a_named_host, collections, error_of_a_callback, correlation,
            objects_of_the_server, proxies_passed_on, other_hosts_are_not_connected_to,
            other_identities_are_not_called, unregistered_objects,
        ],
        office,
    )  # fmt: skip
