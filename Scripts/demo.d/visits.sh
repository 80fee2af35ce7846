# Who comes by, and what must become of it.
# shellcheck shell=bash disable=SC2154

knock() { "$@" Scripts/demo.d/knock.py "$service" 2>&1 | tail -n 1 || true; }
# with_home NAME PROGRAM...: a Python program with the certificates and proofs of a home.
with_home() {
    env PYRO_NS_HOST=localhost PYRO_NS_PORT="${uri_of[ns]##*:}" PYTHONPATH="$PWD/Scripts/python" \
        "$python" -m lantern_pyro --home "$work/$1" "${@:2}"
}
# Exit status and last line of a command, on one line.
status_of() {
    local output status=0
    output=$("$@" 2>&1) || status=$?
    echo "$status $(tail -n 1 <<<"$output")"
}
call_as() { status_of "$lantern" call --home "$work/$1" "$service" "${@:2}"; }
old_tls() {
    local files=(-cert "$work/visitor/identity/cert.pem" -key "$work/visitor/identity/key.pem")
    { openssl s_client -tls1_2 -connect "${service##*@}" "${files[@]}" </dev/null 2>&1 || true; } |
        sed -n 's/.*:\(tlsv1 alert [a-z ]*\):.*/\1/p' | head -n 1
}
# What the service's log says since the mark.
mark() { marked=$(wc -l <"${log_of[service]}"); }
logged() {
    local tries line=
    for tries in {1..40}; do
        line=$(tail -n +$((marked + 1)) "${log_of[service]}" | grep -m 1 -E "$1" || true)
        [ -z "$line" ] || break
        sleep 0.05
    done
    echo "${line:-nothing in the log}" | sed 's/.*\(error=\)/\1/'
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

visit "Pyro5 client" with_home python-client Scripts/demo.d/client.py <<'END'
attribute	Lantern warehouse
plain call	chair lamp sofa table
labelled arguments	stored the stove
error	RuntimeError: there is no moon in stock
one-way	sent
batch	chair desk sofa stove table
item stream	*python says hello*
END

# Each intruder is right in everything but one.
stock_tls=(env PYRO_SSL=1 PYRO_SSL_CACERTS="$work/service/trust/roots.pem")
certificate=(PYRO_SSL_CLIENTCERT="$work/visitor/identity/cert.pem" PYRO_SSL_CLIENTKEY="$work/visitor/identity/key.pem")

row intruder "no certificate" "refused:*certificate required*" "$(knock "${stock_tls[@]}" "$python")"
row intruder "certificate of another authority" "refused:*unknown ca*" "$(knock with_home stranger)"
row intruder "expired certificate" "refused:*certificate expired*" "$(knock with_home expired)"
row intruder "certificate without a handshake" "refused:*no signed handshake*" \
    "$(knock "${stock_tls[@]}" "${certificate[@]}" "$python")"
row intruder "certificate without the key" "77 *authentication failed*" "$(call_as keyless list)"
row intruder "all right, method it may call" "0 *" "$(call_as visitor list)"
row intruder "all right, method it may not call" "77 *not allowed to call 'take'*" \
    "$(call_as visitor take '"lamp"' '"visitor"')"
mark
row intruder "plain text, as the client sees it" "refused:*" "$(knock "$python")"
row service "plain text, as its log says" "error=plaintext*" "$(logged error=plaintext)"
mark
row intruder "TLS 1.2, as the client sees it" "*alert protocol version*" "$(old_tls)"
row service "TLS 1.2, as its log says" "error=oldTLS*" "$(logged error=oldTLS)"
row service "is untouched by all of them" "0 *chair*desk*sofa*stove*table*" "$(call_as swift-client list)"
stop service
row service "ends on SIGTERM" 0 "$ended"
stop ns
row "name server" "ends on SIGTERM" 0 "$ended"
row "name server" "audit log" "0 intact:*" "$(status_of "$lantern" audit verify --home "$work/ns")"
