#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A service: service.py SOCKET reads a line of shell from each connection, runs it in a box as new, and answers."""
import asyncio
import json
import sys

import libsandbox as sb
from libsandbox import aio

LIMITS = sb.Limits(cpu_time=1, wall_time=5, output=65536)


async def serve(pool, reader, writer):
    """One connection, one command."""
    line = (await reader.readline()).decode()
    try:
        async with await pool.get(timeout=10) as box:
            result = await box.run(["sh", "-c", line], capture_output=True, text=True, errors="replace", limits=LIMITS)
        answer = {"verdict": result.verdict.name, "status": result.returncode, "stdout": result.stdout, "stderr": result.stderr}
    except (sb.SandboxError, sb.TimeoutExpired) as error:
        answer = {"error": str(error)}
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()
    writer.close()


async def main(path):
    """Until it is killed. Four commands at once, the others wait their turn."""
    async with aio.Pool(4, profile="judge") as pool:
        server = await asyncio.start_unix_server(lambda reader, writer: serve(pool, reader, writer), path)
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        asyncio.run(main(sys.argv[1]))
    except KeyboardInterrupt:
        pass
