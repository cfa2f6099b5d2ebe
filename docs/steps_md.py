#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write docs/steps.md from lib/common/steps.def; with --check, only say whether it is up to date."""
import pathlib
import re
import sys

DOCS = pathlib.Path(__file__).resolve().parent
SOURCE = DOCS.parent / "lib" / "common" / "steps.def"
TARGET = DOCS / "steps.md"

STEP = re.compile(r'^STEP\((\d+), (\w+), "((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\)',
                  re.M)
RANGES = (
    (1, 19, "The description", "Before anything is made; a failure leaves nothing to undo."),
    (20, 39, "The host's side", "In the calling process (lane `host`); `bootstrap` runs between clone and exec."),
    (40, 79, "Inside, in sb-init", "In the first process of the sandbox (lane `init`), in the plan's order."),
    (80, 109, "In the command's process", "After its fork from sb-init and before its exec (lane `command`)."),
    (110, 199, "After the start", ""),
)
HEAD = """# Steps

<!-- Made by docs/steps_md.py from lib/common/steps.def: change that file, then run the script. -->

A creation is a list of steps. The same numbers and names appear in `sb_error.step`, in the events of an
`sb_trace`, in `sb_config_dump()` and in what `sbx run --trace` and `--dry-run` print. Numbers are part of
the ABI: they are only ever added. Which steps a run takes depends on its configuration; ask with
`sbx run --dry-run`. "Counterpart" is the command or the part of runc that does the same.
"""


def render():
    steps = [(int(number), *(text.replace('\\"', '"').replace("|", "\\|") for text in rest))
             for number, *rest in STEP.findall(SOURCE.read_text(encoding="utf-8"))]
    if len(steps) != len(re.findall(r"^STEP\(", SOURCE.read_text(encoding="utf-8"), re.M)):
        sys.exit(f"{SOURCE}: a STEP line is not understood")
    lines = [HEAD]
    for first, last, title, note in RANGES:
        lines += [f"## {title}", ""]
        if note:
            lines += [note, ""]
        lines += ["| number | name | constant | what it does | counterpart |", "|---|---|---|---|---|"]
        lines += [f"| {number} | `{name}` | `SB_STEP_{constant}` | {sentence} | {counterpart or '-'} |"
                  for number, constant, name, sentence, counterpart in steps if first <= number <= last]
        lines.append("")
    return "\n".join(lines)


def main():
    text = render()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.read_text(encoding="utf-8") == text:
        return 0
    print("docs/steps.md is not what lib/common/steps.def says: run docs/steps_md.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
