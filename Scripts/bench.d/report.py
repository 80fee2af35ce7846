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
BASE = "limit"


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


def rows(table: dict, systems: list) -> list:
    """Headings first, then one row for each workload and field."""
    lines = [["workload", "figure", *systems]]
    for workload, figures in table.items():
        for field in FIELDS:
            if not any(field in figures.get(system, ()) for system in systems):
                continue
            base = figures.get(BASE, {}).get(field)
            cells = [_cell(field, figures.get(system, {}), base) for system in systems]
            lines.append([workload, LABELS[field], *cells])
    return lines


def _cell(field: str, figures: dict, base) -> str:
    if field not in figures:
        return "–"
    value = figures[field]
    digits = 0 if value >= 1000 else 1 if value >= 10 else 3
    times = f" (×{ratio(field, value, base):.2f})" if base else ""
    note = f" {figures['variant']}" if figures["variant"] and field in ("per_second",) else ""
    return f"{value:,.{digits}f}{times}{note}"


def text(lines: list) -> str:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip() for line in lines)


def markdown(lines: list, machine: dict, rounds: int) -> str:
    facts = "; ".join(f"{name}: {value}" for name, value in machine.items())
    head, *body = lines
    table = ["| " + " | ".join(head) + " |", "|:--|:--|" + "--:|" * (len(head) - 2)]
    table += ["| " + " | ".join(line) + " |" for line in body]
    return (
        f"Measured with `Scripts/bench`, median of {rounds} rounds, systems in turns. Brackets: ratio to "
        f"`{BASE}`: 1.00 is as good, 2.00 twice as costly.\n\nMachine: {facts}.\n\n" + "\n".join(table) + "\n"
    )


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
