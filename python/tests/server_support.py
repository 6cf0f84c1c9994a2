"""Servers for the tests, and the real grpcio to call them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from yamabiko import grpc

METHOD = "/test.Echo/Say"
#: How long, in seconds, a handler waits for what must come first. A test does not wait so long:
#: if the handler goes on by itself, what the test asks for has failed.
HELD = 60


class Peer:
    """A client on the real grpcio."""

    def __init__(self, python: Path) -> None:
        script = Path(__file__).with_name("grpcio_peer.py")
        self._process = subprocess.Popen(
            [python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def begin(self, target: str, *calls: dict[str, Any]) -> None:
        """Makes calls at once. Each is to be waited for, with `next_ended`."""
        self._tell([{"target": target, "method": METHOD, **call} for call in calls])

    def next_ended(self) -> SimpleNamespace:
        """Waits until one more call has ended."""
        assert self._process.stdout is not None
        return SimpleNamespace(**json.loads(self._process.stdout.readline()))

    def cancel(self) -> None:
        """Cancels the calls that have not ended."""
        self._tell("cancel")

    def calls(self, target: str, *calls: dict[str, Any]) -> list[SimpleNamespace]:
        """Makes calls at once, and waits for all of them."""
        self.begin(target, *calls)
        answers = [self.next_ended() for _ in calls]
        return sorted(answers, key=lambda answer: answer.number)

    def call(self, target: str, **call: Any) -> SimpleNamespace:
        """Makes one call."""
        return self.calls(target, call)[0]

    def _tell(self, what: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="session")
def peer(grpcio: Path) -> Iterator[Peer]:
    """The real grpcio, ready to call."""
    client = Peer(grpcio)
    yield client
    client.close()


def generic_handler(
    service: str = "test.Echo", **behaviors: Callable[[Any, Any], Any]
) -> grpc.GenericRpcHandler:
    """Handlers of bytes, by method."""
    return grpc.method_handlers_generic_handler(
        service,
        {name: grpc.unary_unary_rpc_method_handler(run) for name, run in behaviors.items()},
    )


@contextmanager
def serving(
    *handlers: grpc.GenericRpcHandler, workers: int = 10, **arguments: Any
) -> Iterator[str]:
    """A server on a free port of the loopback, and where it is."""
    pool = arguments.pop("pool", None) or futures.ThreadPoolExecutor(workers)
    server = grpc.server(pool, handlers=handlers, **arguments)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        assert server.stop(0).wait(30), "the server does not end"


def echo(request: bytes, context: grpc.ServicerContext) -> bytes:
    """Answers with the request."""
    return request
