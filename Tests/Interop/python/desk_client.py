"""A stock Pyro5 client of Lantern's desk: desk_client.py DESK SERIALIZER."""

import sys
import threading
import uuid

import Pyro5.api
from Pyro5 import config, errors
from Pyro5.api import SerializedBlob, current_context

import shop
from cases import raises, run

desk_uri, config.SERIALIZER = sys.argv[1:3]
config.COMMTIMEOUT = 20
shop.register()
MARSHAL = config.SERIALIZER == "marshal"


def attributes(desk):
    if MARSHAL:
        return  # Pyro's own client cannot ask for attributes with marshal
    assert desk._pyroAttrs == {"name", "fixed", "changes"}, desk._pyroAttrs
    desk.name = "changed"
    assert desk.name == "changed"
    desk.name += "!"
    assert desk.name == "changed!"
    raises(AttributeError, lambda: setattr(desk, "fixed", 1))
    raises(AttributeError, lambda: setattr(desk, "nothing", 1))
    raises(TypeError, lambda: setattr(desk, "name", 5))
    assert desk.name == "changed!" and desk.fixed == 7


def attribute_streams(desk):
    if MARSHAL:
        return
    assert list(desk.changes) == [0, 1, 2]


def special_methods(desk):
    assert len(desk) == 3
    raises(AttributeError, lambda: desk.__getitem__(1))
    raises(AttributeError, lambda: desk._pyroInvoke("__class__", (), {}))


def blobs(desk):
    blob = SerializedBlob({"topic": "a", "list": [1, None, 2.5]}, [1, "two", {"x": 3}])
    kind, info, data = desk.process(blob)
    assert (kind, info, data) == ("SerializedBlob", {"topic": "a", "list": [1, None, 2.5]}, [1, "two", {"x": 3}])
    assert "BLBI" in current_context.annotations, "Pyro leaves it there, and the next call must not mind"
    assert desk.correlation()
    raises(TypeError, lambda: desk.tag(SerializedBlob("i", [False])))
    raises(TypeError, lambda: desk.process([1, 2]))
    raises(errors.SerializeError, lambda: desk.process(SerializedBlob("i", [1]), 2))
    current_context.annotations = {}


def blobs_that_are_passed_on(desk):
    kind, info, data = desk.forward(SerializedBlob("info", ["through", 2]))
    # Pyro itself unpacks a json call's keys where it means its values.
    expected = "params" if config.SERIALIZER == "json" else ["through", 2]
    assert (kind, info, data) == ("SerializedBlob", "info", expected), (kind, info, data)
    current_context.annotations = {}


def annotations(desk):
    current_context.annotations = {"ECHO": b"abc", "MORE": b""}
    assert desk.tag(False) == ["ECHO", "MORE"]
    assert bytes(current_context.response_annotations["BACK"]) == b"abc"
    current_context.response_annotations = {}
    raises(ValueError, lambda: desk.tag(True), "after tagging")
    assert "BACK" not in current_context.response_annotations
    desk.correlation()
    assert "BACK" not in current_context.response_annotations, "nor with the call after it"
    current_context.annotations = {}


def annotations_of_many_threads(desk):
    wrong = []

    def work(number):
        with Pyro5.api.Proxy(desk_uri) as own:
            for turn in range(20):
                token = f"{number}/{turn}".encode()
                current_context.annotations = {"ECHO": token}
                current_context.response_annotations = {}
                try:
                    own.tag(turn % 3 == 0)
                    if bytes(current_context.response_annotations["BACK"]) != token:
                        wrong.append(token)
                except ValueError:
                    if current_context.response_annotations:
                        wrong.append(token)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not wrong, wrong


def stream_annotations(desk):
    found = []
    for _ in desk.tagged(4):
        found.append(bytes(current_context.response_annotations.get("ITEM", b"none")))
    assert found == [b"\x00", b"\x01", b"\x02", b"\x03"], found


def correlation(desk):
    current_context.correlation_id = uuid.uuid4()
    assert desk.correlation() == str(current_context.correlation_id)
    current_context.correlation_id = None


def registered_errors(desk):
    error = raises(shop.OutOfStock, lambda: desk.empty("lamp"), "no lamp")
    assert (error.item, error.left) == ("lamp", 2)
    assert error.args == ("no lamp",)
    assert "desk.empty" in "".join(error._pyroTraceback)
    assert desk.correlation(), "the connection stays"


def exceptions_as_values(desk):
    if MARSHAL:
        # Pyro's marshal rebuilds class dicts too.
        pass
    error = desk.problem()
    assert type(error) is ValueError and error.args == ("kept",), error


def registered_classes(desk):
    order = desk.order(shop.Order(1, "lamp"))
    assert type(order) is shop.Order and (order.number, order.item) == (2, "lamp"), order
    raises(TypeError, lambda: desk.order({"__class__": "shop.Other", "number": 1, "item": "x"}))


class Knocking(Pyro5.api.Proxy):
    def __init__(self, uri, value):
        super().__init__(uri)
        self._pyroHandshake = value

    def _pyroValidateHandshake(self, response):
        heard.append(response)
        if response == "go away":
            raise ValueError("I go")


heard = []


def handshake_values(desk):
    del heard[:]
    with Knocking(desk_uri, {"token": "right"}) as good:
        assert good.correlation()
        assert good._pyroHandshake == {"token": "right"}
    assert [list(answer) for answer in heard] == [["welcome", 1]], heard
    assert "LNHD" not in current_context.annotations
    with Knocking(desk_uri, {"token": "wrong"}) as bad:
        raises(errors.CommunicationError, bad._pyroBind, "wrong token")
    with Knocking(desk_uri, "nothing") as silent:
        silent._pyroBind()
    assert heard[-1] is None
    with Knocking(desk_uri, "leave") as leaving:
        raises(ValueError, leaving._pyroBind, "I go")
        assert leaving._pyroConnection is None
    with Knocking(desk_uri, "x" * 9000) as large:
        raises(errors.CommunicationError, large._pyroBind, "8192")
    assert "LNHD" not in current_context.annotations


with Pyro5.api.Proxy(desk_uri) as proxy:
    proxy._pyroBind()
    run(
        [
            attributes, attribute_streams, special_methods, blobs, blobs_that_are_passed_on, annotations,
            annotations_of_many_threads, stream_annotations, correlation, registered_errors, exceptions_as_values,
            registered_classes, handshake_values,
        ],
        proxy,
    )  # fmt: skip
