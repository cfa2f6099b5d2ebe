# SPDX-License-Identifier: MIT
"""run() and what subprocess has beside it."""
from typing import Any, Dict, Mapping, Optional, Tuple

from ._stdio import CAPTURE, DEVNULL, PIPE, Args, usual_encoding
from .errors import TimeoutExpired
from .process import Popen
from .result import Result

# Seconds in which no signal's handler runs. Then the waiting is Python's own.
_MOMENT = 0.02


def run(args: Args, *, input: Any = None, capture_output: bool = False, timeout: Optional[float] = None, check: bool = False,
        **options: Any) -> Result:
    """Run a command in a sandbox and wait for its end: subprocess.run() with the options of Popen. Return: a Result.

    timeout: seconds, then it is killed and TimeoutExpired raised, whose `result` has the figures; a limit of
    Limits(wall_time=) is a verdict instead. check: raise CalledProcessError unless it exited by itself, with 0.
    PIPE is kept by the library, so that Limits(output=) counts it. input: a file that the command finds as its stdin.
    """
    options, data = run_options({"input": input, "capture_output": capture_output, **options})
    process = Popen(args, _data=data, _quick=True, **options)
    try:
        process._wait_a_moment(_MOMENT if timeout is None else max(0, min(_MOMENT, timeout)))
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
        encoding = options.get("encoding") or usual_encoding()
        return data.encode(encoding, options.get("errors") or "strict")
    return bytes(memoryview(data))


def check_call(args: Args, **options: Any) -> int:
    """As subprocess.check_call()."""
    return run(args, check=True, **options).returncode


def check_output(args: Args, **options: Any) -> Any:
    """As subprocess.check_output()."""
    return run(args, check=True, stdout=PIPE, **options).stdout
