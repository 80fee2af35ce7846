"""Everything that must not get in, over real sockets."""

import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys

import pytest

from conftest import CLIENT_ID, SERVER_ID, Server, environment, program, run, through_runner
from lantern_pyro import keys
from throwaway_authority import Authority, authorize, new_ed25519_key


@pytest.fixture(scope="module", params=["Pyro5", "Pyro4"])
def pyro(request):
    return request.param


@pytest.fixture(scope="module")
def server(homes, pyro):
    with Server(through_runner(homes.server, program("daemon.py"), pyro)) as server:
        yield server


def connect(home, pyro, uri, way="right"):
    return run(through_runner(home, program("intruder.py"), pyro, uri, way))


def test_the_right_one_gets_in(homes, pyro, server):
    assert connect(homes.client, pyro, server.uri).stdout == "got in\n"


def refused(done, server, reason):
    """The peer hears that it is refused, the log says why."""
    assert done.stdout.startswith("refused:"), done.stdout + done.stderr
    assert done.stdout.endswith("authentication failed\n") and reason not in done.stdout
    assert reason in server.stop()


@pytest.mark.parametrize(
    "way, reason",
    [
        ("replayed", "replayed"),
        ("stale", "clock"),
        ("other-certificate", "wrong signature"),
        ("garbage", "wrong signature"),
    ],
)
def test_a_wrong_proof_is_refused(homes, pyro, way, reason):
    with Server(through_runner(homes.server, program("daemon.py"), pyro)) as server:
        refused(connect(homes.client, pyro, server.uri, way), server, reason)


def test_a_client_without_a_proof_is_told_so(homes, pyro, server):
    done = connect(homes.client, pyro, server.uri, "none")
    assert done.stdout.startswith("refused:") and "signed handshake is required" in done.stdout, done.stderr


@pytest.mark.parametrize("way", ["hello", "echo", "other"])
def test_a_server_without_a_right_answer_is_refused(homes, pyro, way):
    with Server(through_runner(homes.server, program("lying_daemon.py"), pyro, way)) as server:
        done = connect(homes.client, pyro, server.uri)
        assert done.stdout.startswith("refused:") and "server refused" in done.stdout, (
            done.stdout + done.stderr
        )


@pytest.fixture
def own_server(own_homes, pyro):
    with Server(through_runner(own_homes.server, program("daemon.py"), pyro)) as server:
        yield server


def test_a_certificate_with_a_wrong_key_is_refused(own_homes, pyro, own_server):
    os.remove(os.path.join(own_homes.client, "keys", "own.key"))
    new_ed25519_key(own_homes.client, CLIENT_ID)
    refused(connect(own_homes.client, pyro, own_server.uri), own_server, "wrong signature")


def test_a_right_key_with_another_identity_is_refused(own_homes, pyro, own_server):
    thief = own_homes.another("thief")
    shutil.copytree(os.path.join(own_homes.client, "keys"), os.path.join(thief, "keys"), dirs_exist_ok=True)
    refused(connect(thief, pyro, own_server.uri), own_server, "is not for")


def test_an_identity_that_nobody_authorized_is_refused(own_homes, pyro, own_server):
    stranger = own_homes.another("stranger")
    new_ed25519_key(stranger, "spiffe://lantern.test/stranger")
    authorize(own_homes.server, SERVER_ID, stranger)
    refused(connect(stranger, pyro, own_server.uri), own_server, "keys/authorized")


def test_another_authority_is_refused_by_both(own_homes, pyro, own_server, tmp_path):
    foreign = Authority(str(tmp_path / "foreign"), "Somebody else").make_home(
        str(tmp_path / "home"), "client"
    )
    shutil.copytree(os.path.join(own_homes.client, "keys"), os.path.join(foreign, "keys"), dirs_exist_ok=True)
    assert "CERTIFICATE_VERIFY_FAILED" in connect(foreign, pyro, own_server.uri).stdout
    shutil.copy(os.path.join(own_homes.client, "trust", "roots.pem"), os.path.join(foreign, "trust"))
    assert connect(foreign, pyro, own_server.uri).stdout.startswith("refused:")


def test_a_server_of_another_host_is_refused(own_homes, pyro):
    elsewhere = own_homes.another("elsewhere", names="DNS:elsewhere.test", identity=SERVER_ID)
    shutil.copytree(
        os.path.join(own_homes.server, "keys"), os.path.join(elsewhere, "keys"), dirs_exist_ok=True
    )
    with Server(through_runner(elsewhere, program("daemon.py"), pyro)) as server:
        assert "CERTIFICATE_VERIFY_FAILED" in connect(own_homes.client, pyro, server.uri).stdout


def address(uri):
    host, port = uri.rsplit("@", 1)[1].rsplit(":", 1)
    return host, int(port)


def raw_context(homes, with_certificate=True):
    context = ssl.create_default_context(cafile=os.path.join(homes.client, "trust", "roots.pem"))
    if with_certificate:
        identity = os.path.join(homes.client, "identity")
        context.load_cert_chain(os.path.join(identity, "cert.pem"), os.path.join(identity, "key.pem"))
    return context


def test_tls_1_2_is_refused(homes, pyro, server):
    context = raw_context(homes)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(address(server.uri), timeout=10) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname="127.0.0.1")


def test_no_certificate_is_refused(homes, pyro, server):
    with socket.create_connection(address(server.uri), timeout=10) as plain, pytest.raises(ssl.SSLError):
        with raw_context(homes, False).wrap_socket(plain, server_hostname="127.0.0.1") as secured:
            secured.recv(1)


def test_a_silent_client_stalls_nobody(homes, pyro, server):
    with socket.create_connection(address(server.uri), timeout=10):
        assert connect(homes.client, pyro, server.uri).stdout == "got in\n"


def test_a_large_first_message_is_refused(homes, pyro, server):
    """The reader gives up at the announced length; the bytes themselves are never sent."""
    with socket.create_connection(address(server.uri), timeout=10) as plain:
        with raw_context(homes).wrap_socket(plain, server_hostname="127.0.0.1") as secured:
            if pyro == "Pyro5":
                secured.sendall(
                    struct.pack("!4sHBBHHII16sHH", b"PYRO", 502, 1, 3, 0, 0, 1 << 20, 0, bytes(16), 0, 0x4DC5)
                )
            else:
                checksum = (48 + 1 + (1 << 20) + 0 + 1 + 0 + 0 + 0x34E9) & 0xFFFF
                secured.sendall(struct.pack("!4sHHHHiHHHH", b"PYRO", 48, 1, 0, 0, 1 << 20, 1, 0, 0, checksum))
            assert b"CONNECT message larger" in secured.recv(4096)


@pytest.mark.parametrize("role", ["client", "daemon"])
def test_supplied_sockets_are_refused(homes, pyro, role):
    make = "Pyro.Proxy('x', connected_socket=s)" if role == "client" else "Pyro.Daemon(connected_socket=s)"
    code = (
        f"import lantern_pyro, socket; lantern_pyro.install({homes.client!r})\n"
        f"import {pyro + ('.api' if pyro == 'Pyro5' else '')} as Pyro\n"
        f"s, t = socket.socketpair()\n{make}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=30,
        check=False,
    )
    assert "supplied sockets" in done.stderr


def test_switching_tls_off_does_not_open_a_door(homes, pyro, server):
    code = (
        f"import lantern_pyro; lantern_pyro.install({homes.client!r})\n"
        f"import {pyro + ('.api' if pyro == 'Pyro5' else '')} as Pyro\n"
        f"Pyro.config.SSL = False\nPyro.Proxy({server.uri!r})._pyroBind()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=30,
        check=False,
    )
    assert "plain connections are refused" in done.stderr


@pytest.mark.parametrize(
    "arguments, code",
    [
        ([], 64),
        (["--home"], 64),
        (["--home", "/nowhere"], 64),
        (["--home", "/nowhere", "-m", "x"], 78),
        (["--help"], 0),
    ],
)
def test_exit_codes_of_the_runner(arguments, code):
    assert run([sys.executable, "-m", "lantern_pyro", *arguments]).returncode == code


def test_an_open_key_file_is_named(own_homes):
    key = os.path.join(own_homes.client, "identity", "key.pem")
    os.chmod(key, 0o644)
    done = run(through_runner(own_homes.client, "-m", "Pyro5.nsc", "list"))
    assert done.returncode == 78 and key in done.stderr and "chmod 0600" in done.stderr


def test_hmac_needs_no_package(homes):
    """The shared key works where PyNaCl is not installed."""
    if keys.load_own(os.path.join(homes.client, "keys", "own.key")).algorithm != keys.HMAC:
        pytest.skip("the homes of this round hold Ed25519 keys")
    code = (
        "import sys; sys.modules['nacl'] = None\n"
        "import lantern_pyro; from lantern_pyro.proof import *\n"
        f"a = Authenticator(lantern_pyro.Keyring.load({homes.client!r}))\n"
        "assert len(a.make_client(502, 'o', Channel(b'', b'')).proof) == 32\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_pickled_code_is_not_run_before_the_server_is_known(own_homes):
    with Server(through_runner(own_homes.server, program("lying_daemon.py"), "Pyro4", "pickle")) as server:
        done = connect(own_homes.client, "Pyro4", server.uri)
        assert "in the handshake is refused" in done.stdout and "EVIL" not in done.stdout, done.stderr


def test_pickled_code_is_not_run_before_the_client_is_known(own_homes):
    code = (
        "import lantern_pyro, sys\nlantern_pyro.install()\nimport Pyro4, Pyro4.errors\n"
        "Pyro4.config.SERIALIZERS_ACCEPTED = {'pickle', 'serpent'}\nPyro4.config.SERIALIZER = 'pickle'\n"
    )
    daemon = code + (
        "daemon = Pyro4.Daemon(host='127.0.0.1')\nprint(daemon.uriFor('Pyro.Daemon'), flush=True)\n"
        "daemon.requestLoop()\n"
    )
    client = code + "Pyro4.Proxy(sys.argv[1])._pyroBind()\n"
    with Server([sys.executable, "-c", daemon], LANTERN_HOME=own_homes.server) as server:
        done = run([sys.executable, "-c", client, server.uri], LANTERN_HOME=own_homes.client)
    assert "is not accepted" in done.stderr, done.stderr
