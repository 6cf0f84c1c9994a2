"""Options that say how long connections last, and whether anybody is there."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from channel_support import eventually
from server_support import HELD, METHOD, echo, generic_handler, serving

from yamabiko import grpc

IDLE = grpc.ChannelConnectivity.IDLE
READY = grpc.ChannelConnectivity.READY


@contextlib.contextmanager
def calling(target: str, *options: tuple[str, Any]) -> Iterator[Any]:
    """A call, and how its channel stands now."""
    with grpc.insecure_channel(target, options=options) as channel:

        def state() -> grpc.ChannelConnectivity:
            # A watcher is told of the present at first, of what has been never.
            told: list[grpc.ChannelConnectivity] = []
            channel.subscribe(told.append)
            eventually(lambda: told)
            channel.unsubscribe(told.append)
            return told[-1]

        yield channel.unary_unary(METHOD), state


def failure(call: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call(b"", timeout=60)
    return caught.value


def whence(request: bytes, context: grpc.ServicerContext) -> bytes:
    """Answers with the address that the connection comes from."""
    return context.peer().encode()


def until_cut(request: bytes, context: grpc.ServicerContext) -> bytes:
    """Answers when the call has ended otherwise."""
    ended = threading.Event()
    if context.add_callback(ended.set):
        ended.wait(HELD)
    return b"too late"


def slow(request: bytes, context: grpc.ServicerContext) -> bytes:
    """Answers when the request says, in seconds."""
    time.sleep(float(request))
    return b"at last"


@pytest.mark.parametrize("option", ["grpc.max_connection_idle_ms", "grpc.max_connection_age_ms"])
def test_a_server_ends_connections_that_are_idle_or_old(option: str) -> None:
    with (
        serving(generic_handler(Say=whence), options=[(option, 200)]) as target,
        calling(target) as (call, state),
    ):
        connections = set()
        for _ in range(3):
            connections.add(call(b"", timeout=60))
            eventually(lambda: state() is IDLE)
        assert len(connections) == 3


def test_no_call_fails_while_connections_grow_old() -> None:
    options = [("grpc.max_connection_age_ms", 100)]
    with (
        serving(generic_handler(Say=echo), options=options) as target,
        calling(target) as (call, _),
    ):
        began = time.monotonic()
        while time.monotonic() - began < 1:
            assert call(b"x", timeout=60) == b"x"


def test_calls_of_an_old_connection_have_their_grace() -> None:
    old = ("grpc.max_connection_age_ms", 100)
    grace = [old, ("grpc.max_connection_age_grace_ms", 60_000)]
    with (
        serving(generic_handler(Say=slow), options=grace) as target,
        calling(target) as (call, _),
    ):
        assert call(b"0.5", timeout=60) == b"at last"
    short = [old, ("grpc.max_connection_age_grace_ms", 400)]
    with (
        serving(generic_handler(Say=until_cut), options=short) as target,
        calling(target) as (call, _),
    ):
        assert failure(call).code() is grpc.StatusCode.UNAVAILABLE


def test_who_asks_too_often_is_sent_away_unless_it_may() -> None:
    asking = [("grpc.keepalive_time_ms", 20), ("grpc.keepalive_permit_without_calls", True)]
    with (
        serving(generic_handler(Say=until_cut)) as target,
        calling(target, *asking) as (call, _),
    ):
        error = failure(call)
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert "too_many_pings" in str(error.details())

    permitting = [
        [("grpc.http2.max_ping_strikes", 0)],
        [("grpc.http2.min_ping_interval_without_data_ms", 1)],
        [("grpc.http2.min_recv_ping_interval_without_data_ms", 1)],
    ]
    for options in permitting:
        with (
            serving(generic_handler(Say=slow), options=options) as target,
            calling(target, asking[0]) as (call, _),
        ):
            assert call(b"0.5", timeout=60) == b"at last"
    # Without calls it needs leave of its own.
    permitted = [*permitting[1], ("grpc.keepalive_permit_without_calls", 1)]
    with (
        serving(generic_handler(Say=slow), options=permitted) as target,
        calling(target, *asking) as (call, state),
    ):
        assert call(b"0", timeout=60) == b"at last"
        assert state() is READY
        time.sleep(0.5)
        assert state() is READY


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """A server that sends its SETTINGS, reads what comes and says nothing more."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[socket.socket] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                connection.sendall(bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    for one in [listener, *connections]:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
    thread.join()


def test_a_call_of_a_silent_server_ends_if_it_is_asked() -> None:
    asking = [("grpc.keepalive_time_ms", 100), ("grpc.keepalive_timeout_ms", 100)]
    with silent_server() as target, calling(target, *asking) as (call, _):
        began = time.monotonic()
        error = failure(call)
        assert time.monotonic() - began < 30
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert "keepalive" in str(error.details())
    # As in grpcio the largest int stands for never.
    never = ("grpc.keepalive_time_ms", 2**31 - 1)
    with silent_server() as target, calling(target, never) as (call, _):
        with pytest.raises(grpc.RpcError) as caught:
            call(b"", timeout=0.5)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_channel_leaves_a_connection_that_it_does_not_use() -> None:
    with (
        serving(generic_handler(Say=whence)) as target,
        calling(target, ("grpc.client_idle_timeout_ms", 300)) as (call, state),
    ):
        connections = set()
        for _ in range(2):
            connections.add(call(b"", timeout=60))
            eventually(lambda: state() is IDLE)
        assert len(connections) == 2


def test_options_of_a_server_are_numbers() -> None:
    for name in ("grpc.keepalive_time_ms", "grpc.max_connection_age_ms"):
        with pytest.raises(TypeError, match=name):
            grpc.server(None, options=[(name, "soon")])
