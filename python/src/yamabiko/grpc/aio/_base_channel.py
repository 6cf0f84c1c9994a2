"""Channels of an asynchronous client, as abstract classes."""

from __future__ import annotations

import abc
from types import TracebackType
from typing import Any, Generic, TypeVar

from .._credentials import CallCredentials
from .._values import ChannelConnectivity, Compression
from . import _base_call
from ._typing import (
    DeserializingFunction,
    MetadataType,
    RequestType,
    ResponseType,
    SerializingFunction,
)

_Self = TypeVar("_Self", bound="Channel")


class UnaryUnaryMultiCallable(abc.ABC, Generic[RequestType, ResponseType]):
    """A method with one request and one response, ready to be called."""

    @abc.abstractmethod
    def __call__(
        self,
        request: RequestType,
        *,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: Compression | None = None,
    ) -> _base_call.UnaryUnaryCall[RequestType, ResponseType]:
        """Begins the call and returns it."""


class UnaryStreamMultiCallable(abc.ABC, Generic[RequestType, ResponseType]):
    """A method with one request and a stream of responses, ready to be called."""

    @abc.abstractmethod
    def __call__(
        self,
        request: RequestType,
        *,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: Compression | None = None,
    ) -> _base_call.UnaryStreamCall[RequestType, ResponseType]:
        """Begins the call and returns it."""


class StreamUnaryMultiCallable(abc.ABC, Generic[RequestType, ResponseType]):
    """A method with a stream of requests and one response, ready to be called."""

    @abc.abstractmethod
    def __call__(
        self,
        request_iterator: Any | None = None,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: Compression | None = None,
    ) -> _base_call.StreamUnaryCall[RequestType, ResponseType]:
        """Begins the call and returns it; without an iterator, requests are written to it."""


class StreamStreamMultiCallable(abc.ABC, Generic[RequestType, ResponseType]):
    """A method with streams both ways, ready to be called."""

    @abc.abstractmethod
    def __call__(
        self,
        request_iterator: Any | None = None,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: Compression | None = None,
    ) -> _base_call.StreamStreamCall[RequestType, ResponseType]:
        """Begins the call and returns it; without an iterator, requests are written to it."""


class Channel(abc.ABC):
    """A way to a server, and an asynchronous context manager that closes it."""

    @abc.abstractmethod
    async def __aenter__(self: _Self) -> _Self:
        """Enters an ``async with``."""

    @abc.abstractmethod
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool | None:
        """Leaves an ``async with`` and closes the channel."""

    @abc.abstractmethod
    async def close(self, grace: float | None = None) -> None:
        """Takes no new calls, and cancels those that have not ended after ``grace`` seconds."""

    @abc.abstractmethod
    def get_state(self, try_to_connect: bool = False) -> ChannelConnectivity:
        """What the channel is doing about its connection."""

    @abc.abstractmethod
    async def wait_for_state_change(self, last_observed_state: ChannelConnectivity) -> None:
        """Waits until the state is another one."""

    @abc.abstractmethod
    async def channel_ready(self) -> None:
        """Waits until the channel is connected."""

    @abc.abstractmethod
    def unary_unary(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> UnaryUnaryMultiCallable[Any, Any]:
        """A method with one request and one response."""

    @abc.abstractmethod
    def unary_stream(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> UnaryStreamMultiCallable[Any, Any]:
        """A method with one request and a stream of responses."""

    @abc.abstractmethod
    def stream_unary(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> StreamUnaryMultiCallable[Any, Any]:
        """A method with a stream of requests and one response."""

    @abc.abstractmethod
    def stream_stream(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> StreamStreamMultiCallable[Any, Any]:
        """A method with streams both ways."""
