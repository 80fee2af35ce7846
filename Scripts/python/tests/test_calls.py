"""Unmodified Python clients and daemons over mutual TLS with signed handshakes."""

import subprocess
import sys

import pytest

from conftest import Server, environment, program, run, through_runner

SERIALIZERS = ["serpent", "json", "marshal", "msgpack"]


@pytest.fixture(scope="module", params=["Pyro5", "Pyro4"])
def pyro(request):
    return request.param


@pytest.fixture(scope="module", params=["thread", "multiplex"])
def server(homes, pyro, request):
    with Server(through_runner(homes.server, program("daemon.py"), pyro, request.param)) as server:
        yield server


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_calls_go_through(homes, pyro, server, serializer):
    done = run(through_runner(homes.client, program("client.py"), pyro, server.uri, serializer))
    assert done.stdout == "ok\n", done.stderr


def test_a_plain_program_gets_nothing(homes, pyro, server):
    done = run([sys.executable, program("client.py"), pyro, server.uri, "serpent"])
    assert done.returncode != 0 and "ok" not in done.stdout


def test_the_stock_name_server_and_its_tool(homes):
    ns = subprocess.Popen(
        through_runner(homes.server, "-m", "Pyro5.nameserver", "-n", "127.0.0.1", "-p", "0", "-x"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**environment(), "PYTHONUNBUFFERED": "1"},
    )
    try:
        port = None
        for line in ns.stdout:
            if line.startswith("URI = "):
                port = line.strip().rsplit(":", 1)[-1]
                break
        done = run(through_runner(homes.client, "-m", "Pyro5.nsc", "-n", "127.0.0.1", "-p", port, "list"))
        assert "Pyro.NameServer" in done.stdout, done.stderr + done.stdout
    finally:
        ns.terminate()
        ns.communicate(timeout=10)
