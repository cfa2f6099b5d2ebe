#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A build step: build.py SOURCE.c PROGRAM compiles without a network, seeing one file, and says what it took."""
import pathlib
import sys

import libsandbox as sb


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, target = map(pathlib.Path, sys.argv[1:])
    mounts = [sb.Bind(source, "/src/source.c", ro=True), sb.Tmpfs("/out", mode=0o700)]
    with sb.Box(profile="build", mounts=mounts) as box:
        result = box.run(["cc", "-O2", "-o", "/out/program", "/src/source.c"], stderr=sb.PIPE, text=True)
        if not result.ok:
            sys.exit(result.stderr)
        target.write_bytes(box.get("/out/program"))
    target.chmod(0o755)
    print(f"{target}: {result.cpu_time:.2f} s of cpu time")


if __name__ == "__main__":
    main()
