#!/bin/bash
# kill -9 at any moment: what was answered is in the log, and the log verifies. 200 times, in about a minute.
set -euo pipefail

cd "$(dirname "$0")/../.."
bin=$(swift build --show-bin-path)
work=$(mktemp -d "${TMPDIR:-/tmp}/lantern-killed.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
unset LANTERN_HOME
"$bin/lantern" init "$work/home" >/dev/null
"${LANTERN_PYTHON:-python3}" - "$bin" "$work/home" "${1:-200}" <<'END'
import random, subprocess, sys, threading

bin, home, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
seed = random.randrange(1 << 30)
print("audit-killed: seed", seed, flush=True)
random.seed(seed)
answered, size, begun, total, recovered = set(), 0, 0, 0, 0

def verify():
    done = subprocess.run([bin + "/lantern", "audit", "verify", "--home", home], capture_output=True, text=True)
    if done.returncode:
        sys.exit("WRONG  after %d rounds: %s%s" % (number, done.stdout, done.stderr))

for number in range(rounds):
    command = [bin + "/audit-writer", "write", "--directory", home, "--from", str(size), "--name", "r%d" % number]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # Now and then while it opens and recovers.
    if random.random() < 0.2:
        threading.Timer(random.random() * 0.05, writer.kill).start()
    found, done, after = set(), set(), None
    for line in writer.stdout:
        if not line.endswith("\n"):
            break
        word, value = line.split()
        if word == "HAS":
            found.add(value)
        elif word == "SIZE":
            after = int(value)
            begun += 1
            threading.Timer(random.random() ** 2 * 0.08, writer.kill).start()
        else:
            done.add(value)
    errors = writer.stderr.read()
    writer.wait()
    if writer.returncode != -9:
        sys.exit("WRONG  round %d: the writer ended by itself: %s" % (number, errors))
    if after is not None:
        if not answered <= found:
            sys.exit("WRONG  round %d: answered and not in the log: %s" % (number, sorted(answered - found)[:5]))
        recovered += len(found - answered)
        total += len(found)
        size, answered = after, done
    else:
        answered |= done
    if number % 20 == 0:
        verify()
verify()
print("audit-killed: %d kills, %d of them while writing, %d entries, %d more than were answered, all in order" % (
    rounds, begun, total, recovered))
END
