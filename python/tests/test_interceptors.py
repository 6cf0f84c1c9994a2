"""Interceptors of a client, on a channel that only remembers what it is asked for."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import pytest
import yamabiko.grpc as grpc
from yamabiko.grpc import _interceptor


class Ended(grpc.Call):
    """A call that ended well."""

    def initial_metadata(self) -> Any:
        return (("initial", "1"),)

    def trailing_metadata(self) -> Any:
        return (("trailing", "2"),)

    def code(self) -> Any:
        return grpc.StatusCode.OK

    def details(self) -> Any:
        return "fine"

    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> float | None:
        return None

    def cancel(self) -> Any:
        return False

    def add_callback(self, callback: Any) -> bool:
        return False


class Method(grpc.UnaryUnaryMultiCallable[Any, Any]):
    """Answers with what it was called with, or raises."""

    def __init__(self, path: str, log: list[Any], error: Exception | None) -> None:
        self.path, self.log, self.error = path, log, error

    def _note(self, way: str, request: Any, arguments: dict[str, Any]) -> str:
        self.log.append((way, self.path, request, {k: v for k, v in arguments.items() if v}))
        if self.error is not None:
            raise self.error
        return f"{request} answered"

    def __call__(self, request: Any, **arguments: Any) -> Any:  # type: ignore[override]
        return self._note("call", request, arguments)

    def with_call(self, request: Any, **arguments: Any) -> Any:  # type: ignore[override]
        return self._note("with_call", request, arguments), Ended()

    def future(self, request: Any, **arguments: Any) -> Any:  # type: ignore[override]
        return _interceptor._UnaryOutcome(self._note("future", request, arguments), Ended())


class Channel(grpc.Channel):
    """Remembers the calls; streams are those of the real channel: not there yet."""

    def __init__(self, error: Exception | None = None) -> None:
        self.log: list[Any] = []
        self.error = error
        self.closed = False

    def subscribe(self, callback: Any, try_to_connect: bool = False) -> None:
        self.log.append(("subscribe", callback, try_to_connect))

    def unsubscribe(self, callback: Any) -> None:
        self.log.append(("unsubscribe", callback))

    def unary_unary(self, method: str, *functions: Any, **named: Any) -> Any:
        return Method(method, self.log, self.error)

    def _stream(self, method: str, *functions: Any, **named: Any) -> Any:
        def call(request: Any, **arguments: Any) -> Any:
            raise NotImplementedError("streams are still to come")

        return call

    unary_stream = stream_unary = stream_stream = _stream

    def close(self) -> None:
        self.closed = True


class Tagging(grpc.UnaryUnaryClientInterceptor[Any, Any]):
    """Adds a pair of metadata, and a mark to request and response."""

    def __init__(self, tag: str) -> None:
        self.tag = tag

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        metadata = [*(details.metadata or ()), ("tag", self.tag)]
        return continuation(details._replace(metadata=metadata), f"{request}{self.tag}")


def call(channel: Any, *interceptors: Any) -> Any:
    return grpc.intercept_channel(channel, *interceptors).unary_unary("/pkg.Service/Method")


def test_the_first_interceptor_is_the_outermost() -> None:
    channel = Channel()
    method = call(channel, Tagging("a"), Tagging("b"))
    assert method("x", timeout=3) == "xab answered"
    arguments = {"timeout": 3, "metadata": [("tag", "a"), ("tag", "b")]}
    assert channel.log == [("with_call", "/pkg.Service/Method", "xab", arguments)]


def test_with_call_gives_the_call_that_the_interceptor_returned() -> None:
    response, outcome = call(Channel(), Tagging("a")).with_call("x")
    assert response == "xa answered"
    assert (outcome.code(), outcome.details()) == (grpc.StatusCode.OK, "fine")
    assert outcome.initial_metadata() == (("initial", "1"),)
    assert outcome.trailing_metadata() == (("trailing", "2"),)
    assert outcome.done()
    assert not outcome.running()
    assert outcome.exception() is None


def test_future_goes_through_the_interceptors_too() -> None:
    channel = Channel()
    future = call(channel, Tagging("a")).future("x")
    assert future.result() == "xa answered"
    assert channel.log[0][0] == "future"
    seen: list[Any] = []
    future.add_done_callback(seen.append)
    assert seen == [future]


def test_the_error_of_a_call_is_returned_to_the_interceptor_and_raised_by_its_result() -> None:
    class Failed(grpc.RpcError):
        def result(self) -> Any:
            raise self

    seen: list[Any] = []

    class Looking(grpc.UnaryUnaryClientInterceptor[Any, Any]):
        def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
            seen.append(continuation(details, request))
            return seen[0]

    error = Failed()
    with pytest.raises(Failed):
        call(Channel(error), Looking())("x")
    assert seen == [error]


def test_another_error_below_becomes_a_call_with_status_internal() -> None:
    seen: list[Any] = []

    class Looking(grpc.UnaryUnaryClientInterceptor[Any, Any]):
        def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
            seen.append(continuation(details, request))
            return seen[0]

    with pytest.raises(ValueError, match="no such thing"):
        call(Channel(ValueError("no such thing")), Looking())("x")
    assert isinstance(seen[0], grpc.RpcError)
    assert seen[0].code() is grpc.StatusCode.INTERNAL
    assert seen[0].details() == "Exception raised while intercepting the RPC"
    assert isinstance(seen[0].exception(), ValueError)


def test_an_interceptor_that_raises_raises_at_the_caller_and_in_a_future_at_its_result() -> None:
    class Raising(grpc.UnaryUnaryClientInterceptor[Any, Any]):
        def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
            raise KeyError("mine")

    method = call(Channel(), Raising())
    with pytest.raises(KeyError, match="mine"):
        method("x")
    future = method.future("x")
    with pytest.raises(KeyError, match="mine"):
        future.result()
    assert future.code() is grpc.StatusCode.INTERNAL


def test_details_may_be_any_object_and_what_it_lacks_stays() -> None:
    Details = namedtuple("Details", ["method", "timeout"])

    class Other(grpc.UnaryUnaryClientInterceptor[Any, Any]):
        def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
            return continuation(Details("/pkg.Service/Other", 9), request)

    channel = Channel()
    call(channel, Other())("x", timeout=3, metadata=[("a", "b")], wait_for_ready=True)
    arguments = {"timeout": 9, "metadata": [("a", "b")], "wait_for_ready": True}
    assert channel.log == [("with_call", "/pkg.Service/Other", "x", arguments)]


def test_an_interceptor_can_answer_by_itself() -> None:
    class Answering(grpc.UnaryUnaryClientInterceptor[Any, Any]):
        def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
            return _interceptor._UnaryOutcome("from the cache", Ended())

    channel = Channel()
    assert call(channel, Answering())("x") == "from the cache"
    assert channel.log == []


def test_an_interceptor_that_raises_rpc_error_is_raised() -> None:
    class Refusing(grpc.UnaryUnaryClientInterceptor[Any, Any]):
        def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
            raise grpc.RpcError("refused")

    with pytest.raises(grpc.RpcError, match="refused"):
        call(Channel(), Refusing())("x")


def test_a_streaming_method_says_that_streams_are_to_come() -> None:
    class Streaming(grpc.UnaryStreamClientInterceptor[Any, Any]):
        def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
            return continuation(details, request)

    method = grpc.intercept_channel(Channel(), Streaming()).unary_stream("/pkg.Service/Method")
    with pytest.raises(NotImplementedError, match="streams are still to come"):
        next(method("x"))


def test_the_rest_of_a_channel_goes_through() -> None:
    channel = Channel()
    with grpc.intercept_channel(channel, Tagging("a")) as intercepted:
        intercepted.subscribe(print, try_to_connect=True)
        intercepted.unsubscribe(print)
    assert channel.log == [("subscribe", print, True), ("unsubscribe", print)]
    assert channel.closed


def test_what_is_no_interceptor_is_refused() -> None:
    with pytest.raises(TypeError, match="interceptor must be grpc.UnaryUnaryClientInterceptor or"):
        grpc.intercept_channel(Channel(), object())


def test_interceptors_of_a_server_run_from_the_first_to_the_last() -> None:
    class Noting(grpc.ServerInterceptor):
        def __init__(self, name: str, log: list[str]) -> None:
            self.name, self.log = name, log

        def intercept_service(self, continuation: Any, details: Any) -> Any:
            self.log.append(self.name)
            return continuation(details)

    log: list[str] = []
    pipeline = _interceptor.service_pipeline([Noting("a", log), Noting("b", log)])
    assert pipeline is not None
    details: Any = object()
    found: Any = object()
    assert pipeline.execute(lambda given: found if given is details else None, details) is found
    assert log == ["a", "b"]
    assert _interceptor.service_pipeline([]) is None
