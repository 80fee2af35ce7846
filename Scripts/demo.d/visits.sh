# Who comes by, and what must become of it.
# shellcheck shell=bash disable=SC2154

knock() { "$@" Scripts/demo.d/knock.py "$service" 2>&1 | tail -n 1 || true; }
with_home() { echo env "PYRO_NS_HOST=localhost PYRO_NS_PORT=${uri_of[ns]##*:}" PYTHONPATH="$PWD/Scripts/python" "$python" -m lantern_pyro --home "$work/$1"; }
# What the service's log says since the mark.
mark() { marked=$(wc -l <"${log_of[service]}"); }
logged() {
    local tries line=
    for tries in {1..40}; do
        line=$(tail -n +$((marked + 1)) "${log_of[service]}" | grep -m 1 -E "$1" || true)
        [ -z "$line" ] || break
        sleep 0.05
    done
    echo "${line:-nothing in the log}"
}

header
visit "Swift client" env LANTERN_HOME="$work/swift-client" "$bin/warehouse-client" <<'END'
attribute	Lantern warehouse
plain call	bike chair lamp
labelled arguments	stored the sofa
error	OutOfStock: moon
one-way	sent
batch	chair lamp sofa table
item stream	*swift says hello*
END

# shellcheck disable=SC2046
visit "Pyro5 client" $(with_home python-client) Scripts/demo.d/client.py <<'END'
attribute	Lantern warehouse
plain call	chair lamp sofa table
labelled arguments	stored the stove
error	RuntimeError: there is no moon in stock
one-way	sent
batch	chair desk sofa stove table
item stream	*python says hello*
END

tls=(env PYRO_SSL=1 PYRO_SSL_CACERTS="$work/service/trust/roots.pem")

for h in stranger expired keyless; do row x "$h" '?' "$(knock $(with_home $h))"; done
row x "no cert" '?' "$(knock "${tls[@]}" "$python")"
row x "no proof" '?' "$(knock "${tls[@]}" PYRO_SSL_CLIENTCERT=$work/visitor/identity/cert.pem PYRO_SSL_CLIENTKEY=$work/visitor/identity/key.pem "$python")"
row x "no proof" '?' "$(knock "$python")"
row x "keyless" '?' "$("$lantern" call --home "$work/keyless" "$service" list 2>&1; echo $?)"
row x "visitor" '?' "$("$lantern" call --home "$work/visitor" "$service" list 2>&1; echo $?)"
row x "visitor" '?' "$("$lantern" call --home "$work/visitor" "$service" take '"lamp"' '"me"' 2>&1; echo $?)"
row x "12" '?' "$(openssl s_client -tls1_2 -connect "${service##*@}" -cert $work/visitor/identity/cert.pem -key $work/visitor/identity/key.pem </dev/null 2>&1 |grep -i alert)"
