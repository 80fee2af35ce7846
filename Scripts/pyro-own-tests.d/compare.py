"""Compares what the tests of Pyro4 and Pyro5 said with what is expected of them.

compare.py EXPECTED PAGE again GENERATION REPORT      prints the tests that failed and should not have, for another try
compare.py EXPECTED PAGE judge GENERATION REPORT...   later reports overrule earlier ones; exit status 1 on a surprise

EXPECTED has a line `GENERATION FILE CLASS TEST: REASON` for each test that does not pass. PAGE must name each of them
too, in a row with the reason, for people.
"""

import json
import sys


def expectations(path, generation):
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.strip()
            if line and not line.startswith("#"):
                name, _, reason = line.partition(": ")
                if not reason:
                    sys.exit(f"{path}: no reason in: {line}")
                if name.startswith(generation + " "):
                    found[name[len(generation) + 1 :]] = reason
    return found


def reports(paths):
    merged = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            merged.update(json.load(file))
    return merged


def main(expected_path, page, command, generation, *paths):
    expected, outcomes = expectations(expected_path, generation), reports(paths)
    if command == "again":
        for name, said in outcomes.items():
            if said["outcome"] == "failed" and name not in expected:
                print(name)
        return 0
    with open(page, encoding="utf-8") as file:
        text = file.read()
    surprises = []
    for name, said in outcomes.items():
        if name in expected and said["outcome"] == "passed":
            surprises.append(f"{name}: passes, although expected not to: {expected[name]}")
        elif name not in expected and said["outcome"] != "passed":
            surprises.append(f"{name}: {said['outcome']}: {said['text']}")
    surprises += [f"{name}: expected not to pass, but there is no such test" for name in expected if name not in outcomes]
    for name in expected:
        if name.split()[-1] not in text:
            surprises.append(f"{name}: is not explained in {page}")
    passed = sum(said["outcome"] == "passed" for said in outcomes.values())
    print(f"{generation}: {passed} of {len(outcomes)} pass, {len(expected)} expected not to, {len(surprises)} surprises")
    for surprise in surprises:
        print(f"  {generation} {surprise}")
    return 1 if surprises or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
