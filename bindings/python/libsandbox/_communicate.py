# SPDX-License-Identifier: MIT
"""The pipes of a command: what is written and read by communicate()."""
import io
import os
import selectors
import time
from typing import IO, Any, Dict, List, Optional, Tuple

from ._running import Running
from ._stdio import usual_encoding
from .errors import TimeoutExpired
from .result import Result

_CHUNK = 65536


class Communicate(Running):
    """What Popen has of it."""

    args: Any
    stdin: Optional[IO[Any]]
    stdout: Optional[IO[Any]]
    stderr: Optional[IO[Any]]
    returncode: Optional[int]
    result: Optional[Result]

    def __init__(self, text_mode: bool, encoding: Optional[str], errors: Optional[str]) -> None:
        self.text_mode, self.encoding, self.errors = text_mode, encoding, errors
        self.stdin = self.stdout = self.stderr = None
        self._input: Optional[memoryview] = None
        self._chunks: Dict[int, bytearray] = {}
        self._kept: List[int] = []  # by the library
        self._started = False

    def poll(self) -> Optional[int]:
        """Popen's."""
        raise NotImplementedError

    def wait(self, timeout: Optional[float] = None) -> int:
        """Popen's."""
        raise NotImplementedError

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

    def communicate(self, input: Any = None, timeout: Optional[float] = None) -> Tuple[Any, Any]:
        """Write input to stdin, read stdout and stderr to their ends, wait. Return: (stdout, stderr), None if not a PIPE or CAPTURE.

        timeout: seconds, then TimeoutExpired; after that it may be called again, and nothing is lost.
        """
        if self._started and input:
            raise ValueError("Cannot send input after starting communication")
        end = None if timeout is None else time.monotonic() + timeout
        if not self._started:
            self._started = True
            self._begin(input)
        try:
            if self.stdin is not None or self.stdout is not None or self.stderr is not None:
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
        encoding = self.encoding or getattr(file, "encoding", None) or usual_encoding()
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
