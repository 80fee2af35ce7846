#!/usr/bin/env python3
"""Shows a daemon client certificates that are wrong in one way each: right alert, right error, nothing of the call.

    certificates.py LANTERN          path of the program `lantern`
"""

import re
import socket
import ssl
import subprocess
import sys
import tempfile

from daemon import Daemon, make_home
from forge import AUTHORITY, DAY, Forge, GOOD, Pair, openssl


def san(text: str) -> dict:
    return {"subjectAltName": text}


def kinds(forge: Forge, other: Forge) -> list:
    """(name, certificate, alert, code in the log)"""
    bad, issue, sub = [], forge.issue, lambda **k: forge.issue(base=AUTHORITY, subject="/CN=middle", **k)

    def add(name, pair, alert, code):
        bad.append((name, pair, alert, code))

    add("none at all", None, "certificate required", "noPeerCertificate")
    add("expired", issue(starts=-2 * DAY, ends=-DAY), "certificate expired", "expired")
    add("expired one minute ago", issue(ends=-60), "certificate expired", "expired")
    add("not yet valid", issue(starts=DAY, ends=2 * DAY), "bad certificate", "notYetValid")
    add("signed by itself", issue(self_signed=True), "unknown ca", "unknownAuthority")
    add("of an unknown authority", other.issue(), "unknown ca", "unknownAuthority")
    add("of an unknown authority, with it", other.chain(other.issue(), other.root), "unknown ca", "unknownAuthority")
    add("with one wrong bit in the signature", flipped(forge, issue()), "decrypt error", "unknownAuthority")
    for usage, value in (("for servers only", "serverAuth"), ("for code", "codeSigning"), ("for mail", "emailProtection"),
                         ("for time stamps", "critical,timeStamping")):
        add(usage, issue({"extendedKeyUsage": value}), "unsupported certificate", "wrongPurpose")
    add("with a key for encryption only", issue({"keyUsage": "critical,keyEncipherment"}), "unsupported certificate", "badShape")
    add("that is an authority", issue({"basicConstraints": "critical,CA:TRUE", "keyUsage": "critical,digitalSignature,keyCertSign"}), "bad certificate", "wrongPurpose")
    add("with an unknown critical extension", issue(extra=["1.2.3.4=critical,ASN1:NULL"]), "certificate unknown", "badChain")
    add("of version 1", issue(version1=True), "bad certificate", "badShape")
    add("of RSA with 1024 bits", issue(kind="rsa1024"), "bad certificate", "badChain")
    # TLS 1.3 has no signature for it: the peer cannot even show it.
    add("on a curve of 192 bits", issue(kind="p192"), "certificate required", "noPeerCertificate")
    add("signed with SHA-1", issue(digest="sha1"), "bad certificate", "badChain")
    names = {
        "without a name": None,
        "with a DNS name only": "DNS:host.lantern.test",
        "with an address only": "IP:127.0.0.1",
        "with a mail address only": "email:a@lantern.test",
        "with two SPIFFE names": "URI:spiffe://lantern.local/host,URI:spiffe://lantern.local/other",
        "with SPIFFE and another URI": "URI:spiffe://lantern.local/host,URI:https://lantern.local/",
        "with an https name": "URI:https://lantern.local/host",
        "with an empty trust domain": "URI:spiffe:///host",
        "with a trust domain in capitals": "URI:spiffe://LANTERN.local/host",
        "with the scheme in capitals": "URI:SPIFFE://lantern.local/host",
        "with a port": "URI:spiffe://lantern.local:443/host",
        "with a user": "URI:spiffe://root@lantern.local/host",
        "with a query": "URI:spiffe://lantern.local/host?x=1",
        "with a fragment": "URI:spiffe://lantern.local/host\\#x",
        "with a trailing slash": "URI:spiffe://lantern.local/host/",
        "with an empty segment": "URI:spiffe://lantern.local//host",
        "with dots for a segment": "URI:spiffe://lantern.local/a/../host",
        "with a percent sign": "URI:spiffe://lantern.local/ho%73t",
        "with a star": "URI:spiffe://lantern.local/*",
        "with a blank": "URI:spiffe://lantern.local/ho st",
        "with a name of 3,000 bytes": "URI:spiffe://lantern.local/" + "x" * 3000,
    }
    for name, value in names.items():
        add(name, issue(san(value)), "bad certificate", "noIdentity")
    middle = sub()
    leaf = issue(by=middle)
    add("with its issuer left out", leaf, "unknown ca", "unknownAuthority")
    no_ca = issue()
    add("issued by a leaf", forge.chain(issue(by=no_ca), no_ca), "unknown ca", "badChain")
    late = sub(starts=-2 * DAY, ends=-DAY)
    add("of an expired issuer", forge.chain(issue(by=late), late), "certificate expired", "expired")
    weak = sub(changes={"keyUsage": "critical,digitalSignature"})
    add("of an issuer that may not sign", forge.chain(issue(by=weak), weak), "unknown ca", "badChain")
    short = sub(changes={"basicConstraints": "critical,CA:TRUE,pathlen:0"})
    under = forge.issue(base=AUTHORITY, subject="/CN=under", by=short)
    add("past the issuer's path length", forge.chain(issue(by=under), under, short), "unknown ca", "badChain")
    narrow = sub(changes={"nameConstraints": "critical,permitted;URI:other.test"})
    add("outside of the issuer's names", forge.chain(issue(by=narrow), narrow), "certificate unknown", "badChain")
    deep, line = forge.root, []
    for _ in range(8):
        deep = sub(by=deep)
        line.insert(0, deep)
    add("eight issuers deep", forge.chain(issue(by=deep), *line), "unknown ca", "badChain")
    proxy = issue(by=no_ca, base={**GOOD, "subjectAltName": None}, subject="/CN=peer/CN=proxy",
                  changes={"proxyCertInfo": "critical,language:id-ppl-inheritAll,pathlen:1"})
    add("that is a proxy's", forge.chain(proxy, no_ca), "certificate unknown", "badShape")
    return bad


def flipped(forge: Forge, pair: Pair) -> Pair:
    path = forge.path(".pem")
    der = subprocess.run(["openssl", "x509", "-in", pair.certificate, "-outform", "DER"], capture_output=True, check=True).stdout
    der = der[:-1] + bytes([der[-1] ^ 1])
    with open(path, "w", encoding="ascii") as file:
        file.write(ssl.DER_cert_to_PEM_cert(der))
    return Pair(path, pair.key)


def knock(port: int, roots: str, pair: Pair) -> tuple:
    """(own port, alert) of one try; the alert is empty when the peer was let in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(roots)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if pair:
        context.load_cert_chain(pair.certificate, pair.key)
    plain = socket.create_connection(("127.0.0.1", port), timeout=10)
    own = plain.getsockname()[1]
    try:
        with context.wrap_socket(plain, server_hostname="localhost") as stream:
            stream.settimeout(10)
            data = stream.recv(1)
            return own, "closed without an alert" if not data else "an answer"
    except ssl.SSLError as error:
        return own, re.sub(r"^(TLSV1[23]?|SSLV3)_ALERT_", "", error.reason or str(error)).replace("_", " ").lower()
    except TimeoutError:
        return own, ""
    except OSError as error:
        return own, f"closed: {error.strerror}"


def main(lantern: str) -> int:
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(lantern, f"{folder}/home")
        authority = Pair(f"{home}-authority/ca.pem", f"{home}-authority/ca.key")
        forge = Forge(folder, authority)
        other_root = Forge(folder, authority).issue(base=AUTHORITY, self_signed=True, subject="/CN=others")
        cases = kinds(forge, Forge(folder, other_root))
        with Daemon(lantern, home) as daemon:
            for name, pair, alert, code in cases:
                start = len(daemon.lines)
                own, got = knock(daemon.port, authority.certificate, pair)
                line = daemon.log(rf"connection failed.*:{own}\b|:{own}\b.*connection failed", 10, start)
                ok = bool(got) and alert in got and (code and code in line)
                wrong += not ok
                print(f"{'ok   ' if ok else 'WRONG'}  {name}: {got} | {line[line.find('error='):][:230]}")
            # And one that is right, with the key of the home: it is let in, up to the signed handshake.
            good = forge.issue()
            own, got = knock_and_wait(daemon.port, authority.certificate, good)
            ok = got == ""
            wrong += not ok
            print(f"{'ok   ' if ok else 'WRONG'}  a right one is let in as far as the signed handshake: {got}")
    print(f"{len(cases)} bad certificates, {wrong} wrong")
    return 1 if wrong else 0


def knock_and_wait(port, roots, pair):
    """As knock, for a peer that the daemon waits for: nothing comes within a second."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(roots)
    context.load_cert_chain(pair.certificate, pair.key)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as stream:
            stream.settimeout(1)
            try:
                return plain, "closed" if not stream.recv(1) else "an answer"
            except TimeoutError:
                return plain, ""
            except ssl.SSLError as error:
                return plain, str(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
