# SPDX-License-Identifier: MIT
"""Fenced code blocks of the documents, and how to run and compile them."""
import os
import pathlib
import re
import shlex
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [SOURCE / "README.md", *sorted((SOURCE / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.M | re.S)
DEADLINE = 120  # seconds; only a hang gets there

FRAGMENT = """
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sandbox/sandbox.h>

int main(void)
{
	sb_config *cfg = sb_config_new();
	sb_error err = SB_INIT(sb_error);
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc = NULL;

	for (int fd = 0; fd < 3; fd++)
		sb_set_fd(cfg, fd, fd);
	sb_set_env(cfg, (const char *const[]){"PATH=/usr/bin:/bin", "LANG=C.UTF-8", NULL});
	{
#line %d "%s"
%s
	}
	if (!proc && sb_spawn(cfg, &proc, &err) < 0) {
		fprintf(stderr, "%%s\\n%%s\\n", err.message, err.hint);
		return 125;
	}
	if (sb_proc_wait(proc, UINT64_MAX, &res, &err) < 0)
		return 125;
	sb_proc_free(proc);
	sb_config_free(cfg);
	return res.verdict == SB_EXITED ? res.code : 128 + res.code;
}
"""


class Block:
    """One fenced block: its language, the words after it, its text and where it stands."""

    def __init__(self, path, match, text):
        self.path = path
        self.language, self.words, self.text = match.group(1), match.group(2).split(), match.group(3)
        self.line = text.count("\n", 0, match.start(3)) + 1

    @property
    def place(self):
        return f"{self.path.relative_to(SOURCE)}:{self.line}"

    def level(self):
        """Who must run it: "root", "user", or None for either."""
        return next((word for word in self.words if word in ("root", "user")), None)


def blocks(path, language=None, text=None):
    """All blocks of @path, or of a part of it given as @text."""
    whole = path.read_text(encoding="utf-8")
    offset = whole.index(text) if text else 0
    found = []
    for match in FENCE.finditer(whole, offset, offset + len(text) if text else len(whole)):
        if language in (None, match.group(1)):
            found.append(Block(path, match, whole))
    return found


# A command that fails halfway must not leave its mounts behind, so root runs each one in a mount
# namespace to throw away; shared inside, as a system booted by systemd is. On one processor: a mount
# namespace can be bound only in an older one, and Linux 6.18 tells their age by numbers that each
# processor hands out from a batch of its own.
ASIDE = (["taskset", "-c", str(min(os.sched_getaffinity(0))), "unshare", "--mount", "--propagation", "private",
          "sh", "-euc", 'mount --make-rshared / && exec "$@"', "sh"] if os.geteuid() == 0 else [])


def run(command, cwd):
    """Run a command in @cwd, with the built programs on PATH."""
    programs = [str(pathlib.Path(os.environ[name]).parent) for name in ("SBX", "SBX_ISOLATE", "SBX_JUDGE")
                if os.environ.get(name)]
    env = dict(os.environ, HOME=str(cwd), LC_ALL="C.UTF-8",
               PATH=":".join([*programs, "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]))
    return subprocess.run([*ASIDE, *command], cwd=cwd, env=env, text=True, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=DEADLINE, check=False)


def run_shell(text, cwd):
    """Run the text of a shell block."""
    return run(["bash", "-eu", "-o", "pipefail", "-c", text], cwd)


def compile_c(block, target):
    """Compile a C block against the build; one without main() is put into one that spawns `cfg`."""
    text = block.text
    if "int main(" not in text:
        text = FRAGMENT % (block.line, block.path.name, text)
    libdir = os.environ["SB_LIBDIR"]
    with tempfile.NamedTemporaryFile("w", suffix=".c", encoding="utf-8") as source:
        source.write(text)
        source.flush()
        command = [*shlex.split(os.environ.get("CC", "cc")), "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
                   *shlex.split(os.environ["SB_CFLAGS"]), source.name, "-o", str(target),
                   f"-L{libdir}", f"-Wl,-rpath,{libdir}", "-lsandbox"]
        return subprocess.run(command, text=True, capture_output=True, timeout=DEADLINE, check=False)
