# SPDX-License-Identifier: MIT
"""Popen: what subprocess has, in a sandbox."""
import select
import signal
import time
import warnings
from typing import Any, Callable, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from ._communicate import Communicate
from ._start import Proc, orphans, start
from ._stdio import CAPTURE, DEVNULL, PIPE, STDOUT, Args, Stdio, describe, words_of
from ._structs import sb_error, sb_notification, sb_result
from ._template import base_config
from ._types import AnyPath
from .config import Config
from .errors import DeadHandle, NotFound, TimeoutExpired
from .limits import Limits
from .mounts import Mount
from .network import Network
from .notify import Notification
from .result import Result, add_details, interfaces
from .trace import Trace


class Popen(Communicate):
    """A command that runs in a sandbox of its own, or in a box: the interface is that of subprocess.Popen.

    Not as there: stdin=None is /dev/null, not the caller's; env=None is config.DEFAULT_ENV, not the caller's; cwd is inside,
    "/" unless given; shell=True, preexec_fn and process groups do not exist. All other descriptors are closed but pass_fds.

    limits, mounts, network, user, profile, hostname, rootfs: as Config.standard(). config: a Config instead of the standard
    one, of which a copy is used. box: a Box to run in, whose own config is where this starts from. trace: True records
    the steps, for Result.trace.

    When the constructor returns the command has been executed; what fails before is raised: CommandNotFound and so on.
    pid: in the caller's pid namespace. Of a command that had ended before that could be asked, a number that no process can
    have, above 2**30: a signal to it, or a look at it, finds nobody, as with that of any process that has been waited for.
    result: a Result once it has ended. Whoever waits (wait(), poll(), communicate()) also moves what is captured.
    Any thread may call any method. Collected while it runs it is a ResourceWarning, and the command goes on.
    """

    def __init__(
        self, args: Args, bufsize: int = -1, executable: Optional[AnyPath] = None, stdin: Any = None, stdout: Any = None,
        stderr: Any = None, *, cwd: Optional[AnyPath] = None, env: Optional[Mapping[Any, Any]] = None,
        universal_newlines: Optional[bool] = None, text: Optional[bool] = None, encoding: Optional[str] = None,
        errors: Optional[str] = None, pass_fds: Iterable[int] = (), umask: int = -1, extra_groups: Optional[Sequence[int]] = None,
        limits: Optional[Limits] = None, mounts: Iterable[Union[Mount, str]] = (), network: Union[Network, str, None] = None,
        user: Union[int, Tuple[int, int], str, None] = None, profile: Optional[str] = None, hostname: Optional[str] = None,
        rootfs: Optional[AnyPath] = None, config: Optional[Config] = None, box: Any = None, trace: bool = False,
        shell: bool = False, preexec_fn: None = None, _data: Optional[bytes] = None, _quick: bool = False,
    ) -> None:
        self._proc: Optional[Proc] = None
        self.returncode: Optional[int] = None
        super().__init__(bool(encoding or errors or text or universal_newlines), encoding, errors)
        self.result: Optional[Result] = None
        if shell:
            raise ValueError("shell=True does not exist: say [\"/bin/sh\", \"-c\", text]")
        if preexec_fn is not None:
            raise ValueError("preexec_fn does not exist: nothing of Python runs between fork and exec")
        self.args = args
        self._pid: Optional[int] = None
        self.on_end: List[Callable[[], Any]] = []  # called once it has ended, by whoever noticed
        words = words_of(args)
        run_in = base_config(box, config, limits=limits, mounts=mounts, network=network, user=user, profile=profile,
                             hostname=hostname, rootfs=rootfs)
        self._trace = Trace() if trace else run_in.trace
        self._networked = run_in.networked
        stdio = Stdio()
        try:
            if trace:
                run_in.set_trace(self._trace)
            describe(run_in, words, executable, cwd, env, umask, extra_groups, pass_fds)
            if _data is not None:
                run_in.set_stream_data(0, _data)
            else:
                stdio.set(run_in, 0, stdin)
            stdio.set(run_in, 1, stdout)
            stdio.set(run_in, 2, stderr)
            self._kept = stdio.kept
            self._proc = start(run_in, box, executable or words[0], cwd)
            if box is not None:
                box._commands.add(self)
            if not _quick:  # nobody sees the Popen of a run()
                self._pid = self._proc.pid()
            if stdio.theirs:
                stdio.close_theirs()
                self._open_files(stdio.ours, bufsize)
        except BaseException:
            stdio.close()
            if self._proc is not None:
                self._proc._release("its start was interrupted")
            raise
        finally:
            run_in.close()

    @property
    def pid(self) -> int:
        """See above."""
        if self._pid is None:
            proc = self._handle()
            with proc.lock:
                self._pid = proc.pid()
        return self._pid

    # --- the end ------------------------------------------------------------------------

    def poll(self) -> Optional[int]:
        """The return code if it has ended, else None."""
        if self.returncode is not None:
            return self.returncode
        proc = self._handle()
        if proc.turn.acquire(blocking=False):
            try:
                with proc.lock:
                    raw = sb_result()
                    if self.returncode is None and proc.process(raw):
                        self._ended(proc, raw)
            finally:
                proc.turn.release()
        return self.returncode

    def _wait_a_moment(self, timeout: float) -> None:
        """For run(): most commands end within a moment, and then one call is all the waiting there is."""
        proc = self._handle()
        with proc.turn, proc.lock:
            raw = sb_result()
            if self.returncode is None and proc.wait(round(timeout * 1e9), raw):
                self._ended(proc, raw)

    def _ended(self, proc: Proc, raw: sb_result) -> None:
        result = Result(self.args, raw)
        add_details(result, proc, raw)
        if self._networked:
            result.evidence["network"] = interfaces(proc)
        for fd in self._kept:
            self._chunks[fd] = bytearray(proc.captured(fd) or b"")
        if self._trace is not None:
            result.trace = self._trace.events()
        self.result = result
        self.returncode = result.returncode
        proc._release("the command has ended")
        while self.on_end:
            self.on_end.pop()()

    def wait(self, timeout: Optional[float] = None) -> int:
        """Wait for the end. timeout: seconds, then TimeoutExpired. Return: the return code."""
        end = None if timeout is None else time.monotonic() + timeout
        turn = self._handle().turn
        if not turn.acquire(timeout=-1 if timeout is None else max(0, timeout)):
            raise TimeoutExpired(self.args, timeout or 0)
        try:
            if self.poll() is None:
                poller = select.poll()
                poller.register(self.fileno(), select.POLLIN)
                while self.poll() is None:
                    left = None if end is None else end - time.monotonic()
                    if left is not None and left <= 0:
                        raise TimeoutExpired(self.args, timeout or 0)
                    poller.poll(None if left is None else left * 1000)
        finally:
            turn.release()
        assert self.returncode is not None
        return self.returncode

    # --- system calls that the caller answers -------------------------------------------

    @property
    def notify_fd(self) -> int:
        """Readable when a call waits (POLLHUP: no process is left); borrowed. NotFound if the policy has no notify line."""
        return self._call("sb_proc_notify_fd")

    def notification(self, timeout: Optional[float] = None) -> Optional[Notification]:
        """The next system call that waits for an answer, or None if there was none for timeout seconds.

        NotFound once no process is left that could make one. With such lines in the policy, calls that it kills for or logs
        are dealt with here too.
        """
        end = None if timeout is None else time.monotonic() + timeout
        poller, raw = select.poll(), sb_notification()
        poller.register(self.notify_fd, select.POLLIN)
        while not self._call("sb_notify_receive", raw, sb_error()):
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return None
            poller.poll(None if left is None else left * 1000)
        return Notification(self, raw)

    def notifications(self) -> Iterator[Notification]:
        """All of them, until no process is left that could make one. Answer each before the next is asked for."""
        while True:
            try:
                call = self.notification()
            except (NotFound, DeadHandle):
                return
            assert call is not None
            yield call

    def send_signal(self, sig: int) -> None:
        """To the command alone; nothing if it has ended."""
        if self.poll() is None:
            try:
                self._call("sb_proc_signal", sig)
            except (ProcessLookupError, DeadHandle):
                pass  # it has just ended

    def terminate(self) -> None:
        """SIGTERM to the command."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to the command and, unless it runs in a box without cgroups, to all of its sandbox. Verdict.KILLED."""
        if self.poll() is None:
            try:
                self._call("sb_proc_kill")
            except DeadHandle:
                pass  # it has just ended

    def __reduce__(self) -> Any:
        raise TypeError("a Popen belongs to the process that made it: it cannot be pickled, or sent to another")

    def __enter__(self) -> "Popen":
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        for file in (self.stdout, self.stderr):
            if file is not None:
                file.close()
        try:
            self._close_stdin()
        finally:
            self.wait()

    def __del__(self, warn: Any = warnings.warn) -> None:
        proc = getattr(self, "_proc", None)
        if proc is None or self.returncode is not None or proc._pointer is None:
            return
        warn(f"command {self.pid} still runs", ResourceWarning, source=self)
        if orphans is not None:
            orphans.append(proc)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: returncode: {self.returncode} args: {self.args!r}>"

    def _handle(self) -> Proc:
        if self._proc is None:
            raise ValueError("it was not started")
        return self._proc


def wait_any(popens: Iterable[Popen], timeout: Optional[float] = None) -> Popen:
    """Wait until one of several commands has ended. Return: it, the first in their order if several have.

    timeout: seconds, then TimeoutExpired. What is captured of any of them moves meanwhile. One that has ended is returned at
    every call: leave it out of the next. Any thread may call it, and several may wait for the same.
    """
    waiting = list(popens)
    if not waiting:
        raise ValueError("there is none to wait for")
    end = None if timeout is None else time.monotonic() + timeout
    poller = select.poll()
    while True:
        for popen in waiting:
            if popen.poll() is not None:
                return popen
            try:
                poller.register(popen.fileno(), select.POLLIN)
            except DeadHandle:
                if popen.returncode is None:
                    raise
                return popen  # another thread has just seen its end
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutExpired([popen.args for popen in waiting], timeout or 0)
        poller.poll(None if left is None else left * 1000)


__all__ = ["CAPTURE", "DEVNULL", "PIPE", "Popen", "STDOUT", "wait_any"]
