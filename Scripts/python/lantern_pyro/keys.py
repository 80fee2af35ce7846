"""Handshake keys of a lantern home: keys/own.key and keys/authorized/*.key.

A key file is text, one `name: value` a line, `#` comments and blank lines allowed::

    lantern-key-v1                         own key; "lantern-authorized-key-v1" for a peer's
    id: client-1
    algorithm: ed25519                     or hmac-sha512-256
    secret: BASE64                         32 bytes; peers' ed25519 keys have `public:` instead
    identity: spiffe://lantern.test/client repeatable, exact or with * for any run of characters
    role: client                           only in peers' keys, optional: client, server or any
"""

import base64
import binascii
import dataclasses
import glob
import os
import re

from .errors import LanternError, shown
from .files import read_protected

ED25519 = "ed25519"
HMAC = "hmac-sha512-256"
OWN_HEADER = "lantern-key-v1"
AUTHORIZED_HEADER = "lantern-authorized-key-v1"
_SINGLE_FIELDS = ("id", "algorithm", "secret", "public", "role")


@dataclasses.dataclass(frozen=True)
class Key:
    """One key; `secret` is a 32 byte seed or HMAC key, `public` the Ed25519 public bytes."""

    id: str
    algorithm: str
    identities: tuple
    role: str = "any"
    secret: bytes = dataclasses.field(default=None, repr=False)
    public: bytes = None

    def allows(self, identity: str, role: str) -> bool:
        """Whether this identity may use the key in this role. No pattern: nobody may."""
        return self.role in ("any", role) and any(_matches(p, identity) for p in self.identities)


@dataclasses.dataclass(frozen=True)
class Keyring:
    """Our own key and those that we accept."""

    own: Key
    authorized: tuple

    @classmethod
    def load(cls, home: str) -> "Keyring":
        own = load_own(os.path.join(home, "keys", "own.key"))
        folder = os.path.join(home, "keys", "authorized")
        if not os.path.isdir(folder):
            raise LanternError(f"{folder}: no such folder; peers' keys belong there")
        by_id = {}
        for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.key"))):
            key = load_authorized(path)
            if key.id in by_id:
                raise LanternError(f"{path}: second key with the id {shown(key.id)}; remove one of them")
            by_id[key.id] = key
        return cls(own, tuple(by_id.values()))

    def key(self, key_id: str, algorithm: str, identity: str, role: str) -> Key:
        """The key that a peer of this identity may use, or an error that says why there is none.

        An HMAC key is shared, so our own one counts as the other end's, too.
        """
        known = [k for k in self.authorized if k.id == key_id]
        if self.own.algorithm == HMAC and self.own.id == key_id:
            known.append(self.own)
        known = [k for k in known if k.algorithm == algorithm]
        if not known:
            raise LanternError(f"no {algorithm} key {shown(key_id)} in keys/authorized")
        for key in known:
            if key.allows(identity, role):
                return key
        raise LanternError(f"key {shown(key_id)} is not for {shown(identity)} as {role}")


def load_own(path: str) -> Key:
    return _parse(path, read_protected(path, secret=True), OWN_HEADER)


def load_authorized(path: str) -> Key:
    key = _parse(path, read_protected(path, secret=False), AUTHORIZED_HEADER)
    if key.secret is not None:
        read_protected(path, secret=True)
    return key


def write_key(path: str, key: Key, *, authorized: bool) -> None:
    """Writes a key file that did not exist before, readable by us only."""
    lines = [AUTHORIZED_HEADER if authorized else OWN_HEADER, f"id: {key.id}", f"algorithm: {key.algorithm}"]
    if authorized and key.algorithm == ED25519:
        lines.append("public: " + base64.b64encode(key.public).decode())
    else:
        lines.append("secret: " + base64.b64encode(key.secret).decode())
    lines += [f"identity: {identity}" for identity in key.identities]
    if authorized and key.role != "any":
        lines.append(f"role: {key.role}")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _parse(path: str, content: bytes, header: str) -> Key:
    try:
        lines = content.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise LanternError(f"{path}: not UTF-8 text") from None
    numbered = [(n, line.strip()) for n, line in enumerate(lines, 1)]
    numbered = [(n, line) for n, line in numbered if line and not line.startswith("#")]
    if not numbered or numbered[0][1] != header:
        raise LanternError(f"{path}:1: the first line must be {header}")
    fields, identities = {}, []
    for number, line in numbered[1:]:
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not value:
            raise LanternError(f"{path}:{number}: expected 'name: value'")
        if name == "identity":
            identities.append(value)
        elif name not in _SINGLE_FIELDS:
            raise LanternError(f"{path}:{number}: unknown field {shown(name)}")
        elif name in fields:
            raise LanternError(f"{path}:{number}: second {name}")
        else:
            fields[name] = value
    return _checked(path, fields, tuple(identities), own=header == OWN_HEADER)


def _checked(path: str, fields: dict, identities: tuple, *, own: bool) -> Key:
    algorithm = fields.get("algorithm")
    if algorithm not in (ED25519, HMAC):
        raise LanternError(f"{path}: algorithm must be {ED25519} or {HMAC}, not {shown(algorithm)}")
    if not re.fullmatch(r"[!-~]{1,128}", fields.get("id", "")):
        raise LanternError(f"{path}: id must be 1 to 128 printable characters without blanks")
    if fields.get("role", "any") not in ("any", "client", "server") or (own and "role" in fields):
        raise LanternError(f"{path}: role must be client, server or any, and only in authorised keys")
    holds_secret = own or algorithm == HMAC
    wanted, surplus = ("secret", "public") if holds_secret else ("public", "secret")
    if wanted not in fields or (surplus in fields and not own):
        raise LanternError(f"{path}: a key of this kind has {wanted}: and no {surplus}:")
    if not own and not identities:
        raise LanternError(f"{path}: no identity: nobody could use this key")
    material = _bytes(path, wanted, fields[wanted])
    return Key(
        id=fields["id"],
        algorithm=algorithm,
        identities=identities,
        role=fields.get("role", "any"),
        secret=material if holds_secret else None,
        public=None if holds_secret else material,
    )


def _bytes(path: str, name: str, text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != 32:
        raise LanternError(f"{path}: {name} must be 32 bytes in base64")
    return value


def _matches(pattern: str, text: str) -> bool:
    """`*` stands for any run of characters, everything else for itself. Linear in both lengths."""
    parts = pattern.split("*")
    if len(parts) == 1:
        return pattern == text
    head, tail = parts[0], parts[-1]
    if len(text) < len(head) + len(tail) or not text.startswith(head) or not text.endswith(tail):
        return False
    position, end = len(head), len(text) - len(tail)
    for part in parts[1:-1]:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True
