"""Starts any unmodified Pyro program with the certificates and proofs of a lantern home."""

import os
import runpy
import sys

from . import LanternError, install

USAGE = """\
usage: python -m lantern_pyro [OPTION...] -m MODULE [ARGUMENT...]
       python -m lantern_pyro [OPTION...] SCRIPT.py [ARGUMENT...]

Runs a Pyro5 or Pyro4 program over mutual TLS 1.3 with signed handshakes.

  --home DIR               the lantern home (identity/, trust/, keys/); else LANTERN_HOME names it
  --unix-server-name NAME  what the certificate of a server behind ./u:PATH must be for; else localhost

examples:
  python -m lantern_pyro --home ~/lantern -m Pyro5.nsc list
  python -m lantern_pyro --home ~/lantern client.py PYRONAME:example.warehouse
"""


def main(arguments: list) -> int:
    options = {}
    while arguments and arguments[0].startswith("--"):
        option, equals, value = arguments.pop(0).partition("=")
        if option == "--help":
            print(USAGE, end="")
            return 0
        if option == "--" and not equals:
            break
        if option not in ("--home", "--unix-server-name") or not (value or arguments):
            return _usage_error()
        options[option[2:].replace("-", "_")] = value if equals else arguments.pop(0)
    if arguments and arguments[0] in ("-h",):
        print(USAGE, end="")
        return 0
    as_module = bool(arguments) and arguments[0] == "-m"
    if as_module:
        arguments.pop(0)
    if not arguments or arguments[0].startswith("-"):
        return _usage_error()
    try:
        install(**options)
    except LanternError as error:
        print(f"lantern_pyro: {error}", file=sys.stderr)
        return 78
    target, sys.argv = arguments[0], list(arguments)
    if as_module:
        sys.path[0] = os.getcwd()
        runpy.run_module(target, run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(os.path.abspath(target))
        runpy.run_path(target, run_name="__main__")
    return 0


def _usage_error() -> int:
    print(USAGE, end="", file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
