"""Interceptors of an asynchronous client or server, as abstract classes."""

from __future__ import annotations

import abc
from collections.abc import Awaitable, Callable, Generator
from typing import Any, NamedTuple

from .._client_api import ClientCallDetails as _SynchronousDetails
from .._credentials import CallCredentials
from .._server_api import HandlerCallDetails, RpcMethodHandler
from .._values import StatusCode
from . import _base_call
from ._absent import not_yet
from ._metadata import Metadata
from ._typing import DoneCallbackType


class ServerInterceptor(metaclass=abc.ABCMeta):
    """Stands in the way of calls that come in, before their handler is found."""

    @abc.abstractmethod
    async def intercept_service(
        self,
        continuation: Callable[[HandlerCallDetails], Awaitable[RpcMethodHandler[Any, Any]]],
        handler_call_details: HandlerCallDetails,
    ) -> RpcMethodHandler[Any, Any]:
        """The handler of this call: what ``await continuation(…)`` gives, or another."""


class _Fields(NamedTuple):
    method: str
    timeout: float | None
    metadata: Metadata | None
    credentials: CallCredentials | None
    wait_for_ready: bool | None


class ClientCallDetails(  # type: ignore[misc]  # the tuple's fields are the class's attributes
    _Fields, _SynchronousDetails
):
    """What an interceptor is told of a call, and hands on."""


class ClientInterceptor(metaclass=abc.ABCMeta):
    """Stands in the way of calls that go out."""


class UnaryUnaryClientInterceptor(ClientInterceptor, metaclass=abc.ABCMeta):
    """Stands in the way of calls with one request and one response."""

    @abc.abstractmethod
    async def intercept_unary_unary(
        self,
        continuation: Callable[[ClientCallDetails, Any], Any],
        client_call_details: ClientCallDetails,
        request: Any,
    ) -> Any:
        """Returns a call, as ``await continuation(client_call_details, request)``, or a response."""


class UnaryStreamClientInterceptor(ClientInterceptor, metaclass=abc.ABCMeta):
    """Stands in the way of calls with one request and a stream of responses."""

    @abc.abstractmethod
    async def intercept_unary_stream(
        self,
        continuation: Callable[[ClientCallDetails, Any], Any],
        client_call_details: ClientCallDetails,
        request: Any,
    ) -> Any:
        """Returns a call, or an asynchronous iterator of responses."""


class StreamUnaryClientInterceptor(ClientInterceptor, metaclass=abc.ABCMeta):
    """Stands in the way of calls with a stream of requests and one response."""

    @abc.abstractmethod
    async def intercept_stream_unary(
        self,
        continuation: Callable[[ClientCallDetails, Any], Any],
        client_call_details: ClientCallDetails,
        request_iterator: Any,
    ) -> Any:
        """Returns a call, or a response."""


class StreamStreamClientInterceptor(ClientInterceptor, metaclass=abc.ABCMeta):
    """Stands in the way of calls with streams both ways."""

    @abc.abstractmethod
    async def intercept_stream_stream(
        self,
        continuation: Callable[[ClientCallDetails, Any], Any],
        client_call_details: ClientCallDetails,
        request_iterator: Any,
    ) -> Any:
        """Returns a call, or an asynchronous iterator of responses."""


class InterceptedUnaryUnaryCall(_base_call.UnaryUnaryCall[Any, Any]):
    """A call with one request and one response that goes through interceptors; still to come."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        raise not_yet("InterceptedUnaryUnaryCall")

    def cancel(self) -> bool:
        """Cancels the call."""
        raise not_yet("InterceptedUnaryUnaryCall")

    def cancelled(self) -> bool:
        """Whether the call was cancelled."""
        raise not_yet("InterceptedUnaryUnaryCall")

    def done(self) -> bool:
        """Whether the call is over."""
        raise not_yet("InterceptedUnaryUnaryCall")

    def add_done_callback(self, callback: DoneCallbackType) -> None:
        """Has ``callback`` called at the end of the call."""
        raise not_yet("InterceptedUnaryUnaryCall")

    def time_remaining(self) -> float | None:
        """Seconds until the deadline."""
        raise not_yet("InterceptedUnaryUnaryCall")

    async def initial_metadata(self) -> Metadata:
        """What the server sent ahead of its response."""
        raise not_yet("InterceptedUnaryUnaryCall")

    async def trailing_metadata(self) -> Metadata:
        """What the server sent with its status."""
        raise not_yet("InterceptedUnaryUnaryCall")

    async def code(self) -> StatusCode:
        """The status code."""
        raise not_yet("InterceptedUnaryUnaryCall")

    async def details(self) -> str:
        """The status message."""
        raise not_yet("InterceptedUnaryUnaryCall")

    async def debug_error_string(self) -> str | None:
        """What went wrong, for a person."""
        raise not_yet("InterceptedUnaryUnaryCall")

    async def wait_for_connection(self) -> None:
        """Waits until the call has a connection."""
        raise not_yet("InterceptedUnaryUnaryCall")

    def __await__(self) -> Generator[Any, None, Any]:
        """Waits for the response."""
        raise not_yet("InterceptedUnaryUnaryCall")
