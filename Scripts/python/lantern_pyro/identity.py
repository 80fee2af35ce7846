"""Who the other end is: exactly one SPIFFE URI in its certificate."""

import hashlib
import re
import ssl

from .errors import LanternError, shown

_TRUST_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}\Z")
_SEGMENT = re.compile(r"[A-Za-z0-9._-]+\Z")
MAXIMUM_LENGTH = 2048


def peer_identity(sock: ssl.SSLSocket) -> str:
    """The SPIFFE ID of a verified peer; DNS names are not identities here."""
    certificate = sock.getpeercert()
    if not certificate:
        raise LanternError("the peer showed no certificate")
    uris = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "URI"]
    if len(uris) != 1:
        raise LanternError(
            f"the peer's certificate has {len(uris)} URI names, exactly one SPIFFE ID is needed"
        )
    return checked_spiffe_id(uris[0])


def checked_spiffe_id(text: str) -> str:
    scheme, rest = text[:9], text[9:]
    domain, *segments = rest.split("/")
    right = (
        len(text) <= MAXIMUM_LENGTH
        and scheme == "spiffe://"
        and _TRUST_DOMAIN.match(domain)
        and all(_SEGMENT.match(s) and s not in (".", "..") for s in segments)
    )
    if not right:
        raise LanternError(f"{shown(text)} is not a SPIFFE ID")
    return text


def fingerprint(sock: ssl.SSLSocket) -> bytes:
    """SHA-256 of the peer's leaf certificate on this very connection."""
    der = sock.getpeercert(binary_form=True)
    if not der:
        raise LanternError("the peer showed no certificate")
    return hashlib.sha256(der).digest()
