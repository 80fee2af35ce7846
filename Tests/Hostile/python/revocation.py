#!/usr/bin/env python3
"""Shows daemons with revocation lists client certificates that these lists do not let in, and lists that no daemon takes.

    revocation.py LANTERN          path of the program `lantern`
"""

import os
import subprocess
import sys
import tempfile

from certificates import knock, knock_and_wait
from daemon import Daemon, make_home
from forge import AUTHORITY, DAY, Forge, Pair


class Lists:
    """Lists of the home's own authority and of an issuer under it, and certificates of that issuer."""

    def __init__(self, forge: Forge):
        self.forge = forge
        self.middle = forge.issue(base=AUTHORITY, subject="/CN=middle")
        self.good = forge.chain(forge.issue(by=self.middle), self.middle)
        self.bad = forge.chain(forge.issue(by=self.middle), self.middle)
        self.root = forge.revocation_list(forge.root)
        self.current = forge.revocation_list(self.middle)

    def peers(self):
        """(name, lists, certificate, alert, code in the log) of peers that are not let in."""
        forge, middle = self.forge, self.middle
        make = forge.revocation_list
        namesake = forge.issue(base=AUTHORITY, subject="/CN=middle")
        mute = forge.issue(base=AUTHORITY, subject="/CN=mute", changes={"keyUsage": "critical,keyCertSign"})
        of_mute = forge.chain(forge.issue(by=mute), mute)
        stranger = Forge(forge.folder, forge.root).issue(base=AUTHORITY, self_signed=True, subject="/CN=stranger")
        revoked, unknown = ("certificate revoked", "revoked"), "revocationUnknown"
        return [
            ("that is revoked", [self.root, make(middle, [self.bad])], self.bad, *revoked),
            ("that is revoked, with a reason", [self.root, make(middle, [self.bad], reason=",keyCompromise")], self.bad, *revoked),
            ("that is on hold", [self.root, make(middle, [self.bad], reason=",holdInstruction,holdInstructionReject")], self.bad, *revoked),
            ("whose issuer is revoked", [make(forge.root, [middle]), self.current], self.good, *revoked),
            ("that is revoked, on the later of two lists", [self.root, make(middle, starts=-DAY), make(middle, [self.bad], starts=-60)],
             self.bad, *revoked),
            ("without a list of its issuer", [self.root], self.good, "unknown ca", unknown),
            ("without a list of its root", [self.current], self.good, "unknown ca", unknown),
            ("with a stranger's list only", [make(stranger)], self.good, "unknown ca", unknown),
            ("whose list ran out", [self.root, make(middle, starts=-2 * DAY, ends=-60)], self.good, "certificate expired", unknown),
            ("whose root's list ran out", [make(forge.root, starts=-2 * DAY, ends=-60), self.current], self.good,
             "certificate expired", unknown),
            ("whose list is of tomorrow", [self.root, make(middle, starts=DAY, ends=2 * DAY)], self.good, "bad certificate", unknown),
            ("whose list another of that name signed", [self.root, make(namesake)], self.good, "unknown ca", unknown),
            ("whose list its issuer may not sign", [self.root, make(mute)], of_mute, "certificate unknown", unknown),
            ("whose list has an unknown critical word", [self.root, make(middle, extensions=["1.2.3.4=critical,ASN1:NULL"])],
             self.good, "certificate unknown", unknown),
            ("whose list is about authorities only", [
                self.root, make(middle, extensions=["issuingDistributionPoint=critical,@scope", "[ scope ]", "onlyCA=TRUE"])],
             self.good, "certificate unknown", unknown),
            ("whose list is about some reasons only", [
                self.root, make(middle, extensions=["issuingDistributionPoint=critical,@scope", "[ scope ]",
                                                    "onlysomereasons=keyCompromise"])], self.good, "unknown ca", unknown),
        ]  # fmt: skip

    def refused(self):
        """(name, text of the file, words of the error) of lists with which no daemon starts."""
        forge = self.forge
        # The name of the home's authority and another key.
        key = forge.key()
        name = subprocess.run(["openssl", "x509", "-in", forge.root.certificate, "-noout", "-subject", "-nameopt", "compat"],
                              capture_output=True, text=True, check=True).stdout.partition("=")[2].strip()
        certificate = forge.path(".pem")
        subprocess.run(["openssl", "req", "-x509", "-key", key, "-subj", name, "-days", "2", "-out", certificate],
                       capture_output=True, check=True)
        torn = self.current[: len(self.current) // 2]
        return [
            ("of changes only", self.root + forge.revocation_list(self.middle, extensions=["deltaCRL=critical,ASN1:INTEGER:1"]),
             "holds changes only; publish the whole list"),
            ("by another authority of the root's name", forge.revocation_list(Pair(certificate, key)),
             "not signed by the trusted authority of that name"),
            ("with half a list", self.root + torn, "damaged or empty"),
            ("with nothing in it", "", "damaged or empty"),
            ("with a certificate in it", open(forge.root.certificate, encoding="ascii").read(), "damaged or empty"),
        ]  # fmt: skip


def put(home: str, *lists: str) -> None:
    with open(f"{home}/trust/crl.pem", "w", encoding="ascii") as file:
        file.write("".join(lists))


def main(lantern: str) -> int:
    results = []

    def check(ok, *words):
        results.append(ok)
        print("ok   " if ok else "WRONG", *words)

    with tempfile.TemporaryDirectory() as folder:
        home = make_home(lantern, f"{folder}/home")
        authority = Pair(f"{home}-authority/ca.pem", f"{home}-authority/ca.key")
        lists = Lists(Forge(folder, authority))
        for name, texts, pair, alert, code in lists.peers():
            put(home, *texts)
            with Daemon(lantern, home) as daemon:
                own, got = knock(daemon.port, authority.certificate, pair)
                line = daemon.log(rf"connection failed.*:{own}\b|:{own}\b.*connection failed", 10)
                ok = bool(got) and got != "an answer" and alert in got and code in line and "crl.pem" in line
                check(ok, f"a certificate {name}: {got} | {line[line.find('error='):][:200]}")
        put(home, lists.root, lists.current)
        with Daemon(lantern, home) as daemon:
            _, got = knock_and_wait(daemon.port, authority.certificate, lists.good)
            check(got == "", "a right one is let in as far as the signed handshake:", got)
        for name, text, words in lists.refused():
            put(home, text)
            done = subprocess.run([lantern, "echo-server", "--home", home, "--port", "0"], capture_output=True, text=True,
                                  timeout=60, check=False, stdin=subprocess.DEVNULL)  # fmt: skip
            said = done.stderr.strip()
            ok = done.returncode == 78 and words in said and f"{home}/trust/crl.pem" in said
            check(ok, f"a file of lists {name}: {done.returncode} {said.replace(os.linesep, ' ')[-200:]}")
    wrong = results.count(False)
    print(f"{len(results)} revocations, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
