"""What a client meets, as abstract classes: channels, multi-callables, calls, interceptors.

Interceptors, mocks and other libraries subclass these; what :func:`grpc.insecure_channel` gives is
in ``_channel``. Times are seconds. A ``timeout`` of None is no deadline.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._typing import (
    DeserializingFunction,
    MetadataType,
    RequestType,
    ResponseType,
    ResultType,
    SerializingFunction,
)
from ._values import ChannelConnectivity, Compression, StatusCode

if TYPE_CHECKING:
    from ._credentials import CallCredentials

_Self = TypeVar("_Self", bound="Channel")


class Future(abc.ABC, Generic[ResultType]):
    """A result that comes later, and can be given up."""

    @abc.abstractmethod
    def cancel(self) -> bool:
        """Gives the computation up; says whether that was still possible."""
        raise NotImplementedError

    @abc.abstractmethod
    def cancelled(self) -> bool:
        """Whether it was given up before its end."""
        raise NotImplementedError

    @abc.abstractmethod
    def running(self) -> bool:
        """Whether it goes on."""
        raise NotImplementedError

    @abc.abstractmethod
    def done(self) -> bool:
        """Whether it has ended, one way or another."""
        raise NotImplementedError

    @abc.abstractmethod
    def result(self, timeout: float | None = None) -> ResultType:
        """Waits for the result and returns it, or raises what the computation raised.

        Raises FutureTimeoutError after ``timeout``, FutureCancelledError if it was cancelled.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Waits for the end and returns what the computation raised, None for nothing.

        Raises FutureTimeoutError after ``timeout``, FutureCancelledError if it was cancelled.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def traceback(self, timeout: float | None = None) -> TracebackType | None:
        """Waits for the end and returns the traceback of what was raised, None for nothing.

        Raises FutureTimeoutError after ``timeout``, FutureCancelledError if it was cancelled.
        """
        raise NotImplementedError

    @abc.abstractmethod
    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        """Has ``fn`` called with this future at its end, at once if that has come."""
        raise NotImplementedError


class RpcContext(abc.ABC):
    """What both sides know of a call while it lasts."""

    @abc.abstractmethod
    def is_active(self) -> bool:
        """Whether the call goes on."""
        raise NotImplementedError

    @abc.abstractmethod
    def time_remaining(self) -> float | None:
        """Seconds until the deadline, not below 0; None for a call without one."""
        raise NotImplementedError

    @abc.abstractmethod
    def cancel(self) -> Any:
        """Ends the call with CANCELLED; nothing happens if it has ended."""
        raise NotImplementedError

    @abc.abstractmethod
    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Has ``callback`` called at the call's end.

        False: the call has ended, it will not be called.
        """
        raise NotImplementedError


class Call(RpcContext, metaclass=abc.ABCMeta):
    """A call as its client sees it. The methods wait for what they return."""

    @abc.abstractmethod
    def initial_metadata(self) -> MetadataType | None:
        """What the server sent ahead of its response."""
        raise NotImplementedError

    @abc.abstractmethod
    def trailing_metadata(self) -> MetadataType | None:
        """What the server sent with its status."""
        raise NotImplementedError

    @abc.abstractmethod
    def code(self) -> StatusCode | None:
        """The status code that the call ended with."""
        raise NotImplementedError

    @abc.abstractmethod
    def details(self) -> str | None:
        """The status message that the call ended with."""
        raise NotImplementedError


class ClientCallDetails(abc.ABC):
    """What an interceptor is told of a call, and hands on.

    Attributes:
      method: The path, as ``/package.Service/Method``.
      timeout: Seconds that the call may take, None for no deadline.
      metadata: The metadata to send, None for none.
      credentials: CallCredentials, or None.
      wait_for_ready: Whether to wait for a connection instead of failing at once; None for no.
      compression: A Compression for the request, or None for the channel's.
    """

    method: str
    timeout: float | None
    metadata: MetadataType | None
    credentials: CallCredentials | None
    wait_for_ready: bool | None
    compression: Compression | None


class UnaryUnaryClientInterceptor(abc.ABC, Generic[RequestType, ResponseType]):
    """Stands in the way of calls with one request and one response."""

    @abc.abstractmethod
    def intercept_unary_unary(
        self,
        continuation: Callable[[ClientCallDetails, RequestType], Any],
        client_call_details: ClientCallDetails,
        request: RequestType,
    ) -> Any:
        """Makes the call by ``continuation(client_call_details, request)``, or does without.

        The continuation returns a Call that is a Future, ended or not; so must this method, or it
        returns a response, or raises.
        """
        raise NotImplementedError


class UnaryStreamClientInterceptor(abc.ABC, Generic[RequestType, ResponseType]):
    """Stands in the way of calls with one request and a stream of responses."""

    @abc.abstractmethod
    def intercept_unary_stream(
        self,
        continuation: Callable[[ClientCallDetails, RequestType], Any],
        client_call_details: ClientCallDetails,
        request: RequestType,
    ) -> Any:
        """Makes the call by ``continuation(client_call_details, request)``, or does without.

        Returns a Call that is an iterator of responses.
        """
        raise NotImplementedError


class StreamUnaryClientInterceptor(abc.ABC, Generic[RequestType, ResponseType]):
    """Stands in the way of calls with a stream of requests and one response."""

    @abc.abstractmethod
    def intercept_stream_unary(
        self,
        continuation: Callable[[ClientCallDetails, Iterator[RequestType]], Any],
        client_call_details: ClientCallDetails,
        request_iterator: Iterator[RequestType],
    ) -> Any:
        """Makes the call by ``continuation(client_call_details, request_iterator)``, or does without.

        Returns a Call that is a Future.
        """
        raise NotImplementedError


class StreamStreamClientInterceptor(abc.ABC, Generic[RequestType, ResponseType]):
    """Stands in the way of calls with streams both ways."""

    @abc.abstractmethod
    def intercept_stream_stream(
        self,
        continuation: Callable[[ClientCallDetails, Iterator[RequestType]], Any],
        client_call_details: ClientCallDetails,
        request_iterator: Iterator[RequestType],
    ) -> Any:
        """Makes the call by ``continuation(client_call_details, request_iterator)``, or does without.

        Returns a Call that is an iterator of responses.
        """
        raise NotImplementedError


class UnaryUnaryMultiCallable(abc.ABC, Generic[RequestType, ResponseType]):
    """A method with one request and one response, ready to be called."""

    @abc.abstractmethod
    def __call__(
        self,
        request: RequestType,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: Compression | None = None,
    ) -> ResponseType:
        """Makes the call and returns the response; raises RpcError, which is a Call too."""
        raise NotImplementedError

    @abc.abstractmethod
    def with_call(
        self,
        request: RequestType,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: Compression | None = None,
    ) -> tuple[ResponseType, Call]:
        """Makes the call and returns the response, and the Call with metadata and status."""
        raise NotImplementedError

    @abc.abstractmethod
    def future(
        self,
        request: RequestType,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: Compression | None = None,
    ) -> Any:
        """Begins the call and returns at once, with a Call that is a Future of the response."""
        raise NotImplementedError


class UnaryStreamMultiCallable(abc.ABC, Generic[RequestType, ResponseType]):
    """A method with one request and a stream of responses, ready to be called."""

    @abc.abstractmethod
    def __call__(
        self,
        request: RequestType,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: Compression | None = None,
    ) -> Any:
        """Begins the call and returns a Call that is an iterator of responses."""
        raise NotImplementedError


class StreamUnaryMultiCallable(abc.ABC, Generic[RequestType, ResponseType]):
    """A method with a stream of requests and one response, ready to be called."""

    @abc.abstractmethod
    def __call__(
        self,
        request_iterator: Iterator[RequestType],
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: Compression | None = None,
    ) -> ResponseType:
        """Makes the call and returns the response; raises RpcError, which is a Call too."""
        raise NotImplementedError

    @abc.abstractmethod
    def with_call(
        self,
        request_iterator: Iterator[RequestType],
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: Compression | None = None,
    ) -> tuple[ResponseType, Call]:
        """Makes the call and returns the response, and the Call with metadata and status."""
        raise NotImplementedError

    @abc.abstractmethod
    def future(
        self,
        request_iterator: Iterator[RequestType],
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: Compression | None = None,
    ) -> Any:
        """Begins the call and returns at once, with a Call that is a Future of the response."""
        raise NotImplementedError


class StreamStreamMultiCallable(abc.ABC, Generic[RequestType, ResponseType]):
    """A method with streams both ways, ready to be called."""

    @abc.abstractmethod
    def __call__(
        self,
        request_iterator: Iterator[RequestType],
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: Compression | None = None,
    ) -> Any:
        """Begins the call and returns a Call that is an iterator of responses."""
        raise NotImplementedError


class Channel(abc.ABC):
    """A way to a server, and a context manager that closes it."""

    @abc.abstractmethod
    def subscribe(
        self, callback: Callable[[ChannelConnectivity], None], try_to_connect: bool = False
    ) -> None:
        """Has ``callback`` called with the state of the channel, now and when it changes."""
        raise NotImplementedError

    @abc.abstractmethod
    def unsubscribe(self, callback: Callable[[ChannelConnectivity], None]) -> None:
        """Ends what ``subscribe`` has begun for this callback."""
        raise NotImplementedError

    @abc.abstractmethod
    def unary_unary(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> UnaryUnaryMultiCallable[Any, Any]:
        """A method with one request and one response. Without a function, messages are bytes."""
        raise NotImplementedError

    @abc.abstractmethod
    def unary_stream(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> UnaryStreamMultiCallable[Any, Any]:
        """A method with one request and a stream of responses."""
        raise NotImplementedError

    @abc.abstractmethod
    def stream_unary(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> StreamUnaryMultiCallable[Any, Any]:
        """A method with a stream of requests and one response."""
        raise NotImplementedError

    @abc.abstractmethod
    def stream_stream(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> StreamStreamMultiCallable[Any, Any]:
        """A method with streams both ways."""
        raise NotImplementedError

    @abc.abstractmethod
    def close(self) -> None:
        """Ends the channel: its calls end with CANCELLED, new ones raise ValueError."""
        raise NotImplementedError

    def __enter__(self: _Self) -> _Self:
        """Enters a ``with``; what a channel really is comes with its implementation."""
        raise NotImplementedError

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool | None:
        """Leaves a ``with`` and closes the channel."""
        raise NotImplementedError
