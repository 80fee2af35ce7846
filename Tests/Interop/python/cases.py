"""Runs the cases of a program and prints one line for each; the Swift test reads them."""

import sys
import traceback

SHOWN = "\\n"


def run(cases, *arguments):
    failed = 0
    for case in cases:
        try:
            case(*arguments)
            print("ok", case.__name__)
        except Exception:
            failed += 1
            print("FAIL", case.__name__, traceback.format_exc().replace("\n", SHOWN))
    print("done")
    sys.exit(1 if failed else 0)


def raises(kind, action, text=""):
    """The exception that the action raises, which must be of exactly this type."""
    try:
        result = action()
    except Exception as error:
        assert type(error) is kind, f"{type(error).__name__} instead of {kind.__name__}: {error}"
        assert text in str(error), f"{str(error)!r} does not say {text!r}"
        return error
    raise AssertionError(f"no {kind.__name__} came, but {result!r}")
