# SPDX-License-Identifier: MIT
"""For test_fork: a program whose children are made by multiprocessing. fork_child.py METHOD prints what became of them."""
import json
import multiprocessing
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import sb


def work(number):
    """In a child: a run and a box of its own."""
    with sb.Box() as box:
        return sb.run(["sh", "-c", f"exit {number}"]).returncode, box.run(["true"]).ok


def sent(handle):
    """In a child that was given a handle of the parent."""
    try:
        handle.run(["true"])
    except sb.DeadHandle as error:
        sys.exit(9 if "forked" in str(error) else 8)


def give(context, handle):
    """What happens to a handle that is an argument."""
    child = context.Process(target=sent, args=(handle,))
    try:
        child.start()
    except TypeError as error:
        return str(error)
    child.join()
    return child.exitcode


def main():
    """See above."""
    context = multiprocessing.get_context(sys.argv[1])
    with sb.Box() as box:
        before = box.run(["true"]).ok
        with context.Pool(3) as pool:
            found = pool.map(work, range(6))
        pool.join()
        given = give(context, box)
        print(json.dumps({"before": before, "found": found, "given": given, "after": box.run(["true"]).ok}))


if __name__ == "__main__":
    main()
