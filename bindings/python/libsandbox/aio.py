# SPDX-License-Identifier: MIT
"""The same names for asyncio, on descriptors that the loop watches: no thread, no child watcher, no signal handler.

run(), create_subprocess_exec(), Box, Pool and Group are as outside, and what waits there is awaited here. Starting a
command takes about a millisecond and is not awaited, as in asyncio itself; nor are opening and resetting a box.
"""
import asyncio
import os
from typing import Any, Awaitable, Callable, List, Optional, Tuple

from . import box as _box
from . import group as _group
from . import process as _process
from ._run import run_options
from ._stdio import CAPTURE, DEVNULL, PIPE, STDOUT, Args
from .config import Config
from .errors import TimeoutExpired
from .result import Result

__all__ = ["Box", "CAPTURE", "DEVNULL", "Group", "PIPE", "Pool", "Process", "STDOUT", "create_subprocess_exec", "run"]

_LIMIT = 2**16  # of a StreamReader, as asyncio has it


def _watch(fd: int, look: Callable[[], Any]) -> Callable[[], None]:
    """Let the loop call look() whenever fd is readable. Return: what ends that."""
    loop = asyncio.get_running_loop()
    # A descriptor of its own: others may watch the same one, and the loop knows each number once.
    fd = os.dup(fd)
    loop.add_reader(fd, look)

    def end() -> None:
        loop.remove_reader(fd)
        os.close(fd)

    return end


async def _within(timeout: Optional[float], work: Awaitable[Any], args: Any) -> Any:
    if timeout is None:
        return await work
    try:
        return await asyncio.wait_for(work, timeout)
    except asyncio.TimeoutError:
        raise TimeoutExpired(args, timeout) from None


class Process:
    """A command that runs: what asyncio.subprocess.Process has, and `result` once it has ended.

    stdin: a StreamWriter, stdout and stderr: StreamReaders, of PIPEs; else None.
    """

    stdin: Optional[asyncio.StreamWriter] = None
    stdout: Optional[asyncio.StreamReader] = None
    stderr: Optional[asyncio.StreamReader] = None

    def __init__(self, popen: _process.Popen) -> None:
        self.popen = popen
        self._transports: List[asyncio.BaseTransport] = []

    async def _connect(self, limit: int) -> None:
        loop = asyncio.get_running_loop()
        for name in ("stdout", "stderr"):
            file = getattr(self.popen, name)
            if file is not None:
                reader, protocol = self._protocol(limit)
                reading, _ = await loop.connect_read_pipe(lambda p=protocol: p, file)  # type: ignore[misc]
                self._transports.append(reading)
                setattr(self, name, reader)
        if self.popen.stdin is not None:
            _, answers = self._protocol(limit)
            writing, _ = await loop.connect_write_pipe(lambda: answers, self.popen.stdin)
            self._transports.append(writing)
            self.stdin = asyncio.StreamWriter(writing, answers, None, loop)

    @staticmethod
    def _protocol(limit: int) -> Tuple[asyncio.StreamReader, asyncio.StreamReaderProtocol]:
        reader = asyncio.StreamReader(limit=limit, loop=asyncio.get_running_loop())
        return reader, asyncio.StreamReaderProtocol(reader)

    @property
    def args(self) -> Args:
        """The command."""
        args: Args = self.popen.args
        return args

    @property
    def pid(self) -> int:
        """As Popen.pid."""
        return self.popen.pid

    @property
    def returncode(self) -> Optional[int]:
        """None while it runs."""
        return self.popen.returncode

    @property
    def result(self) -> Optional[Result]:
        """None while it runs."""
        return self.popen.result

    async def wait(self) -> int:
        """Wait for the end; several tasks may. Return: the return code."""
        popen = self.popen
        if popen.poll() is None:
            loop = asyncio.get_running_loop()
            ended = asyncio.Event()

            def tell() -> None:  # whoever saw the end, in whatever thread
                loop.call_soon_threadsafe(ended.set)

            popen.on_end.append(tell)
            watching = _watch(popen.fileno(), popen.poll)
            try:
                if popen.poll() is None:
                    await ended.wait()
            finally:
                watching()
                if tell in popen.on_end:
                    popen.on_end.remove(tell)
        code = popen.returncode
        assert code is not None
        return code

    async def communicate(self, input: Any = None) -> Tuple[Any, Any]:
        """Write input to stdin, read stdout and stderr to their ends, wait. Return: bytes, or None for what is no PIPE or CAPTURE."""
        out, err, _, _ = await asyncio.gather(self._read(self.stdout), self._read(self.stderr), self._write(input), self.wait())
        return out if self.stdout else self.popen.captured(1), err if self.stderr else self.popen.captured(2)

    async def _write(self, data: Any) -> None:
        if self.stdin is None:
            return
        try:
            if data:
                self.stdin.write(data)
                await self.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            pass  # it does not want it
        self.stdin.close()

    @staticmethod
    async def _read(stream: Optional[asyncio.StreamReader]) -> Optional[bytes]:
        return None if stream is None else await stream.read()

    def send_signal(self, sig: int) -> None:
        """To the command alone."""
        self.popen.send_signal(sig)

    def terminate(self) -> None:
        """SIGTERM to the command."""
        self.popen.terminate()

    def kill(self) -> None:
        """SIGKILL to its whole sandbox, as Popen.kill()."""
        self.popen.kill()

    def close(self) -> None:
        """Let go of the pipes."""
        for transport in self._transports:
            transport.close()
        self._transports.clear()

    async def __aenter__(self) -> "Process":
        return self

    async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if self.popen.poll() is None and kind is not None:
            self.kill()
        self.close()
        await self.wait()


async def create_subprocess_exec(program: Any, *args: Any, limit: int = _LIMIT, **options: Any) -> Process:
    """Start a command, as asyncio.create_subprocess_exec(); the options are those of Popen, without text."""
    for name in ("text", "encoding", "errors", "universal_newlines"):
        if options.get(name):
            raise ValueError(f"{name} does not exist here: streams are of bytes")
    process = Process(_process.Popen([program, *args], bufsize=0, **options))
    try:
        await process._connect(limit)
    except BaseException:
        process.kill()
        process.close()
        process.popen.wait()
        raise
    return process


async def run(args: Args, *, timeout: Optional[float] = None, check: bool = False, **options: Any) -> Result:
    """As libsandbox.run(). When the task is cancelled the command is killed."""
    options, data = run_options(options)
    popen = _process.Popen(args, _data=data, _quick=True, **options)
    process = Process(popen)
    try:
        await _within(timeout, process.wait(), args)
    except BaseException as error:
        popen.kill()
        popen.wait()  # its end is a matter of milliseconds, and a task that is cancelled can await nothing any more
        if isinstance(error, TimeoutExpired):
            error.output, error.stderr = popen.captured(1) or None, popen.captured(2) or None
            error.result = popen.result
        raise
    stdout, stderr = popen.communicate()
    assert popen.result is not None
    popen.result.stdout, popen.result.stderr = stdout, stderr
    if check:
        popen.result.check_returncode()
    return popen.result


class Box(_box.Box):
    """As libsandbox.Box; run() and create_subprocess_exec() are awaited."""

    async def run(self, args: Args, **options: Any) -> Result:  # type: ignore[override]
        """As run(), in this box."""
        return await run(args, box=self, **options)

    async def create_subprocess_exec(self, program: Any, *args: Any, **options: Any) -> Process:
        """As create_subprocess_exec(), in this box."""
        return await create_subprocess_exec(program, *args, box=self, **options)

    async def __aenter__(self) -> "Box":
        return self

    async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.close()


class LentBox(_box.LentBox, Box):
    """A box of a pool."""


class Pool(_box.Pool):
    """As libsandbox.Pool: async with await pool.get() as box. While a loop runs it also keeps the boxes ready."""

    def __init__(self, size: int, config: Optional[Config] = None, **options: Any) -> None:
        super().__init__(size, config, **options)
        self._waiters: List["asyncio.Future[None]"] = []
        self._watching: Optional[asyncio.AbstractEventLoop] = None

    def watch(self) -> None:
        """Let the running loop reset and make boxes, one at a time, between other things."""
        if self._watching is None:
            self._watching = asyncio.get_running_loop()
            self._watching.add_reader(self.fileno(), self._work)

    def _work(self) -> None:
        try:
            self.process()
        except OSError:
            pass  # error() tells; the descriptor rests a while before the next attempt
        self._wake()

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.pop(0)
            if not waiter.done():
                waiter.set_result(None)
                return

    async def get(self, timeout: Optional[float] = None) -> LentBox:  # type: ignore[override]
        """Borrow a box, as new. timeout: seconds while all are lent, then TimeoutExpired."""
        self.watch()
        box: LentBox = await _within(timeout, self._get(), "Pool.get")
        return box

    async def _get(self) -> LentBox:
        while True:
            try:
                lent = super().get(0)
            except TimeoutExpired:
                waiter = asyncio.get_running_loop().create_future()
                self._waiters.append(waiter)
                await waiter
                continue
            box = LentBox(self, lent._pointer)
            lent._pointer = None
            return box

    def close(self) -> None:
        if self._watching is not None and self._pointer is not None:
            self._watching.remove_reader(self.fileno())
            self._watching = None
        super().close()

    async def __aenter__(self) -> "Pool":
        self.watch()
        return self

    async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.close()


class Group(_group.Group):
    """As libsandbox.Group; run() and wait() are awaited."""

    async def wait(self, timeout: Optional[float] = None) -> _group.GroupResult:  # type: ignore[override]
        """Wait for the end of all."""
        result: _group.GroupResult = await _within(timeout, self._wait(), self._args)
        return result

    async def _wait(self) -> _group.GroupResult:
        ended: "asyncio.Future[_group.GroupResult]" = asyncio.get_running_loop().create_future()

        def look() -> None:
            try:
                result = self.poll()
            except OSError as error:
                if not ended.done():
                    ended.set_exception(error)
                return
            if result is not None and not ended.done():
                ended.set_result(result)

        watching = _watch(self.fileno(), look)
        try:
            look()
            return await ended
        finally:
            watching()

    async def run(self, timeout: Optional[float] = None) -> _group.GroupResult:  # type: ignore[override]
        """start() and wait(); what raises kills them."""
        self.start()
        try:
            return await self.wait(timeout)
        except BaseException:
            self.kill()
            raise

    async def __aenter__(self) -> "Group":
        return self

    async def __aexit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.close()
