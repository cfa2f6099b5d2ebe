#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same in an event loop."""
import asyncio
import os
import pathlib
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from case import Case, live, main, sb

from libsandbox import aio


class Loop(Case):
    def loop(self, work):
        """Run it in a loop of its own; no thread may come of it."""
        threads = threading.active_count()

        async def watched():
            result = await asyncio.wait_for(work(), 100)
            self.assertEqual(threading.active_count(), threads)
            return result

        return asyncio.run(watched())


@live
class Run(Loop):
    def test_result_is_that_of_run(self):
        async def work():
            return await aio.run(["sh", "-c", "cat; exit 3"], input="text", capture_output=True, text=True)

        result = self.loop(work)
        self.assertEqual((result.returncode, result.stdout, result.stderr, result.verdict), (3, "text", "", sb.Verdict.EXITED))

    def test_errors_are_those_of_run(self):
        async def work():
            with self.assertRaises(sb.CommandNotFound):
                await aio.run(["no-such"])
            with self.assertRaises(sb.CalledProcessError):
                await aio.run(["false"], check=True)

        self.loop(work)

    def test_time_out_has_the_output_and_the_result(self):
        def attempt(seconds):
            async def work():
                with self.assertRaises(sb.TimeoutExpired) as caught:
                    await aio.run(["sh", "-c", "echo early; exec sleep 1000"], stdout=sb.PIPE, timeout=seconds)
                self.assertIs(caught.exception.result.verdict, sb.Verdict.KILLED)
                return caught.exception.output

            return self.loop(work)

        self.assertEqual(self.patiently(attempt), b"early\n")

    def test_cancelled_task_kills(self):
        async def work():
            task = asyncio.ensure_future(aio.run(["sleep", "1000"]))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        self.loop(work)

    def test_many_at_once_beside_ordinary_ones(self):
        """a hundred sandboxes at once, with subprocesses of asyncio itself"""
        count = 100

        async def one(number, started, gate):
            process = await aio.create_subprocess_exec("sh", "-c", f"read x; echo {number}", stdin=aio.PIPE, stdout=aio.PIPE)
            started.append(number)
            if len(started) == count:  # all of them live at the same time
                gate.set()
            await gate.wait()
            out, _ = await process.communicate(b"go\n")
            process.close()
            return out, process.returncode

        async def ordinary(number):
            process = await asyncio.create_subprocess_exec("echo", str(number), stdout=asyncio.subprocess.PIPE)
            return (await process.communicate())[0], process.returncode

        async def work():
            started, gate = [], asyncio.Event()
            return await asyncio.gather(*(one(n, started, gate) for n in range(count)), *(ordinary(n) for n in range(10)))

        if sys.version_info < (3, 12):  # its own child watcher has a thread for each child, unless this one is used
            asyncio.set_child_watcher(asyncio.PidfdChildWatcher())
            self.addCleanup(asyncio.set_child_watcher, None)
        expected = [(f"{n}\n".encode(), 0) for n in [*range(count), *range(10)]]
        self.assertEqual(self.loop(work), expected)


@live
class Processes(Loop):
    def test_streams_talk(self):
        async def work():
            async with await aio.create_subprocess_exec("cat", stdin=aio.PIPE, stdout=aio.PIPE) as process:
                process.stdin.write(b"one\n")
                await process.stdin.drain()
                self.assertEqual(await process.stdout.readline(), b"one\n")
                self.assertIsNone(process.returncode)
                process.stdin.close()
            return process

        process = self.loop(work)
        self.assertEqual((process.returncode, process.result.verdict), (0, sb.Verdict.EXITED))

    def test_communicate_carries_more_than_a_pipe_holds(self):
        data = os.urandom(1 << 20)

        async def work():
            for target in (aio.PIPE, aio.CAPTURE):
                process = await aio.create_subprocess_exec("cat", stdin=aio.PIPE, stdout=target)
                self.assertEqual((await process.communicate(data))[0], data)
                process.close()
            process = await aio.create_subprocess_exec("true", stdin=aio.PIPE)
            await process.communicate(data)  # which it does not want
            process.close()

        self.loop(work)

    def test_several_tasks_wait(self):
        async def work():
            with sb.Box() as box:
                process = await aio.create_subprocess_exec("sh", "-c", "read x; exit 4", stdin=aio.PIPE, box=box)
                waits = [asyncio.ensure_future(process.wait()) for _ in range(3)]
                await asyncio.sleep(0)  # until they have begun
                process.stdin.close()
                await process.stdin.wait_closed()
                while process.popen.poll() is None:  # somebody else sees the end first
                    pass
                self.assertEqual(await asyncio.gather(*waits), [4] * 3)
                process.close()

        self.loop(work)

    def test_signals_arrive(self):
        async def work():
            process = await aio.create_subprocess_exec("sleep", "1000")
            process.terminate()
            self.assertEqual(await process.wait(), -15)
            process.kill()

        self.loop(work)

    def test_exception_in_the_block_kills(self):
        async def work():
            with self.assertRaises(KeyError):
                async with await aio.create_subprocess_exec("sleep", "1000") as process:
                    raise KeyError
            self.assertIs(process.result.verdict, sb.Verdict.KILLED)

        self.loop(work)

    def test_text_is_refused(self):
        async def work():
            with self.assertRaisesRegex(ValueError, "of bytes"):
                await aio.create_subprocess_exec("true", text=True)

        self.loop(work)


@live
class Others(Loop):
    def test_box(self):
        async def work():
            async with aio.Box() as box:
                results = await asyncio.gather(*(box.run(["echo", str(n)], capture_output=True) for n in range(5)))
                process = await box.create_subprocess_exec("true")
                self.assertEqual(await process.wait(), 0)
                return [result.stdout for result in results]

        self.assertEqual(self.loop(work), [f"{n}\n".encode() for n in range(5)])

    def test_pool_serves_more_tasks_than_it_has_boxes(self):
        async def one(pool, number):
            async with await pool.get() as box:
                return (await box.run(["sh", "-c", f"ls /tmp; touch /tmp/f; echo {number}"], capture_output=True)).stdout

        async def work():
            async with aio.Pool(2) as pool:
                found = await asyncio.gather(*(one(pool, n) for n in range(6)))
                self.assertLessEqual(pool.info()["made"], 2)
                box = await pool.get()
                other = await pool.get()
                with self.assertRaises(sb.TimeoutExpired):
                    await pool.get(timeout=0.05)
                box.close()
                other.close()
                return found

        self.assertEqual(self.loop(work), [f"{n}\n".encode() for n in range(6)])

    def test_group(self):
        async def work():
            async with aio.Group(wall_time=60) as group:
                group.add(["echo", "5"])
                group.add(["cat"], stdout=sb.PIPE)
                group.wire(0, 1, 1, 0)
                result = await group.run()
            async with aio.Group() as group:
                group.add(["sleep", "1000"])
                with self.assertRaises(sb.TimeoutExpired):
                    await group.run(timeout=0.1)
            return result

        result = self.loop(work)
        self.assertEqual((result.ok, result.members[1].result.stdout), (True, b"5\n"))


if __name__ == "__main__":
    main()
