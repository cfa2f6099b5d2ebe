#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each program of tests/live has a twin in twins/, or a reason here why not; and twins are called as the cases they are twins of."""
import ast
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import SOURCE, main

LIVE = SOURCE / "tests" / "live"
TWINS = pathlib.Path(__file__).with_name("twins")
INSIDE = "what hostile code finds inside is the same, whatever language has asked for the sandbox"
HOST = "it is about what a process in C does to itself: threads, signals, limits and descriptors around the calls"
MACHINE = "it needs a machine of its own, and the calls are those of another twin"
COST = "hours of it would be the same calls again, and another twin makes them"
WITHOUT = {
    "attack": INSIDE, "hardening": INSIDE, "hardening_apart": INSIDE, "files_hostile": INSIDE, "box_mount_hostile": INSIDE,
    "box_leftovers": INSIDE, "box_name_hostile": INSIDE, "cgroup_nested": INSIDE, "files_who": INSIDE,
    "hostile": HOST, "scarce": HOST, "killed": HOST, "net_killed": HOST, "box_reset_killed": HOST, "net_failed": HOST, "net_trips": HOST, "filtered": HOST,
    "judge_host": HOST, "files_many": HOST,
    "cgroup_self": MACHINE, "cgroup_systemd": MACHINE, "net_user": MACHINE, "net_user_end": MACHINE, "net_nat": MACHINE,
    "net_shape": MACHINE,
    "box_mount_left": COST, "cgroup_many": COST, "judge_parallel": COST, "judge_table": COST, "net_many": COST, "net_pool_left": COST,
    "net_reset": COST,
}


def twins():
    """{program: [name of a case]} of all classes in twins/."""
    found = {}
    for path in sorted(TWINS.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                programs = [item.value.value for item in node.body if isinstance(item, ast.Assign) and item.targets[0].id == "program"]
                cases = [item.name[len("test_"):] for item in node.body if isinstance(item, ast.FunctionDef) and item.name.startswith("test_")]
                for program in programs:
                    found.setdefault(program, []).extend(cases)
    return found


def cases_of(program):
    """The names of the cases of a program in C."""
    return set(re.findall(r"^static void (\w+)\(void \*\*", (LIVE / f"{program}_test.c").read_text(encoding="utf-8"), re.M))


class Twins(unittest.TestCase):
    def test_every_program_has_a_twin_or_a_reason(self):
        """no program of tests/live is without a twin or a reason, none has both, and none is gone"""
        programs = {path.name[:-len("_test.c")] for path in LIVE.glob("*_test.c")}
        self.assertGreater(len(programs), 90)
        found = set(twins())
        self.assertEqual(found & set(WITHOUT), set())
        self.assertEqual(programs, found | set(WITHOUT))

    def test_twins_are_called_as_what_they_are_twins_of(self):
        """each twin has the name of a case of its program, and each class has some"""
        for program, cases in twins().items():
            with self.subTest(program=program):
                self.assertTrue(cases)
                self.assertEqual([case for case in cases if case not in cases_of(program)], [])


if __name__ == "__main__":
    main()
