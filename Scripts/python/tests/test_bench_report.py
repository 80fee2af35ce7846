"""The arithmetic of the benchmark's tables, its picture, and what happens when a peer fails."""

import argparse
import os
import re
import socket
import sys
import xml.dom.minidom

import pytest
from conftest import FOLDER

sys.path.insert(0, os.path.join(FOLDER, "..", "bench.d"))

import harness  # noqa: E402
import idle  # noqa: E402
import plot  # noqa: E402
import report  # noqa: E402
import systems  # noqa: E402


def result(system, p50, per_second, variant=""):
    names = {"workload": "sequential", "system": system, "variant": variant}
    return {**names, "p50_us": p50, "per_second": per_second}


def test_one_is_as_good_and_two_is_twice_as_costly():
    assert report.ratio("p50_us", 20, 10) == 2
    assert report.ratio("per_second", 50, 100) == 2
    assert report.ratio("bytes_per_connection", 5, 10) == 0.5


def test_the_median_of_the_rounds_and_the_quicker_serializer_count():
    rounds = [result("limit", p, 100) for p in (10, 90, 20)]
    rounds += [result("pyro5", 80, 10, "serpent"), result("pyro5", 60, 25, "msgpack")]
    table = report.medians(rounds)
    assert table["sequential"]["limit"]["p50_us"] == 20
    assert table["sequential"]["pyro5"] == {"p50_us": 60, "per_second": 25, "variant": "msgpack", "rounds": 1}
    lines = report.rows(table, ["limit", "pyro5"], {})
    assert lines[1] == ["sequential", "p50 µs", "20.0 (×1.00)", "60.0 (×3.00)"]
    assert lines[2][-1] == "25.0 (×4.00) msgpack"


def test_the_least_memory_counts():
    rounds = [
        {"workload": "idle-memory", "system": "pyro5", "variant": v, "bytes_per_connection": b}
        for v, b in (("serpent", 30), ("msgpack", 20))
    ]
    assert report.medians(rounds)["idle-memory"]["pyro5"]["variant"] == "msgpack"


def test_the_page_keeps_everything_but_its_figures(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- figures -->\nold\n<!-- /figures -->\nafter\n")
    harness.update_page(str(page), "new \\1\n")
    assert page.read_text() == "before\n<!-- figures -->\nnew \\1\n<!-- /figures -->\nafter\n"
    page.write_text("no marks")
    with pytest.raises(SystemExit):
        harness.update_page(str(page), "new\n")


#: A server and a client that keep to the contract as far as the harness can see.
SERVER = """\
import signal, socket, sys, threading
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
listener = socket.create_server(("127.0.0.1", 0))
print("READY 127.0.0.1", listener.getsockname()[1], flush=True)
def serve(peer):
    while data := peer.recv(100):
        kept.append(bytearray(40_000)) if data == b"keep" else None
        peer.sendall(data)
    peer.close()
kept = []
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
CLIENT = """\
import json, socket, sys
value = lambda name: sys.argv[sys.argv.index(name) + 1]
port, workload, count = int(value("--uri").rsplit(":", 1)[1]), value("--workload"), int(value("--count"))
if workload in ("large", "connect"):
    sys.exit("no " + workload + " today")
opened = []
for _ in range(count if workload == "idle-memory" else 1):
    opened.append(socket.create_connection(("127.0.0.1", port)))
    opened[-1].sendall(b"keep" if workload == "idle-memory" else b"call")
    assert opened[-1].recv(4) in (b"keep", b"call")
figures = {"p50_us": 10.0, "p99_us": 20.0, "per_second": 100.0, "client_cpu_us": 1.0, "server_cpu_us": 2.0}
if workload == "idle-memory":
    figures = {}
print(json.dumps({"workload": workload, "count": count, **figures}), flush=True)
if workload == "idle-memory":
    sys.stdin.read()
"""


def python(program):
    return [sys.executable, "-c", program]


def counting(count, monkeypatch):
    monkeypatch.setattr(systems, "COUNTS", {name: (count, count, count) for name in systems.COUNTS})


def test_a_peer_that_fails_is_reported_and_the_others_go_on(tmp_path, monkeypatch):
    counting(5, monkeypatch)
    good = systems.System("limit", python(SERVER), python(CLIENT))
    dead = systems.System("ice", python("print('sorry')"), python(CLIENT))
    missing = systems.System("grpc-cpp", [str(tmp_path / "server")], python(CLIENT))
    run = harness.Run([dead, good, missing], ["sequential", "large", "stream"], rounds=2, scale=1)
    run.measure(str(tmp_path), str(tmp_path))
    assert [(r["system"], r["workload"], r["round"]) for r in run.results] == [
        ("limit", workload, number) for number in (1, 2) for workload in ("sequential", "stream")
    ]
    assert set(run.failures) == {("ice", "", ""), ("grpc-cpp", "", ""), ("limit", "large", "")}
    assert "no large today" in run.failures["limit", "large", ""]
    empty = report.empty_cells(run.systems, run.workloads, run.failures, {})
    table = report.medians(run.results)
    cells = {(line[0], line[1]): line[2:] for line in report.rows(table, ["limit", "ice", "grpc-cpp"], empty)}
    assert cells["sequential", "p50 µs"] == ["10.0 (×1.00)", "failed", "failed"]
    assert cells["stream", "p50 µs"] == ["10.0 (×1.00)", "–", "failed"], "Ice has no streams anyway"
    text = report.markdown(table, ["limit", "ice", "grpc-cpp"], empty, {}, 2)
    assert "- stream, ice: Ice has no streams." in text and "no large today" in text


def test_idle_memory_is_the_growth_of_a_fresh_server_over_its_open_connections(tmp_path, monkeypatch):
    counting(50, monkeypatch)
    system = systems.System("limit", python(SERVER), python(CLIENT))
    result = idle.measure(system, str(tmp_path), str(tmp_path), 50, "")
    assert result["connections"] == 50
    assert 30_000 < result["bytes_per_connection"] < 200_000, "each holds 40,000 bytes and a thread"


def test_connections_that_are_not_open_are_not_counted_as_idle(tmp_path):
    hasty = CLIENT.replace("opened.append(", "opened[:] = [").replace('port)))', 'port))]')
    system = systems.System("limit", python(SERVER), python(hasty))
    with pytest.raises(systems.Failure, match="1 connections are open, not 20"):
        idle.measure(system, str(tmp_path), str(tmp_path), 20, "")


def test_open_connections_are_counted_at_the_servers_end_only():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert idle.established(port) == 0, "a listener is no connection"
        with socket.create_connection(("127.0.0.1", port)), listener.accept()[0]:
            assert idle.established(port) == 1


def test_a_client_that_did_something_else_fails():
    system = systems.System("limit", [], [])
    for line in ("", "no JSON", '{"workload": "stream"}'):
        with pytest.raises(systems.Failure):
            system.result([line], "sequential", "")


def test_every_workload_has_a_count_a_main_figure_and_a_title():
    assert set(systems.COUNTS) == set(report.MAIN) == set(plot.TITLES)
    assert all(len(counts) == 3 for counts in systems.COUNTS.values())
    for lacks in (*systems.LACKS.values(), *systems.REMARKS.values()):
        assert set(lacks) <= set(systems.COUNTS)


def test_the_picture_has_a_bar_for_each_figure_and_a_dash_for_each_gap():
    rounds = [result("limit", 10, 100), result("lantern", 20, 50), result("pyro5", 5, 200)]
    picture = plot.svg(report.medians(rounds), ["limit", "lantern", "<peer>", "pyro5"], {"cores": 2})
    xml.dom.minidom.parseString(picture)
    assert "×2.00  (20.0)" in picture and "×0.50  (5.000)" in picture and "&lt;peer&gt;" in picture
    bars = re.findall(r'<rect x="([0-9.]+)" y="\d+[0-9.]*" width="([0-9.]+)" height="10" rx="1.5"', picture)
    assert len(bars) == 2 and bars[0][1] == bars[1][1], "twice as costly and half as costly are as long"
    assert float(bars[1][0]) + float(bars[1][1]) == pytest.approx(float(bars[0][0]), abs=0.2)
    assert picture.count(">–<") == 1


def test_a_picture_without_limit_says_so():
    picture = plot.svg(report.medians([result("lantern", 20, 50)]), ["lantern"], {})
    assert "limit was not measured" in picture


def test_polling_systems_are_the_same_programs_with_one_more_argument():
    options = argparse.Namespace(
        limit="limit", lantern_server="server", lantern_client="client", peers="peers", poll_microseconds=70
    )
    known = systems.known(options)
    poll = ["--poll-microseconds", "70"]
    for plain, polling in (("limit", "limit-poll"), ("lantern", "lantern-latency")):
        assert known[polling].server == known[plain].server + poll
        assert known[polling].client == known[plain].client + poll
    assert known["ice"].server == [os.path.join("peers", "ice", "server")]
