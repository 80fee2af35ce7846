"""What the page for users promises besides plain calls."""

import os
import shutil
import subprocess
import sys

import pytest

from conftest import Server, environment, program, run, through_runner

RULES = {
    "Pyro5": "import Pyro5.api as Pyro, Pyro5.errors as errors, Pyro5.client as core\n",
    "Pyro4": "import Pyro4 as Pyro, Pyro4.errors as errors, Pyro4.core as core\n",
}


@pytest.fixture(params=["Pyro5", "Pyro4"])
def pyro(request):
    return request.param


@pytest.fixture
def server(own_homes, pyro):
    with Server(through_runner(own_homes.server, program("daemon.py"), pyro)) as server:
        yield server


def code(home, pyro, text, install=""):
    """Runs a program that installs the hooks from code."""
    start = f"import lantern_pyro; lantern_pyro.install({home!r}{install})\n" + RULES[pyro]
    return run([sys.executable, "-c", start + text])


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def test_an_encrypted_key_and_its_password(own_homes, pyro, server):
    key = os.path.join(own_homes.client, "identity", "key.pem")
    openssl("pkcs8", "-topk8", "-in", key, "-out", key + ".new", "-passout", "pass:open sesame")
    os.replace(key + ".new", key)
    os.chmod(key, 0o600)
    call = f"print(Pyro.Proxy({server.uri!r}).echo(5))"
    done = code(own_homes.client, pyro, call)
    assert "is encrypted" in done.stderr and done.returncode != 0
    assert code(own_homes.client, pyro, call, ", password='open sesame'").stdout == "5\n"
    assert code(own_homes.client, pyro, call, ", password=lambda: 'open sesame'").stdout == "5\n"
    assert code(own_homes.client, pyro, call, ", password='wrong'").returncode != 0


def test_a_new_certificate_is_used_by_the_next_connection(own_homes, pyro, server):
    other = own_homes.another("other", identity="spiffe://lantern.test/client")
    done = code(
        own_homes.client,
        pyro,
        f"""
import os, shutil
with Pyro.Proxy({server.uri!r}) as proxy:
    print(proxy.echo(1))
    sock = proxy._pyroConnection.sock
    first = sock.context.own_fingerprint
    proxy._pyroRelease()
    for name in ("key.pem", "cert.pem"):
        new, old = (os.path.join(home, "identity", name) for home in ({other!r}, {own_homes.client!r}))
        shutil.copy(new, old)
    print(proxy.echo(2), proxy._pyroConnection.sock.context.own_fingerprint != first)
    proxy._pyroRelease()
    with open(os.path.join({own_homes.client!r}, "identity", "cert.pem"), "w") as file:
        file.write("half")
    print(proxy.echo(3))
""",
    )
    assert done.stdout == "1\n2 True\n3\n", done.stderr
    assert "keeping the old ones" in done.stderr


def test_a_revoked_client_is_refused(own_homes, pyro):
    folder = own_homes.authority.folder
    config = os.path.join(folder, "crl.cnf")
    with open(config, "w", encoding="ascii") as file:
        file.write(
            "[ca]\ndefault_ca = a\n[a]\ndatabase = %s/index\ndefault_md = sha256\ndefault_crl_days = 1\n"
            "crl_extensions = e\n[e]\nauthorityKeyIdentifier = keyid\n" % folder
        )
    open(os.path.join(folder, "index"), "w", encoding="ascii").close()
    authority = [
        "-config",
        config,
        "-keyfile",
        own_homes.authority.key,
        "-cert",
        own_homes.authority.certificate,
    ]
    crl = os.path.join(own_homes.server, "trust", "crl.pem")
    openssl("ca", *authority, "-gencrl", "-out", crl)
    call = through_runner(own_homes.client, program("intruder.py"), pyro)
    with Server(through_runner(own_homes.server, program("daemon.py"), pyro)) as server:
        assert run([*call, server.uri, "right"]).stdout == "got in\n"
    openssl("ca", *authority, "-revoke", os.path.join(own_homes.client, "identity", "cert.pem"))
    openssl("ca", *authority, "-gencrl", "-out", crl)
    with Server(through_runner(own_homes.server, program("daemon.py"), pyro)) as server:
        assert run([*call, server.uri, "right"]).stdout.startswith("refused:")
        assert "revoked" in server.stop()


def test_names_are_resolved_on_the_way(own_homes, pyro, server):
    """The connection to the name server happens in the middle of the other one."""
    module = pyro + (".naming" if pyro == "Pyro4" else ".nameserver")
    command = through_runner(own_homes.server, "-m", module, "-n", "127.0.0.1", "-p", "0", "-x")
    names = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**environment(), "PYTHONUNBUFFERED": "1"},
    )
    try:
        port = next(
            (line.strip().rsplit(":", 1)[-1] for line in names.stdout if line.startswith("URI = ")), "none"
        )
        done = code(
            own_homes.client,
            pyro,
            f"""
Pyro.config.NS_HOST, Pyro.config.NS_PORT = "127.0.0.1", {port}
locate = getattr(Pyro, "locate_ns", None) or Pyro.locateNS
with locate() as ns:
    ns.register("echo.name", {server.uri!r})
with Pyro.Proxy("PYRONAME:echo.name") as proxy:
    print(proxy.echo("found"))
""",
        )
        assert done.stdout == "found\n", done.stderr
    finally:
        names.terminate()
        names.communicate(timeout=10)


def test_a_subclass_cannot_skip_the_check(own_homes, pyro):
    with Server(through_runner(own_homes.server, program("lying_daemon.py"), pyro, "hello")) as server:
        done = code(
            own_homes.client,
            pyro,
            f"""
class Trusting(core.Proxy):
    def _pyroValidateHandshake(self, response):
        print("asked")
try:
    Trusting({server.uri!r})._pyroBind()
except errors.SecurityError as error:
    print(error)
""",
        )
    assert "server refused" in done.stdout and "asked" not in done.stdout, done.stderr


def test_a_daemons_own_validation_adds_to_the_check(own_homes, pyro, tmp_path):
    path = tmp_path / "picky.py"
    path.write_text(
        RULES[pyro]
        + """
class Picky(Pyro.Daemon):
    def validateHandshake(self, conn, data):
        raise ValueError("not " + conn.lantern_peer.identity)
@Pyro.expose
class Echo:
    def echo(self, value): return value
daemon = Picky(host="127.0.0.1")
print(daemon.register(Echo, "echo"), flush=True)
daemon.requestLoop()
"""
    )
    with Server(through_runner(own_homes.server, str(path))) as server:
        done = run(through_runner(own_homes.client, program("intruder.py"), pyro, server.uri, "right"))
        assert "not spiffe://lantern.test/client" in done.stdout, done.stderr
        again = run(through_runner(own_homes.client, program("intruder.py"), pyro, server.uri, "garbage"))
        assert "authentication failed" in again.stdout, "the proof comes first"


def test_pyro4_without_metadata_signs_an_empty_name(own_homes):
    with Server(through_runner(own_homes.server, program("daemon.py"), "Pyro4")) as server:
        done = code(
            own_homes.client,
            "Pyro4",
            f"Pyro.config.METADATA = False\nprint(Pyro.Proxy({server.uri!r}).echo('bare'))",
        )
        assert done.stdout == "bare\n", done.stderr


def test_a_callback_daemon_in_a_client(own_homes, pyro):
    """One process is client and server at once, with both certificates in both roles."""
    shutil.copy(
        os.path.join(own_homes.server, "keys", "authorized", "client.key"),
        os.path.join(own_homes.client, "keys", "authorized", "self.key"),
    )
    done = code(
        own_homes.client,
        pyro,
        """
import threading
@Pyro.expose
class Back:
    def ping(self, text): return text.upper()
daemon = Pyro.Daemon(host="127.0.0.1")
uri = daemon.register(Back())
threading.Thread(target=daemon.requestLoop, daemon=True).start()
with Pyro.Proxy(uri) as proxy:
    print(proxy.ping("back"))
""",
    )
    assert done.stdout == "BACK\n", done.stderr


@pytest.mark.parametrize(
    "chosen, accepted", [(None, ["json", "marshal", "msgpack", "serpent"]), ("json,serpent", ["json", "serpent"])]
)
def test_pyro4_daemons_accept_msgpack_unless_told_otherwise(own_homes, chosen, accepted):
    setting = f"import os; os.environ['PYRO_SERIALIZERS_ACCEPTED'] = {chosen!r}\n" if chosen else ""
    install = f"import lantern_pyro; lantern_pyro.install({own_homes.server!r})\n"
    show = "import Pyro4; print(sorted(Pyro4.config.SERIALIZERS_ACCEPTED))"
    done = run([sys.executable, "-c", setting + install + show])
    assert done.stdout == f"{accepted}\n", done.stderr


def test_a_variable_of_pyro4_does_not_stop_it_and_leaves_no_pyro5_without_hooks(own_homes):
    setting = "import os; os.environ['PYRO_METADATA'] = 'true'\n"
    install = f"import lantern_pyro; lantern_pyro.install({own_homes.server!r})\n"
    show = "import Pyro4; del os.environ['PYRO_METADATA']; print(Pyro4.config.SSL)\nimport Pyro5"
    done = run([sys.executable, "-c", setting + install + show])
    assert done.stdout == "True\n" and done.returncode != 0
    assert "ModuleNotFoundError" in done.stderr
    assert "invalid Pyro environment" in done.stderr


def test_a_reset_of_the_configuration_keeps_what_the_home_decides(own_homes, pyro, server):
    done = code(
        own_homes.client,
        pyro,
        f"""
Pyro.config.COMMTIMEOUT = 20.0
Pyro.config.reset(False)
print(Pyro.config.COMMTIMEOUT, Pyro.config.SSL)
with Pyro.Proxy({server.uri!r}) as proxy:
    print(proxy.echo(5))
""",
    )
    assert done.stdout == "0.0 True\n5\n", done.stderr


def test_threads_may_share_a_pyro4_proxy_from_its_first_call_on(own_homes):
    with Server(through_runner(own_homes.server, program("daemon.py"), "Pyro4")) as server:
        done = code(
            own_homes.client,
            "Pyro4",
            f"""
import threading
with Pyro.Proxy({server.uri!r}) as proxy:
    made = []
    threads = [threading.Thread(target=lambda: made.append(proxy._pyroBind())) for _ in range(20)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print(sorted(made) == [False] * 19 + [True], proxy.echo(5))
""",
        )
    assert done.stdout == "True 5\n", done.stderr
