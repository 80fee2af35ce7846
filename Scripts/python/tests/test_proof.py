"""Proofs of both roles and both algorithms, without sockets."""

import dataclasses
import hashlib
import hmac
import json
import os
import struct

import pytest

from conftest import CLIENT_ID, FOLDER, SERVER_ID
from lantern_pyro import LanternError, keys
from lantern_pyro.proof import Authenticator, Channel, Proof, ReplayCache, public_bytes, sign, transcript

CHANNEL = Channel(b"C" * 32, b"S" * 32)
OTHER = Channel(b"X" * 32, b"S" * 32)
VECTORS = os.path.join(FOLDER, "..", "..", "Tests", "Vectors", "handshake.json")


class Clock:
    now = 1_800_000_000_000

    def __call__(self):
        return self.now


@pytest.fixture(params=[keys.ED25519, keys.HMAC])
def ends(request):
    """(client, server, clock)"""
    if request.param == keys.HMAC:
        shared = keys.Key("shared", keys.HMAC, (CLIENT_ID, SERVER_ID), secret=b"k" * 32)
        rings = (keys.Keyring(shared, ()), keys.Keyring(shared, (shared,)))
    else:
        client = keys.Key("client", keys.ED25519, (), secret=b"c" * 32)
        server = keys.Key("server", keys.ED25519, (), secret=b"s" * 32)
        rings = (
            keys.Keyring(
                client, (keys.Key("server", keys.ED25519, (SERVER_ID,), public=public_bytes(b"s" * 32)),)
            ),
            keys.Keyring(
                server, (keys.Key("client", keys.ED25519, (CLIENT_ID,), public=public_bytes(b"c" * 32)),)
            ),
        )
    clock = Clock()
    return Authenticator(rings[0], clock), Authenticator(rings[1], clock), clock


def test_both_directions(ends):
    client, server, _ = ends
    proof = Proof.parse(json.loads(json.dumps(client.make_client(502, "obj", CHANNEL).fields())))
    key = server.accept_client(proof, 502, "obj", CHANNEL, CLIENT_ID)
    answer = Proof.parse(server.make_server(proof, key, 502, "obj", CHANNEL).fields())
    client.accept_server(answer, proof, 502, "obj", CHANNEL, SERVER_ID)


def test_a_replayed_proof_is_refused(ends):
    client, server, _ = ends
    proof = client.make_client(502, "obj", CHANNEL)
    server.accept_client(proof, 502, "obj", CHANNEL, CLIENT_ID)
    with pytest.raises(LanternError, match="replayed"):
        server.accept_client(proof, 502, "obj", CHANNEL, CLIENT_ID)


@pytest.mark.parametrize("seconds", [-31, 31, 86_400])
def test_a_stale_or_early_proof_is_refused(ends, seconds):
    client, server, clock = ends
    proof = client.make_client(502, "obj", CHANNEL)
    clock.now += seconds * 1000
    with pytest.raises(LanternError, match="clock"):
        server.accept_client(proof, 502, "obj", CHANNEL, CLIENT_ID)


@pytest.mark.parametrize(
    "protocol, name, channel", [(48, "obj", CHANNEL), (502, "other", CHANNEL), (502, "obj", OTHER)]
)
def test_a_proof_for_something_else_is_refused(ends, protocol, name, channel):
    client, server, _ = ends
    proof = client.make_client(502, "obj", CHANNEL)
    with pytest.raises(LanternError, match="wrong signature"):
        server.accept_client(proof, protocol, name, channel, CLIENT_ID)


def test_a_key_of_somebody_else_is_refused(ends):
    client, server, _ = ends
    proof = client.make_client(502, "obj", CHANNEL)
    with pytest.raises(LanternError, match="is not for"):
        server.accept_client(proof, 502, "obj", CHANNEL, "spiffe://lantern.test/intruder")


def test_an_unknown_key_is_refused(ends):
    client, server, _ = ends
    proof = dataclasses.replace(client.make_client(502, "obj", CHANNEL), key_id="unheard-of")
    with pytest.raises(LanternError, match="keys/authorized"):
        server.accept_client(proof, 502, "obj", CHANNEL, CLIENT_ID)


def test_every_field_is_signed(ends):
    client, server, _ = ends
    proof = client.make_client(502, "obj", CHANNEL)
    flipped = bytes([proof.proof[0] ^ 1]) + proof.proof[1:]
    for change in ({"time": proof.time + 1}, {"nonce": bytes(32)}, {"proof": flipped}):
        with pytest.raises(LanternError, match="wrong signature"):
            server.accept_client(dataclasses.replace(proof, **change), 502, "obj", CHANNEL, CLIENT_ID)


def test_a_binding_that_python_cannot_check_is_refused(ends):
    client, server, _ = ends
    proof = dataclasses.replace(client.make_client(502, "obj", CHANNEL), binding="tls-exporter")
    with pytest.raises(LanternError, match="binding"):
        server.accept_client(proof, 502, "obj", CHANNEL, CLIENT_ID)


def test_the_clients_proof_is_no_answer(ends):
    client, _, _ = ends
    proof = client.make_client(502, "obj", CHANNEL)
    with pytest.raises(LanternError):
        client.accept_server(proof, proof, 502, "obj", CHANNEL, SERVER_ID)


def test_an_answer_to_another_client_is_refused(ends):
    client, server, _ = ends
    proofs = [client.make_client(502, "obj", CHANNEL) for _ in range(2)]
    key = server.accept_client(proofs[0], 502, "obj", CHANNEL, CLIENT_ID)
    answer = server.make_server(proofs[0], key, 502, "obj", CHANNEL)
    with pytest.raises(LanternError, match="wrong signature"):
        client.accept_server(answer, proofs[1], 502, "obj", CHANNEL, SERVER_ID)


def test_an_answer_of_another_identity_is_refused(ends):
    client, server, _ = ends
    proof = client.make_client(502, "obj", CHANNEL)
    key = server.accept_client(proof, 502, "obj", CHANNEL, CLIENT_ID)
    answer = server.make_server(proof, key, 502, "obj", CHANNEL)
    with pytest.raises(LanternError, match="is not for"):
        client.accept_server(answer, proof, 502, "obj", CHANNEL, "spiffe://lantern.test/impostor")


GOOD = {
    "lantern": 1,
    "alg": keys.HMAC,
    "key": "k",
    "time": 5,
    "nonce": "A" * 43 + "=",
    "binding": "certificates",
    "proof": "A" * 43 + "=",
}


@pytest.mark.parametrize(
    "change",
    [
        {"lantern": 2},
        {"lantern": True},
        {"lantern": "1"},
        {"alg": "none"},
        {"alg": keys.ED25519},
        {"key": ""},
        {"key": "k" * 129},
        {"time": -1},
        {"time": 1 << 63},
        {"time": 5.0},
        {"time": None},
        {"nonce": "AAAA"},
        {"nonce": "A" * 42 + "B="},
        {"nonce": b"A"},
        {"proof": "A" * 44},
        {"binding": 1},
        {"extra": 1},
    ],
)
def test_a_malformed_proof_is_refused(change):
    Proof.parse(GOOD)
    with pytest.raises(LanternError):
        Proof.parse({**GOOD, **change})


@pytest.mark.parametrize("value", [None, "hello", {}, [], {"lantern": 1}, {"user": "x"}])
def test_anything_else_is_no_proof(value):
    with pytest.raises(LanternError):
        Proof.parse(value)


def test_the_replay_cache_forgets_late_and_refuses_when_full():
    cache = ReplayCache(capacity=2)
    proofs = [Proof(keys.HMAC, "k", 0, bytes([n]) * 32, "certificates", b"") for n in range(3)]
    cache.admit(proofs[0], 0)
    cache.admit(proofs[1], 0)
    with pytest.raises(LanternError, match="too many"):
        cache.admit(proofs[2], 60_000)
    cache.admit(proofs[2], 60_001)


def test_the_transcript_is_what_the_papers_say():
    proof = Proof(keys.HMAC, "k-1", 1_800_000_000_000, b"n" * 32, "certificates", b"p" * 32)
    answer = dataclasses.replace(proof, nonce=b"m" * 32, time=1_800_000_000_007)

    def fields(*values):
        return b"".join(struct.pack(">I", len(v)) + v for v in values)

    assert transcript("client", 502, proof, "obj", CHANNEL) == fields(
        b"lantern handshake v1",
        b"client",
        b"502",
        b"hmac-sha512-256",
        b"k-1",
        b"obj",
        struct.pack(">Q", 1_800_000_000_000),
        b"n" * 32,
        b"",
        b"certificates",
        b"",
        b"C" * 32,
        b"S" * 32,
        b"",
    )
    signed = transcript("server", 48, answer, "obj", CHANNEL, answering=proof)
    assert signed == fields(
        b"lantern handshake v1",
        b"server",
        b"48",
        b"hmac-sha512-256",
        b"k-1",
        b"obj",
        struct.pack(">Q", 1_800_000_000_007),
        b"n" * 32,
        b"m" * 32,
        b"certificates",
        b"",
        b"C" * 32,
        b"S" * 32,
        b"p" * 32,
    )
    key = keys.Key("k-1", keys.HMAC, (), secret=b"s" * 32)
    assert sign(key, signed) == hmac.new(b"s" * 32, signed, hashlib.sha512).digest()[:32]


def vectors(part="vectors"):
    with open(VECTORS, encoding="utf-8") as file:
        return json.load(file)[part]


@pytest.mark.parametrize("case", vectors("refusals"), ids=lambda c: f"{c['kind']} {c['name']}")
def test_the_proofs_that_everybody_refuses(case):
    def raw(name):
        return bytes.fromhex(case[name])

    material = {"secret": raw("secret")} if case["algorithm"] == keys.HMAC else {"public": raw("public")}
    key = keys.Key(case["key_id"], case["algorithm"], (CLIENT_ID,), **material)
    own = keys.Key("server", keys.ED25519, (), secret=b"s" * 32)
    server = Authenticator(keys.Keyring(own, (key,)), lambda: case["now"])
    channel = Channel(raw("client_certificate_sha256"), raw("server_certificate_sha256"))

    def accept():
        server.accept_client(
            Proof.parse(case["fields"]), case["protocol"], case["object"], channel, CLIENT_ID
        )

    if case["twice"]:
        accept()
    with pytest.raises(LanternError):
        accept()


@pytest.mark.parametrize("vector", vectors(), ids=lambda v: v["name"])
def test_the_vectors_that_everybody_agrees_on(vector):
    def raw(name):
        return bytes.fromhex(vector[name])

    proof = Proof.parse(vector["fields"])
    assert proof.fields() == vector["fields"]
    assert proof.nonce == raw("client_nonce" if vector["role"] == "client" else "server_nonce")
    answering = None
    if vector["role"] == "server":
        answering = dataclasses.replace(proof, nonce=raw("client_nonce"), proof=raw("client_proof"))
    channel = Channel(raw("client_certificate_sha256"), raw("server_certificate_sha256"))
    signed = transcript(
        vector["role"],
        vector["protocol"],
        proof,
        vector["object"],
        channel,
        answering=answering,
        binding_value=raw("binding_value"),
    )
    assert signed == raw("transcript")
    key = keys.Key(vector["key_id"], vector["algorithm"], (), secret=raw("secret"))
    assert sign(key, signed) == raw("proof") == proof.proof
    if vector["algorithm"] == keys.ED25519:
        assert public_bytes(raw("secret")) == raw("public")
