"""The picture of a run: what each system costs beside `limit`, one panel for each workload. SVG, by hand."""

import math
from xml.sax.saxutils import escape

import report

WIDTH, COLUMNS, GAP, MARGIN = 1060, 2, 28, 24
LABEL, VALUE, ROW, TOP, BOTTOM = 104, 128, 27, 52, 26
TITLES = {
    "sequential": "100-byte echo, one after the other",
    "pipelined": "100-byte echo, 64 in flight",
    "large": "1 MiB echo",
    "connect": "new connection with one call",
    "oneway": "one-way calls",
    "batch": "batches of 100 calls",
    "batch-oneway": "batches of 100 one-way calls",
    "stream": "stream of 10,000 items",
    "idle-memory": "memory of an idle connection",
}
UNITS = {"p50_us": "µs, median", "per_second": "per second", "bytes_per_connection": "bytes"}
INK, FAINT, LINE = "#1d2733", "#66727f", "#dde3e9"
OURS, OTHERS, PROCESSOR = "#c8501e", "#4a6a8a", "#b9c4cf"


def svg(table: dict, systems: list, machine: dict) -> str:
    """An empty picture that says so when there is nothing to compare with."""
    panels = [(workload, figures) for workload, figures in table.items() if report.BASE in figures]
    others = [system for system in systems if system != report.BASE]
    height = TOP + BOTTOM + ROW * len(others)
    width = (WIDTH - 2 * MARGIN - GAP * (COLUMNS - 1)) / COLUMNS
    lines = math.ceil(len(panels) / COLUMNS)
    total = 84 + lines * (height + GAP) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" width="{WIDTH}" '
        f'height="{total}" font-family="system-ui, Helvetica, Arial, sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{total}" fill="#ffffff"/>',
        _text(MARGIN, 32, "What a call costs beside limit, a bare echo over TLS", INK, size=18, weight=600),
        _legend(),
    ]
    if not panels:
        parts.append(_text(MARGIN, 84, f"Nothing to show: {report.BASE} was not measured.", FAINT))
    for number, (workload, figures) in enumerate(panels):
        x = MARGIN + (number % COLUMNS) * (width + GAP)
        y = 84 + number // COLUMNS * (height + GAP)
        parts.append(_panel(x, y, width, workload, figures, others))
    shown = ("processor", "cores", "kernel", "OpenSSL", "pinned")
    facts = "; ".join(f"{name}: {machine[name]}" for name in shown if name in machine)
    parts.append(_text(MARGIN, total - 10, facts, FAINT, size=11))
    return "\n".join(parts) + "\n</svg>\n"


def _legend() -> str:
    y, parts = 54, []
    marks = [
        (OURS, "time or memory, Lantern"),
        (OTHERS, "time or memory, others"),
        (PROCESSOR, "CPU per operation, both ends"),
    ]
    x = MARGIN
    for colour, words in marks:
        parts.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" rx="2" fill="{colour}"/>')
        parts.append(_text(x + 15, y, words, FAINT))
        x += 30 + 6.6 * len(words)
    parts.append(_text(x, y, "right of ×1: costlier than limit; left: cheaper", FAINT))
    return "".join(parts)


def _panel(x, y, width, workload, figures, systems) -> str:
    """Bars grow from the line of `limit`, on a scale where each doubling has the same length."""
    field, base = report.MAIN[workload], figures[report.BASE]
    costs = {s: (_cost(field, figures.get(s), base), _cpu_cost(figures.get(s), base)) for s in systems}
    scale = _Scale([c for pair in costs.values() for c in pair if c], x + LABEL, width - LABEL - VALUE)
    bottom = y + TOP + ROW * len(systems)
    limit = f"{report.BASE}: {report.number(base[field])} {UNITS[field]}"
    parts = [
        f'<text x="{x:.1f}" y="{y + 12:.1f}" fill="{INK}" font-size="14" font-weight="600">{workload}'
        f'<tspan dx="10" fill="{FAINT}" font-size="12" font-weight="400">{escape(TITLES[workload])}</tspan>'
        "</text>",
        _text(x, y + 30, limit, FAINT),
    ]
    for mark in scale.marks:
        at, heavy = scale.at(mark), mark == 1
        parts.append(
            f'<line x1="{at:.1f}" y1="{y + TOP - 6}" x2="{at:.1f}" y2="{bottom}" '
            f'stroke="{INK if heavy else LINE}" stroke-width="{1.2 if heavy else 1}"/>'
        )
        parts.append(_text(at, bottom + 14, f"×{mark:g}", FAINT, size=10, anchor="middle"))
    for number, system in enumerate(systems):
        top = y + TOP + ROW * number
        parts.append(_row(x, top, width, system, costs[system], figures.get(system, {}).get(field), scale))
    return "".join(parts)


def _row(x, top, width, system, costs, value, scale) -> str:
    ours = system.startswith("lantern")
    parts = [_text(x + LABEL - 8, top + 13, system, INK, anchor="end", weight=600 if ours else 400)]
    if costs[0]:
        parts.append(_bar(scale, costs[0], top + 3, 10, OURS if ours else OTHERS))
        words = f"×{costs[0]:,.2f}  ({report.number(value)})"
        parts.append(_text(x + width - VALUE + 10, top + 13, words, INK, size=11))
    else:
        parts.append(_text(x + width - VALUE + 10, top + 13, report.NOTHING, FAINT, size=11))
    if costs[1]:
        parts.append(_bar(scale, costs[1], top + 14, 5, PROCESSOR))
    return "".join(parts)


def _bar(scale, cost, top, height, colour) -> str:
    left, right = sorted((scale.at(1), scale.at(cost)))
    width = max(1.0, right - left)
    return f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{height}" rx="1.5" fill="{colour}"/>'


def _cost(field, figures, base):
    """The ratio to `limit`, or None where there is none that a scale of ratios can show."""
    if not figures or not figures.get(field) or not base.get(field):
        return None
    cost = report.ratio(field, figures[field], base[field])
    return cost if cost > 0 and math.isfinite(cost) else None


def _cpu_cost(figures, base):
    ends = ("client_cpu_us", "server_cpu_us")
    if not figures or not all(figures.get(end) and base.get(end) for end in ends):
        return None
    return sum(figures[end] for end in ends) / sum(base[end] for end in ends)


class _Scale:
    """Ratios on a logarithmic axis that always has ×1."""

    def __init__(self, costs, left, width):
        low, high = min([1, *costs]), max([1.5, *costs])
        self._low, self._high, self._left, self._width = math.log(low), math.log(high), left, width
        self.marks = self._choose(low, high)

    def at(self, cost: float) -> float:
        return self._left + (math.log(cost) - self._low) / (self._high - self._low) * self._width

    @staticmethod
    def _choose(low, high) -> list:
        steps = (1,) if high / low > 300 else (1, 3) if high / low > 20 else (1, 2, 5)
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        return [m for d in decades for s in steps if low <= (m := round(s * 10.0**d, 6)) <= high * 1.001]


def _text(x, y, words, colour, size=12, anchor="start", weight=400) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )
