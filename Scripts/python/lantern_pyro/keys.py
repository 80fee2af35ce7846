"""Handshake keys of a lantern home: keys/own.key and keys/authorized/*.key.

A key file is text, one `name: value` a line, `#` comments and blank lines allowed::

    lantern-key-v2                         own key; "lantern-authorized-key-v2" for a peer's
    id: client-1
    algorithm: ed25519                     or hmac-sha512-256
    secret: BASE64                         32 bytes; peers' ed25519 keys have `public:` instead
    identity: spiffe://lantern.test/client repeatable, exact or with * for any run of characters
    role: client                           optional: client, server or any
    not-before: 2026-11-23T00:00:00Z       optional
    not-after: 2027-11-23T00:00:00Z        optional

Version 1 has no dates, and a role only in peers' keys. `next.key` and `previous.key` beside own.key belong to a
rotation: only shared secrets among them count, as keys that peers may use.
"""

import base64
import binascii
import dataclasses
import datetime
import glob
import os
import re

from .errors import LanternError, shown
from .files import read_protected

ED25519 = "ed25519"
HMAC = "hmac-sha512-256"
OWN_HEADER = "lantern-key-v1"
AUTHORIZED_HEADER = "lantern-authorized-key-v1"
_VERSION_2 = {"lantern-key-v2": OWN_HEADER, "lantern-authorized-key-v2": AUTHORIZED_HEADER}
_DATES = ("not-before", "not-after")
_SINGLE_FIELDS = ("id", "algorithm", "secret", "public", "role", *_DATES)


@dataclasses.dataclass(frozen=True)
class Key:
    """One key; `secret` is a 32 byte seed or HMAC key, `public` the Ed25519 public bytes."""

    id: str
    algorithm: str
    identities: tuple
    role: str = "any"
    secret: bytes = dataclasses.field(default=None, repr=False)
    public: bytes = None
    not_before: int = None
    not_after: int = None

    def check_time(self, milliseconds: int) -> None:
        """Raises unless the key may be used now; the bounds are seconds since 1970 and belong to the window."""
        now = milliseconds // 1000
        if self.not_before is not None and now < self.not_before:
            raise LanternError(f"key {shown(self.id)} is not valid yet")
        if self.not_after is not None and now > self.not_after:
            raise LanternError(f"key {shown(self.id)} has expired")

    def allows(self, identity: str, role: str) -> bool:
        """Whether this identity may use the key in this role. No pattern: nobody may."""
        return self.role in ("any", role) and any(_matches(p, identity) for p in self.identities)


@dataclasses.dataclass(frozen=True)
class Keyring:
    """Our own key and those that we accept."""

    own: Key
    authorized: tuple
    others: tuple = ()
    """The next and the previous own key, while a rotation is under way."""

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
        paths = [os.path.join(home, "keys", name) for name in ("next.key", "previous.key")]
        others = tuple(load_own(path) for path in paths if os.path.lexists(path))
        return cls(own, tuple(by_id.values()), others)

    def key(self, key_id: str, algorithm: str, identity: str, role: str) -> Key:
        """The key that a peer of this identity may use, or an error that says why there is none.

        An HMAC key is shared, so our own one counts as the other end's, too.
        """
        known = [k for k in self.authorized if k.id == key_id]
        known += [k for k in (self.own, *self.others) if k.algorithm == HMAC and k.id == key_id]
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
    first = numbered[0][1] if numbered else ""
    is_second = _VERSION_2.get(first) == header
    if first != header and not is_second:
        raise LanternError(f"{path}:1: the first line must be {header}, or the same with v2")
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
        elif not is_second and (name in _DATES or (name == "role" and header == OWN_HEADER)):
            raise LanternError(f"{path}:{number}: {name} needs version 2 in the first line")
        else:
            fields[name] = value
    return _checked(path, fields, tuple(identities), own=header == OWN_HEADER)


def _checked(path: str, fields: dict, identities: tuple, *, own: bool) -> Key:
    algorithm = fields.get("algorithm")
    if algorithm not in (ED25519, HMAC):
        raise LanternError(f"{path}: algorithm must be {ED25519} or {HMAC}, not {shown(algorithm)}")
    if not re.fullmatch(r"[!-~]{1,128}", fields.get("id", "")):
        raise LanternError(f"{path}: id must be 1 to 128 printable characters without blanks")
    role = fields.get("role", "any")
    if role not in ("any", "client", "server") or (own and algorithm == HMAC and role != "any"):
        raise LanternError(f"{path}: role must be client, server or any, and any in an own HMAC key")
    not_before, not_after = (_time(path, name, fields.get(name)) for name in _DATES)
    if not_before is not None and not_after is not None and not_before > not_after:
        raise LanternError(f"{path}: not-before is later than not-after")
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
        role=role,
        secret=material if holds_secret else None,
        public=None if holds_secret else material,
        not_before=not_before,
        not_after=not_after,
    )


def _time(path: str, name: str, text: str) -> int:
    """Seconds since 1970 of `2026-11-23T00:00:00Z`; None for None."""
    if text is None:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text, re.ASCII) or text < "1970":
            raise ValueError
        return int(datetime.datetime.fromisoformat(text[:-1] + "+00:00").timestamp())
    except ValueError:
        raise LanternError(f"{path}: {name} is a time in UTC, as in 2026-11-23T00:00:00Z") from None


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
