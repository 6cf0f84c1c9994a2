"""What the tests of channels share: a server on the real grpcio in a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable
from typing import Any

from conftest import GRPCIO_PYTHON, HERE

METHOD = "/test.Peer/Do"


class Peer:
    """The server, until it is stopped."""

    def __init__(self, port: int = 0) -> None:
        self._process = subprocess.Popen(
            [GRPCIO_PYTHON, HERE / "channel_peer.py", str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.address = f"127.0.0.1:{self.port}"

    def held(self, name: str) -> int:
        """How many calls it holds under this name: `ask(hold=name)`."""
        return int(self._told(f"held {name}"))

    def release(self, name: str) -> None:
        """Has it answer the calls that it holds under this name, and those that come."""
        self._told(f"release {name}")

    def _told(self, command: str) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def stop(self) -> None:
        """Ends it in good order."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()
        self.stop()


def ask(**what: Any) -> bytes:
    """The request that asks the peer for this."""
    return json.dumps(what).encode()


def nobodys_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


def eventually(holds: Callable[[], Any], seconds: float = 30) -> None:
    """Waits until it does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.005)
