"""Sends every kind of value to Lantern's echo object and compares with what a Pyro object would echo.

values.py ECHO SERIALIZER VECTORS: the kinds come from VECTORS/make_vectors.py, which made the round-trip table.
"""

import ast
import math
import os
import sys

from cases import run
from generation import IS_PYRO4, NAME, Pyro5, config, serializers

echo_uri, config.SERIALIZER, folder = sys.argv[1:4]
config.COMMTIMEOUT = 20
serializer = serializers.serializers[config.SERIALIZER]


def load_table():
    """The table and the classes in it, without the rest of the generator, which needs more packages."""
    path = os.path.join(folder, "make_vectors.py")
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    wanted = {"Plain", "Slotted", "StateDict", "StateTuple", "CustomError", "Color", "Level", "Point", "TABLE"}
    kept = []
    for node in tree.body:
        names = {getattr(node, "name", "")}
        if isinstance(node, ast.Assign):
            names |= {getattr(target, "id", "") for target in node.targets}
        if names & wanted or isinstance(node, ast.Import) and not third_party(node):
            kept.append(node)
    space = {"Pyro5": Pyro5, "__name__": "table"}
    if IS_PYRO4:
        import Pyro4

        space["Pyro4"] = Pyro4
    exec(compile(ast.Module(kept, []), path, "exec"), space)
    return space["TABLE"]


def third_party(node):
    return any(name.name.split(".")[0] in ("Pyro4", "serpent", "msgpack", "cloudpickle", "dill") for name in node.names)


def expected(value):
    """What a Pyro daemon would give back: ('local', type) when the client itself refuses to send it."""
    try:
        data = serializer.dumpsCall("echo", "echo", (value,), {})
    except Exception as error:
        return "local", type(error)
    try:
        return "value", serializer.loads(serializer.dumps(serializer.loadsCall(data)[2][0]))
    except Exception as error:
        return "refused", type(error)


def same(left, right):
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return repr(left) == repr(right)
    if isinstance(left, complex):
        return repr(left) == repr(right)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, BaseException):
        return left.args == right.args
    return left == right


def case(label, make):
    def check(proxy):
        value = make(NAME)
        kind, wanted = expected(value)
        try:
            got = proxy.echo(value)
        except Exception as error:
            assert kind != "value", f"refused with {error!r} instead of {wanted!r}"
            assert kind != "local" or type(error) is wanted, f"{error!r}"
        else:
            assert kind != "local", f"{got!r} although Pyro cannot send it"
            assert kind == "refused" or same(got, wanted), f"{got!r} instead of {wanted!r}"
        assert proxy.echo("still here") == "still here"

    check.__name__ = label.replace(" ", "_")
    return check


more = [
    ("None", lambda v: None), ("True", lambda v: True), ("text", lambda v: "x"), ("1.5", lambda v: 1.5),
    ("63 bit", lambda v: 2**63 - 1), ("64 bit", lambda v: 2**64 - 1), ("negative", lambda v: -(2**63)),
    ("very big", lambda v: -(10**400)), ("-inf", lambda v: -math.inf), ("empty text", lambda v: ""),
    ("quotes", lambda v: "'\"\\\n\t\x00\x7f"), ("nested", lambda v: {"a": [{"b": [[], {}, None]}] * 3}),
    ("deep", lambda v: nested(20)), ("long list", lambda v: list(range(2000))),
]  # fmt: skip


def nested(depth):
    return [nested(depth - 1)] if depth else "bottom"


with Pyro5.api.Proxy(echo_uri) as echo:
    run([case(label, make) for label, make in load_table() + more], echo)
