"""Makes the first corpus of every fuzz target from the golden vectors: seeds.py VECTORS CORPUS"""

import hashlib
import json
import marshal
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import textwrap

FORMATS = ["serpent", "json", "marshal", "msgpack"]


def vectors(folder, name):
    content = json.loads((folder / f"{name}.json").read_text())
    return content.get("vectors") or content.get("patterns") or []


def keep(corpus, target, data):
    if len(data) > 8192:
        return
    folder = corpus / target
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:16]
    if not path.exists():
        path.write_bytes(data)


def values(folder, corpus):
    for kind in ("values", "raw"):
        for form in FORMATS:
            for vector in vectors(folder, f"{kind}-{form}"):
                data = bytes.fromhex(vector.get("hex", ""))
                keep(corpus, form, data)
                keep(corpus, "handshake", bytes([FORMATS.index(form)]) + data)
    for vector in vectors(folder, "calls"):
        if vector.get("serializer") in FORMATS:
            data = bytes.fromhex(vector["hex"])
            keep(corpus, "calls", bytes([FORMATS.index(vector["serializer"])]) + data)
            keep(corpus, vector["serializer"], data)


def frames(folder, corpus):
    for name in ("frames-pyro4", "frames-pyro5", "messages-pyro4", "messages-pyro5"):
        for vector in vectors(folder, name):
            for field in ("hex", "reply"):
                keep(corpus, "frames", b"\x07" + bytes.fromhex(vector.get(field, "") or ""))
    for vector in vectors(folder, "uri"):
        keep(corpus, "frames", b"\x07" + bytes.fromhex(vector["hex"]))


def handshakes(folder, corpus):
    for vector in vectors(folder, "handshake"):
        fields = vector["fields"]
        if isinstance(fields, list):
            fields = {name: value for name, value in fields}
        body = {"handshake": fields, "object": vector["object"]}
        keep(corpus, "handshake", b"\x01" + json.dumps(body).encode())
        keep(corpus, "handshake", b"\x00# serpent utf-8 python3.2\n" + repr(body).encode())
    names = {"methods": ["a", "b"], "oneway": ["a"], "attrs": ["c"]}
    keep(corpus, "handshake", b"\x01" + json.dumps(names).encode())


def texts(folder, corpus):
    secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    rest = f"id: client-1\nalgorithm: ed25519\n%s: {secret}\nidentity: spiffe://lantern.test/*\n"
    own = "lantern-key-v1\n# comment\n\n" + rest % "secret"
    other = "lantern-authorized-key-v1\r\n" + rest % "public" + "role: client\n"
    shared = other.replace("ed25519", "hmac-sha512-256").replace("public", "secret")
    for text in (own, other, shared):
        for first in b"\x00\x01":
            keep(corpus, "keyfile", bytes([first]) + text.encode())
    for text in (
        "spiffe://lantern.test/ns/client-1\0spiffe://lantern.test/ns/x",
        "dns:host.example.org\0host",
        "spiffe://*/client*\0spiffe://a/client-1",
        "*a*ab*\0xaababaab",
        "spiffe://lantern.test/../x",
    ):
        keep(corpus, "identity", text.encode())
    regexes = json.loads((folder / "regex.json").read_text())
    for index, entry in enumerate(regexes["patterns"]):
        text = regexes["texts"][index % len(regexes["texts"])]
        keep(corpus, "regex", entry["pattern"].encode("utf-8", "replace") + b"\0" + text.encode("utf-8", "replace"))


def trust(corpus):
    """Policies as docs/policy.md shows them, last uses, times and revocation lists."""
    page = (pathlib.Path(__file__).parents[2] / "docs" / "policy.md").read_text()
    examples = [textwrap.dedent(text) for text in re.findall(r"```yaml\n(.*?)```", page, re.S)]
    rule = "{allow: [*], objects: [o], methods: [m]}"
    examples += [
        "version: 1\nrules: []\n",
        f"version: 1\nrules:\n  - &a {rule}\n  - *a\n",
        'version: 2\ngroups: {a: ["group:b"], b: ["group:a"]}\nroles: {r: [{roles: r}]}\nrules: [{allow: ["group:a"], roles: r}]\n',
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
        "version: 1\nexpect:\n  - {allow: spiffe://a/b, objects: o, methods: [m, n], rule: 3, key-exchange: X25519}\n",
    ]
    for text in examples:
        for first in b"\x00\x01":
            keep(corpus, "policy", bytes([first]) + text.encode())
    uses = "2026-11-23T19:03:00Z client peer-1\n1970-01-01T00:00:00Z own a\n9999-12-31T23:59:59Z server b\n"
    keep(corpus, "keyuse", b"\x00lantern-key-use-v1\n" + uses.encode())
    for text in ("2026-11-23T19:03:00Z", "2024-02-29T23:59:59Z", "2026-02-30", "2026-11-01", "1970-01-01T00:00:00Z"):
        keep(corpus, "keyuse", b"\x01" + text.encode())
    with tempfile.TemporaryDirectory() as folder:
        for name, data in lists(pathlib.Path(folder)).items():
            keep(corpus, "crl", b"\x00" + data)
            keep(corpus, "crl", b"\x00" + data + data)


def lists(folder):
    """Revocation lists, made now: an empty one, one with an entry, one of changes only."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", "ca.key",
            "-out", "ca.pem", "-subj", "/CN=fuzz", "-days", "9")
    sections = "[ca]\ndefault_ca=me\n[me]\ndatabase=db\ncrlnumber=number\ndefault_md=sha256\n[delta]\ndeltaCRL=critical,ASN1:INTEGER:1\n"
    (folder / "cnf").write_text(sections)
    made = {}
    for name, entries, more in (
        ("empty", "", []),
        ("one", "R\t400101000000Z\t260101000000Z,keyCompromise\t1234\tunknown\t/CN=gone\n", []),
        ("delta", "", ["-crlexts", "delta"]),
    ):
        (folder / "db").write_text(entries)
        (folder / "number").write_text("01\n")
        openssl("ca", "-gencrl", "-config", "cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-crldays", "9",
                "-out", name + ".pem", *more)
        made[name] = (folder / (name + ".pem")).read_bytes()
    return made


def packed(value):
    """msgpack, for the little that is needed here."""
    if isinstance(value, bool) or value is None:
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        return b"\xd3" + struct.pack(">q", value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, str):
        data = value.encode()
        return b"\xdb" + struct.pack(">I", len(data)) + data
    if isinstance(value, dict):
        return b"\xdf" + struct.pack(">I", len(value)) + b"".join(packed(x) for pair in value.items() for x in pair)
    return b"\xdd" + struct.pack(">I", len(value)) + b"".join(map(packed, value))


def document(form, value):
    if form == "json":
        return json.dumps(value).encode()
    if form == "marshal":
        return marshal.dumps(value)
    if form == "msgpack":
        return packed(value)
    return b"# serpent utf-8 python3.2\n" + repr(value).encode()


def call(form, target, method, arguments):
    if form == "json":
        return document(form, {"object": target, "method": method, "params": arguments, "kwargs": {}})
    return document(form, (target, method, tuple(arguments), {}))


# The places in Script.swift.
TYPES = {"invoke": 0, "result": 1, "ping": 2, "cancel": 3, "item": 4, "end": 5, "credit": 6, "drain": 7}
TAGS = {"LDLN": 0, "LSTR": 1, "BLBI": 2, "LNTN": 3, "STRM": 4}
EXCEPTION, ONEWAY, BATCH, STREAM, BLOB = 1, 4, 8, 16, 32
TURN = b"\x20"


def message(kind, payload=b"", form="json", number=1, flags=0, **annotations):
    said = bytes([TYPES[kind], flags, FORMATS.index(form), number, len(annotations)])
    for tag, data in annotations.items():
        said += bytes([TAGS[tag], len(data)]) + data
    return said + struct.pack(">H", len(payload)) + payload


def numbers(*values):
    return struct.pack(f">{len(values)}I", *values)


def proxy(uri, generation="Pyro5.client"):
    rest = ["hello", None] if generation.startswith("Pyro5") else [None, None, "hello", 0, None]
    return {"__class__": f"{generation}.Proxy", "state": [uri, [], ["echo"], []] + rest}


HERE = "PYRO:%s@connection.lantern.invalid:1"
HANDED_OUT = "callback.Target." + "0" * 32


def connections(corpus):
    """What peers say, for the targets `server` and `client`."""
    for form in FORMATS:
        for target in ("target", "other"):
            plain = [
                call(form, target, "echo", [[1, "a", {"b": 2.5}]]),
                call(form, target, "add", [1, 2]),
                call(form, target, "fail", ["no"]),
                call(form, target, "secret", []),
                call(form, target, "__getattr__", ["name"]),
                call(form, target, "__setattr__", ["name", "x"]),
                call(form, "Pyro.Daemon", "get_metadata", [target]),
                call(form, "Pyro.Daemon", "ping", []),
            ]
            said = b"".join(message("invoke", body, form, index + 1) for index, body in enumerate(plain))
            for first in range(4):
                keep(corpus, "server", bytes([first]) + said)
            keep(corpus, "server", b"\0" + message("invoke", call(form, target, "log", ["x"]), form, 1, ONEWAY))
            waiting = message("invoke", call(form, target, "wait", []), form, 7, LDLN=numbers(200))
            keep(corpus, "server", b"\0" + waiting * 6 + message("cancel", number=7) + b"\x11\x03")
            pushed = message("invoke", call(form, target, "numbers", [300]), form)
            keep(corpus, "server", b"\0" + pushed + message("credit", numbers(2, 50, 4096)) * 3 + TURN)
            keep(corpus, "server", b"\0" + pushed + message("credit", numbers(2, 5, 40)) + message("end", numbers(2)))
            keep(corpus, "server", b"\1" + pushed)
            item = document(form, 5)
            if form != "msgpack":
                item = numbers(len(item)) + item
            taken = message("invoke", call(form, target, "sum", [None]), form, LSTR=numbers(1))
            items = message("item", numbers(1, 2) + item * 2, form)
            keep(corpus, "server", b"\0" + taken + items * 2 + message("end", numbers(1), form))
            keep(corpus, "server", b"\0" + taken + items + message("end", numbers(1) + b"x", form, flags=EXCEPTION))
            both = message("invoke", call(form, target, "doubled", [None]), form, LSTR=numbers(1))
            keep(corpus, "server", b"\0" + both + items + message("credit", numbers(2, 9, 99)) + TURN)
            back = call(form, target, "call", [proxy(HERE % "callback.x"), 3])
            answer = message("result", document(form, 4), form)
            keep(corpus, "server", b"\0" + message("invoke", back, form) + answer + TURN)
            keep(corpus, "server", b"\0" + message("invoke", back, form) + message("result", item, form, 1, EXCEPTION))
            kept = call(form, target, "keep", [[proxy("PYRO:a@host:1"), proxy(HERE % "callback.y")]])
            keep(corpus, "server", b"\0" + message("invoke", kept, form))
            blob = call(form, target, "process", [[1, 2]])
            named = document(form, [target, "process"])
            keep(corpus, "server", b"\0" + message("invoke", blob, form, 1, BLOB, BLBI=named))
        batch = call(form, "target", "<batch>", [["add", [1, 2], {}], ["echo", [3], {}], ["secret", [], {}]])
        keep(corpus, "server", b"\0" + message("invoke", batch, form, 1, BATCH))

        answers = b"".join(message("result", document(form, index), form, index) for index in range(1, 7))
        for first in (0, 1, 2, 3, 4, 6):
            keep(corpus, "client", bytes([first]) + answers)
        stream = message("result", b"x", form, 1, STREAM | EXCEPTION, LSTR=numbers(2))
        item = document(form, 5)
        if form != "msgpack":
            item = numbers(len(item)) + item
        items = message("item", numbers(2, 2) + item * 2, form)
        keep(corpus, "client", b"\0" + stream + items * 2 + message("end", numbers(2)))
        keep(corpus, "client", b"\4" + message("credit", numbers(1, 20, 4000)) + TURN + message("end", numbers(1)))
        for method, arguments in (("echo", [1]), ("wait", []), ("sum", [None]), ("numbers", [3]), ("fail", ["x"])):
            back = message("invoke", call(form, HANDED_OUT, method, arguments), form, 9)
            keep(corpus, "client", b"\0" + back + TURN + message("cancel", number=9))
            keep(corpus, "client", b"\0" + back * 8 + b"\x12" + back + b"\x12" + message("drain"))
        keep(corpus, "client", b"\0" + message("ping", b"ping") + b"\x11\xff" * 4)


def parts(corpus):
    """References, blobs, and Lantern's own annotations and messages."""
    for index, form in enumerate(FORMATS):
        for uri in ("PYRO:a@host:1", "PYRO:a@[::1]:7", "PYRO:a@./u:/tmp/s", "PYRONAME:a", "PYROMETA:x,y"):
            for generation in ("Pyro5.client", "Pyro4.core"):
                keep(corpus, "references", bytes([index]) + document(form, proxy(uri, generation)))
        for state in (["PYRO", "a", None, "host", 1], ["PYRO", "a", "/tmp/s", None, None]):
            named = {"__class__": "Pyro5.core.URI", "state": state}
            keep(corpus, "references", bytes([index]) + document(form, named))
        for names in (["target", "process"], [["target", "process"], {"info": 1}]):
            annotation = document(form, names)
            annotation += b" " * (-len(annotation) % 4)
            first = len(annotation) // 4 << 2 | index
            if first < 256:
                body = call(form, "target", "process", [[1]])
                keep(corpus, "blobs", bytes([first]) + annotation + body)
    lengths = b"LDLN" + numbers(4, 99) + b"ABCD" + numbers(2) + b"xy"
    for kind, data in enumerate((
        numbers(5000), b"\1" + numbers(0x1FF), numbers(1, 3, 5), numbers(2, 10, 100), numbers(2) + b"error",
        numbers(1, 2) + b"\5\6", b"12345678-1234-4234-8234-123456789abc", lengths,
    )):
        keep(corpus, "extensions", bytes([kind]) + data)
    keep(corpus, "extensions", b"\x0f" + b"LDLN\0\4" + numbers(99) + b"ABCD\0\2xy")


def discovery(corpus):
    """Questions and answers of who looks for the name server: broadcasts and DNS."""
    nonce = bytes(range(32))
    keep(corpus, "discovery", b"\0GET_NSURI")
    keep(corpus, "discovery", b"\0LANTERN?\1" + nonce + bytes(1159))
    text = b"spiffe://lantern.test/ns", b"PYRO:Pyro.NameServer@ns.example:9090"
    answer = b"LANTERN!\1\1" + bytes(8) + nonce + b"\4ns-1"
    for part in text:
        answer += len(part).to_bytes(2, "big") + part
    keep(corpus, "discovery", b"\1" + answer + bytes(64))
    keep(corpus, "discovery", b"\1" + text[1])
    question = b"\x08_lantern\4_tcp\1a\1b\0\0\x21\0\1"
    for record in (b"\0\x21\0\1\0\0\0\x3c\0\x0b\0\1\0\2\x23\x82\2ns\xc0\x1a", b"\0\5\0\1\0\0\0\x3c\0\2\xc0\x0c"):
        keep(corpus, "discovery", b"\2\x12\x34\x81\x80\0\1\0\1\0\0\0\0" + question + b"\xc0\x0c" + record)


def main():
    folder, corpus = map(pathlib.Path, sys.argv[1:])
    values(folder, corpus)
    frames(folder, corpus)
    handshakes(folder, corpus)
    trust(corpus)
    texts(folder, corpus)
    connections(corpus)
    parts(corpus)
    discovery(corpus)


main()
