#!/bin/bash
# docs/name-server-backup.md, followed: backup while it runs, restore, a store that does not open, and the names of a
# Pyro name server.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=Tests/CommandLine/support/common.sh
. Tests/CommandLine/support/common.sh

home=$work/ns-home
"$lantern" init "$home" >/dev/null
start() {
    serve ns ns --home "$home" --port 0
    at=${uri##*@}
}
nsc() { "$lantern" nsc "$@" --home "$home" --at "$at"; }
watch() { timeout 20 "$lantern" nsc watch --home "$home" --at "$at" "$@"; }

# Backup, while it runs.
start
for name in one two three; do expect_of nsc 0 "*" register "example.$name" "PYRO:$name@192.0.2.1:4000"; done
cd "$work"
expect_of nsc 0 "*" backup names-1.db
cd - >/dev/null
expect_of stat 0 600 -c %a "$work/names-1.db"
expect_of nsc 64 "*names-1.db exists already; nothing is overwritten*" backup "$work/names-1.db"
expect_of nsc 0 "*" register example.four PYRO:four@192.0.2.1:4000
expect_of nsc 0 "*" remove example.one --yes
expect 78 "*in use*" nsc restore "$work/names-1.db" --home "$home" --yes
holds "the damaged file is only a copy" test -s "$work/names-1.db"
ends

# Restore: a damaged backup changes nothing.
head -c 3000 "$work/names-1.db" >"$work/damaged.db"
expect 78 "*damaged*" nsc restore "$work/damaged.db" --home "$home" --yes
expect 78 "*no SQLite database*" nsc restore "$home/policy.yaml" --home "$home" --yes
holds "nothing was put aside" test ! -e "$home/names/names.db.before-restore"
expect 0 "*" nsc restore "$work/names-1.db" --home "$home" --yes
holds "what was there stays" test -e "$home/names/names.db.before-restore"
start
expect_of nsc 0 "PYRO:one@192.0.2.1:4000" lookup example.one
expect_of nsc 1 "*" lookup example.four
expect 78 "*open in another process*" ns --home "$home" --port 0
ends

# When the store does not open: each row of the page's table, and what the page says to do.
cp -p "$home/names/names.db" "$work/sound.db"
head -c 3000 "$work/sound.db" >"$home/names/names.db"
expect 78 "*damaged*" ns --home "$home" --port 0
echo "this is no database" >"$home/names/names.db"
expect 78 "*no SQLite database*" ns --home "$home" --port 0
expect 0 "*" nsc restore "$work/names-1.db" --home "$home" --yes
chmod 644 "$home/names/names.db"
expect 78 "*can be read or written by others*" ns --home "$home" --port 0
chmod 600 "$home/names/names.db"
start
expect_of nsc 0 "PYRO:one@192.0.2.1:4000" lookup example.one
ends
mv "$home/names" "$work/names-away"
start
expect_of nsc 1 "*" lookup example.one
ends
expect 0 "intact: *" audit verify --home "$home"

# The names of a Pyro name server, from the file that the stock package writes.
"$python" - "$work/pyro-names.sqlite" <<'END'
import sys

from Pyro5.nameserver import SqlStorage

store = SqlStorage(sys.argv[1])
store["example.pyro"] = ("PYRO:pyro@192.0.2.7:4000", {"blue"})
store["Pyro.NameServer"] = ("PYRO:Pyro.NameServer@192.0.2.7:9090", set())
store["example.bad"] = ("nonsense", set())
END
import=(nsc import "$work/pyro-names.sqlite" --home "$home" --owner spiffe://example.org/svc/shop)
expect 1 "*example.bad: invalid uri*1 would be taken over, 1 refused" "${import[@]}" --dry-run
expect 1 "*example.bad: invalid uri*1 taken over, 0 were there, 1 refused" "${import[@]}"
start
expect_of nsc 0 "PYRO:pyro@192.0.2.7:4000" lookup example.pyro
expect_of nsc 0 "*spiffe://example.org/svc/shop*" who example.pyro
expect_of nsc 0 "*example.pyro*" yplookup blue
ends

finished
