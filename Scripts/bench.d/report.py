"""Medians, ratios to `limit`, and the tables made of them."""

import os
import platform
import statistics
import subprocess

FIELDS = ("p50_us", "p99_us", "per_second", "client_cpu_us", "server_cpu_us", "bytes_per_connection")
LABELS = {
    "p50_us": "p50 µs",
    "p99_us": "p99 µs",
    "per_second": "per second",
    "client_cpu_us": "client CPU µs",
    "server_cpu_us": "server CPU µs",
    "bytes_per_connection": "bytes per connection",
}
#: The figure that stands for a workload in the overview and the plot.
MAIN = {
    "sequential": "p50_us",
    "pipelined": "per_second",
    "large": "p50_us",
    "connect": "p50_us",
    "oneway": "per_second",
    "batch": "per_second",
    "batch-oneway": "per_second",
    "stream": "per_second",
    "idle-memory": "bytes_per_connection",
}
BASE = "limit"
NOTHING, FAILED = "–", "failed"


def medians(results: list) -> dict:
    """{workload: {system: {field: median of the rounds}}} with the quicker serializer of each system."""
    gathered = {}
    for result in results:
        variants = gathered.setdefault(result["workload"], {}).setdefault(result["system"], {})
        variants.setdefault(result["variant"], []).append(result)
    return {
        workload: {system: _best(variants) for system, variants in systems.items()}
        for workload, systems in gathered.items()
    }


def _best(variants: dict) -> dict:
    candidates = []
    for variant, rounds in variants.items():
        figures = {f: statistics.median(r[f] for r in rounds) for f in FIELDS if f in rounds[0]}
        candidates.append({**figures, "variant": variant, "rounds": len(rounds)})
    return min(candidates, key=lambda c: -c.get("per_second", -c.get("bytes_per_connection", 0)))


def ratio(field: str, value: float, base: float) -> float:
    """Always 1.00 = as good as `limit`, 2.00 = twice as costly."""
    if field == "per_second":
        value, base = base, value
    return value / base if base > 0 else float("nan")


def empty_cells(systems: list, workloads: list, failures: dict, remarks: dict) -> dict:
    """{(workload, system): (what the cell says, why)}; a cell that says None only has a remark."""
    empty = {}
    for system in systems:
        for workload in workloads:
            if workload in system.lacks:
                empty[workload, system.name] = (NOTHING, system.lacks[workload])
            elif workload in remarks.get(system.name, ()):
                empty[workload, system.name] = (None, remarks[system.name][workload])
    for (system, workload, variant), what in failures.items():
        why = " ".join(filter(None, (variant, "failed:", what.splitlines()[-1] if what else "")))
        for row in [workload] if workload else [w for w in workloads if (w, system) not in empty]:
            empty[row, system] = (FAILED, why)
    return empty


def rows(table: dict, systems: list, empty: dict) -> list:
    """Headings first, then one row for each workload and field."""
    lines = [["workload", "figure", *systems]]
    for workload, figures in table.items():
        for field in FIELDS:
            if any(field in figures.get(system, ()) for system in systems):
                cells = _cells(workload, field, figures, systems, empty)
                lines.append([workload, LABELS[field], *cells])
    return lines


def overview(table: dict, systems: list, empty: dict) -> list:
    """Headings first, then the one figure that stands for each workload."""
    lines = [["workload", "figure", *systems]]
    for workload, figures in table.items():
        cells = _cells(workload, MAIN[workload], figures, systems, empty)
        lines.append([workload, LABELS[MAIN[workload]], *cells])
    return lines


def _cells(workload, field, figures, systems, empty) -> list:
    base = figures.get(BASE, {}).get(field)
    cells = []
    for system in systems:
        if field in figures.get(system, {}):
            cells.append(_cell(field, figures[system], base))
        else:
            cells.append(empty.get((workload, system), (None, ""))[0] or NOTHING)
    return cells


def _cell(field: str, figures: dict, base) -> str:
    times = f" (×{ratio(field, figures[field], base):.2f})" if base else ""
    note = f" {figures['variant']}" if figures["variant"] and field == "per_second" else ""
    return number(figures[field]) + times + note


def number(value: float) -> str:
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 3
    return f"{value:,.{digits}f}"


def short(result: dict) -> str:
    """One result for a progress line."""
    field = MAIN[result["workload"]]
    name = " ".join(filter(None, (result["system"], result["variant"])))
    return f"{name} {number(result[field])} {LABELS[field].removeprefix('p50 ')}"


def text(lines: list) -> str:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip() for line in lines)


def markdown(table: dict, systems: list, empty: dict, machine: dict, rounds: int, image: str = "") -> str:
    facts = "; ".join(f"{name}: {value}" for name, value in machine.items())
    parts = [
        f"Measured with `Scripts/bench`, rounds: {rounds}, of which the median; systems in turns. Brackets: "
        f"ratio to `{BASE}`: 1.00 is as good, 2.00 twice as costly.",
        f"Machine: {facts}.",
    ]
    if image:
        parts.append(f"![Each system's cost beside limit's, workload by workload]({image})")
    parts += [_markdown_table(overview(table, systems, empty)), _reasons(empty)]
    parts += ["All figures:", _markdown_table(rows(table, systems, empty))]
    return "\n\n".join(filter(None, parts)) + "\n"


def _markdown_table(lines: list) -> str:
    head, *body = lines
    table = ["| " + " | ".join(head) + " |", "|:--|:--|" + "--:|" * (len(head) - 2)]
    return "\n".join(table + ["| " + " | ".join(line) + " |" for line in body])


def _reasons(empty: dict) -> str:
    """Why cells are empty, systems with the same reason together."""
    found = {}
    for (workload, system), (_, why) in empty.items():
        found.setdefault((workload, why), []).append(system)
    return "\n".join(f"- {workload}, {', '.join(who)}: {why}." for (workload, why), who in found.items())


def machine_facts() -> dict:
    facts = {"processor": _processor(), "cores": os.cpu_count(), "kernel": platform.release()}
    with open("/proc/meminfo", encoding="ascii") as file:
        facts["memory"] = f"{int(file.readline().split()[1]) / 1048576:.1f} GiB"
    facts["OpenSSL"] = _output("openssl", "version").split(" ", 2)[1]
    facts["Python"] = platform.python_version()
    facts["Swift"] = next((w for w in _output("swift", "--version").split() if w[:1].isdigit()), "none")
    facts["load before"] = f"{os.getloadavg()[0]:.1f}"
    return facts


def _processor() -> str:
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout + "  "
    except OSError:
        return "none none none"
