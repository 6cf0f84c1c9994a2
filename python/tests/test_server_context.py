"""What a handler learns of its call from its context, and says by it."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import pytest
from server_support import HELD, METHOD, Peer, echo, generic_handler, peer, serving

from yamabiko import grpc

__all__ = ["peer"]


def outcome(peer: Peer, behavior: Any, **call: Any) -> Any:
    with serving(generic_handler(Say=behavior)) as target:
        return peer.call(target, **call)


def test_a_context_is_a_servicer_context(peer: Peer) -> None:
    def behavior(request: bytes, context: Any) -> bytes:
        assert isinstance(context, grpc.ServicerContext)
        assert isinstance(context, grpc.RpcContext)
        # Decorators and interceptors leave things here.
        context.user = "me"
        return context.user.encode()  # type: ignore[no-any-return]

    assert outcome(peer, behavior).response == "me"


def test_metadata_reaches_the_handler(peer: Peer) -> None:
    seen: list[Any] = []

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        seen.extend(context.invocation_metadata() or ())
        return b""

    metadata = [["key", "value"], ["key", "again"], ["some-bin", "\x00\xff,"]]
    assert outcome(peer, behavior, metadata=metadata).code == "OK"
    pairs = [(pair.key, pair.value) for pair in seen]
    assert pairs[0][0] == "user-agent"
    assert pairs[1:] == [("key", "value"), ("key", "again"), ("some-bin", b"\x00\xff,")]
    assert all(key == pair[0] and value == pair[1] for (key, value), pair in zip(seen, pairs))


def test_metadata_reaches_the_client(peer: Peer) -> None:
    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.send_initial_metadata((("first", "1"), ("first-bin", b"\x01")))
        context.set_trailing_metadata([("last", "2"), ("last-bin", b"\x02")])
        assert context.trailing_metadata() == [("last", "2"), ("last-bin", b"\x02")]
        return b"x"

    answer = outcome(peer, behavior)
    assert answer.initial == [["first", "1"], ["first-bin", "\x01"]]
    assert answer.trailing == [["last", "2"], ["last-bin", "\x02"]]
    assert answer.response == "x"


def test_initial_metadata_arrives_before_the_answer_and_once(peer: Peer) -> None:
    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.send_initial_metadata(())
        context.send_initial_metadata(())
        return b""

    answer = outcome(peer, behavior)
    assert answer.code == "UNKNOWN"
    assert answer.details == "Exception calling application: Initial metadata no longer allowed!"


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ([("key", 1)], "Expected str"),
        ([("some-bin", "text")], "bytes"),
        ([("käse", "x")], "metadata name"),
        ([("key", "line\nbreak")], "metadata value"),
        ([("key",)], "pairs"),
        (7, "iterable"),
    ],
)
def test_metadata_that_cannot_be_sent_is_the_handlers_error(
    peer: Peer, metadata: Any, words: str
) -> None:
    def trailing(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.set_trailing_metadata(metadata)
        return b""

    def initial(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.send_initial_metadata(metadata)
        return b""

    for behavior in (trailing, initial):
        answer = outcome(peer, behavior)
        assert answer.code == "UNKNOWN"
        assert words in answer.details


def test_abort_ends_the_call_with_its_status(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.set_trailing_metadata((("why", "so"),))
        context.abort(grpc.StatusCode.NOT_FOUND, "どこにも無い")
        raise AssertionError("it has returned")

    answer = outcome(peer, behavior)
    assert (answer.code, answer.details) == ("NOT_FOUND", "どこにも無い")
    assert answer.trailing == [["why", "so"]]
    assert caplog.text == ""


def test_abort_with_ok_is_unknown(peer: Peer) -> None:
    answer = outcome(peer, lambda _, context: context.abort(grpc.StatusCode.OK, "fine"))
    assert answer.code == "UNKNOWN"
    assert "OK" in answer.details


def test_abort_with_status_sends_rich_details(peer: Peer) -> None:
    class Rich(grpc.Status):
        code = grpc.StatusCode.FAILED_PRECONDITION
        details = "not yet"
        trailing_metadata = (("grpc-status-details-bin", b"\x08\x09"), ("k", "v"))

    answer = outcome(peer, lambda _, context: context.abort_with_status(Rich()))
    assert (answer.code, answer.details) == ("FAILED_PRECONDITION", "not yet")
    assert ["grpc-status-details-bin", "\x08\x09"] in answer.trailing
    assert ["k", "v"] in answer.trailing


def test_code_and_details_without_an_exception(peer: Peer) -> None:
    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        assert context.code() is None and context.details() is None
        context.set_code(grpc.StatusCode.ALREADY_EXISTS)
        context.set_details("twice")
        assert context.code() is grpc.StatusCode.ALREADY_EXISTS
        assert context.details() == b"twice"
        return b""

    answer = outcome(peer, behavior)
    assert (answer.code, answer.details) == ("ALREADY_EXISTS", "twice")


def test_a_code_that_is_none_is_unknown(peer: Peer) -> None:
    def behavior(request: bytes, context: Any) -> bytes:
        context.set_code(5)
        return b""

    assert outcome(peer, behavior).code == "UNKNOWN"


def test_a_code_set_before_an_exception_is_kept(peer: Peer) -> None:
    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.set_code(grpc.StatusCode.UNIMPLEMENTED)
        context.set_details("Method not implemented!")
        raise NotImplementedError("Method not implemented!")

    answer = outcome(peer, behavior)
    assert (answer.code, answer.details) == ("UNIMPLEMENTED", "Method not implemented!")


def test_time_remaining(peer: Peer) -> None:
    times: list[Any] = []

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        times.append(context.time_remaining())
        return b""

    outcome(peer, behavior, timeout=100)
    outcome(peer, behavior, timeout=None)
    # grpcio rounds up what it sends.
    assert 80 < times[0] <= 102
    assert times[1] > 1e9


def test_who_calls(peer: Peer) -> None:
    seen: list[Any] = []

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        seen.append(context.peer())
        assert context.peer_identities() is None
        assert context.peer_identity_key() is None
        assert context.auth_context()["transport_security_type"] == [b"insecure"]
        return b""

    outcome(peer, behavior)
    assert re.fullmatch(r"ipv4:127\.0\.0\.1:\d+", seen[0])


def test_compression_may_be_asked_for(peer: Peer) -> None:
    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.set_compression(grpc.Compression.Gzip)
        context.disable_next_message_compression()
        return request

    assert outcome(peer, behavior, request="x" * 1000).response == "x" * 1000


def test_callbacks_are_called_when_the_call_has_ended(peer: Peer) -> None:
    called = threading.Event()
    late: list[bool] = []
    contexts: list[grpc.ServicerContext] = []

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        assert context.is_active()
        assert context.add_callback(called.set)
        contexts.append(context)
        return b""

    with serving(generic_handler(Say=behavior)) as target:
        assert peer.call(target).code == "OK"
        assert called.wait(30)
        assert not contexts[0].is_active()
        late.append(contexts[0].add_callback(called.clear))
    assert late == [False]
    assert called.is_set()


def test_a_callback_that_raises_harms_nothing(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    after = threading.Event()

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.add_callback(lambda: 1 / 0)
        context.add_callback(after.set)
        return b""

    assert outcome(peer, behavior).code == "OK"
    assert after.wait(30)
    assert "Exception calling callback!" in caplog.text


@pytest.mark.parametrize("ending", ["CANCELLED", "DEADLINE_EXCEEDED"])
def test_a_handler_sees_that_its_client_is_gone(peer: Peer, ending: str) -> None:
    called, begun = threading.Event(), threading.Event()
    active: list[bool] = []

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        if not context.add_callback(called.set):
            return b"its deadline passed on the way"
        begun.set()
        if ending == "CANCELLED":
            peer.cancel()
        end = time.monotonic() + HELD
        while context.is_active() and time.monotonic() < end:
            time.sleep(0.001)
        active.append(context.is_active())
        with pytest.raises(grpc.RpcError):
            context.send_initial_metadata(())
        return b"too late"

    timeouts = [HELD] if ending == "CANCELLED" else [0.1, 1, 10]
    with serving(generic_handler(Say=behavior, Echo=echo), workers=1) as target:
        # On a busy machine it takes time until the handler begins.
        for timeout in timeouts:
            assert peer.call(target, timeout=timeout).code == ending
            if begun.wait(timeout):
                break
        assert called.wait(30)
        # The one worker is free again, long before the handler gives up by itself.
        answer = peer.call(target, method="/test.Echo/Echo", request="x", timeout=HELD / 2)
        assert answer.response == "x"
    assert active and not any(active)


def test_a_handler_can_cancel_its_call(peer: Peer) -> None:
    called = threading.Event()

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.add_callback(called.set)
        context.cancel()
        assert not context.is_active()
        return b"of no use"

    answer = outcome(peer, behavior)
    assert answer.code == "CANCELLED"
    assert called.wait(30)


def test_variables_of_the_context_are_a_calls_own(peer: Peer) -> None:
    import contextvars

    variable = contextvars.ContextVar("variable", default="nothing")

    class Interceptor(grpc.ServerInterceptor):
        def intercept_service(self, continuation, details):  # type: ignore[no-untyped-def]
            variable.set("intercepted")
            return continuation(details)

    def behavior(request: bytes, context: grpc.ServicerContext) -> bytes:
        before = variable.get()
        variable.set("set")
        return before.encode()

    for interceptors, expected in (((), "nothing"), ([Interceptor()], "intercepted")):
        with serving(
            generic_handler(Say=behavior), workers=1, interceptors=interceptors
        ) as target:
            for _ in range(3):
                assert peer.call(target, method=METHOD).response == expected
