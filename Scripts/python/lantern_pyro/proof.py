"""The signed handshake: transcript, proofs of both roles, replay cache.

Between Python and everybody else the proof is bound to the connection by both leaf certificates, the
time and a replay cache: the standard library cannot export keying material from a TLS session.
"""

import base64
import binascii
import collections
import dataclasses
import hashlib
import hmac
import os
import struct
import threading
import time

from . import keys
from .errors import LanternError, shown

VERSION = 1
CONTEXT = "lantern handshake v1"
CERTIFICATES = "certificates"
TOLERANCE_MS = 30_000
_FIELDS = {"lantern", "alg", "key", "time", "nonce", "binding", "proof"}
_PROOF_SIZE = {keys.ED25519: 64, keys.HMAC: 32}


@dataclasses.dataclass(frozen=True)
class Channel:
    """SHA-256 of the DER of both leaf certificates of one TLS connection."""

    client: bytes
    server: bytes


@dataclasses.dataclass(frozen=True)
class Proof:
    """What travels in CONNECT and CONNECTOK, as a dict of texts and integers for every serializer."""

    algorithm: str
    key_id: str
    time: int
    nonce: bytes
    binding: str
    proof: bytes

    def fields(self) -> dict:
        return {
            "lantern": VERSION,
            "alg": self.algorithm,
            "key": self.key_id,
            "time": self.time,
            "nonce": base64.b64encode(self.nonce).decode(),
            "binding": self.binding,
            "proof": base64.b64encode(self.proof).decode(),
        }

    @classmethod
    def parse(cls, value: object) -> "Proof":
        if not isinstance(value, dict) or "lantern" not in value:
            raise LanternError(
                f"a signed handshake is required, got {shown(type(value).__name__)} without one", public=True
            )
        if set(value) != _FIELDS:
            raise LanternError("handshake proof: missing or unknown fields")
        if type(value["lantern"]) is not int or value["lantern"] != VERSION:
            raise LanternError(
                f"handshake proof: version {shown(value['lantern'])}, this side speaks {VERSION}"
            )
        if type(value["time"]) is not int or not 0 <= value["time"] < 1 << 63:
            raise LanternError("handshake proof: time must be milliseconds since 1970")
        if not all(type(value[name]) is str for name in ("alg", "key", "nonce", "binding", "proof")):
            raise LanternError("handshake proof: a field is not text")
        algorithm = value["alg"]
        if algorithm not in _PROOF_SIZE:
            raise LanternError(f"handshake proof: unknown algorithm {shown(algorithm)}")
        if not 1 <= len(value["key"]) <= 128:
            raise LanternError("handshake proof: key id must have 1 to 128 characters")
        return cls(
            algorithm,
            value["key"],
            value["time"],
            _decode("nonce", value["nonce"], 32),
            value["binding"],
            _decode("proof", value["proof"], _PROOF_SIZE[algorithm]),
        )


def transcript(
    role: str,
    protocol: int,
    proof: Proof,
    object_id: str,
    channel: Channel,
    *,
    answering: Proof = None,
    binding_value: bytes = b"",
) -> bytes:
    """What is signed: every field with its length in front (4 bytes, big-endian), in a fixed order."""
    client_nonce = answering.nonce if answering else proof.nonce
    fields = (
        CONTEXT,
        role,
        str(protocol),
        proof.algorithm,
        proof.key_id,
        object_id,
        struct.pack(">q", proof.time),
        client_nonce,
        proof.nonce if answering else b"",
        proof.binding,
        binding_value,
        channel.client,
        channel.server,
        answering.proof if answering else b"",
    )
    encoded = [f.encode("utf-8") if isinstance(f, str) else f for f in fields]
    return b"".join(struct.pack(">I", len(f)) + f for f in encoded)


class ReplayCache:
    """Remembers accepted proofs for as long as their time would pass. Full means no, not forget."""

    def __init__(self, capacity: int = 100_000):
        self._capacity = capacity
        self._lock = threading.Lock()
        self._seen = set()
        self._order = collections.deque()

    def admit(self, proof: Proof, now: int) -> None:
        entry = (proof.key_id, proof.nonce)
        with self._lock:
            while self._order and self._order[0][0] < now:
                self._seen.discard(self._order.popleft()[1])
            if entry in self._seen:
                raise LanternError("handshake proof: replayed")
            if len(self._seen) >= self._capacity:
                raise LanternError("handshake proof: too many connections within the time window")
            self._seen.add(entry)
            # Counted from now, not from the proof's time: the queue stays sorted, and the entry outlives
            # every moment at which this proof's time could still be accepted.
            self._order.append((now + 2 * TOLERANCE_MS, entry))


class Authenticator:
    """Makes and checks proofs with one keyring."""

    def __init__(self, keyring: keys.Keyring, clock=lambda: time.time_ns() // 1_000_000):
        self.keyring = keyring
        self._clock = clock
        self._replays = ReplayCache()

    def make_client(self, protocol: int, object_id: str, channel: Channel) -> Proof:
        return self._make("client", self.keyring.own, protocol, object_id, channel, None)

    def accept_client(self, proof: Proof, protocol: int, object_id: str, channel: Channel, identity: str):
        """Server: returns the key that the client proved to hold, or raises."""
        self._check_binding(proof)
        key = self.keyring.key(proof.key_id, proof.algorithm, identity, "client")
        now = self._check_time(proof)
        key.check_time(now)
        _verify(key, proof, transcript("client", protocol, proof, object_id, channel))
        self._replays.admit(proof, now)
        return key

    def make_server(
        self, answering: Proof, key: keys.Key, protocol: int, object_id: str, channel: Channel
    ) -> Proof:
        """Server: answers with the client's key (HMAC) or with its own (Ed25519)."""
        own = key if key.algorithm == keys.HMAC else self.keyring.own
        if own.algorithm != answering.algorithm:
            raise LanternError(f"this side has no {answering.algorithm} key to answer with")
        return self._make("server", own, protocol, object_id, channel, answering)

    def accept_server(
        self, proof: Proof, answering: Proof, protocol: int, object_id: str, channel: Channel, identity: str
    ):
        """Client: the answer is fresh because it signs our nonce and our proof."""
        self._check_binding(proof)
        if proof.algorithm != answering.algorithm:
            raise LanternError("handshake proof: the server answered with another algorithm")
        if proof.algorithm == keys.HMAC and proof.key_id != answering.key_id:
            raise LanternError("handshake proof: the server answered with another key")
        key = self.keyring.key(proof.key_id, proof.algorithm, identity, "server")
        key.check_time(self._check_time(proof))
        signed = transcript("server", protocol, proof, object_id, channel, answering=answering)
        _verify(key, proof, signed)
        return key

    def _make(self, role, key, protocol, object_id, channel, answering) -> Proof:
        now = self._clock()
        key.check_time(now)
        if key.secret is not None and key.role not in ("any", role):
            raise LanternError(f"our own key {shown(key.id)} is not for a {role}, by the role in its file")
        unsigned = Proof(key.algorithm, key.id, now, os.urandom(32), CERTIFICATES, b"")
        signed = transcript(role, protocol, unsigned, object_id, channel, answering=answering)
        return dataclasses.replace(unsigned, proof=sign(key, signed))

    def _check_binding(self, proof: Proof) -> None:
        if proof.binding != CERTIFICATES:
            raise LanternError(
                f"handshake proof: binding {shown(proof.binding)}, Python needs '{CERTIFICATES}'", public=True
            )

    def _check_time(self, proof: Proof) -> int:
        now = self._clock()
        if abs(now - proof.time) > TOLERANCE_MS:
            raise LanternError(
                f"handshake proof: made {(now - proof.time) / 1000:.0f} s ago by this clock, "
                f"{TOLERANCE_MS // 1000} s are allowed; compare both clocks"
            )
        return now


def sign(key: keys.Key, message: bytes) -> bytes:
    """HMAC-SHA-512 cut to 32 bytes (libsodium's crypto_auth), or an Ed25519 signature."""
    if key.algorithm == keys.HMAC:
        return hmac.new(key.secret, message, hashlib.sha512).digest()[:32]
    return _nacl().SigningKey(key.secret).sign(message).signature


def public_bytes(seed: bytes) -> bytes:
    """The Ed25519 public key of a 32 byte seed."""
    return bytes(_nacl().SigningKey(seed).verify_key)


def _verify(key: keys.Key, proof: Proof, message: bytes) -> None:
    if key.algorithm == keys.HMAC:
        right = hmac.compare_digest(sign(key, message), proof.proof)
    else:
        nacl = _nacl()
        try:
            nacl.VerifyKey(key.public).verify(message, proof.proof)
            right = True
        except _bad_signature():
            right = False
    if not right:
        raise LanternError(
            f"handshake proof: wrong signature for key {shown(proof.key_id)}, these "
            "certificates and this object"
        )


def _nacl():
    try:
        import nacl.signing
    except ImportError:
        raise LanternError(
            "Ed25519 handshake keys need PyNaCl (pip install pynacl); HMAC keys do not"
        ) from None
    return nacl.signing


def _bad_signature():
    import nacl.exceptions

    return nacl.exceptions.CryptoError


def _decode(name: str, text: str, size: int) -> bytes:
    try:
        value = base64.b64decode(text, validate=True) if len(text) <= 128 else b""
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != size or base64.b64encode(value).decode() != text:
        raise LanternError(f"handshake proof: {name} must be {size} bytes in base64")
    return value
