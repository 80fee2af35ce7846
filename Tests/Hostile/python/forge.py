"""Makes client certificates that are wrong in one way each, with the openssl command under a home's own authority."""

import dataclasses
import itertools
import os
import subprocess

GOOD = {
    "basicConstraints": "critical,CA:FALSE",
    "keyUsage": "critical,digitalSignature",
    "extendedKeyUsage": "clientAuth,serverAuth",
    "subjectKeyIdentifier": "hash",
    "authorityKeyIdentifier": "keyid",
    "subjectAltName": "URI:spiffe://lantern.local/host",
}
AUTHORITY = {
    "basicConstraints": "critical,CA:TRUE",
    "keyUsage": "critical,keyCertSign,cRLSign",
    "subjectKeyIdentifier": "hash",
    "authorityKeyIdentifier": "keyid",
}
DAY = 86_400
_numbers = itertools.count()


@dataclasses.dataclass(frozen=True)
class Pair:
    """A certificate and its key, and what signs with them."""

    certificate: str
    key: str


class Forge:
    """An authority that signs whatever it is asked to."""

    def __init__(self, folder: str, root: Pair):
        self.folder = folder
        self.root = root

    def path(self, ending: str) -> str:
        return os.path.join(self.folder, f"{next(_numbers)}{ending}")

    def key(self, kind: str = "ec") -> str:
        path = self.path(".key")
        options = {
            "ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "p192": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime192v1"],
            "rsa1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
            "ed25519": ["-algorithm", "ED25519"],
        }[kind]
        openssl("genpkey", *options, "-out", path)
        return path

    def issue(self, changes=None, *, by: Pair = None, base=GOOD, kind="ec", subject="/CN=peer", starts=-DAY,
              ends=DAY, digest="sha256", self_signed=False, version1=False, extra=()) -> Pair:
        """Extensions are those of `base` with `changes`; None takes one away."""
        by = by or self.root
        extensions = {**base, **(changes or {})}
        extensions = {name: value for name, value in extensions.items() if value is not None}
        sections = [f"{name}={value}" for name, value in extensions.items()] + list(extra)
        config = self.path(".cnf")
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(["[ leaf ]", *sections, ""]))
        key, request, certificate = self.key(kind), self.path(".csr"), self.path(".pem")
        openssl("req", "-new", "-key", key, "-subj", subject, "-out", request, "-config", os.devnull)
        database, serials = self.path(".db"), self.path(".srl")
        open(database, "w", encoding="utf-8").close()
        with open(serials, "w", encoding="utf-8") as file:
            file.write(f"{0x1000 + next(_numbers):X}\n")
        signer = Pair(certificate, key) if self_signed else by
        authority = self.path(".ca")
        with open(authority, "w", encoding="utf-8") as file:
            file.write(
                f"[ ca ]\ndefault_ca=me\n[ me ]\ndatabase={database}\nserial={serials}\nnew_certs_dir={self.folder}\n"
                f"policy=any\ndefault_md={digest}\nunique_subject=no\ncopy_extensions=none\n"
                "[ any ]\ncommonName=supplied\n"
            )
        window = ["-startdate", moment(starts), "-enddate", moment(ends)]
        sign = ["-selfsign", "-keyfile", key] if self_signed else ["-cert", signer.certificate, "-keyfile", signer.key]
        what = [] if version1 else ["-extfile", config, "-extensions", "leaf"]
        openssl("ca", "-batch", "-notext", "-config", authority, "-in", request, "-out", certificate, *sign, *window,
                *what, *(["-md", digest] if digest else []))
        return Pair(certificate, key)

    def revocation_list(self, by: Pair, revoked=(), *, reason="", starts=-60, ends=DAY, extensions=()) -> str:
        """The text of a list of this issuer with these certificates on it. `extensions` may open further sections."""
        database, number, config, out = self.path(".db"), self.path(".number"), self.path(".cnf"), self.path(".crl")
        with open(database, "w", encoding="utf-8") as file:
            for pair in revoked:
                serial = openssl("x509", "-in", pair.certificate, "-noout", "-serial").partition("=")[2].strip()
                file.write(f"R\t400101000000Z\t{moment(-120)[2:]}{reason}\t{serial}\tunknown\t/CN=peer\n")
        with open(number, "w", encoding="utf-8") as file:
            file.write(f"{next(_numbers) + 1:04X}\n")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"[ ca ]\ndefault_ca=me\n[ me ]\ndatabase={database}\ncrlnumber={number}\ndefault_md=sha256\n[ list ]\n")
            file.write("\n".join(["authorityKeyIdentifier=keyid", *extensions, ""]))
        openssl("ca", "-gencrl", "-config", config, "-cert", by.certificate, "-keyfile", by.key, "-crlexts", "list",
                "-crl_lastupdate", moment(starts), "-crl_nextupdate", moment(ends), "-out", out)
        with open(out, encoding="ascii") as file:
            return file.read()

    def chain(self, leaf: Pair, *issuers: Pair) -> Pair:
        """The leaf with what stands behind it in its file."""
        path = self.path(".chain")
        with open(path, "w", encoding="ascii") as file:
            for pair in (leaf, *issuers):
                with open(pair.certificate, encoding="ascii") as part:
                    file.write(part.read())
        return Pair(path, leaf.key)


def moment(seconds: int) -> str:
    import time

    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))


def openssl(*arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr}")
    return done.stdout
