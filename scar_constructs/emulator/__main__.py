"""The local cloud's process: `python -m scar_constructs.emulator --port N --engine E --folder DIR`.

It serves until it gets SIGTERM or SIGINT, or until its standard input ends: the parent holds the
other end, so that the cloud never outlives it, however the parent ends (`--detached` turns this
off). All containers and processes that it started end with it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Any, cast

from scar_constructs.emulator.control import Application

ACCOUNT = "123456789012"
REGION = "us-east-1"


def main() -> None:
    options = _options()
    # Read by the emulator when it is imported.
    os.environ.update(
        AUTH="true",
        GATEWAY_PORT=str(options.port),
        BIND_HOST="127.0.0.1",
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        MINISTACK_REGION=os.environ.get("AWS_REGION", REGION),
        IOT_MTLS_ENABLED="0",
        LOG_LEVEL="WARNING",
    )
    from scar_constructs.emulator.wiring import assemble

    parent = os.getppid()
    options.folder.mkdir(parents=True, exist_ok=True)
    application, close = assemble(options.engine, options.port, options.folder)
    try:
        asyncio.run(_serve(application, options.port, watch_parent=not options.detached))
    finally:
        close()
        if not options.detached and os.getppid() != parent:
            # Nobody else is left to do it.
            shutil.rmtree(options.folder, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scar_constructs.emulator", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--engine", choices=("podman", "docker", "process"), required=True)
    parser.add_argument("--folder", type=Path, required=True, help="for unpacked packages")
    parser.add_argument("--detached", action="store_true", help="outlive the parent")
    return parser.parse_args()


async def _serve(application: Application, port: int, *, watch_parent: bool) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if watch_parent:

        def watch() -> None:
            sys.stdin.buffer.read()
            loop.call_soon_threadsafe(stop.set)

        threading.Thread(target=watch, daemon=True).start()
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.loglevel = "WARNING"
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    # Hypercorn describes messages by types of its own.
    await serve(cast("Any", application), config, shutdown_trigger=stop.wait)


if __name__ == "__main__":
    main()
