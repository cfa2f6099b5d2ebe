# SPDX-License-Identifier: MIT
"""Bars in an SVG that needs nothing else: no script, no font, no other file; light and dark."""
import re
import textwrap
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

SPACE = "{http://www.w3.org/2000/svg}"
WIDTH, LEFT, RIGHT = 860, 304, 118  # the bars are between the last two
STEP, BAR = 36, 16
CUT = 5  # a bar longer than this times the library's is cut, and says so

STYLE = """
text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: #1f2328; }
.page { fill: #ffffff; stroke: #d1d9e0; }
.title { font-size: 17px; font-weight: 600; }
.group { font-weight: 600; fill: #59636e; }
.name { font-weight: 600; }
.note, .tick, .line { font-size: 11px; fill: #59636e; }
.ratio { font-size: 11px; font-weight: 400; fill: #59636e; }
.value { font-weight: 600; font-variant-numeric: tabular-nums; }
.grid { stroke: #d1d9e0; stroke-width: 1; }
.ours { fill: #1a7f5a; } .floor { fill: #9aa4af; } .peer { fill: #c98a3d; }
.whisker { stroke: #1f2328; stroke-width: 1.25; fill: none; opacity: .7; }
.break { stroke: #ffffff; stroke-width: 3; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.page { fill: #0d1117; stroke: #3d444d; }
.group, .note, .tick, .line, .ratio { fill: #9198a1; }
.grid { stroke: #2a313c; }
.ours { fill: #3fb68b; } .floor { fill: #656e79; } .peer { fill: #d29a4e; }
.whisker { stroke: #e6edf3; }
.break { stroke: #0d1117; }
}
"""


class Row:
    """One bar; times in milliseconds."""

    def __init__(self, group, kind, name, note, low, median, high):
        self.group, self.kind, self.name, self.note = group, kind, name, note
        self.low, self.median, self.high = low, median, high
        self.floor = 0  # the median of what it is compared with

    def ratio(self):
        """Times the floor, as text."""
        times = self.median / self.floor if self.floor else 0
        return (f"{times:.2f}" if times < 10 else f"{times:.1f}") if times else ""


def grouped(rows):
    """[(group, its rows)], in order."""
    return [(group, [row for row in rows if row.group == group]) for group in dict.fromkeys(row.group for row in rows)]


def missing(absent):
    """The sentence about what could not be measured, in a list; empty if all could."""
    return [f"Not measured: {'; '.join(absent)}."] if absent else []


def number(value):
    """Three digits that count, but never more than three decimals."""
    if value < 1:
        return f"{value:.3f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def text(css, x, y, words, anchor=""):
    """One line of text."""
    more = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text class="{css}" x="{x:g}" y="{y:g}"{more}>{escape(words)}</text>'


def reach(rows):
    """Where the axis ends: at the longest whisker, unless that would make all others too small to see."""
    most = max(row.high for row in rows)
    ours = max((row.median for row in rows if row.kind == "ours"), default=most)
    return min(most, CUT * ours) or 1


def ticks(end):
    """Multiples of the smallest of 1, 2, 5, 10, 20… (also 0.1, 0.01) that gives at most 8 of them."""
    step = next(factor * 10.0 ** power for power in range(-4, 9) for factor in (1, 2, 5)
                if end <= 8 * factor * 10.0 ** power)
    return [i * step for i in range(int(end / step + 1e-9) + 1)]


def bar(row, y, scale, end):
    """A bar with its name, what it is, the whisker from the smallest to the 90th percentile, the median."""
    cut = row.median > end
    length = min(row.median, end) * scale
    low, high = (LEFT + min(value, end) * scale for value in (row.low, row.high))
    middle = y + BAR / 2
    out = ['<g class="row">', text("name", LEFT - 12, y + 6, row.name, "end"),
           text("note", LEFT - 12, y + 20, row.note, "end"),
           f'<rect class="{row.kind}" x="{LEFT}" y="{y}" width="{max(length, 1):.1f}" height="{BAR}" rx="2"/>']
    if cut:
        at = LEFT + length - 22
        out.append(f'<path class="break" d="M{at:.1f} {y + BAR + 2}l8 -{BAR + 4}M{at + 7:.1f} {y + BAR + 2}l8 -{BAR + 4}"/>')
    else:
        cap = "" if row.high > end else f"M{high:.1f} {middle - 4:g}v8"
        out.append(f'<path class="whisker" d="M{low:.1f} {middle - 4:g}v8M{low:.1f} {middle:g}H{high:.1f}{cap}"/>')
    after = LEFT + length if cut else max(LEFT + length, high)
    ratio = "" if row.kind == "floor" or not row.floor else f'<tspan class="ratio" dx="8">{row.ratio()} ×</tspan>'
    value = text("value", round(after + 8, 1), y + 13, number(row.median))
    out += [value.replace("</text>", f"{ratio}</text>"), "</g>"]
    return out


def draw(rows, absent, line):
    """The figure, as text."""
    end = reach(rows)
    scale = (WIDTH - LEFT - RIGHT) / end
    body, spans, y = [], [], 78
    for group, members in grouped(rows):
        body.append(text("group", 24, y + 12, group))
        y += 30
        top = y - 6
        for row in members:
            body += bar(row, y, scale, end)
            y += STEP
        spans.append(f"{top}V{y - 6}")
        y += 12
    bottom = y - 18
    grid = []
    for value in ticks(end):
        x = round(LEFT + value * scale, 1)
        lines = "".join(f"M{x:g} {span}" for span in spans)
        grid += [f'<path class="grid" d="{lines}"/>',
                 text("tick", x, bottom + 16, f"{value:g}" + (" ms" if value == 0 else ""), "middle")]
    y = bottom + 44
    notes = [line] + missing(absent)
    if any(row.median > end for row in rows):
        notes.append("A bar with a gap is longer than the axis: its number counts.")
    foot = []
    for note in notes:
        for words in textwrap.wrap(note, 140):
            foot.append(text("line", 24, y, words))
            y += 16
    head = [text("title", 24, 34, "What one run costs: milliseconds, less is better"),
            text("line", 24, 54, "From the call to the collected end of a program that exits at once. "
                 "Bar: median; whisker: smallest to 90th percentile; ×: its group's floor.")]
    return "\n".join(
        [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 6}" width="{WIDTH}" height="{y + 6}" '
         'role="img" aria-labelledby="t">',
         '<title id="t">What one run costs, in milliseconds: floor, libsandbox and other tools</title>',
         f"<style>{STYLE}</style>",
         f'<rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{y + 5}" rx="8"/>',
         *head, *grid, *body, *foot, "</svg>"]) + "\n"


def parts(svg, css):
    """The texts of one class, in order."""
    return [node.text or "" for node in ET.fromstring(svg).iter(f"{SPACE}text") if node.get("class") == css]


def medians(svg):
    """Names and medians of all bars, in order."""
    return list(zip(parts(svg, "name"), parts(svg, "value")))


def words(svg):
    """All that is said below the bars, as one line."""
    return " ".join(parts(svg, "line"))


def faults(svg):
    """What keeps @svg from being a picture that stands alone, as sentences."""
    try:
        root = ET.fromstring(svg)
    except ET.ParseError as error:
        return [f"the figure is not well-formed: {error}"]
    found = []
    if root.tag != f"{SPACE}svg" or not root.get("viewBox"):
        found.append("the figure is no SVG with a viewBox")
    for node in root.iter():
        tag = node.tag.rpartition("}")[2]
        if tag in ("script", "image", "foreignObject", "use", "a", "link"):
            found.append(f"the figure has an element {tag}")
        for name, value in node.attrib.items():
            if name.rpartition("}")[2] in ("href", "src") or name.startswith("on"):
                found.append(f"the figure has an attribute {name}")
            if "//" in value or "url(" in value:
                found.append(f"the figure refers to {value}")
        if tag == "style" and re.search(r"url\(|@import|@font-face|//", node.text or ""):
            found.append("the figure's style refers to something else")
    return found
