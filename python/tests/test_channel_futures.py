"""Calls that go on by themselves, and what a channel tells of its connection."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from channel_support import METHOD, Peer, ask, eventually, nobodys_port


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    served = Peer()
    yield served
    served.stop()


@pytest.fixture
def channel(peer: Peer) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(peer.address) as made:
        yield made


@pytest.fixture
def call(channel: grpc.Channel) -> Any:
    return channel.unary_unary(METHOD)


def test_a_future_goes_on_by_itself(peer: Peer, call: Any) -> None:
    future = call.future(ask(hold="by itself"), timeout=100)
    assert repr(future) == "<_MultiThreadedRendezvous object>"
    assert future.is_active() and future.running() and not future.done()
    assert not future.cancelled() and 80 < future.time_remaining() <= 100
    for wait in (future.result, future.exception, future.traceback):
        for timeout in (0.01, 0, -1):
            with pytest.raises(grpc.FutureTimeoutError):
                wait(timeout=timeout)
    peer.release("by itself")
    # It ends although nobody waits.
    eventually(future.done)
    assert future.result() == b"" and future.exception() is None and future.traceback() is None
    assert (future.code(), future.details()) == (grpc.StatusCode.OK, "")
    assert (future.initial_metadata(), future.trailing_metadata()) == ((), ())
    assert not future.cancel() and not future.cancelled() and not future.is_active()
    with pytest.raises(StopIteration):
        next(future)


def test_what_is_asked_of_a_running_future_is_waited_for(call: Any) -> None:
    began = time.monotonic()
    future = call.future(ask(metadata=1, sleep=0.1))
    assert future.initial_metadata() == (("head", "h"), ("head-bin", b"\x00\xff"))
    assert time.monotonic() - began > 0.09
    assert call.future(ask(sleep=0.05)).code() is grpc.StatusCode.OK


def test_a_future_that_fails_is_its_own_exception(call: Any) -> None:
    future = call.future(ask(abort="ABORTED"))
    with pytest.raises(grpc.RpcError) as caught:
        future.result()
    assert caught.value is future and future.exception() is future
    assert future.code() is grpc.StatusCode.ABORTED and future.traceback() is not None
    assert isinstance(future, grpc.Call) and isinstance(future, grpc.Future)
    late = call.future(ask(hold="past the deadline"), timeout=0.1)
    assert late.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert late.details() == "Deadline Exceeded"


def test_a_future_can_be_cancelled(call: Any) -> None:
    future = call.future(ask(hold="cancelled"))
    assert future.cancel() is True and future.cancel() is False
    assert future.cancelled() and future.done() and not future.running()
    assert future.code() is grpc.StatusCode.CANCELLED
    assert future.details() == "Locally cancelled by application!"
    for wait in (future.result, future.exception, future.traceback):
        with pytest.raises(grpc.FutureCancelledError):
            wait()
    told: list[Any] = []
    future.add_done_callback(told.append)
    assert told == [future]


def test_callbacks_are_called_once_in_order_in_a_thread_of_their_own(
    peer: Peer, call: Any
) -> None:
    told: list[Any] = []
    ended = threading.Event()

    def boom(_: Any) -> None:
        raise ValueError("boom")

    future = call.future(ask(hold="callbacks"))
    future.add_done_callback(lambda done: told.append(done))
    future.add_done_callback(boom)
    assert future.add_callback(lambda: told.append(threading.current_thread().daemon))
    future.add_done_callback(lambda _: ended.set())
    assert told == []
    peer.release("callbacks")
    assert ended.wait(30)
    assert told == [future, True]
    assert future.add_callback(ended.clear) is False
    cancelled = call.future(ask(hold="cancelled"))
    waiting = threading.Event()
    cancelled.add_done_callback(lambda _: waiting.set())
    cancelled.cancel()
    assert waiting.wait(30)
    eventually(lambda: not [t for t in threading.enumerate() if t.name == "grpc-callbacks"])


def test_a_future_that_nobody_holds_is_cancelled(peer: Peer, call: Any) -> None:
    futures = [call.future(ask(hold="nobody's")) for _ in range(30)]
    eventually(lambda: peer.held("nobody's") == 30)
    del futures
    gc.collect()
    eventually(lambda: peer.held("nobody's") == 0)
    assert call(b"x") == b"x"


def test_many_futures_at_once(call: Any) -> None:
    futures = [call.future(b"%d" % number) for number in range(500)]
    assert [future.result(timeout=60) for future in futures] == [
        b"%d" % number for number in range(500)
    ]


def test_closing_ends_calls_and_refuses_others(peer: Peer) -> None:
    channel = grpc.insecure_channel(peer.address)
    call = channel.unary_unary(METHOD)
    outcome: list[Any] = []

    def wait() -> None:
        try:
            call(ask(hold="closed"))
        except grpc.RpcError as error:
            outcome.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    future = call.future(ask(hold="closed"))
    eventually(lambda: peer.held("closed") == 2)
    channel.close()
    channel.close()
    thread.join(30)
    assert outcome[0].code() is grpc.StatusCode.CANCELLED
    assert outcome[0].details() == future.details() == "Channel closed!"
    assert not future.cancelled() and future.code() is grpc.StatusCode.CANCELLED
    with pytest.raises(ValueError, match="Cannot invoke RPC on closed channel!"):
        call(b"")
    with pytest.raises(ValueError, match="Cannot invoke RPC: Channel closed!"):
        call.future(b"")
    with pytest.raises(grpc.FutureTimeoutError):
        grpc.channel_ready_future(channel).result(timeout=0.2)


def test_watchers_are_told_of_each_change(peer: Peer) -> None:
    told: list[grpc.ChannelConnectivity] = []
    with grpc.insecure_channel(peer.address) as channel:
        channel.subscribe(told.append)
        eventually(lambda: told == [grpc.ChannelConnectivity.IDLE])
        channel.unary_unary(METHOD)(b"")
        eventually(lambda: told[-1] is grpc.ChannelConnectivity.READY)
        other: list[grpc.ChannelConnectivity] = []
        channel.subscribe(other.append, try_to_connect=True)
        eventually(lambda: other == [grpc.ChannelConnectivity.READY])
        channel.unsubscribe(told.append)
        channel.unsubscribe(other.append)
        eventually(lambda: not [t for t in threading.enumerate() if t.name == "grpc-connectivity"])


def test_a_channel_becomes_ready_when_its_server_comes_and_idle_when_it_goes() -> None:
    port = nobodys_port()
    told: list[grpc.ChannelConnectivity] = []
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        ready = grpc.channel_ready_future(channel)
        channel.subscribe(told.append)
        with pytest.raises(grpc.FutureTimeoutError):
            ready.result(timeout=0.3)
        eventually(lambda: grpc.ChannelConnectivity.TRANSIENT_FAILURE in told)
        peer = Peer(port)
        try:
            ready.result(timeout=60)
            eventually(lambda: told[-1] is grpc.ChannelConnectivity.READY)
            assert channel.unary_unary(METHOD)(b"x") == b"x"
        finally:
            peer.stop()
        eventually(lambda: told[-1] is grpc.ChannelConnectivity.IDLE)
        began = time.monotonic()
        with pytest.raises(grpc.RpcError):
            channel.unary_unary(METHOD)(b"")
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary(METHOD)(b"", wait_for_ready=True, timeout=0.3)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert time.monotonic() - began < 30


def test_a_server_that_is_killed_ends_its_calls_and_comes_back() -> None:
    peer = Peer()
    with grpc.insecure_channel(peer.address) as channel:
        call = channel.unary_unary(METHOD)
        assert call(b"x") == b"x"
        future = call.future(ask(hold="killed"))
        eventually(lambda: peer.held("killed") == 1)
        peer.kill()
        assert future.code() is grpc.StatusCode.UNAVAILABLE
        assert "Socket closed" in future.details() or "reset" in future.details()
        again = Peer(peer.port)
        try:
            assert call(b"y", wait_for_ready=True, timeout=60) == b"y"
        finally:
            again.stop()
