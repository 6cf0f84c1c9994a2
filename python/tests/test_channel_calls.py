"""Calls with one request and one response, against the real grpcio, as grpcio makes them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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


def failure(function: Callable[[], Any]) -> Any:
    with pytest.raises(grpc.RpcError) as caught:
        function()
    return caught.value


def test_a_call_is_answered(call: Any) -> None:
    for number in range(100):
        assert call(b"%d" % number) == b"%d" % number
    assert call(request=b"by name") == b"by name"


def test_messages_pass_through_the_serializers(channel: grpc.Channel) -> None:
    method = channel.unary_unary(METHOD, str.encode, bytes.decode, _registered_method=True)
    assert method("山彦") == "山彦"


def test_an_error_is_grpcios_error(call: Any) -> None:
    error = failure(lambda: call(ask(abort="NOT_FOUND")))
    assert type(error).__name__ == "_InactiveRpcError"
    assert isinstance(error, grpc.Call) and isinstance(error, grpc.Future)
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert error.details() == "aborted as asked: 山"
    assert error.debug_error_string() == "NOT_FOUND:aborted as asked: 山"
    assert (error.initial_metadata(), error.trailing_metadata()) == ((), ())
    assert str(error) == repr(error) == (
        "<_InactiveRpcError of RPC that terminated with:\n"
        "\tstatus = StatusCode.NOT_FOUND\n"
        '\tdetails = "aborted as asked: 山"\n'
        '\tdebug_error_string = "NOT_FOUND:aborted as asked: 山"\n'
        ">"
    )
    assert error.done() and not error.running() and not error.cancelled() and not error.cancel()
    assert error.exception() is error and error.traceback() is not None
    assert not error.is_active() and error.time_remaining() is None
    assert failure(error.result) is error
    told: list[Any] = []
    error.add_done_callback(told.append)
    assert told == [error]


@pytest.mark.parametrize(
    ("asked", "code", "details"),
    [
        (ask(**{"raise": 1}), "UNKNOWN", "Exception calling application: boom"),
        (
            ask(large=5_000_000),
            "RESOURCE_EXHAUSTED",
            "CLIENT: Received message larger than max (5000000 vs. 4194304)",
        ),
    ],
)
def test_failures_have_grpcios_words(call: Any, asked: bytes, code: str, details: str) -> None:
    error = failure(lambda: call(asked))
    assert (error.code().name, error.details()) == (code, details)


def test_a_method_that_the_server_does_not_know(channel: grpc.Channel) -> None:
    error = failure(lambda: channel.unary_unary("/test.Peer/Nope")(b""))
    assert (error.code().name, error.details()) == ("UNIMPLEMENTED", "Method not found!")
    error = failure(lambda: channel.unary_unary("test.Peer/Do")(b""))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    assert "begins with a slash: /test.Peer/Do" in error.details()


def test_with_call_gives_what_the_server_says_beside_the_response(call: Any) -> None:
    response, said = call.with_call(ask(metadata=1), metadata=(("k", "v"), ("k-bin", b"\x00")))
    received = dict(json.loads(response))
    assert (received["k"], received["k-bin"]) == ("'v'", "b'\\x00'")
    assert received["user-agent"].startswith("'grpc-python-yamabiko/")
    assert said.initial_metadata() == (("head", "h"), ("head-bin", b"\x00\xff"))
    assert said.trailing_metadata() == (("trail", "t"), ("trail-bin", b"\x01,\x02"))
    assert said.trailing_metadata()[0].key == "trail"
    assert (said.code(), said.details()) == (grpc.StatusCode.OK, "")
    assert said.result() == response and said.exception() is None and said.traceback() is None
    assert said.done() and not said.is_active() and not said.cancel() and not said.cancelled()
    assert str(said) == (
        "<_MultiThreadedRendezvous of RPC that terminated with:\n"
        "\tstatus = StatusCode.OK\n"
        '\tdetails = ""\n'
        ">"
    )


@pytest.mark.parametrize(
    "metadata",
    [
        (("a", "1"), ("a", "2")),
        [("a", "1"), ("a", "2")],
        [["a", "1"], ["a", "2"]],
        iter([("a", "1"), ("a", "2")]),
        (("a", b"1"), (b"a", "2")),
        (("te", "x"), ("a", "1"), ("user-agent", "me"), ("a", "2"), ("grpc-timeout", "1n")),
    ],
)
def test_metadata_may_have_these_shapes(call: Any, metadata: Any) -> None:
    received = json.loads(call(ask(metadata=1), metadata=metadata))
    assert [value for key, value in received if key != "user-agent"] == ["'1'", "'2'"]


@pytest.mark.parametrize(
    ("metadata", "kind", "words"),
    [
        ((("k", 1),), TypeError, "Expected str, not <class 'int'>"),
        (((1, "v"),), TypeError, "Expected str, not <class 'int'>"),
        ((("k-bin", "v"),), TypeError, 'Binary metadata key="k-bin" expected bytes'),
        ((("k",),), ValueError, "need more than 1 value to unpack"),
        ((("a", "b", "c"),), ValueError, "too many values to unpack"),
        ({"k": "v"}, ValueError, "need more than 1 value to unpack"),
        (5, TypeError, "'int' object is not iterable"),
    ],
)
def test_metadata_of_other_shapes_raises(
    call: Any, metadata: Any, kind: type[Exception], words: str
) -> None:
    for method in (call, call.with_call, call.future):
        with pytest.raises(kind, match=words.replace("(", r"\(")):
            method(b"", metadata=metadata)


@pytest.mark.parametrize(
    "pair",
    [
        ("K", "v"),
        ("k k", "v"),
        ("", "v"),
        ("k", "ä"),
        ("k", "v\n"),
        (":path", "x"),
        ("connection", "close"),
    ],
)
def test_metadata_that_may_not_be_sent_fails_the_call(call: Any, pair: tuple[str, str]) -> None:
    error = failure(lambda: call(b"", metadata=(pair,)))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert error.details().startswith("Invalid metadata: ")
    future = call.future(b"", metadata=(pair,))
    assert future.code() is grpc.StatusCode.INTERNAL


def test_the_deadline_goes_to_the_server_and_ends_the_call(call: Any) -> None:
    remaining = json.loads(call(ask(remaining=1), timeout=100))
    assert 90 < remaining <= 100
    began = time.monotonic()
    # Nobody releases it: nothing but the deadline ends the call.
    error = failure(lambda: call(ask(hold="past the deadline"), timeout=0.1))
    assert 0.09 < time.monotonic() - began < 30
    assert (error.code(), error.details()) == (
        grpc.StatusCode.DEADLINE_EXCEEDED,
        "Deadline Exceeded",
    )
    for timeout in (-1, 0):
        assert failure(lambda: call(b"", timeout=timeout)).code().name == "DEADLINE_EXCEEDED"
    for timeout in (True, 1e9, 1e300, float("inf"), None):
        assert call(b"x", timeout=timeout) == b"x"
    with pytest.raises(TypeError):
        call(b"", timeout="soon")


def test_messages_that_cannot_be_made_fail_the_call_and_say_why(channel: grpc.Channel) -> None:
    def boom(_: Any) -> Any:
        raise ValueError("boom")

    error = failure(lambda: channel.unary_unary(METHOD, boom)(b""))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert error.details() == "Exception serializing request!"
    assert str(error.__cause__) == "boom"
    failure(lambda: channel.unary_unary(METHOD, boom).future(b""))
    failure(lambda: channel.unary_unary(METHOD, lambda _: None)(b""))
    for message in ("text", bytearray()):
        with pytest.raises(TypeError, match="expected bytes, got"):
            channel.unary_unary(METHOD)(message)
    method = channel.unary_unary(METHOD, None, boom)
    error = failure(lambda: method(b""))
    assert error.details() == "Exception deserializing response!"
    assert str(error.__cause__) == "boom"
    error = failure(method.future(b"").result)
    assert error.details() == "Exception deserializing response!"
    assert str(error.__cause__) == "boom"
    failure(lambda: channel.unary_unary(METHOD, None, lambda _: None)(b""))


def test_a_serializer_may_be_interrupted(channel: grpc.Channel) -> None:
    def interrupted(_: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        channel.unary_unary(METHOD, interrupted)(b"")
    with pytest.raises(KeyboardInterrupt):
        channel.unary_unary(METHOD, None, interrupted)(b"")


def test_options_of_a_call_are_checked(call: Any) -> None:
    assert call(b"x", compression=grpc.Compression.Gzip, wait_for_ready=True) == b"x"
    with pytest.raises(KeyError):
        call(b"", compression=5)
    with pytest.raises(AttributeError, match="_credentials"):
        call(b"", credentials=5)
    error = failure(lambda: call(b"", credentials=grpc.access_token_call_credentials("x")))
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    for bad in ((), (b"", None, None, None, None, None, None)):
        with pytest.raises(TypeError):
            call(*bad)
    with pytest.raises(TypeError, match="foo"):
        call(b"", foo=1)


def test_options_of_a_channel_are_honoured(peer: Peer) -> None:
    def calling(*options: Any) -> Any:
        return grpc.insecure_channel(peer.address, options=options).unary_unary(METHOD)

    error = failure(lambda: calling(("grpc.max_send_message_length", 3))(b"four"))
    assert error.details() == "CLIENT: Sent message larger than max (4 vs. 3)"
    error = failure(lambda: calling(("grpc.max_receive_message_length", 3))(b"four"))
    assert error.details() == "CLIENT: Received message larger than max (4 vs. 3)"
    unlimited = calling(("grpc.max_receive_message_length", -1), ("grpc.keepalive_time_ms", 10))
    assert len(unlimited(ask(large=9_000_000))) == 9_000_000
    agents = calling(("grpc.primary_user_agent", "one"), ("grpc.secondary_user_agent", "two"))
    agent = dict(json.loads(agents(ask(metadata=1))))["user-agent"]
    assert agent.startswith("'one grpc-python-yamabiko/") and agent.endswith(" two'")


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (5, TypeError),
        ([("a",)], ValueError),
        ([("a", None)], TypeError),
        ([(5, 5)], TypeError),
    ],
)
def test_options_of_other_shapes_raise(options: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        grpc.insecure_channel("localhost:1", options=options)


def test_large_messages_both_ways_at_once(peer: Peer) -> None:
    options = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(peer.address, options) as channel:
        call = channel.unary_unary(METHOD)
        large = bytes(8 << 20)
        with ThreadPoolExecutor(6) as pool:
            for answer in pool.map(call, [large] * 12):
                assert answer == large


def test_many_threads_share_a_channel(peer: Peer, call: Any) -> None:
    with ThreadPoolExecutor(30) as pool:
        requests = [b"%d" % number for number in range(3000)]
        assert list(pool.map(call, requests)) == requests
        slow = [pool.submit(call, ask(hold="slow")) for _ in range(20)]
        eventually(lambda: peer.held("slow") == 20)
        assert call(b"quick") == b"quick"
        assert peer.held("slow") == 20
        peer.release("slow")
        assert [each.result(30) for each in slow] == [b""] * 20


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("127.0.0.1:{}", "last error: UNKNOWN: ipv4:127.0.0.1:{}: Failed to connect to remote"),
        ("ipv4:127.0.0.1:{}", "Connection refused"),
        ("dns:///localhost:{}", "failed to connect to all addresses"),
        ("dns:localhost:{}", "failed to connect to all addresses"),
        ("localhost", ":443: "),
        ("127.0.0.1", "ipv4:127.0.0.1:443: "),
        ("nohost.invalid:{}", "errors resolving nohost.invalid:"),
        ("localhost:99999", "port is not a number"),
        ("http://localhost:{}/path", "expected HOST:PORT"),
        (":{}", "the host is missing"),
        ("", "errors resolving"),
    ],
)
def test_without_a_server_a_call_fails_at_once(target: str, words: str) -> None:
    port = nobodys_port()
    with grpc.insecure_channel(target.format(port)) as channel:
        began = time.monotonic()
        error = failure(lambda: channel.unary_unary(METHOD)(b"", timeout=100))
        assert time.monotonic() - began < 30
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert words.format(port) in error.details()
        assert error.debug_error_string() == f"UNAVAILABLE:{error.details()}"


def test_targets_that_cannot_be() -> None:
    for target in (None, 5):
        with pytest.raises(AttributeError, match="has no attribute 'encode'"):
            grpc.insecure_channel(target)  # type: ignore[arg-type]
    for target in ("unix:/tmp/x", "unix-abstract:x", "ipv4:127.0.0.1:1,127.0.0.1:2"):
        with pytest.raises(NotImplementedError, match="not supported yet"):
            grpc.insecure_channel(target)


def test_streams_are_still_to_come(channel: grpc.Channel) -> None:
    for make in (channel.unary_stream, channel.stream_unary, channel.stream_stream):
        method = make(METHOD, _registered_method=True)
        with pytest.raises(NotImplementedError, match="/test.Peer/Do"):
            method(b"")  # type: ignore[arg-type]


def test_interceptors_work_on_top(channel: grpc.Channel) -> None:
    class Tagging(grpc.UnaryUnaryClientInterceptor):
        def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
            return continuation(details, request + b" tagged")

    method = grpc.intercept_channel(channel, Tagging()).unary_unary(METHOD)
    assert method(b"x") == b"x tagged"
    assert method.with_call(b"x")[0] == b"x tagged"
    assert method.future(b"x").result() == b"x tagged"
    error = failure(lambda: grpc.intercept_channel(channel, Tagging()).unary_unary("/a/b")(b""))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_call_in_another_threads_callback_does_not_wait_for_itself(call: Any) -> None:
    answers: list[bytes] = []
    done = threading.Event()

    def call_again(_: Any) -> None:
        answers.append(call(b"again"))
        answers.append(call.future(b"and again").result())
        done.set()

    call.future(b"first").add_done_callback(call_again)
    assert done.wait(30)
    assert answers == [b"again", b"and again"]
