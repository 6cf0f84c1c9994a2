"""Calls of an asynchronous client, as abstract classes."""

from __future__ import annotations

import abc
from collections.abc import AsyncIterator, Generator
from typing import Any, Generic

from .._values import StatusCode
from ._metadata import Metadata
from ._typing import DoneCallbackType, RequestType, ResponseType


class RpcContext(metaclass=abc.ABCMeta):
    """What both sides know of a call while it lasts."""

    @abc.abstractmethod
    def cancelled(self) -> bool:
        """Whether the call was cancelled."""

    @abc.abstractmethod
    def done(self) -> bool:
        """Whether the call is over."""

    @abc.abstractmethod
    def time_remaining(self) -> float | None:
        """Seconds until the deadline, None for a call without one."""

    @abc.abstractmethod
    def cancel(self) -> bool:
        """Cancels the call; whether that was still possible."""

    @abc.abstractmethod
    def add_done_callback(self, callback: DoneCallbackType) -> None:
        """Has ``callback`` called with this object at the end of the call."""


class Call(RpcContext, metaclass=abc.ABCMeta):
    """A call as its client sees it."""

    @abc.abstractmethod
    async def initial_metadata(self) -> Metadata:
        """What the server sent ahead of its responses."""

    @abc.abstractmethod
    async def trailing_metadata(self) -> Metadata:
        """What the server sent with its status."""

    @abc.abstractmethod
    async def code(self) -> StatusCode:
        """The status code that the call ended with."""

    @abc.abstractmethod
    async def details(self) -> str:
        """The status message that the call ended with."""

    @abc.abstractmethod
    async def wait_for_connection(self) -> None:
        """Waits until the call has a connection; raises AioRpcError if it gets none."""


class UnaryUnaryCall(Call, Generic[RequestType, ResponseType], metaclass=abc.ABCMeta):
    """A call with one request and one response."""

    @abc.abstractmethod
    def __await__(self) -> Generator[Any, None, ResponseType]:
        """Waits for the response."""


class UnaryStreamCall(Call, Generic[RequestType, ResponseType], metaclass=abc.ABCMeta):
    """A call with one request and a stream of responses."""

    @abc.abstractmethod
    def __aiter__(self) -> AsyncIterator[ResponseType]:
        """The responses."""

    @abc.abstractmethod
    async def read(self) -> Any:
        """The next response, or ``grpc.aio.EOF``."""


class StreamUnaryCall(Call, Generic[RequestType, ResponseType], metaclass=abc.ABCMeta):
    """A call with a stream of requests and one response."""

    @abc.abstractmethod
    async def write(self, request: RequestType) -> None:
        """Sends a request."""

    @abc.abstractmethod
    async def done_writing(self) -> None:
        """Says that there are no more requests."""

    @abc.abstractmethod
    def __await__(self) -> Generator[Any, None, ResponseType]:
        """Waits for the response."""


class StreamStreamCall(Call, Generic[RequestType, ResponseType], metaclass=abc.ABCMeta):
    """A call with streams both ways."""

    @abc.abstractmethod
    def __aiter__(self) -> AsyncIterator[ResponseType]:
        """The responses."""

    @abc.abstractmethod
    async def read(self) -> Any:
        """The next response, or ``grpc.aio.EOF``."""

    @abc.abstractmethod
    async def write(self, request: RequestType) -> None:
        """Sends a request."""

    @abc.abstractmethod
    async def done_writing(self) -> None:
        """Says that there are no more requests."""
