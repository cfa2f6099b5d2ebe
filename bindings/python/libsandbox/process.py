# SPDX-License-Identifier: MIT
"""run() and Popen: what subprocess has, in a sandbox."""
import ctypes
import errno
import io
import os
import select
import selectors
import signal
import subprocess
import threading
import time
import warnings
from typing import IO, Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from ._handle import Handle, call, new_pointer, text_of
from ._lib import lib
from ._numbers import Step
from ._structs import sb_error, sb_proc, sb_result, sb_stats
from ._types import AnyPath, text as c_text
from .config import Config, Limits, Mount, Network, environment
from .errors import ConfigError, DeadHandle, SandboxError, TimeoutExpired, from_c
from .result import Result, add_details, interfaces, limits_in, stats_of
from .trace import Trace

PIPE = subprocess.PIPE
STDOUT = subprocess.STDOUT
DEVNULL = subprocess.DEVNULL
CAPTURE = -4  # kept by the library while somebody waits: communicate() and run() give it out

Args = Union[AnyPath, Sequence[AnyPath]]
_CHUNK = 65536


class Proc(Handle):
    """The handle of a command; a Popen has one. Any thread may use it."""

    _free = "sb_proc_free"

    def __init__(self, owner: Any = None) -> None:
        super().__init__()
        self.owner = owner  # the box it runs in must not go before it
        self.lock = threading.Lock()

    def process(self, raw: sb_result) -> bool:
        """Notice what has happened; has it ended?"""
        return call("sb_proc_process", self, raw, sb_error()) == 1

    def captured(self, fd: int) -> Optional[bytes]:
        """What was kept of fd so far; None if it is not captured."""
        data, length = ctypes.c_void_p(), ctypes.c_size_t()
        try:
            call("sb_proc_output", self, fd, data, length)
        except FileNotFoundError:
            return None
        return ctypes.string_at(data, length.value) if length.value else b""


# Commands whose Popen was collected while they ran: they go on, and are freed when they have ended.
_orphans: List[Proc] = []


def _forget_orphans() -> None:
    for proc in list(_orphans):
        try:
            ended = proc._pointer is None or proc.process(sb_result())
        except SandboxError:
            ended = False
        if ended:
            try:
                _orphans.remove(proc)
            except ValueError:
                continue  # another thread was faster
            proc._release()


class Stdio:
    """The three descriptors of a command: which of the host they are, and our ends of pipes."""

    def __init__(self) -> None:
        self.ours: Dict[int, int] = {}
        self.theirs: List[int] = []

    def pipe(self, fd: int) -> int:
        reading, writing = os.pipe()
        self.ours[fd] = writing if fd == 0 else reading
        self.theirs.append(reading if fd == 0 else writing)
        return self.theirs[-1]

    def close_theirs(self) -> None:
        while self.theirs:
            os.close(self.theirs.pop())

    def close(self) -> None:
        self.close_theirs()
        for fd in self.ours.values():
            os.close(fd)
        self.ours.clear()


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def set_stdio(config: Config, stdio: Stdio, fd: int, what: Any) -> None:
    """What stdin=, stdout= or stderr= says of fd."""
    if what is None:
        # Nothing of the host is read unless it is said so.
        host = fd if fd and _is_open(fd) else -1
    elif what == PIPE:
        if fd and config.output_limit:
            raise ConfigError(errno.EINVAL, "a limit of output holds for what the library carries, and not for a PIPE",
                              Step.STREAM, hint="use run(), or CAPTURE and communicate()")
        host = stdio.pipe(fd)
    elif what == STDOUT:
        if fd != 2:
            raise ValueError("STDOUT is for stderr alone")
        config.set_stream_same(2, 1)
        return
    elif what == CAPTURE:
        if not fd:
            raise ValueError("CAPTURE is for stdout and stderr")
        config.set_stream_capture(fd, None)
        return
    elif isinstance(what, int):
        host = -1 if what == DEVNULL else what
    else:
        host = what.fileno()
    if fd and config.output_limit and what != PIPE:
        config.set_stream_copy(fd, host, -1, None)
    else:
        config.set_fd(fd, host)


def base_config(
    box: Any, config: Optional[Config], *, limits: Optional[Limits] = None, mounts: Iterable[Union[Mount, str]] = (),
    network: Union[Network, str, None] = None, user: Union[int, Tuple[int, int], str, None] = None,
    profile: Optional[str] = None, hostname: Optional[str] = None, rootfs: Optional[AnyPath] = None,
) -> Config:
    """What a command starts from: the standard config, or a copy of the one that was given, or of the box's."""
    if config is None and box is None:
        return Config.standard(profile=profile, limits=limits, mounts=mounts, network=network, user=user, hostname=hostname,
                               rootfs=rootfs)
    if list(mounts) or network is not None or hostname is not None or rootfs is not None:
        raise ValueError("mounts, network, hostname and rootfs are those of the config or the box")
    copy: Config = (config or box.config).copy()
    copy.use(profile=profile, limits=limits, user=user)
    return copy


def words_of(args: Args) -> List[AnyPath]:
    """A command as a list; subprocess takes one text or path for a command without arguments."""
    if isinstance(args, (str, bytes, os.PathLike)):
        return [args]
    words = list(args)
    if not words:
        raise ValueError("an empty command")
    for word in words:
        c_text(word)
    return words


class Popen:
    """A command that runs in a sandbox of its own, or in a box: the interface is that of subprocess.Popen.

    Not as there: stdin=None is /dev/null, not the caller's; env=None is config.DEFAULT_ENV, not the caller's; cwd is inside,
    "/" unless given; shell=True, preexec_fn and process groups do not exist. All other descriptors are closed but pass_fds.

    limits, mounts, network, user, profile, hostname, rootfs: as Config.standard(). config: a Config instead of the standard
    one, of which a copy is used. box: a Box to run in, whose own config is where this starts from. trace: True records
    the steps, for Result.trace.

    When the constructor returns the command has been executed; what fails before is raised: CommandNotFound and so on.
    pid: in the caller's pid namespace; None if the command had ended before that could be asked.
    result: a Result once it has ended. Whoever waits (wait(), poll(), communicate()) also moves what is captured.
    Any thread may call any method. Collected while it runs it is a ResourceWarning, and the command goes on.
    """

    result: Optional[Result]
    pid: Optional[int]

    def __init__(
        self, args: Args, bufsize: int = -1, executable: Optional[AnyPath] = None, stdin: Any = None, stdout: Any = None,
        stderr: Any = None, *, cwd: Optional[AnyPath] = None, env: Optional[Mapping[Any, Any]] = None,
        universal_newlines: Optional[bool] = None, text: Optional[bool] = None, encoding: Optional[str] = None,
        errors: Optional[str] = None, pass_fds: Iterable[int] = (), umask: int = -1, extra_groups: Optional[Sequence[int]] = None,
        limits: Optional[Limits] = None, mounts: Iterable[Union[Mount, str]] = (), network: Union[Network, str, None] = None,
        user: Union[int, Tuple[int, int], str, None] = None, profile: Optional[str] = None, hostname: Optional[str] = None,
        rootfs: Optional[AnyPath] = None, config: Optional[Config] = None, box: Any = None, trace: bool = False,
        shell: bool = False, preexec_fn: None = None, _data: Optional[bytes] = None,
    ) -> None:
        self._proc: Optional[Proc] = None
        self.result = None
        self.pid = None
        self.returncode: Optional[int] = None
        self.stdin: Optional[IO[Any]] = None
        self.stdout: Optional[IO[Any]] = None
        self.stderr: Optional[IO[Any]] = None
        if shell:
            raise ValueError("shell=True does not exist: say [\"/bin/sh\", \"-c\", text]")
        if preexec_fn is not None:
            raise ValueError("preexec_fn does not exist: nothing of Python runs between fork and exec")
        self.args = args
        self.encoding, self.errors = encoding, errors
        self.text_mode = bool(encoding or errors or text or universal_newlines)
        self._input: Optional[memoryview] = None
        self._chunks: Dict[int, bytearray] = {}
        self._started = False
        self._turn = threading.RLock()
        self.on_end: List[Callable[[], Any]] = []  # called once it has ended, by whoever noticed
        words = words_of(args)
        run_in = base_config(box, config, limits=limits, mounts=mounts, network=network, user=user, profile=profile,
                             hostname=hostname, rootfs=rootfs)
        self._trace = Trace() if trace else run_in.trace
        stdio = Stdio()
        try:
            if trace:
                run_in.set_trace(self._trace)
            describe(run_in, words, executable, cwd, env, umask, extra_groups, pass_fds)
            if _data is not None:
                run_in.set_stream_data(0, _data)
            else:
                set_stdio(run_in, stdio, 0, stdin)
            set_stdio(run_in, stdio, 1, stdout)
            set_stdio(run_in, stdio, 2, stderr)
            self._spawn(run_in, box, executable or words[0], cwd)
            stdio.close_theirs()
            self._open_files(stdio.ours, bufsize)
        except BaseException:
            stdio.close()
            started = getattr(self, "_proc", None)
            if started is not None:
                started._release("its start was interrupted")
            raise
        finally:
            run_in.close()

    def _spawn(self, config: Config, box: Any, name: AnyPath, cwd: Optional[AnyPath]) -> None:
        _forget_orphans()
        pointer, why = new_pointer(sb_proc), sb_error()
        proc = Proc(box)
        try:
            if box is None:
                call("sb_spawn", config, pointer, why)
            else:
                call("sb_box_spawn", box, config, pointer, why)
            proc._adopt(pointer)
        except SandboxError as error:
            missing = {Step.EXEC: name, Step.CWD: cwd}.get(error.step)
            if missing is not None and why.code:
                raise from_c(why, os.fsdecode(missing)) from None
            raise
        except BaseException:  # a signal's, between the call and us: nobody will have the command
            if pointer:
                proc._adopt(pointer)
                proc._release("its start was interrupted")
            raise
        self._proc = proc
        if box is not None:
            box._commands.add(self)
        try:
            self.pid = int(lib.sb_proc_pid(proc))
        except ProcessLookupError:  # it has ended already; 0 or -1 would be somebody else to os.kill()
            pass

    def _open_files(self, ours: Dict[int, int], bufsize: int) -> None:
        names = {0: "stdin", 1: "stdout", 2: "stderr"}
        for fd in list(ours):
            buffered = 1 if self.text_mode and bufsize == 1 else bufsize
            binary = io.open(ours[fd], "wb" if fd == 0 else "rb", -1 if buffered == 1 else buffered)
            del ours[fd]
            file: IO[Any] = binary
            if self.text_mode:
                file = io.TextIOWrapper(binary, encoding=self.encoding, errors=self.errors,
                                        write_through=fd == 0, line_buffering=fd == 0 and bufsize == 1)
            setattr(self, names[fd], file)

    # --- the end ------------------------------------------------------------------------

    def poll(self) -> Optional[int]:
        """The return code if it has ended, else None."""
        # Whoever holds the turn sleeps until there is something to notice, and notices it.
        if self.returncode is None and self._turn.acquire(blocking=False):
            try:
                proc = self._handle()
                with proc.lock:
                    raw = sb_result()
                    if self.returncode is None and proc.process(raw):
                        self._ended(proc, raw)
            finally:
                self._turn.release()
        return self.returncode

    def _ended(self, proc: Proc, raw: sb_result) -> None:
        result = Result(self.args, raw)
        add_details(result, proc, raw)
        network = interfaces(proc)
        if network:
            result.evidence["network"] = network
        for fd in (1, 2):
            data = proc.captured(fd)
            if data is not None:
                self._chunks[fd] = bytearray(data)
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
        if not self._turn.acquire(timeout=-1 if timeout is None else max(0, timeout)):
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
            self._turn.release()
        assert self.returncode is not None
        return self.returncode

    def communicate(self, input: Any = None, timeout: Optional[float] = None) -> Tuple[Any, Any]:
        """Write input to stdin, read stdout and stderr to their ends, wait. Return: (stdout, stderr), None if not a PIPE or CAPTURE.

        After TimeoutExpired it may be called again, and nothing is lost.
        """
        if self._started and input:
            raise ValueError("Cannot send input after starting communication")
        end = None if timeout is None else time.monotonic() + timeout
        if not self._started:
            self._started = True
            self._begin(input)
        try:
            self._move(end)
            self.wait(None if end is None else max(0, end - time.monotonic()))
        except TimeoutExpired:
            raise self._expired(timeout) from None
        return self._output(1), self._output(2)

    def _begin(self, data: Any) -> None:
        if self.stdin is not None and not self.stdin.closed:
            try:
                self.stdin.flush()
            except BrokenPipeError:
                pass
            if data:
                if isinstance(self.stdin, io.TextIOWrapper):
                    data = data.encode(self.stdin.encoding, self.stdin.errors or "strict")
                self._input = memoryview(data).cast("B")
                os.set_blocking(self.stdin.fileno(), False)
            else:
                self._close_stdin()
        for fd, file in ((1, self.stdout), (2, self.stderr)):
            if file is not None:
                self._chunks[fd] = bytearray()

    def _close_stdin(self) -> None:
        self._input = None
        if self.stdin is not None:
            try:
                self.stdin.close()
            except BrokenPipeError:
                pass

    def _move(self, end: Optional[float]) -> None:
        """Feed and drain the pipes until all of them are at their ends."""
        with selectors.PollSelector() as selector:
            if self._input is not None and self.stdin is not None and not self.stdin.closed:
                selector.register(self.stdin, selectors.EVENT_WRITE, 0)
            for fd, file in ((1, self.stdout), (2, self.stderr)):
                if file is not None and not file.closed:
                    selector.register(file, selectors.EVENT_READ, fd)
            pipes = len(selector.get_map())
            if pipes and self.poll() is None:  # streams that the library carries move meanwhile
                selector.register(self.fileno(), selectors.EVENT_READ, -1)
            while pipes:
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutExpired(self.args, 0)
                for key, _ in selector.select(left):
                    if key.data == -1:
                        if self.poll() is not None:
                            selector.unregister(key.fileobj)
                    elif not (self._feed() if key.data == 0 else self._drain(key.fd, key.data)):
                        selector.unregister(key.fileobj)
                        pipes -= 1
                        if key.data == 0:
                            self._close_stdin()
                        else:
                            key.fileobj.close()  # type: ignore[union-attr]

    def _feed(self) -> bool:
        assert self._input is not None and self.stdin is not None
        try:
            self._input = self._input[os.write(self.stdin.fileno(), self._input[:_CHUNK]):]
        except BlockingIOError:
            return True
        except BrokenPipeError:  # it does not want it
            return False
        return len(self._input) > 0

    def _drain(self, fd: int, which: int) -> bool:
        data = os.read(fd, _CHUNK)
        self._chunks[which] += data
        return bool(data)

    def _output(self, fd: int) -> Any:
        data = self._chunks.get(fd)
        return None if data is None else self._decoded(bytes(data), fd)

    def _decoded(self, data: bytes, fd: int) -> Any:
        if not self.text_mode:
            return data
        file = self.stdout if fd == 1 else self.stderr
        encoding = self.encoding or getattr(file, "encoding", None) or io.TextIOWrapper(io.BytesIO()).encoding
        return data.decode(encoding, self.errors or "strict").replace("\r\n", "\n").replace("\r", "\n")

    def _expired(self, timeout: Optional[float]) -> TimeoutExpired:
        """With what there is so far, as bytes."""
        output = [self.captured(fd) for fd in (1, 2)]
        error = TimeoutExpired(self.args, timeout or 0, output=output[0] or None, stderr=output[1] or None)
        error.result = self.result
        return error

    def captured(self, fd: int = 1) -> Optional[bytes]:
        """What was kept of a CAPTURE, or read from a PIPE by communicate(), so far; None if it is neither."""
        proc = self._handle()
        with proc.lock:
            data = proc.captured(fd) if self.returncode is None else None
        if data is not None:
            return data
        chunks = self._chunks.get(fd)
        return None if chunks is None else bytes(chunks)

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
        if _orphans is not None:
            _orphans.append(proc)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: returncode: {self.returncode} args: {self.args!r}>"

    # --- while it runs ------------------------------------------------------------------

    def _handle(self) -> Proc:
        if self._proc is None:
            raise ValueError("it was not started")
        return self._proc

    def _call(self, name: str, *args: Any) -> int:
        """A function of the handle, which nobody frees meanwhile."""
        proc = self._handle()
        with proc.lock:
            return call(name, proc, *args)

    def fileno(self) -> int:
        """A descriptor that is readable when poll() has something to do; for select and event loops."""
        return self._call("sb_proc_fd")

    @property
    def pidfd(self) -> int:
        """Of the command; borrowed."""
        return self._call("sb_proc_pidfd")

    @property
    def tty(self) -> int:
        """Master side of its terminal (Config.set_tty()); borrowed."""
        return self._call("sb_proc_tty")

    def port(self, index: int = 0) -> int:
        """The port of the host that the index-th published one has."""
        return self._call("sb_proc_port", index)

    def tap(self, index: int = 0) -> int:
        """The descriptor of the index-th TAP interface; borrowed."""
        return self._call("sb_proc_tap", index)

    def soft(self) -> Any:
        """Soft limits that were passed so far, as a set of Limit."""
        return limits_in(self._call("sb_proc_soft"))

    def stats(self) -> Dict[str, int]:
        """What its cgroup used up to now; NotFound without one."""
        stats = sb_stats()
        self._call("sb_proc_stats", stats, sb_error())
        return stats_of(stats)

    def network(self) -> List[Dict[str, Any]]:
        """Its interfaces, with their counters."""
        proc = self._handle()
        with proc.lock:
            return interfaces(proc)

    def pids(self) -> List[int]:
        """Its processes; needs a cgroup."""
        room = 64
        while True:
            pids = (ctypes.c_int * room)()
            count = self._call("sb_proc_pids", pids, room, sb_error())
            if count <= room:
                return list(pids[:count])
            room = count * 2

    def freeze(self) -> None:
        """Stop all its processes where they are; needs a cgroup."""
        self._call("sb_proc_freeze", 1, sb_error())

    def thaw(self) -> None:
        """Let them go on."""
        self._call("sb_proc_freeze", 0, sb_error())

    def set_cgroup(self, file: str, value: str) -> None:
        """Change a setting of its cgroup."""
        self._call("sb_proc_set_cgroup", file, value, sb_error())

    def get_cgroup(self, file: str) -> str:
        """A file of its cgroup."""
        proc = self._handle()
        with proc.lock:
            return text_of("sb_proc_get_cgroup", proc, file, error=sb_error())


def describe(config: Config, words: List[AnyPath], executable: Optional[AnyPath], cwd: Optional[AnyPath],
             env: Optional[Mapping[Any, Any]], umask: int, groups: Optional[Sequence[int]], pass_fds: Iterable[int]) -> None:
    """The command itself."""
    config.set_command(executable, words)
    if cwd is not None:
        config.set_cwd(cwd)
    if env is not None:
        config.set_env(environment(env))
    if umask >= 0:
        config.set_umask(umask)
    if groups is not None:
        config.set_groups(groups)
    for fd in pass_fds:
        config.set_fd(fd, fd)


def run(args: Args, *, input: Any = None, capture_output: bool = False, timeout: Optional[float] = None, check: bool = False,
        **options: Any) -> Result:
    """Run a command in a sandbox and wait for its end: subprocess.run() with the options of Popen. Return: a Result.

    timeout: seconds, then it is killed and TimeoutExpired raised, whose `result` has the figures; a limit of
    Limits(wall_time=) is a verdict instead. check: raise CalledProcessError unless it exited by itself, with 0.
    PIPE is kept by the library, so that Limits(output=) counts it. input: a file that the command finds as its stdin.
    """
    options, data = run_options({"input": input, "capture_output": capture_output, **options})
    process = Popen(args, _data=data, **options)
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except BaseException as error:
        process.kill()
        process.wait()
        if isinstance(error, TimeoutExpired):
            error.output, error.stderr = process.captured(1) or None, process.captured(2) or None
            error.result = process.result
        raise
    assert process.result is not None
    process.result.stdout, process.result.stderr = stdout, stderr
    if check:
        process.result.check_returncode()
    return process.result


def run_options(options: Dict[str, Any]) -> Tuple[Dict[str, Any], Optional[bytes]]:
    """What run() says in the words of Popen, and the input."""
    data: Any = options.pop("input", None)
    if data is not None:
        if options.get("stdin") is not None:
            raise ValueError("stdin and input arguments may not both be used.")
        data = _encoded(data, options)
        options.pop("stdin", None)
    if options.pop("capture_output", False):
        if options.get("stdout") is not None or options.get("stderr") is not None:
            raise ValueError("stdout and stderr arguments may not be used with capture_output.")
        options["stdout"] = options["stderr"] = PIPE
    for name in ("stdout", "stderr"):
        if options.get(name) == PIPE:
            options[name] = CAPTURE
    if options.get("stdin") == PIPE:
        options["stdin"] = DEVNULL  # nobody could write to it
    return options, data


def _encoded(data: Any, options: Mapping[str, Any]) -> bytes:
    """input= as bytes; the errors are those of subprocess."""
    if isinstance(data, str):
        if not any(options.get(name) for name in ("text", "universal_newlines", "encoding", "errors")):
            raise TypeError("memoryview: a bytes-like object is required, not 'str'")
        encoding = options.get("encoding") or io.TextIOWrapper(io.BytesIO()).encoding
        return data.encode(encoding, options.get("errors") or "strict")
    return bytes(memoryview(data))


def check_call(args: Args, **options: Any) -> int:
    """As subprocess.check_call()."""
    return run(args, check=True, **options).returncode


def check_output(args: Args, **options: Any) -> Any:
    """As subprocess.check_output()."""
    return run(args, check=True, stdout=PIPE, **options).stdout


__all__ = ["CAPTURE", "DEVNULL", "PIPE", "Popen", "STDOUT", "check_call", "check_output", "run"]
