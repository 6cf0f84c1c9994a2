"""Handlers that do what they should not."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from server_support import Peer, echo, generic_handler, peer, serving

from yamabiko import grpc

__all__ = ["peer"]


def raising(exception: BaseException) -> Any:
    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        raise exception

    return behavior


def test_what_a_handler_raises_is_told_and_logged_once(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(generic_handler(Say=raising(ValueError("boom")))) as target:
        answer = peer.call(target)
    assert (answer.code, answer.details) == ("UNKNOWN", "Exception calling application: boom")
    assert caplog.text.count("Traceback") == 1
    assert caplog.text.count("ValueError: boom") == 1


@pytest.mark.parametrize("exception", [SystemExit(1), KeyboardInterrupt(), GeneratorExit()])
def test_what_is_no_exception_ends_the_call_too(
    peer: Peer, exception: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(generic_handler(Say=raising(exception), Echo=echo), workers=1) as target:
        answer = peer.call(target, timeout=30)
        assert answer.code == "UNKNOWN"
        assert answer.details.startswith("Exception calling application:")
        assert peer.call(target, method="/test.Echo/Echo", request="x").response == "x"
    assert type(exception).__name__ in caplog.text


def test_an_exception_that_cannot_be_printed(peer: Peer) -> None:
    class Unprintable(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    with serving(generic_handler(Say=raising(Unprintable()))) as target:
        answer = peer.call(target)
    assert answer.code == "UNKNOWN"
    assert answer.details == "Calling application raised unprintable Exception!"


@pytest.mark.parametrize("response", [None, "text", 1, bytearray(b"x")])
def test_a_response_that_is_no_bytes(
    peer: Peer, response: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(generic_handler(Say=lambda *_: response)) as target:
        answer = peer.call(target)
    assert (answer.code, answer.details) == ("INTERNAL", "Failed to serialize response!")
    assert type(response).__name__ in caplog.text


@pytest.mark.parametrize("response", [None, "text", 1])
def test_a_response_that_is_no_message(
    peer: Peer, hello: Any, response: Any, caplog: pytest.LogCaptureFixture
) -> None:
    handler = grpc.unary_unary_rpc_method_handler(
        lambda *_: response, None, hello.pb2.HelloReply.SerializeToString
    )
    with serving(grpc.method_handlers_generic_handler("test.Echo", {"Say": handler})) as target:
        answer = peer.call(target)
    assert (answer.code, answer.details) == ("INTERNAL", "Failed to serialize response!")
    assert "TypeError" in caplog.text


def test_a_request_that_is_no_message(
    peer: Peer, hello: Any, caplog: pytest.LogCaptureFixture
) -> None:
    handler = grpc.unary_unary_rpc_method_handler(
        lambda *_: b"", hello.pb2.HelloRequest.FromString
    )
    with serving(grpc.method_handlers_generic_handler("test.Echo", {"Say": handler})) as target:
        answer = peer.call(target, request="\xff\xff\xff")
    assert (answer.code, answer.details) == ("INTERNAL", "Exception deserializing request!")
    assert "DecodeError" in caplog.text


def test_a_handler_that_cannot_be_called(peer: Peer) -> None:
    with serving(generic_handler(Say=lambda request: request)) as target:  # type: ignore[misc]
        answer = peer.call(target)
    assert answer.code == "UNKNOWN"
    assert "positional argument" in answer.details


def test_a_thing_that_finds_no_handlers_is_refused() -> None:
    with pytest.raises(AttributeError, match='does not have "service" method'):
        grpc.server(None, handlers=[object()])  # type: ignore[list-item]


def test_a_thread_pool_that_is_none() -> None:
    with pytest.raises(TypeError, match="executor"):
        grpc.server(7)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        grpc.server()  # type: ignore[call-arg]


def test_metadata_that_is_too_large_fails_its_call(peer: Peer) -> None:
    with serving(generic_handler(Say=echo)) as target:
        answer = peer.call(target, metadata=[["big", "x" * 40_000]])
        assert answer.code == "RESOURCE_EXHAUSTED"
        assert peer.call(target, request="x").response == "x"


PROGRAM = """
import logging, sys
{prelude}
from concurrent import futures
import yamabiko
from yamabiko import grpc
server = grpc.server(futures.ThreadPoolExecutor(1))
def behavior(request, context):
    raise ValueError("boom")
handler = grpc.unary_unary_rpc_method_handler(behavior)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", {{"Say": handler}}),))
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
sys.stdin.read()
server.stop(0)
"""


@pytest.mark.parametrize(
    ("prelude", "tracebacks"),
    [
        ("", 1),
        ("logging.basicConfig()", 1),
        ("logging.getLogger('grpc._server').setLevel(logging.CRITICAL)", 0),
        ("logging.getLogger('grpc._server').addHandler(logging.NullHandler())", 0),
    ],
)
def test_a_traceback_is_printed_once_unless_it_is_silenced(
    peer: Peer, prelude: str, tracebacks: int
) -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(prelude=prelude)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    answer = peer.call(f"127.0.0.1:{int(server.stdout.readline())}")
    assert answer.details == "Exception calling application: boom"
    _, stderr = server.communicate("", timeout=30)
    assert stderr.count("Traceback") == tracebacks, stderr
    assert server.returncode == 0
