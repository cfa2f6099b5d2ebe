#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Add up meson's JUnit logs: summary.py [--reasons] LOG... prints `N passed, N failed, N skipped`.

A test that speaks TAP counts each of its cases. No test at all is a failure.
"""
import json
import os
import sys
import xml.etree.ElementTree as ET


def outcome(case):
    for kind in ("failure", "error"):
        if case.find(kind) is not None:
            return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def stopped(log):
    """Names of tests that meson counts as bad: its JUnit log has nothing of a test that ran out of time."""
    path = os.path.join(os.path.dirname(log), "testlog.json")
    if not os.path.exists(path):
        return set()
    with open(path, encoding="utf-8") as lines:
        tests = [json.loads(line) for line in lines]
    return {test["name"] for test in tests if test["result"] in ("FAIL", "ERROR", "TIMEOUT", "INTERRUPT")}


def reason(case, suite):
    """What the test itself said about it: the skip's message, else its last line of output."""
    skipped = case.find("skipped")
    if skipped.get("message"):
        return skipped.get("message")
    said = []
    for where in (case, suite):
        for stream in ("system-err", "system-out"):
            lines = (where.findtext(stream) or "").strip().splitlines()
            said += [line for line in lines if "skip" in line.lower()]
    # A TAP line names its case; other tests have one reason.
    own = [line for line in said if case.get("name") in line] or said[-1:]
    return own[0].split("# SKIP")[-1].strip() if own else "no reason given"


def main():
    logs = [arg for arg in sys.argv[1:] if arg != "--reasons"]
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for log in logs:
        if not os.path.exists(log):
            print(f"{log}: missing", file=sys.stderr)
            count["failed"] += 1
            continue
        bad = stopped(log)
        told = set()
        for suite in ET.parse(log).getroot().iter("testsuite"):
            for case in suite.iter("testcase"):
                kind = "failed" if case.get("name") in bad else outcome(case)
                count[kind] += 1
                if kind == "failed":
                    told |= {suite.get("name").split(".", 1)[-1], case.get("name")}
                if kind == "skipped" and "--reasons" in sys.argv:
                    print(f"skipped: {suite.get('name').split(' / ')[-1]}: {case.get('name')}: {reason(case, suite)}")
                if kind == "failed" and "--reasons" in sys.argv:
                    print(f"FAILED: {suite.get('name').split(' / ')[-1]}: {case.get('name')}")
        for name in sorted(bad - told):
            count["failed"] += 1
            print(f"FAILED: {name}: stopped or ended badly")
    print(", ".join(f"{n} {kind}" for kind, n in count.items()))
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
