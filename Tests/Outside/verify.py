"""Reads an audit log as an outsider would: pymerkle for the tree, PyNaCl for the signature, nothing of Lantern.

usage: verify.py DIRECTORY VERIFIER-KEY
"""

import base64
import hashlib
import pathlib
import sys

import nacl.exceptions
import nacl.signing
from pymerkle import InmemoryTree


def fault(text):
    print("FAULT:", text)
    sys.exit(1)


def open_note(data, key):
    name, key_hash, encoded = key.split("+", 2)
    public = base64.b64decode(encoded)
    if hashlib.sha256(name.encode() + b"\n" + public).digest()[:4].hex() != key_hash or public[0] != 1:
        fault("the verifier key is not one")
    text, _, signatures = data.rpartition(b"\n\n")
    text += b"\n"
    for line in signatures.decode().splitlines():
        dash, signer, signature = line.split(" ")
        signature = base64.b64decode(signature)
        if signer == name and signature[:4].hex() == key_hash:
            try:
                nacl.signing.VerifyKey(public[1:]).verify(text, signature[4:])
            except nacl.exceptions.BadSignatureError:
                break
            lines = text.decode().split("\n")
            if lines[0] != name:
                fault("a note of another log")
            return int(lines[1]), base64.b64decode(lines[2])
    fault("the checkpoint has no valid signature")


def number(index):
    digits = "%03d" % (index % 1000)
    while index >= 1000:
        index //= 1000
        digits = "x%03d/%s" % (index % 1000, digits)
    return digits


def bundle(directory, index, width):
    path = directory / "tile" / "entries" / (number(index) + ("" if width == 256 else ".p/%d" % width))
    if not path.exists() and width < 256:
        path = directory / "tile" / "entries" / number(index)
    if not path.exists():
        fault("bundle %d is missing" % index)
    data = path.read_bytes()
    for place in range(width):
        size = int.from_bytes(data[:2], "big")
        if len(data) < 2 + size or len(data) < 2:
            fault("entry %d is missing" % (index * 256 + place))
        yield data[2 : 2 + size]
        data = data[2 + size :]


def main():
    directory, key = pathlib.Path(sys.argv[1]), sys.argv[2]
    size, root = open_note((directory / "checkpoint").read_bytes(), key)
    tree = InmemoryTree(algorithm="sha256")
    for first in range(0, size, 256):
        for entry in bundle(directory, first // 256, min(256, size - first)):
            tree.append_entry(entry)
    if size and tree.get_root() != root:
        fault("the entries do not give the root hash that was signed")
    print("intact: %d entries" % size)


main()
