"""The scripts that hold Lantern against Pyro's features and Pyro's own tests."""

import importlib.machinery
import importlib.util
import json
import os

SCRIPTS = os.path.join(os.path.dirname(__file__), "..", "..")


def load(name):
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), os.path.join(SCRIPTS, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def checklist(monkeypatch, rows, found):
    module = load("pyro-checklist")
    monkeypatch.setattr(module, "SECTIONS", {"A": 3})
    return list(module.judge(rows, found))


ROWS = ["| A1 | call | `X` |  |", "| A2 | keywords |  | write it otherwise |", "| A3 | life |  | see A1 |"]


def test_a_complete_checklist_has_no_faults(monkeypatch):
    assert checklist(monkeypatch, ROWS, {"A1": {"X"}}) == []


def test_the_checklist_notices_what_is_missing_wrong_or_too_much(monkeypatch):
    def faults(rows, found):
        return " / ".join(checklist(monkeypatch, rows, found))

    assert "A2: has no row" in faults([ROWS[0], ROWS[2]], {"A1": {"X"}})
    assert "A4: is no feature" in faults([*ROWS, "| A4 | more |  | no |"], {"A1": {"X"}})
    assert "A9: tests name it" in faults(ROWS, {"A1": {"X"}, "A9": {"X"}})
    assert "A1: the page names `X`, Tests has none" in faults(ROWS, {})
    assert "A3: A1 has no tests either" in faults(["| A1 | call |  | no |", *ROWS[1:]], {})
    assert "A1: the page names `X`, Tests has `X`, `Y`" in faults(ROWS, {"A1": {"X", "Y"}})
    assert "no reason" in faults([ROWS[0], "| A2 | keywords |  |  |", ROWS[2]], {"A1": {"X"}})
    assert "says 'not there yet'" in faults(["| A1 | call | `X` | not there yet |", *ROWS[1:]], {"A1": {"X"}})
    assert "A1: has 2 rows" in faults([*ROWS, ROWS[0]], {"A1": {"X"}})


def test_surprises_of_pyros_own_tests_are_told(tmp_path, capsys):
    compare = load("pyro-own-tests.d/compare.py").main
    expected, page, report = tmp_path / "expected", tmp_path / "page", tmp_path / "report"
    expected.write_text("# told\npyro5 f C wrong: on purpose\npyro4 f C other: of the other\n")
    page.write_text("`wrong`: on purpose")

    def judge(**outcomes):
        texts = {f"f C {name}": {"outcome": outcome, "text": "why"} for name, outcome in outcomes.items()}
        report.write_text(json.dumps(texts))
        status = compare(str(expected), str(page), "judge", "pyro5", str(report))
        return status, capsys.readouterr().out

    assert judge(right="passed", wrong="failed")[0] == 0
    assert judge(right="passed", wrong="skipped")[0] == 0
    assert judge(right="failed", wrong="failed") == (
        1, "pyro5: 0 of 2 pass, 1 expected not to, 1 surprises\n  pyro5 f C right: failed: why\n")  # fmt: skip
    assert "although expected not to: on purpose" in judge(right="passed", wrong="passed")[1]
    assert "there is no such test" in judge(right="passed")[1]
    page.write_text("nothing")
    assert "is not explained" in judge(right="passed", wrong="failed")[1]
