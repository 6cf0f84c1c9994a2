"""Interceptors: what stands between a caller and its channel, or between a call and its handler."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

from . import _api
from ._credentials import CallCredentials
from ._typing import (
    DeserializingFunction,
    DoneCallbackType,
    MetadataType,
    SerializingFunction,
)

_Continuation = Callable[[_api.HandlerCallDetails], "_api.RpcMethodHandler[Any, Any] | None"]


class _ServicePipeline:
    """The interceptors of a server, each with the next as its continuation."""

    def __init__(self, interceptors: Sequence[_api.ServerInterceptor]) -> None:
        self.interceptors = tuple(interceptors)

    def execute(
        self, thunk: _Continuation, context: _api.HandlerCallDetails
    ) -> _api.RpcMethodHandler[Any, Any] | None:
        """The handler that comes out when all have had their say; ``thunk`` finds the real one."""
        return self._from(0, thunk)(context)

    def _from(self, index: int, thunk: _Continuation) -> _Continuation:
        if index == len(self.interceptors):
            return thunk
        interceptor = self.interceptors[index]
        following = self._from(index + 1, thunk)
        return lambda details: interceptor.intercept_service(following, details)


def service_pipeline(
    interceptors: Sequence[_api.ServerInterceptor] | None,
) -> _ServicePipeline | None:
    """The interceptors as one; None for none."""
    return _ServicePipeline(interceptors) if interceptors else None


class _ClientCallDetailsFields(NamedTuple):
    method: str
    timeout: float | None
    metadata: MetadataType | None
    credentials: CallCredentials | None
    wait_for_ready: bool | None
    compression: _api.Compression | None


class _ClientCallDetails(_ClientCallDetailsFields, _api.ClientCallDetails):
    """What an interceptor is told of a call."""


def _arguments(details: Any, default: _ClientCallDetails) -> tuple[str, dict[str, Any]]:
    """The method and the call's arguments as an interceptor left them.

    Interceptors hand on objects of their own with only some attributes: the rest is as it was.
    """
    values: dict[str, Any] = {
        name: getattr(details, name, value) for name, value in default._asdict().items()
    }
    method: str = values.pop("method")
    return method, values


class _Ended(_api.Call, _api.Future[Any]):
    """A call that is over: nothing to wait for, nothing to cancel."""

    def cancelled(self) -> bool:
        return False

    def running(self) -> bool:
        return False

    def done(self) -> bool:
        return True

    def add_done_callback(self, fn: DoneCallbackType) -> None:
        fn(self)


class _FailureOutcome(_api.RpcError, _Ended):
    """The end of a call whose interceptor, or what it called, raised something else than RpcError."""

    def __init__(self, exception: BaseException, traceback: TracebackType | None) -> None:
        super().__init__()
        self._exception = exception
        self._traceback = traceback

    def initial_metadata(self) -> MetadataType | None:
        return None

    def trailing_metadata(self) -> MetadataType | None:
        return None

    def code(self) -> _api.StatusCode | None:
        return _api.StatusCode.INTERNAL

    def details(self) -> str | None:
        return "Exception raised while intercepting the RPC"

    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> float | None:
        return None

    def cancel(self) -> bool:
        return False

    def add_callback(self, callback: Callable[[], None]) -> bool:
        return False

    def result(self, timeout: float | None = None) -> NoReturn:
        raise self._exception

    def exception(self, timeout: float | None = None) -> BaseException | None:
        return self._exception

    def traceback(self, timeout: float | None = None) -> TracebackType | None:
        return self._traceback

    def __iter__(self) -> _FailureOutcome:
        return self

    def __next__(self) -> NoReturn:
        raise self._exception

    def next(self) -> NoReturn:
        """As ``__next__``."""
        raise self._exception


class _UnaryOutcome(_Ended):
    """A call that has got its response."""

    def __init__(self, response: Any, call: _api.Call) -> None:
        self._response = response
        self._call = call

    def initial_metadata(self) -> MetadataType | None:
        return self._call.initial_metadata()

    def trailing_metadata(self) -> MetadataType | None:
        return self._call.trailing_metadata()

    def code(self) -> _api.StatusCode | None:
        return self._call.code()

    def details(self) -> str | None:
        return self._call.details()

    def is_active(self) -> bool:
        return self._call.is_active()

    def time_remaining(self) -> float | None:
        return self._call.time_remaining()

    def cancel(self) -> Any:
        return self._call.cancel()

    def add_callback(self, callback: Callable[[], None]) -> bool:
        return self._call.add_callback(callback)

    def result(self, timeout: float | None = None) -> Any:
        return self._response

    def exception(self, timeout: float | None = None) -> BaseException | None:
        return None

    def traceback(self, timeout: float | None = None) -> TracebackType | None:
        return None


_Interceptor = TypeVar("_Interceptor")


class _Intercepted(Generic[_Interceptor]):
    """What the four multi-callables with an interceptor share."""

    def __init__(
        self, thunk: Callable[[str], Any], method: str, interceptor: _Interceptor
    ) -> None:
        self._thunk = thunk
        self._method = method
        self._interceptor = interceptor
        self._callable = thunk(method)

    def _base(self, method: str) -> Any:
        """The multi-callable below; interceptors may call another method than they were asked for."""
        return self._callable if method == self._method else self._thunk(method)

    def _blocking(self, details: _ClientCallDetails) -> Callable[[Any, Any], Any]:
        """Makes the call to its end, and returns it however it ended: it never raises."""

        def continuation(new_details: Any, request: Any) -> Any:
            method, arguments = _arguments(new_details, details)
            try:
                response, call = self._base(method).with_call(request, **arguments)
            except _api.RpcError as error:
                return error
            except Exception as error:
                return _FailureOutcome(error, sys.exc_info()[2])
            return _UnaryOutcome(response, call)

        return continuation

    def _beginning(self, details: _ClientCallDetails, way: str) -> Callable[[Any, Any], Any]:
        """Begins the call, by the method of the multi-callable that ``way`` names."""

        def continuation(new_details: Any, request: Any) -> Any:
            method, arguments = _arguments(new_details, details)
            return getattr(self._base(method), way)(request, **arguments)

        return continuation


def _guarded(intercept: Callable[..., Any], *arguments: Any) -> Any:
    """What an interceptor returns; what it raises becomes the outcome of the call."""
    try:
        return intercept(*arguments)
    except Exception as error:
        return _FailureOutcome(error, sys.exc_info()[2])


class _UnaryUnaryMultiCallable(
    _Intercepted[_api.UnaryUnaryClientInterceptor[Any, Any]],
    _api.UnaryUnaryMultiCallable[Any, Any],
):
    def __call__(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: _api.Compression | None = None,
    ) -> Any:
        return self.with_call(
            request, timeout, metadata, credentials, wait_for_ready, compression
        )[0]

    def with_call(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: _api.Compression | None = None,
    ) -> tuple[Any, Any]:
        details = _ClientCallDetails(
            self._method, timeout, metadata, credentials, wait_for_ready, compression
        )
        call = self._interceptor.intercept_unary_unary(self._blocking(details), details, request)
        return call.result(), call

    def future(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: _api.Compression | None = None,
    ) -> Any:
        details = _ClientCallDetails(
            self._method, timeout, metadata, credentials, wait_for_ready, compression
        )
        intercept = self._interceptor.intercept_unary_unary
        return _guarded(intercept, self._beginning(details, "future"), details, request)


class _UnaryStreamMultiCallable(
    _Intercepted[_api.UnaryStreamClientInterceptor[Any, Any]],
    _api.UnaryStreamMultiCallable[Any, Any],
):
    def __call__(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: _api.Compression | None = None,
    ) -> Any:
        details = _ClientCallDetails(
            self._method, timeout, metadata, credentials, wait_for_ready, compression
        )
        intercept = self._interceptor.intercept_unary_stream
        return _guarded(intercept, self._beginning(details, "__call__"), details, request)


class _StreamUnaryMultiCallable(
    _Intercepted[_api.StreamUnaryClientInterceptor[Any, Any]],
    _api.StreamUnaryMultiCallable[Any, Any],
):
    def __call__(
        self,
        request_iterator: Iterator[Any],
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: _api.Compression | None = None,
    ) -> Any:
        return self.with_call(
            request_iterator, timeout, metadata, credentials, wait_for_ready, compression
        )[0]

    def with_call(
        self,
        request_iterator: Iterator[Any],
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: _api.Compression | None = None,
    ) -> tuple[Any, Any]:
        details = _ClientCallDetails(
            self._method, timeout, metadata, credentials, wait_for_ready, compression
        )
        call = self._interceptor.intercept_stream_unary(
            self._blocking(details), details, request_iterator
        )
        return call.result(), call

    def future(
        self,
        request_iterator: Iterator[Any],
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: _api.Compression | None = None,
    ) -> Any:
        details = _ClientCallDetails(
            self._method, timeout, metadata, credentials, wait_for_ready, compression
        )
        intercept = self._interceptor.intercept_stream_unary
        return _guarded(intercept, self._beginning(details, "future"), details, request_iterator)


class _StreamStreamMultiCallable(
    _Intercepted[_api.StreamStreamClientInterceptor[Any, Any]],
    _api.StreamStreamMultiCallable[Any, Any],
):
    def __call__(
        self,
        request_iterator: Iterator[Any],
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: _api.Compression | None = None,
    ) -> Any:
        details = _ClientCallDetails(
            self._method, timeout, metadata, credentials, wait_for_ready, compression
        )
        intercept = self._interceptor.intercept_stream_stream
        return _guarded(intercept, self._beginning(details, "__call__"), details, request_iterator)


class _Channel(_api.Channel):
    """A channel with an interceptor in front."""

    def __init__(self, channel: _api.Channel, interceptor: Any) -> None:
        self._channel = channel
        self._interceptor = interceptor

    def subscribe(
        self, callback: Callable[[_api.ChannelConnectivity], None], try_to_connect: bool = False
    ) -> None:
        self._channel.subscribe(callback, try_to_connect=try_to_connect)

    def unsubscribe(self, callback: Callable[[_api.ChannelConnectivity], None]) -> None:
        self._channel.unsubscribe(callback)

    def unary_unary(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> Any:
        def thunk(method: str) -> Any:
            return self._channel.unary_unary(
                method, request_serializer, response_deserializer, _registered_method
            )

        if isinstance(self._interceptor, _api.UnaryUnaryClientInterceptor):
            return _UnaryUnaryMultiCallable(thunk, method, self._interceptor)
        return thunk(method)

    def unary_stream(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> Any:
        def thunk(method: str) -> Any:
            return self._channel.unary_stream(
                method, request_serializer, response_deserializer, _registered_method
            )

        if isinstance(self._interceptor, _api.UnaryStreamClientInterceptor):
            return _UnaryStreamMultiCallable(thunk, method, self._interceptor)
        return thunk(method)

    def stream_unary(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> Any:
        def thunk(method: str) -> Any:
            return self._channel.stream_unary(
                method, request_serializer, response_deserializer, _registered_method
            )

        if isinstance(self._interceptor, _api.StreamUnaryClientInterceptor):
            return _StreamUnaryMultiCallable(thunk, method, self._interceptor)
        return thunk(method)

    def stream_stream(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> Any:
        def thunk(method: str) -> Any:
            return self._channel.stream_stream(
                method, request_serializer, response_deserializer, _registered_method
            )

        if isinstance(self._interceptor, _api.StreamStreamClientInterceptor):
            return _StreamStreamMultiCallable(thunk, method, self._interceptor)
        return thunk(method)

    def close(self) -> None:
        self._channel.close()

    def __enter__(self) -> _Channel:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.close()


_KINDS = (
    _api.UnaryUnaryClientInterceptor,
    _api.UnaryStreamClientInterceptor,
    _api.StreamUnaryClientInterceptor,
    _api.StreamStreamClientInterceptor,
)


def intercept_channel(channel: _api.Channel, *interceptors: Any) -> _api.Channel:
    """The channel with these interceptors in front; the first is the outermost."""
    for interceptor in reversed(interceptors):
        if not isinstance(interceptor, _KINDS):
            raise TypeError(
                "interceptor must be grpc.UnaryUnaryClientInterceptor or "
                "grpc.UnaryStreamClientInterceptor or grpc.StreamUnaryClientInterceptor or "
                f"grpc.StreamStreamClientInterceptor, not {type(interceptor).__name__}"
            )
        channel = _Channel(channel, interceptor)
    return channel
