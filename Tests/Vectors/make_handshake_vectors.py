#!/usr/bin/env python3
"""Makes handshake.json: transcripts and proofs by the standard library's hmac and by PyNaCl.

Shares no code with Lantern, so that each implementation of the handshake is checked against a third.
Everything is fixed, so a second run writes the same file. Needs PyNaCl.

    python make_handshake_vectors.py > handshake.json
"""

import base64
import hashlib
import hmac
import json
import struct
import sys

import nacl.signing

ED25519, HMAC = "ed25519", "hmac-sha512-256"
START = 1_800_000_000_000


def known(label: str) -> bytes:
    """32 bytes that look random and are not."""
    return hashlib.sha256(b"lantern handshake vectors: " + label.encode()).digest()


def transcript(role, protocol, algorithm, key_id, object_id, time, client_nonce, server_nonce, binding,
               binding_value, client_certificate, server_certificate, client_proof) -> bytes:
    fields = [b"lantern handshake v1", role.encode(), str(protocol).encode(), algorithm.encode(),
              key_id.encode(), object_id.encode(), struct.pack(">q", time), client_nonce, server_nonce,
              binding.encode(), binding_value, client_certificate, server_certificate, client_proof]
    return b"".join(struct.pack(">I", len(field)) + field for field in fields)


def prove(algorithm: str, secret: bytes, message: bytes) -> bytes:
    if algorithm == HMAC:
        return hmac.new(secret, message, hashlib.sha512).digest()[:32]
    return nacl.signing.SigningKey(secret).sign(message).signature


def vector(name, *, role, algorithm, binding, protocol, object_id, key_id, secret, time, client_nonce,
           server_nonce=b"", client_proof=b"") -> dict:
    binding_value = known("exporter") if binding == "tls-exporter" else b""
    certificates = known("client certificate"), known("server certificate")
    message = transcript(role, protocol, algorithm, key_id, object_id, time, client_nonce, server_nonce,
                         binding, binding_value, *certificates, client_proof)
    proof = prove(algorithm, secret, message)
    public = bytes(nacl.signing.SigningKey(secret).verify_key) if algorithm == ED25519 else b""
    nonce = client_nonce if role == "client" else server_nonce
    return {
        "name": name, "role": role, "protocol": protocol, "algorithm": algorithm, "key_id": key_id,
        "object": object_id, "time": time, "client_nonce": client_nonce.hex(),
        "server_nonce": server_nonce.hex(), "binding": binding, "binding_value": binding_value.hex(),
        "client_certificate_sha256": certificates[0].hex(), "server_certificate_sha256": certificates[1].hex(),
        "client_proof": client_proof.hex(), "secret": secret.hex(), "public": public.hex(),
        "transcript": message.hex(), "proof": proof.hex(),
        "fields": {
            "lantern": 1, "alg": algorithm, "key": key_id, "time": time,
            "nonce": base64.b64encode(nonce).decode(), "binding": binding,
            "proof": base64.b64encode(proof).decode(),
        },
    }


def pair(algorithm, binding, protocol, object_id) -> list:
    """A client's proof and the server's answer to it."""
    label = f"{algorithm} {binding} {protocol}"
    common = {"algorithm": algorithm, "binding": binding, "protocol": protocol, "object_id": object_id,
              "client_nonce": known(label + " client nonce")}
    client = vector(f"{label} client", role="client", key_id="client-1", secret=known("client-1"), time=START,
                    **common)
    key_id = "client-1" if algorithm == HMAC else "server-1"  # a shared key is answered with itself
    server = vector(f"{label} server", role="server", key_id=key_id, secret=known(key_id), time=START + 7,
                    server_nonce=known(label + " server nonce"), client_proof=bytes.fromhex(client["proof"]),
                    **common)
    return [client, server]


def refusal(kind, name, base, code, *, now=None, twice=False, secret=None, at=None, **changes) -> dict:
    """A client's proof that a server refuses. `changes` alter what travels, `at` what the server knows."""
    seen = {name: base[name] for name in ("protocol", "object", "binding_value", "client_certificate_sha256",
                                          "server_certificate_sha256")}
    return {
        "kind": kind, "name": f"{base['algorithm']} {base['binding']}: {name}", **seen, **(at or {}),
        "algorithm": base["algorithm"], "key_id": "client-1", "secret": secret or base["secret"],
        "public": base["public"], "now": base["time"] if now is None else now, "twice": twice,
        "fields": {**base["fields"], **changes}, "code": code,
    }


def refusals(client, server) -> list:
    """What a thief, a relay or a broken peer may send in place of the client's proof."""
    hashed = {"client_certificate_sha256": known("another client").hex()}
    other_server = {"server_certificate_sha256": known("another server").hex()}
    swapped = {"client_certificate_sha256": client["server_certificate_sha256"],
               "server_certificate_sha256": client["client_certificate_sha256"]}
    tolerance = 300_000 if client["binding"] == "tls-exporter" else 30_000
    short = base64.b64encode(bytes.fromhex(client["proof"])[:-1]).decode()
    flipped = bytearray.fromhex(client["proof"])
    flipped[0] ^= 1
    cases = [
        refusal("relayed", "to another server", client, "wrongProof", at=other_server),
        refusal("relayed", "with another client certificate", client, "wrongProof", at=hashed),
        refusal("relayed", "for another object", client, "wrongProof", at={"object": "example.vault"}),
        refusal("relayed", "over another protocol", client, "wrongProof",
                at={"protocol": 48 if client["protocol"] == 502 else 502}),
        refusal("swapped", "both certificates", client, "wrongProof", at=swapped),
        refusal("swapped", "the nonce of another proof", client, "wrongProof", nonce=server["fields"]["nonce"]),
        refusal("swapped", "the time of another proof", client, "wrongProof", time=client["time"] + 1),
        refusal("cut", "a proof without its last byte", client, "malformedProof", proof=short),
        refusal("cut", "a nonce of 24 bytes", client, "malformedProof", nonce=client["fields"]["nonce"][:32]),
        refusal("cut", "one bit of the proof", client, "wrongProof",
                proof=base64.b64encode(bytes(flipped)).decode()),
        refusal("reflected", "the server's answer", {**client, "fields": {**server["fields"], "key": "client-1"}},
                "wrongProof"),
        refusal("stale", "made too long ago", client, "timeOutOfRange", now=client["time"] + tolerance + 1),
        refusal("stale", "made in the future", client, "timeOutOfRange", now=client["time"] - tolerance - 1),
    ]
    if client["binding"] == "tls-exporter":
        other = {"binding_value": known("another connection").hex()}
        cases.append(refusal("relayed", "to another connection", client, "wrongProof", at=other))
        cases.append(refusal("swapped", "the binding", client, "wrongProof", binding="certificates"))
    else:
        cases.append(refusal("replayed", "the same again", client, "replayed", twice=True))
        last = client["time"] + tolerance
        cases.append(refusal("replayed", "at the last moment", client, "replayed", twice=True, now=last))
    return cases


def main() -> None:
    vectors = []
    for algorithm in (ED25519, HMAC):
        for binding in ("certificates", "tls-exporter"):
            vectors += pair(algorithm, binding, 502, "example.warehouse")
        vectors += pair(algorithm, "certificates", 48, "Pyro.NameServer-é")
    refused = [case for client, server in zip(vectors[::2], vectors[1::2]) for case in refusals(client, server)]
    document = {
        "origin": "Tests/Vectors/make_handshake_vectors.py: Python's hmac and hashlib, PyNaCl's Ed25519",
        "form": "Bytes are hexadecimal, but base64 in `fields`, which is what travels. `secret` is the Ed25519 "
                "seed or the HMAC key. `binding_value` is the exporter's 32 bytes, or empty.",
        "vectors": vectors,
        "refusal_form": "A server that knows the key `key_id` (secret or public) for the client gets `fields` on a "
                        "connection with these certificates and this binding value, for this object and protocol, "
                        "at the time `now`; where `twice` is true it accepts them once. It refuses for the reason "
                        "`code` of docs/handshake.md.",
        "refusals": refused,
    }
    json.dump(document, sys.stdout, indent=1, ensure_ascii=True)
    print()


if __name__ == "__main__":
    main()
