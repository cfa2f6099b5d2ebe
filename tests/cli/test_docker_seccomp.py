# SPDX-License-Identifier: MIT
"""Docker's profiles: what they come to here is what docker, runc and libseccomp make of them."""
import copy
import ctypes
import json
import os

import docker_oracle
import sbx_case
from docker_oracle import Oracle, name_of
from sbx_case import Case

FROM_LEAST = ["kill", "trap", "errno", "notify", "log", "allow"]
ACTIONS = ["", "allow", "errno", "log", "trap", "kill", "notify"]
LIKE_DOCKERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "docker_like.json")
HIGH = 1 << 32


def entry(action="ALLOW", names=("ioctl",), args=(), **more):
    return {"names": list(names), "action": "SCMP_ACT_" + action,
            "args": [dict(index=a[0], op="SCMP_CMP_" + a[1], value=a[2], valueTwo=(a[3:] or (0,))[0]) for a in args],
            **more}


def profile(*entries, default="ERRNO", **more):
    return {"defaultAction": "SCMP_ACT_" + default, "architectures": ["SCMP_ARCH_NATIVE", "SCMP_ARCH_X86_64",
            "SCMP_ARCH_AARCH64", "SCMP_ARCH_RISCV64"], "syscalls": list(entries), **more}


class Ours:
    """A policy, asked through the library."""

    def __init__(self, text, caps):
        self.lib = ctypes.CDLL(os.environ["SBX_LIBRARY"])
        self.lib.sb_config_new.restype = ctypes.c_void_p
        for name in ("sb_config_free", "sb_set_seccomp_text", "sb_add_cap", "sb_seccomp_test"):
            getattr(self.lib, name).argtypes = [ctypes.c_void_p] * {"sb_config_free": 1, "sb_add_cap": 2}.get(name, 3)
        self.lib.sb_seccomp_test.argtypes = [ctypes.c_void_p] * 5
        self.config = self.lib.sb_config_new()
        for cap in caps:
            self.lib.sb_add_cap(self.config, cap.encode())
        if self.lib.sb_set_seccomp_text(self.config, text.encode(), None) < 0:
            raise ValueError(text)

    def test(self, number, args):
        error = ctypes.c_int32()
        action = self.lib.sb_seccomp_test(self.config, str(number).encode(), (ctypes.c_uint64 * 6)(*args),
                                          ctypes.byref(error), None)
        if ACTIONS[action] != "errno":
            return ACTIONS[action]
        return name_of(docker_oracle.ERRNO | error.value)

    def close(self):
        self.lib.sb_config_free(self.config)


class Meaning(Case):
    """Decisions, one by one."""

    def setUp(self):
        super().setUp()
        if not docker_oracle.load_libseccomp():
            self.skipTest("no libseccomp.so.2 to compare with")

    def convert(self, made, *words):
        path = self.host_file(json.dumps(made))
        result = self.sbx("seccomp", "convert", *words, path)
        self.assertEqual((result.code, result.err), (0, ""), result)
        return result.out

    def named(self):
        """Numbers that have a name; the holes between them exist in no kernel."""
        return [line.split()[0] for line in self.sbx("seccomp", "show", "none").out.splitlines()[:-1]]

    def compare(self, made, caps=(), values=(), numbers=None, exact=True):
        """How many calls were compared."""
        words = [word for cap in caps for word in ("--cap-add", cap)]
        theirs, ours = Oracle(made, caps), Ours(self.convert(made, *words), caps)
        self.ends.append(ours.close)
        lib, count = docker_oracle.load_libseccomp(), 0
        values = sorted({0, 1, *docker_oracle.constants(made), *values})
        for name in numbers or self.named():
            number = lib.seccomp_syscall_resolve_name(name.encode())
            if number < 0:
                continue
            for args in self.vectors(values, number in self.compared(made, lib)):
                expected, got = name_of(theirs.test(number, args)), ours.test(number, args)
                count += 1
                if exact or max(args) < HIGH:
                    self.assertEqual(got, expected, (name, [hex(a) for a in args]))
                    continue
                # Beyond the int that the kernel reads no more than docker lets through, and maybe less.
                rank = [FROM_LEAST.index(answer.split("(")[0]) for answer in (got, expected)]
                self.assertLessEqual(rank[0], rank[1], (name, [hex(a) for a in args]))
        return count

    def compared(self, made, lib):
        return {lib.seccomp_syscall_resolve_name(name.encode()) for e in made["syscalls"] if e.get("args")
                for name in e.get("names") or [e["name"]]}

    def vectors(self, values, all_of_them):
        if not all_of_them:
            return [[0] * 6]
        near = sorted({v + d for v in values for d in (-1, 0, 1) if 0 <= v + d < 1 << 64})
        near += [v | HIGH for v in near if v < HIGH]
        return [[v if i == k else w for i in range(6)] for k in range(3) for v in near for w in (0, values[-1])]

    def test_a_profile_like_dockers_own(self):
        with open(LIKE_DOCKERS, encoding="utf-8") as text:
            made = json.load(text)
        count = 0
        for caps in ((), ("CAP_SYS_ADMIN",), ("CAP_SYS_ADMIN", "CAP_NET_ADMIN"), ("CAP_SYS_PTRACE", "CAP_SYS_TIME"),
                     ("CAP_DAC_READ_SEARCH", "CAP_SYS_CHROOT", "CAP_SYS_MODULE")):
            count += self.compare(made, caps, exact=False)
        self.assertGreater(count, 2000)

    def test_each_comparison(self):
        for op in ("EQ", "NE", "LT", "LE", "GT", "GE", "MASKED_EQ"):
            for value, two in ((0, 0), (7, 3), (7, 12), (0xffffffff, 0x80000000), (HIGH, HIGH), (HIGH | 5, 5),
                               ((1 << 63) - 1, 1)):
                for default, action in (("ERRNO", "ALLOW"), ("ALLOW", "ERRNO")):
                    made = profile(entry(action, args=[(0, op, value, two)]), default=default)
                    self.compare(made, numbers=["ioctl", "read"], exact=False)

    def test_where_whole_and_half_differ_less_is_allowed(self):
        for op, default, action, arg in (
                ("EQ", "ERRNO", "ALLOW", HIGH | 5), ("NE", "ERRNO", "ALLOW", HIGH | 5),
                ("EQ", "ALLOW", "ERRNO", HIGH | 5), ("NE", "ALLOW", "ERRNO", HIGH | 5),
                ("LE", "ERRNO", "ALLOW", HIGH), ("GE", "ERRNO", "ALLOW", HIGH)):
            ours = Ours(self.convert(profile(entry(action, args=[(0, op, 5)]), default=default)), ())
            self.ends.append(ours.close)
            self.assertEqual(ours.test("ioctl", [arg] + [0] * 5), "errno(EPERM)", (op, default))

    def test_several_arguments_must_all_hold_and_one_twice_any(self):
        self.compare(profile(entry(args=[(0, "EQ", 5), (1, "EQ", 6)])), numbers=["ioctl"], values=(5, 6), exact=False)
        self.compare(profile(entry(args=[(0, "EQ", 5), (0, "EQ", 9), (1, "EQ", 6)])), numbers=["ioctl"], exact=False)
        self.compare(profile(entry(args=[(0, "MASKED_EQ", 1, 1), (1, "NE", 6), (2, "LT", 3)])), numbers=["ioctl"],
                     exact=False)

    def test_the_first_rule_without_comparison_decides_alone(self):
        condition = [(0, "EQ", 5)]
        for entries in ([entry("ALLOW", args=condition), entry("LOG")], [entry("LOG"), entry("ALLOW", args=condition)],
                        [entry("LOG"), entry("ALLOW")], [entry("ERRNO"), entry("ALLOW")],
                        [entry("ERRNO", errnoRet=13), entry("ALLOW", args=condition)]):
            self.compare(profile(*entries), numbers=["ioctl"])

    def test_every_action(self):
        for action in ("ALLOW", "LOG", "KILL", "KILL_THREAD", "KILL_PROCESS", "TRAP", "NOTIFY", "ERRNO"):
            self.compare(profile(entry(action), default="ALLOW" if action == "ERRNO" else "ERRNO", defaultErrnoRet=22))
        for default in ("KILL", "KILL_PROCESS", "TRAP", "LOG", "ALLOW", "ERRNO"):
            self.compare(profile(entry("ERRNO", errnoRet=95), default=default))

    def test_numbers_behind_the_last_that_is_named(self):
        for made in (profile(entry(names=["read", "exit_group"])), profile(entry(names=["read", "faccessat2"])),
                     profile(entry(names=["no_such_call"])), profile(entry("ERRNO", names=["openat2"])),
                     profile(entry(names=["read"]), defaultErrnoRet=38), profile(entry(names=["read"]), default="KILL"),
                     profile(entry("ERRNO", names=["read"]), default="ALLOW"),
                     dict(profile(entry(names=["read"])), architectures=["SCMP_ARCH_S390X"])):
            self.compare(made)

    def test_conditions_of_entries(self):
        for key in ("includes", "excludes"):
            for condition in ({"caps": ["CAP_KILL"]}, {"caps": ["CAP_KILL", "CAP_NET_RAW"]}, {"caps": []},
                              {"caps": ["CAP_NO_SUCH"]}, {"arches": ["amd64", "arm64", "riscv64"]}, {"arches": ["s390x"]},
                              {"minKernel": "2.6"}, {"minKernel": "99.1"}, {"minKernel": ""}, {}):
                made = profile(entry(names=["reboot"], **{key: condition}), entry(names=["read", "swapon"]))
                for caps in ((), ("CAP_KILL",), ("CAP_KILL", "CAP_NET_RAW")):
                    self.compare(made, caps, numbers=["reboot", "read", "write"])

    def test_older_forms(self):
        made = {"defaultAction": "SCMP_ACT_ERRNO", "architectures": None,
                "syscalls": [{"name": "read", "action": "SCMP_ACT_ALLOW", "args": None},
                             {"name": "", "names": ["write"], "action": "SCMP_ACT_ALLOW", "args": []}]}
        self.compare({**made, "syscalls": [{**made["syscalls"][0]}, {"names": ["write"], "action": "SCMP_ACT_ALLOW"}]})
        self.assertIn("allow read write", self.convert(made))


class Text(Case):
    def test_it_runs(self):
        if os.uname().machine not in docker_oracle.GO_ARCH:
            self.skipTest("no rows for this machine")
        self.assertEqual(self.run_ok("--seccomp", LIKE_DOCKERS, "echo", "ran"), "ran")
        self.assertEqual(self.run_ok("--security-opt", f"seccomp={LIKE_DOCKERS}", "echo", "ran"), "ran")
        result = self.sbx("run", "--seccomp", LIKE_DOCKERS, "unshare", "-U", "true")
        self.assertIn("Operation not permitted", result.err)

    def test_its_text_is_a_policy(self):
        text = self.sbx("seccomp", "convert", LIKE_DOCKERS).out
        for line in text.splitlines():
            self.assertLessEqual(len(line), 110)
        check = [self.sbx("seccomp", "check", path).out.split()[-2] for path in (LIKE_DOCKERS, self.host_file(text))]
        self.assertEqual(check[0], check[1])

    def test_a_call_that_this_machine_lacks_is_optional(self):
        path = self.host_file(json.dumps(profile(entry(names=["read", "no_such_call"]))))
        self.assertIn("allow read ?no_such_call\n", self.sbx("seccomp", "convert", path).out)

    def test_blanks_before_the_brace(self):
        path = self.host_file(" \n\t\r\n" + json.dumps(profile(entry(names=["read"]))))
        self.assertRegex(self.sbx("seccomp", "check", path).out, "ok")


class Errors(Case):
    def test_what_cannot_be_kept_is_refused_with_its_place(self):
        good = profile(entry(names=["read"], args=[(0, "EQ", 5)]))

        def changed(change):
            made = copy.deepcopy(good)
            change(made, made["syscalls"][0], made["syscalls"][0]["args"][0])
            return json.dumps(made)

        def other(*args):
            return changed(lambda p, e, a: p["syscalls"].append(entry("LOG", names=["read"], args=args)))

        cases = [
            ("line 1, column", '{"defaultAction": }'), ("line 3, column", '{\n"a":\n]'), ("line", "{"), ("line", "{} x"),
            ("line", '{"defaultAction": "x", "defaultAction": "y"}'), ("line", '{"defaultAction": "\\ud800"}'),
            ("line", '{"defaultAction": "a\\u0000"}'), ("line", '{"defaultErrnoRet": 18446744073709551615}'),
            ("line", '{"a":' + "[" * 5000), ("defaultAction", "{}"),
            ("defaultAction", changed(lambda p, e, a: p.update(defaultAction="SCMP_ACT_TRACE"))),
            ("defaultAction", changed(lambda p, e, a: p.update(defaultAction="SCMP_ACT_NOTIFY"))),
            ("defaultAction", changed(lambda p, e, a: p.update(defaultAction="ALLOW"))),
            ("defaultAction", changed(lambda p, e, a: p.update(defaultAction=5))),
            ("defaultErrnoRet", changed(lambda p, e, a: p.update(defaultErrnoRet=4096))),
            ("defaultErrnoRet", changed(lambda p, e, a: p.update(defaultErrnoRet=-1))),
            ("defaultErrnoRet", changed(lambda p, e, a: p.update(defaultErrnoRet=0))),
            ("defaultErrnoRet", changed(lambda p, e, a: p.update(defaultErrnoRet=1.5))),
            ("archMap", changed(lambda p, e, a: p.update(archMap=[{"architecture": "SCMP_ARCH_X86"}]))),
            ("archMap[0]", changed(lambda p, e, a: p.update(architectures=[], archMap=[5]))),
            ("architectures", changed(lambda p, e, a: p.update(architectures=[5]))),
            ("defaultaction", changed(lambda p, e, a: p.update(defaultaction="SCMP_ACT_ALLOW"))),
            ("syscalls", changed(lambda p, e, a: p.update(syscalls={}))),
            ("syscalls[0]", changed(lambda p, e, a: p.update(syscalls=["read"]))),
            ("syscalls[0].action", changed(lambda p, e, a: e.pop("action"))),
            ("syscalls[0].action", changed(lambda p, e, a: e.update(action="SCMP_ACT_TRACE"))),
            ("syscalls[0].arg", changed(lambda p, e, a: e.update(arg=[]))),
            ("syscalls[0].name", changed(lambda p, e, a: e.update(name="write"))),
            ("syscalls[0].names", changed(lambda p, e, a: e.update(names=["read me"]))),
            ("syscalls[0].names", changed(lambda p, e, a: e.update(names=["read\nallow"]))),
            ("syscalls[0].names", changed(lambda p, e, a: e.update(names=["x" * 40]))),
            ("syscalls[0].names", changed(lambda p, e, a: e.update(names=[5]))),
            ("syscalls[0].args", changed(lambda p, e, a: e.update(args=[a] * 65))),
            ("syscalls[0].args[0]", changed(lambda p, e, a: e.update(args=[5]))),
            ("syscalls[0].args[0].index", changed(lambda p, e, a: a.update(index=6))),
            ("syscalls[0].args[0].index", changed(lambda p, e, a: a.pop("index"))),
            ("syscalls[0].args[0].op", changed(lambda p, e, a: a.update(op="SCMP_CMP_LIKE"))),
            ("syscalls[0].args[0].op", changed(lambda p, e, a: a.pop("op"))),
            ("syscalls[0].args[0].value", changed(lambda p, e, a: a.update(value=-1))),
            ("syscalls[0].args[0].value", changed(lambda p, e, a: a.update(value="5"))),
            ("syscalls[0].includes", changed(lambda p, e, a: e.update(includes=[]))),
            ("caps", changed(lambda p, e, a: e.update(includes={"caps": [5]}))),
            ("cap", changed(lambda p, e, a: e.update(includes={"cap": []}))),
            ("minKernel", changed(lambda p, e, a: e.update(excludes={"minKernel": "new"}))),
            ("minKernel", changed(lambda p, e, a: e.update(excludes={"minKernel": "5"}))),
            ("read contradict", other((0, "LE", 5))), ("read contradict", other((1, "EQ", 5))),
        ]
        for expected, text in cases:
            with self.subTest(expected=expected, text=text[:80]):
                result = self.sbx("seccomp", "convert", self.host_file(text))
                self.assertEqual((result.code, result.out), (125, ""), result)
                self.assertIn(expected, result.err)
                self.assertEqual(len(result.err.splitlines()), 1, result)

    def test_rules_that_are_apart_do_not_contradict(self):
        for one, other in (("EQ 5", "EQ 6"), ("EQ 5", "NE 5"), ("EQ 5", "GT 5"), ("LE 5", "GT 5"), ("LT 5", "GE 5"),
                           ("GE 9", "LT 9")):
            entries = [entry(action, names=["read"], args=[(0, op.split()[0], int(op.split()[1]))])
                       for action, op in (("ALLOW", one), ("LOG", other))]
            result = self.sbx("seccomp", "convert", self.host_file(json.dumps(profile(*entries))))
            self.assertEqual(result.code, 0, (one, other, result))

    def test_a_profile_that_is_too_large(self):
        result = self.sbx("seccomp", "convert", self.host_file("{" + " " * (1 << 20) + "}"))
        self.assertEqual(result.code, 125, result)
        many = profile(entry(names=["read"] * 9000))
        result = self.sbx("seccomp", "convert", self.host_file(json.dumps(many)))
        self.assertIn("8192", result.err)


if __name__ == "__main__":
    sbx_case.main()
