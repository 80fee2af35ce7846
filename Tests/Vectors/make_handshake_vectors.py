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


def main() -> None:
    vectors = []
    for algorithm in (ED25519, HMAC):
        for binding in ("certificates", "tls-exporter"):
            vectors += pair(algorithm, binding, 502, "example.warehouse")
        vectors += pair(algorithm, "certificates", 48, "Pyro.NameServer-é")
    document = {
        "origin": "Tests/Vectors/make_handshake_vectors.py: Python's hmac and hashlib, PyNaCl's Ed25519",
        "form": "Bytes are hexadecimal, but base64 in `fields`, which is what travels. `secret` is the Ed25519 "
                "seed or the HMAC key. `binding_value` is the exporter's 32 bytes, or empty.",
        "vectors": vectors,
    }
    json.dump(document, sys.stdout, indent=1, ensure_ascii=True)
    print()


if __name__ == "__main__":
    main()
