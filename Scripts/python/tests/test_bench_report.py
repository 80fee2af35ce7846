"""The arithmetic of the benchmark's tables."""

import os
import sys

import pytest
from conftest import FOLDER

sys.path.insert(0, os.path.join(FOLDER, "..", "bench.d"))

import harness  # noqa: E402
import report  # noqa: E402


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
    lines = report.rows(table, ["limit", "pyro5"])
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
