#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measure the floor, the library and the peers in one run, and show it: a figure (SVG) and a table (Markdown)."""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import figure

SOURCE = pathlib.Path(__file__).resolve().parents[1]
README = SOURCE / "README.md"
FIGURE = SOURCE / "docs" / "figures" / "bench.svg"
BEGIN, END = "<!-- bench: begin (written by bench/report.py --update) -->", "<!-- bench: end -->"
LARGEST = 40 * 1024

WARM, COLD = "A command in a sandbox that is open already", "A new sandbox for each command"
# Case of bench-spawn, whose it is ("floor", "ours", "peer"), what it is called, what it does.
CASES = (
    (WARM, "vfork", "floor", "vfork, exec, wait", "no sandbox at all"),
    (WARM, "warm", "ours", "libsandbox, open box", "default filter, no capabilities"),
    (WARM, "warm-all", "ours", "libsandbox, everything", "… cgroup, limits, captured output, verdict"),
    (COLD, "floor", "floor", "floor", "the kernel's work alone, written by hand"),
    (COLD, "library", "ours", "libsandbox", "sb_spawn(), with filter and init process"),
    (COLD, "cli", "ours", "sbx run", "the same from a command line"),
    (COLD, "unshare", "peer", "unshare(1)", "namespaces and /proc; no root of its own"),
    (COLD, "bwrap", "peer", "bubblewrap", "no filter, no time namespace"),
    (COLD, "crun", "peer", "crun", "no filter, no time namespace, no cgroup"),
    (COLD, "isolate", "peer", "isolate", "a box made before; no cgroup, the host's users"),
    (COLD, "minijail", "peer", "minijail0", "the host's root, no filter"),
    (COLD, "nsjail", "peer", "nsjail", "the host's root, no filter"),
    (COLD, "firejail", "peer", "firejail", "the host's root, no filter"),
)


class Row(figure.Row):
    """One case that was measured."""

    def __init__(self, entry, found):
        group, self.case, kind, name, note = entry
        super().__init__(group, kind, name, note,
                         *(found[key] / 1e6 for key in ("min_ns", "p50_ns", "p90_ns")))


def measure(program, runs):
    """What bench-spawn found, by case."""
    done = subprocess.run([program, "-n", str(runs), "--json", "--case", ",".join(entry[1] for entry in CASES)],
                          stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == 77:
        sys.stdout.write(done.stdout)
        sys.exit(77)
    if done.returncode != 0:
        sys.exit(f"{program} ended with status {done.returncode}")
    return json.loads(done.stdout)


def machine():
    """Processor, kernel, day, what else it does: what the figures depend on, and nothing that names the machine."""
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*: (.*)", text, re.M)
    virtual = ", virtual machine" if re.search(r"^flags\s*:.*\bhypervisor\b", text, re.M) else ""
    kernel = re.match(r"[\d.]+", platform.release())
    who = "root" if os.geteuid() == 0 else "an ordinary user"
    return (f"{model[1] if model else platform.machine()}, {len(os.sched_getaffinity(0))} processors{virtual}, "
            f"Linux {kernel[0]}, as {who}, {datetime.date.today()}, load {os.getloadavg()[0]:.1f}")


def reason(why):
    """Why a case was left out, without the paths of this machine."""
    why = re.sub(r"^status \d+: ", "", why)
    if why.endswith("is not installed"):
        return "not installed"
    return "does not run here" if "/" in why or not why else why


def result(found, where):
    """Rows, what could not be measured, and the line that says what this is."""
    cases = {case["name"]: case for case in found["cases"]}
    rows, absent = [], []
    for entry in CASES:
        case = cases.get(entry[1], {"skipped": "not measured"})
        if "skipped" not in case:
            rows.append(Row(entry, case))
            rows[-1].floor = next((row.median for row in rows if row.group == entry[0] and row.kind == "floor"), 0)
        else:
            absent.append(f"{entry[3]} ({reason(case['skipped'])})")
    line = f"{where}; {found['runs']} runs of each, in turns."
    return rows, absent, line


def table(rows, absent, line):
    """The same figures in Markdown."""
    out = []
    for group, members in figure.grouped(rows):
        out += [f"| {group} | min | median | p90 | × floor | |", "|---|---:|---:|---:|---:|---|"]
        for row in members:
            name = f"**{row.name}**" if row.kind == "ours" else row.name
            out.append(f"| {name} | {figure.number(row.low)} | {figure.number(row.median)} | {figure.number(row.high)} "
                       f"| {row.ratio()} | {row.note} |")
        out.append("")
    out.append(f"Milliseconds from the call to the collected end of a program that exits at once. {line}")
    return "\n".join(out + figure.missing(absent)) + "\n"


def block(text):
    """What stands between the markers in the README."""
    return (f"{BEGIN}\n![One run, in milliseconds: the table below as bars](docs/figures/bench.svg)\n\n"
            f"{text}{END}")


def replace_block(readme, text):
    """@readme with a new block."""
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.S)
    if len(pattern.findall(readme)) != 1:
        sys.exit("README.md has no place for the table, or more than one")
    return pattern.sub(lambda _: block(text), readme)


def table_medians(text):
    """Names and medians of all rows of a Markdown table, in order."""
    return re.findall(r"^\| \**([^|*]+?)\** \| [\d.]+ \| ([\d.]+) \|", text, re.M)


def faults(svg, text):
    """What is wrong with a figure and the table beside it, as sentences."""
    found = figure.faults(svg)
    if len(svg.encode()) > LARGEST:
        found.append(f"the figure is larger than {LARGEST} bytes")
    if found:
        return found
    drawn, written = figure.medians(svg), table_medians(text)
    if not drawn or drawn != written:
        found.append(f"the figure shows {drawn}, the table {written}")
    line = re.search(r"at once\. (.*)$", text, re.M)
    if not line or line[1] not in figure.words(svg):
        found.append("figure and table are not of the same run")
    return found


def check():
    """The committed figure and table. Exit status."""
    text = README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    found = faults(FIGURE.read_text(encoding="utf-8"), text)
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", default=SOURCE / "build" / "bench" / "bench-spawn", help="the program that measures")
    parser.add_argument("-n", "--runs", type=int, default=300, help="runs of each case (300)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."), help="where bench.svg and bench.md go")
    parser.add_argument("--update", action="store_true", help="write them to docs/figures and README.md instead")
    parser.add_argument("--check", action="store_true", help="measure nothing: are those two in order?")
    args = parser.parse_args()
    if args.check:
        sys.exit(check())
    where = machine()
    rows, absent, line = result(measure(args.bench, args.runs), where)
    text, svg = table(rows, absent, line), figure.draw(rows, absent, line)
    if args.update:
        files = {FIGURE: svg, README: replace_block(README.read_text(encoding="utf-8"), text)}
        FIGURE.parent.mkdir(exist_ok=True)
    else:
        files = {args.out / "bench.svg": svg, args.out / "bench.md": text}
    for path, content in files.items():
        path.write_text(content, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
