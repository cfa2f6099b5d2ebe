#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What run() costs above the C calls: both run the same program in the same sandbox, in turns, in one process.

bench_run.py [-n ROUNDS] [PROGRAM]: PROGRAM is a static one, build/bench/tiny unless given. LIBSANDBOX_PATH as always.
Each row is one way to run it: the shortest and the median time, the median of the cpu time of the calling thread, and what each
of them is more than that of `C`, or of `C, captured`. Compare figures of one run only; where others use the machine, those of cpu time.
"""
import argparse
import ctypes
import pathlib
import random
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import libsandbox as sb  # pylint: disable=wrong-import-position


def bare(config):
    """sb_spawn(), sb_proc_wait() and sb_proc_free() from one config, with no word of Python that is not needed."""
    library = ctypes.CDLL(sb.lib._name)  # functions of its own, that check nothing
    spawn, wait, free = library.sb_spawn, library.sb_proc_wait, library.sb_proc_free
    spawn.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    wait.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p]
    free.argtypes, free.restype = [ctypes.c_void_p], ctypes.c_void_p
    handle, forever = ctypes.c_void_p(), 2**64 - 1
    where, pointer = ctypes.addressof(handle), ctypes.cast(config._as_parameter_, ctypes.c_void_p)

    def work(_alive=config):
        if spawn(pointer, where, None) or wait(handle, forever, None, None) != 1:
            raise SystemExit("the command cannot be run")
        free(handle)

    return work


def cases(program):
    """Each way to run it by its name."""
    mount = [sb.Bind(str(program), "/command", ro=True)]
    quiet = {"stdout": sb.DEVNULL, "stderr": sb.DEVNULL}
    config = sb.Config.standard(mounts=mount)
    config.set_command("/command", ["/command"])
    for fd in range(3):
        config.set_fd(fd, -1)
    capturing = config.copy()
    for fd in (1, 2):
        capturing.set_stream_capture(fd, None)
    return {
        "C": bare(config),
        "C, captured": bare(capturing),
        "run": lambda: sb.run(["/command"], mounts=mount, **quiet),
        "run, config=": lambda: sb.run(["/command"], config=config, **quiet),
        "run, captured": lambda: sb.run(["/command"], mounts=mount, capture_output=True),
        "Popen, wait": lambda: sb.Popen(["/command"], mounts=mount, **quiet).wait(),
    }


def main():
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("-n", type=int, default=1000, help="rounds")
    parser.add_argument("program", nargs="?", default=pathlib.Path(__file__).resolve().parents[2] / "build" / "bench" / "tiny")
    options = parser.parse_args()
    ways = cases(pathlib.Path(options.program).resolve())
    times, cpu = ({name: [] for name in ways} for _ in range(2))
    for _ in range(options.n + 5):  # the first ones only warm up
        for name, work in random.sample(list(ways.items()), len(ways)):
            begun, used = time.perf_counter(), time.thread_time()
            work()
            times[name].append(time.perf_counter() - begun)
            cpu[name].append(time.thread_time() - used)
    table = {name: (min(times[name][5:]), statistics.median(times[name][5:]), statistics.median(cpu[name][5:])) for name in ways}
    print(f"{'microseconds':16} {'min':>7} {'p50':>7} {'cpu':>7} {'over C: min':>12} {'p50':>7} {'cpu':>7}")
    for name, row in table.items():
        over = [figure - base for figure, base in zip(row, table["C, captured" if "captured" in name else "C"])]
        print(f"{name:16} " + " ".join(f"{figure * 1e6:{width}.0f}" for figure, width in zip([*row, *over], (7, 7, 7, 12, 7, 7))))


if __name__ == "__main__":
    main()
