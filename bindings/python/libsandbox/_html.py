# SPDX-License-Identifier: MIT
"""A result as a notebook shows it: figures, and the steps of the creation on a time line."""
import html
from typing import Any, List

from ._numbers import Applied, Lane

_COLOURS = {Lane.HOST: "#4c78a8", Lane.INIT: "#f58518", Lane.COMMAND: "#54a24b"}
_ROW, _WIDTH, _LABEL = 16, 520, 110


def _size(count: int) -> str:
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.4g} {unit}"
        value /= 1024
    return f"{value:.4g} GiB"


def _start(event: Any) -> float:
    return float(event.start)


def result(of: Any) -> str:
    """Of a Result."""
    rows = [("command", repr(of.args)), ("verdict", of.verdict.name), ("return code", of.returncode)]
    rows += [(name, f"{seconds * 1e3:.4g} ms") for name, seconds in
             (("cpu time", of.cpu_time), ("wall time", of.wall_time), ("set-up", of.setup_time)) if seconds is not None]
    rows += [(name, _size(count)) for name, count in (("memory peak", of.memory_peak), ("largest process", of.max_rss)) if count is not None]
    rows += [(name, ", ".join(sorted(limit.name for limit in of.evidence[name])))
             for name in ("exceeded", "soft", "approximate") if of.evidence.get(name)]
    rows += [("denied", ", ".join(call["name"] for call in of.evidence.get("denied", [])))] if of.evidence.get("denied") else []
    rows.append(("applied", ", ".join(part.name.lower() for part in Applied if part & of.applied and part.name)))
    cells = "".join(f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
                    f"<td style='text-align:left'>{html.escape(str(value))}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>" + (timeline(of.trace) if of.trace else "")


def timeline(events: List[Any]) -> str:
    """Of trace events, as SVG: a bar for each step, in a colour for who did it."""
    if not events:
        return ""
    begin = min(event.start for event in events)
    span = max(event.start + event.duration for event in events) - begin or 1e-9
    bars = []
    for row, event in enumerate(sorted(events, key=_start)):
        x = _LABEL + (event.start - begin) / span * _WIDTH
        width = max(1.0, event.duration / span * _WIDTH)
        why = f"{event.duration * 1e6:.0f} us: {event.object}" + (f", errno {event.error}" if event.error else "")
        name = event.step.name.lower()
        colour = "#e45756" if event.error else _COLOURS[event.lane]
        bars.append(f"<g><title>{html.escape(why)}</title>"
                    f"<text x='{_LABEL - 6}' y='{row * _ROW + 12}' text-anchor='end' font-size='11'>{html.escape(name)}</text>"
                    f"<rect x='{x:.1f}' y='{row * _ROW + 3}' width='{width:.1f}' height='{_ROW - 5}' fill='{colour}'/></g>")
    height = len(bars) * _ROW + 20
    legend = "".join(f"<text x='{_LABEL + 90 * at}' y='{height - 4}' font-size='11' fill='{colour}'>{lane.name.lower()}</text>"
                     for at, (lane, colour) in enumerate(_COLOURS.items()))
    return (f"<svg xmlns='http://www.w3.org/2000/svg' width='{_LABEL + _WIDTH + 10}' height='{height}' font-family='sans-serif'>"
            f"{''.join(bars)}{legend}<text x='{_LABEL + _WIDTH}' y='{height - 4}' text-anchor='end' font-size='11'>"
            f"{span * 1e3:.3g} ms</text></svg>")
