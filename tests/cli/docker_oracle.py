# SPDX-License-Identifier: MIT
"""What docker and runc make of a profile, by way of libseccomp: the outside judge of the import.

Written from the behaviour of moby's profiles and runc's seccomp code: which entries count is decided by capabilities,
architecture and kernel; the others become rules of libseccomp; numbers above the largest that is named answer ENOSYS.
"""
import ctypes
import errno
import os
import platform
import re
import struct

ALLOW, LOG, KILL_PROCESS, KILL_THREAD, TRAP, NOTIFY = 0x7fff0000, 0x7ffc0000, 0x80000000, 0, 0x30000, 0x7fc00000
ERRNO = 0x50000
ACTIONS = {"ALLOW": ALLOW, "LOG": LOG, "KILL": KILL_THREAD, "KILL_THREAD": KILL_THREAD, "KILL_PROCESS": KILL_PROCESS,
           "TRAP": TRAP, "NOTIFY": NOTIFY, "ERRNO": ERRNO}
OPERATORS = ["", "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]
GO_ARCH = {"x86_64": "amd64", "aarch64": "arm64", "riscv64": "riscv64"}
AUDIT_ARCH = {"x86_64": 0xc000003e, "aarch64": 0xc00000b7, "riscv64": 0xc00000f3}


class Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def load_libseccomp():
    """None where the library is missing."""
    try:
        lib = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return None
    lib.seccomp_init.restype = ctypes.c_void_p
    lib.seccomp_init.argtypes = [ctypes.c_uint32]
    lib.seccomp_release.argtypes = [ctypes.c_void_p]
    lib.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    lib.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint,
                                           ctypes.POINTER(Compare)]
    lib.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    return lib


def action(word, number):
    kind = ACTIONS[word.removeprefix("SCMP_ACT_")]
    return kind | (errno.EPERM if number is None else number) if kind == ERRNO else kind


def kernel_is_at_least(text):
    return [int(n) for n in platform.release().split("-")[0].split(".")[:2]] >= [int(n) for n in text.split(".")[:2]]


def counts(entry, caps):
    arch = GO_ARCH[platform.machine()]
    no, yes = entry.get("excludes") or {}, entry.get("includes") or {}
    if arch in (no.get("arches") or []) or set(no.get("caps") or []) & caps:
        return False
    if no.get("minKernel") and kernel_is_at_least(no["minKernel"]):
        return False
    if yes.get("arches") and arch not in yes["arches"]:
        return False
    if not set(yes.get("caps") or []) <= caps:
        return False
    return not yes.get("minKernel") or kernel_is_at_least(yes["minKernel"])


class Oracle:
    """A profile, compiled."""

    def __init__(self, profile, caps=()):
        self.lib = load_libseccomp()
        self.default = action(profile["defaultAction"], profile.get("defaultErrnoRet"))
        self.context = self.lib.seccomp_init(self.default)
        self.largest = 0
        for entry in profile.get("syscalls") or []:
            if counts(entry, set(caps)):
                for name in entry.get("names") or [entry["name"]]:
                    self.add(entry, name)
        native = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64", "riscv64": "SCMP_ARCH_RISCV64"}
        named = {a["architecture"] for a in profile.get("archMap") or []} | set(profile.get("architectures") or [])
        self.stub = (native[platform.machine()] in named and self.largest
                     and self.default not in (ALLOW, LOG, ERRNO | errno.ENOSYS))
        self.code = self.export()
        self.lib.seccomp_release(self.context)

    def add(self, entry, name):
        number = self.lib.seccomp_syscall_resolve_name(name.encode())
        act = action(entry["action"], entry.get("errnoRet"))
        self.largest = max(self.largest, number)
        if act == self.default or number == -1:
            return
        args = [Compare(a["index"], OPERATORS.index(a["op"][len("SCMP_CMP_"):]), a["value"], a.get("valueTwo", 0))
                for a in entry.get("args") or []]
        indices = [a.arg for a in args]
        rules = [[a] for a in args] if len(set(indices)) < len(indices) else [args]
        for rule in rules:
            array = (Compare * max(len(rule), 1))(*rule)
            r = self.lib.seccomp_rule_add_array(self.context, act, number, len(rule), array)
            if r < 0 and r != -errno.EDOM:  # of another machine
                raise ValueError(f"{name}: {os.strerror(-r)}")

    def export(self):
        fd = os.memfd_create("filter")
        try:
            if self.lib.seccomp_export_bpf(self.context, fd) < 0:
                raise ValueError("export")
            data = os.pread(fd, 1 << 20, 0)
        finally:
            os.close(fd)
        return list(struct.iter_unpack("=HBBI", data))

    def test(self, number, args):
        """What the kernel would be told: the value of the filter."""
        if self.stub and number > self.largest:
            return ERRNO | errno.ENOSYS
        return run(self.code, struct.pack("=iIQ6Q", number, AUDIT_ARCH[platform.machine()], 0, *args))


def run(code, data):
    """A classic BPF program, as far as filters use it."""
    accumulator = at = 0
    while True:
        op, jt, jf, k = code[at]
        at += 1
        if op == 0x20:
            accumulator = struct.unpack_from("=I", data, k)[0]
        elif op == 0x54:
            accumulator &= k
        elif op == 0x05:
            at += k
        elif op == 0x06:
            return k
        else:
            holds = {0x15: accumulator == k, 0x25: accumulator > k, 0x35: accumulator >= k, 0x45: accumulator & k}[op]
            at += jt if holds else jf


def name_of(value):
    """As sbx writes it."""
    kind = value & 0xffff0000
    if kind == ERRNO:
        number = value & 0xffff
        return f"errno({errno.errorcode.get(number, number)})"
    return {ALLOW: "allow", LOG: "log", KILL_PROCESS: "kill", KILL_THREAD: "kill", TRAP: "trap", NOTIFY: "notify"}[kind]


def constants(profile):
    """Every number that an entry compares with."""
    text = repr(profile)
    return sorted({int(n) for n in re.findall(r"'value(?:Two)?': (\d+)", text)})
