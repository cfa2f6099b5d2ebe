#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ten thousand runs leave no descriptor, and the process does not grow."""
import gc
import os
import pathlib
import subprocess
import sys
import tracemalloc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import SOURCE, Case, live, main, sb

PAGE = os.sysconf("SC_PAGE_SIZE")


def resident():
    """Bytes of this process in memory."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE


@live
class Many(Case):
    def leaves_nothing(self, count, work):
        """Run it so often; what comes with the first hundred stays."""
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for number in range(count):
            work()
            if number == 99:
                gc.collect()
                descriptors, traced, real = os.listdir("/proc/self/fd"), tracemalloc.get_traced_memory()[0], resident()
        gc.collect()
        self.assertEqual(os.listdir("/proc/self/fd"), descriptors)
        # An object for each run would be more than the first; what allocators keep beside is less than the second.
        self.assertLess(tracemalloc.get_traced_memory()[0] - traced, 6000)
        self.assertLess(resident() - real, 1 << 20)

    def test_ten_thousand_runs(self):
        """10,000 runs of a program without libc, in the caller's own root, leave no descriptor and no memory"""
        home = self.directory()
        subprocess.run(["cc", "-ffreestanding", "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fno-pie", "-nostdlib",
                        "-static", "-no-pie", SOURCE / "bench" / "tiny.c", "-o", f"{home}/tiny"], check=True)
        config = sb.Config()  # with as few namespaces as are of use, so that it takes seconds
        config.set_ns(sb.NS.PID | sb.NS.USER)
        config.set_seccomp("none")
        self.leaves_nothing(10000, lambda: sb.run([f"{home}/tiny"], config=config))

    def test_runs_with_everything(self):
        """300 runs as they usually are, with output and a trace, leave no descriptor and no memory"""
        self.leaves_nothing(300, lambda: sb.run(["sh", "-c", "echo x"], input="", capture_output=True, text=True, trace=True))

    def test_failed_runs(self):
        """300 runs that fail leave no descriptor and no memory"""
        def fail():
            try:
                sb.run(["no-such-command"])
            except sb.CommandNotFound:
                pass

        self.leaves_nothing(300, fail)


if __name__ == "__main__":
    main()
