#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write what follows from the headers alone: the table of functions, the structs, the numbers, the plain setters.

make_api.py [--check]: with --check it writes nothing, and exits with 1 if a file would change.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
PACKAGE = HERE / "libsandbox"
HEADERS = ["error", "config", "proc", "limit", "stream", "cgroup", "box", "files", "group", "pool", "join", "net",
           "seccomp", "notify", "confine", "determinism", "trace", "version"]
HEAD = '# SPDX-License-Identifier: MIT\n"""%s Made by make_api.py from the C headers."""\n'

# Prefix of the names in C, class in Python, its base, what it is. The first that fits has the name.
GROUPS = [
    ("SB_STREAM_DROP", "StreamFlag", "IntFlag", "Flags of Config.set_stream_capture() and set_stream_copy()."),
    ("SB_STREAM_", "StreamState", "IntFlag", "How a stream that the library carries stands (sb_stream.flags)."),
    ("SB_NS_", "NS", "IntFlag", "Kinds of namespaces."),
    ("SB_ID_", "Id", "IntFlag", "Which ids a map is for."),
    ("SB_MOUNT_", "MountFlag", "IntFlag", "Flags of mounts."),
    ("SB_ROOT_", "RootFlag", "IntFlag", "Flags of Config.set_rootfs(), beside those of MountFlag."),
    ("SB_PROC_", "ProcFlag", "IntFlag", "Flags of Config.add_proc()."),
    ("SB_LIMIT_", "Limit", "IntEnum", "What is limited."),
    ("SB_HAS_", "Has", "IntFlag", "Which figures of a result exist."),
    ("SB_APPLIED_", "Applied", "IntFlag", "Which parts of the isolation a run had."),
    ("SB_STATS_", "StatsHas", "IntFlag", "Which figures of a cgroup exist."),
    ("SB_CGROUP_", "CgroupFlag", "IntFlag", "Flags of Config.set_cgroup_flags()."),
    ("SB_BOX_HAS_", "BoxHas", "IntFlag", "Which figures of a box exist."),
    ("SB_NET_", "NetFlag", "IntFlag", "Flags of an interface."),
    ("SB_SECCOMP_", "SeccompAction", "IntEnum", "What a filter does with a call."),
    ("SB_LANE_", "Lane", "IntEnum", "Who did a step."),
    ("SB_WAITS_", "Waits", "IntEnum", "What a member of a group waited for."),
]
VERDICTS = "proc"  # its plain numbers are the verdicts
SCALARS = {
    "int": "Int", "unsigned": "UInt", "int32_t": "Int32", "int64_t": "Int64", "uint16_t": "UInt16",
    "uint32_t": "UInt32", "uint64_t": "UInt64", "size_t": "Size", "ssize_t": "SSize", "pid_t": "Pid",
}
FIELDS = {"uint32_t": "c_uint32", "int32_t": "c_int32", "uint64_t": "c_uint64", "const char *": "c_char_p", "char": "c_char"}
OPAQUE = ["sb_config", "sb_box", "sb_proc", "sb_trace", "sb_group", "sb_pool", "sb_netpool"]
# Setters that take a handle or a struct are written by hand.
BY_HAND = {"sb_set_trace", "sb_set_netpool", "sb_net_veth", "sb_net_macvlan", "sb_net_ipvlan", "sb_net_device", "sb_net_tap"}
SWITCHES = {"on", "up", "allow", "writable"}
DEFAULTS = {"flags": "0", "grace": "0", "signal": "0", "inodes": "0", "period_ns": "0", "argv": "None", "upper": "None", "work": "None",
            "optional": "None", "mems": "None", "search": "None", "gateway": "None", "servers": "None"}
ALWAYS = {"sb_set_ns", "sb_set_cgroup_flags"}  # their flags have no default
UNLIMITED = {"value", "bytes", "count", "cap", "limit", "soft", "hard", "quota_ns"}  # None is UINT64_MAX
MODES = {"sb_add_file": "0o644", "sb_add_dir": "0o755", "sb_add_tmpfs": "0o755", "sb_set_stream_path": "0o644"}


def headers():
    """Name and text of each, the generated one with them."""
    for name in HEADERS:
        path = SOURCE / "include" / "sandbox" / f"{name}.h"
        if not path.exists():
            path = path.with_suffix(".h.in")
        yield name, path.read_text(encoding="utf-8")


def bare(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def prose(comment):
    """A comment's words, without its frame."""
    lines = [re.sub(r"^\s*\*? ?", "", line).replace("\t", "    ").rstrip() for line in comment.split("\n")]
    return re.sub(r"@(\w)", r"\1", "\n".join(lines)).strip()


def functions():
    """(name, result, [(C type, name)], description) in the order of the headers."""
    found = []
    for _, text in headers():
        for match in re.finditer(r"(?:/\*\*(?P<doc>(?:(?!\*/).)*)\*/\s*)?^SB_API (?P<head>[^;(]*?)(?P<name>\w+)\((?P<args>[^;]*?)\)"
                                 r"(?: SB_MUST_CHECK)?;", text, re.M | re.S):
            doc = prose(match["doc"] or "")
            doc = re.sub(r"^sb_\w+(?:, sb_\w+)* - ", "", doc)
            args = [argument(a) for a in match["args"].replace("\n", " ").split(",") if a.strip() != "void"]
            found.append((match["name"], match["head"].strip(), args, doc))
    return found


def argument(text):
    """("const char *", "name"); an array's [] is one * more."""
    text = " ".join(text.split())
    stars = text.count("[]")
    match = re.fullmatch(r"(.*?)(\w+)", text.replace("[]", ""))
    kind = match[1].strip() + " *" * stars
    return re.sub(r"\s*\*\s*", " *", kind).replace("* *", "**").strip(), match[2]


def table_type(kind, result=False):
    """The name in _types.py for a C type."""
    plain = re.sub(r"\bconst\b", "", kind).replace(" ", "")
    if plain in SCALARS:
        return SCALARS[plain]
    if plain == "void":
        return "None"
    if plain == "char*":
        return "c_char_p" if result else "Text" if "const" in kind else "Buffer"
    if plain == "char**":
        return "Strings"
    if plain == "void*":
        return "Data" if "const" in kind else "c_void_p"
    if plain == "void**":
        return "P(c_void_p)"
    stars = plain.count("*")
    base = plain.rstrip("*")
    inner = {"size_t": "c_size_t", "pid_t": "c_int", "uint32_t": "c_uint32", "uint64_t": "c_uint64", "int32_t": "c_int32"}.get(base, base)
    return "P(" * stars + inner + ")" * stars


def write_api():
    rows = []
    for name, result, args, _ in sorted(functions()):
        words = ", ".join(table_type(kind) for kind, _ in args)
        rows.append(f'    "{name}": ({table_type(result, True)}, ({words}{"," if len(args) == 1 else ""})),\n')
    structs_used = sorted(set(re.findall(r"\bsb_\w+(?=\))", "".join(rows))))
    types_used = sorted(set(re.findall(r"(?<![\w\"])(?:[A-Z]\w+|P)\b", "".join(rows))) - {"None"})
    c_used = sorted(set(re.findall(r"\bc_\w+", "".join(rows))))
    text = HEAD % "Result and arguments of every function of the library."
    text += "# fmt: off\n# pylint: disable=line-too-long\n"
    text += f"from ctypes import {', '.join(c_used)}\nfrom typing import Any, Dict, Tuple\n\n"
    text += wrap("from ._structs import", structs_used) + wrap("from ._types import", types_used)
    text += "\nFUNCTIONS: Dict[str, Tuple[Any, Tuple[Any, ...]]] = {\n" + "".join(rows) + "}\n"
    return text


def wrap(head, names):
    lines, line = [], "   "
    for name in names:
        if len(line) + len(name) > 108:
            lines.append(line)
            line = "   "
        line += f" {name},"
    return f"{head} (\n" + "\n".join([*lines, line]) + "\n)\n"


def structs():
    """(name, [(field, C type, length or None)], description), those that others contain or point to first."""
    found = []
    for _, text in headers():
        for match in re.finditer(r"(?:/\*\*(?P<doc>(?:(?!\*/).)*)\*/\s*)?^typedef struct (?P<name>\w+) \{(?P<body>.*?)^\}", text, re.M | re.S):
            fields = []
            for line in bare(match["body"]).split(";"):
                part = re.fullmatch(r"\s*(.*?)(\w+)(?:\[(\d+)\])?\s*", line)
                if line.strip():
                    fields.append((part[2], part[1].strip(), part[3]))
            doc = re.sub(r"^\w+ - ", "", prose(match["doc"] or "")).split("\n\n")[0]
            found.append((match["name"], fields, doc))
    return found


def write_structs():
    text = HEAD % "The public structs, by their names in C."
    text += "from ctypes import Structure, c_char, c_char_p, c_int32, c_uint32, c_uint64\n\nfrom ._types import Sized\n"
    text += "\n# pylint: disable=invalid-name\n"
    for name in OPAQUE:
        text += f'\n\nclass {name}(Structure):\n    """A handle; what is in it is the library\'s."""\n'
    for name, fields, doc in structs():
        doc = " ".join((doc or f"One entry of {name}").split()).rstrip(".")
        text += f'\n\nclass {name}(Sized):\n    """{doc[0].upper()}{doc[1:]}."""\n\n    _fields_ = [\n'
        for field, kind, length in fields:
            c = FIELDS[kind]
            text += f'        ("{field}", {c}{f" * {length}" if length else ""}),\n'
        text += "    ]\n"
    return text


def steps():
    return re.findall(r'^STEP\((\d+), (\w+), "(\w+)",\s*"([^"]*)"',
                      (SOURCE / "lib" / "common" / "steps.def").read_text(encoding="utf-8"), re.M)


def value(text):
    text = re.sub(r"U?INT\d+_C\((\w+)\)", r"\1", text.strip())
    return text[1:-1] if text.startswith("(") else text


def numbers():
    """{class: [(Python name, C name, value)]}, and what is in none."""
    groups, loose = {group: [] for _, group, _, _ in GROUPS}, []
    groups["Verdict"] = []
    for header, text in headers():
        for name, words in re.findall(r"^#define (SB_\w+)[ \t]+(.+)$", bare(text), re.M):
            for prefix, group, _, _ in GROUPS:
                if name.startswith(prefix):
                    groups[group].append((name[len(prefix):] or "DROP", name, value(words)))
                    break
            else:
                if header == VERDICTS:
                    groups["Verdict"].append((name[len("SB_"):], name, value(words)))
                elif "VERSION" not in name and name not in ("SB_API", "SB_MUST_CHECK"):
                    loose.append((name[len("SB_"):], name, value(words)))
    groups["Applied"] = [("NS_" + n, c, v) for n, c, v in groups["NS"] if n != "ALL"] + groups["Applied"]
    return groups, loose


def write_numbers():
    groups, loose = numbers()
    text = HEAD % "The numbers of the interface, by kinds."
    text += "from enum import IntEnum, IntFlag\nfrom typing import Dict\n"
    kinds = [(g, b, d) for _, g, b, d in GROUPS] + [("Verdict", "IntEnum", "Why a run ended: the first cause.")]
    for group, base, doc in kinds:
        text += f'\n\nclass {group}({base}):\n    """{doc}"""\n\n'
        text += "".join(f"    {name} = {number}\n" for name, _, number in groups[group])
    text += '\n\nclass Step(IntEnum):\n    """The steps of a creation, as errors and traces name them."""\n\n    NONE = 0\n'
    text += "".join(f"    {name} = {number}\n" for number, name, _, _ in steps())
    text += "\n\n" + "".join(f"{name} = {number}\n" for name, _, number in loose)
    text += "\n# Which name in C each of them is.\nNAMES: Dict[str, int] = {\n"
    for group, _, _ in kinds:
        text += "".join(f'    "{c}": {group}.{name},\n' for name, c, _ in groups[group] if not (group == "Applied" and name[:3] == "NS_"))
    text += "".join(f'    "SB_STEP_{name}": Step.{name},\n' for _, name, _, _ in steps())
    text += "".join(f'    "{c}": {name},\n' for name, c, _ in loose) + "}\n"
    return text


def parameter(function, kind, name, doc):
    """(annotation with default, what is passed on) or None for the length of what stands before it."""
    plain = re.sub(r"\bconst\b", "", kind).replace(" ", "")
    null = "NULL" in doc or function == "sb_set_rootfs_overlay"
    default = None if function in ALWAYS else MODES.get(function) if name == "mode" else DEFAULTS.get(name)
    end = f" = {default}" if default else ""
    if plain in SCALARS:
        if name in SWITCHES:
            return f"{name}: bool{' = True' if name == 'on' else ''}", f"int({name})"
        note = "Optional[int]" if plain == "uint64_t" and "UINT64_MAX" in doc and name in UNLIMITED else "int"
        return f"{name}: {note}{end}", name
    if plain == "char*":
        return f"{name}: {'Optional[AnyPath]' + end if null else 'AnyPath'}", name
    if plain == "char**":
        return f"{name}: {'Optional[Iterable[AnyPath]]' + end if null else 'Iterable[AnyPath]'}", name
    if plain == "void*":
        return f"{name}: {'Optional[AnyBytes]' if null else 'AnyBytes'}", name
    if plain == "uint32_t*":
        return f"{name}: Sequence[int]", f"array({name})"
    raise SystemExit(f"{function}: no rule for {kind}")


def write_setters():
    text = HEAD % "The setters of a Config that pass on what they are given."
    text += ("# pylint: disable=too-many-public-methods,too-many-arguments\n"
             "from typing import Any, Iterable, Optional, Sequence\n\n"
             "from ._types import AnyBytes, AnyPath, array\n\n\n"
             'class Setters:\n    """Each is the function of C with this name behind sb_; what it says of NULL holds for None."""\n\n'
             "    def _set(self, name: str, *args: Any) -> None:\n        raise NotImplementedError\n")
    for name, result, args, doc in functions():
        if not re.match(r"sb_(set|add|drop|net)_", name) or args[0][0] != "sb_config *" or name in BY_HAND or result != "int":
            continue
        heads, passed, previous = [], [], None
        for kind, word in args[1:]:
            if word in ("len", "count") and kind == "size_t":
                passed.append(f"0 if {previous} is None else len({previous})")
                continue
            head, value_ = parameter(name, kind, word, doc)
            heads.append(head)
            passed.append(value_)
            previous = word
        heads = required_first(heads)
        line = f"    def {name[3:]}({', '.join(['self', *heads])}) -> None:\n"
        if len(line) > 112:
            line = f"    def {name[3:]}(\n        " + ", ".join(["self", *heads]) + "\n    ) -> None:\n"
        body = "\n".join(("        " + part).rstrip() for part in doc.split("\n")).strip()
        body = body.replace("\\", "\\\\")
        body = body[0].upper() + body[1:]
        text += f'\n{line}        """{body}{chr(10) + "        " if chr(10) in body else ""}"""\n'
        text += f'        self._set({", ".join([f"{chr(34)}{name}{chr(34)}", *passed])})\n'
    return text


def required_first(heads):
    """A default in front of one without is none."""
    last = max((i for i, h in enumerate(heads) if " = " not in h), default=-1)
    return [h.split(" = ")[0] if i < last else h for i, h in enumerate(heads)]


def main():
    made = {"_api.py": write_api(), "_structs.py": write_structs(), "_numbers.py": write_numbers(), "_setters.py": write_setters()}
    stale = [name for name, text in made.items()
             if not (PACKAGE / name).exists() or (PACKAGE / name).read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"{PACKAGE / name}: not what the headers say; run {__file__}", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (PACKAGE / name).write_text(made[name], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
