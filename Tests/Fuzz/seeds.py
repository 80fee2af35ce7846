"""Makes the first corpus of every fuzz target from the golden vectors: seeds.py VECTORS CORPUS"""

import hashlib
import json
import pathlib
import sys

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


def main():
    folder, corpus = map(pathlib.Path, sys.argv[1:])
    values(folder, corpus)
    frames(folder, corpus)
    handshakes(folder, corpus)
    texts(folder, corpus)


main()
