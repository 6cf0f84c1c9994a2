"""Handlers as data, the future of a channel's readiness, and the comparison of versions."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, NamedTuple

from . import _api, _common
from ._typing import DeserializingFunction, DoneCallbackType, SerializingFunction

_LOGGER = logging.getLogger("grpc._utilities")


class _RpcMethodHandler(NamedTuple):
    request_streaming: bool
    response_streaming: bool
    request_deserializer: DeserializingFunction | None
    response_serializer: SerializingFunction | None
    unary_unary: Callable[[Any, Any], Any] | None
    unary_stream: Callable[[Any, Any], Iterator[Any]] | None
    stream_unary: Callable[[Any, Any], Any] | None
    stream_stream: Callable[[Any, Any], Iterator[Any]] | None


class RpcMethodHandler(_RpcMethodHandler, _api.RpcMethodHandler[Any, Any]):
    """How a method is served, as a named tuple: interceptors make others by ``_replace``."""


class DictionaryGenericHandler(_api.ServiceRpcHandler):
    """The handlers of one service, by method."""

    def __init__(
        self, service: str, method_handlers: Mapping[str, _api.RpcMethodHandler[Any, Any]]
    ) -> None:
        self._name = service
        self._method_handlers = {
            _common.fully_qualified_method(service, method): handler
            for method, handler in method_handlers.items()
        }

    def service_name(self) -> str:
        """The service's full name."""
        return self._name

    def service(
        self, handler_call_details: _api.HandlerCallDetails
    ) -> _api.RpcMethodHandler[Any, Any] | None:
        """The handler of this call; None if the service has no such method."""
        return self._method_handlers.get(handler_call_details.method)


class _ChannelReadyFuture(_api.Future[None]):
    """Done when the channel was READY for the first time since."""

    def __init__(self, channel: _api.Channel) -> None:
        self._condition = threading.Condition()
        self._channel = channel
        self._matured = False
        self._cancelled = False
        self._done_callbacks: list[DoneCallbackType] = []

    def start(self) -> None:
        """Begins to watch the channel, and has it connect."""
        self._channel.subscribe(self._update, try_to_connect=True)

    def _update(self, connectivity: _api.ChannelConnectivity | None) -> None:
        if connectivity is _api.ChannelConnectivity.READY:
            self._end(cancelled=False)

    def _end(self, cancelled: bool) -> bool:
        with self._condition:
            if self._matured or self._cancelled:
                return False
            self._matured, self._cancelled = not cancelled, cancelled
            callbacks, self._done_callbacks = self._done_callbacks, []
            self._condition.notify_all()
        self._channel.unsubscribe(self._update)
        for callback in callbacks:
            try:
                callback(self)
            except Exception:
                _LOGGER.exception('Exception calling connectivity future "done" callback!')
        return True

    def _block(self, timeout: float | None) -> None:
        end = None if timeout is None else time.monotonic() + timeout
        with self._condition:
            while not self._matured:
                if self._cancelled:
                    raise _api.FutureCancelledError()
                remaining = None if end is None else end - time.monotonic()
                if remaining is not None and remaining < 0:
                    raise _api.FutureTimeoutError()
                self._condition.wait(remaining)

    def cancel(self) -> bool:
        """Gives up watching; the channel goes on. Twice is as good as once."""
        return self._end(cancelled=True) or self._cancelled

    def cancelled(self) -> bool:
        """Whether it was given up."""
        return self._cancelled

    def running(self) -> bool:
        """Whether it still watches."""
        return not self.done()

    def done(self) -> bool:
        """Whether the channel was ready, or nobody watches any more."""
        return self._matured or self._cancelled

    def result(self, timeout: float | None = None) -> None:
        """Waits until the channel is ready."""
        self._block(timeout)

    def exception(self, timeout: float | None = None) -> None:
        """Waits until the channel is ready; there is no failure but time."""
        self._block(timeout)

    def traceback(self, timeout: float | None = None) -> TracebackType | None:
        """Waits until the channel is ready; there is no failure but time."""
        self._block(timeout)
        return None

    def add_done_callback(self, fn: DoneCallbackType) -> None:
        """Has ``fn`` called with this future when it is done, at once if it is."""
        with self._condition:
            if not self.done():
                self._done_callbacks.append(fn)
                return
        fn(self)

    def __del__(self) -> None:
        if not self.done():
            self._channel.unsubscribe(self._update)


def channel_ready_future(channel: _api.Channel) -> _ChannelReadyFuture:
    """A future that is done when the channel is ready; the channel begins to connect."""
    future = _ChannelReadyFuture(channel)
    future.start()
    return future


def first_version_is_lower(version1: str, version2: str) -> bool:
    """Whether the first of two versions like ``1.60.1`` or ``1.60.1.dev0`` is the lower one.

    Generated code asks this about ``grpc.__version__`` and the version that it was made for. Of two
    equal numbers the one without a suffix is lower; what is no number is never lower.
    """
    first, second = version1.split("."), version2.split(".")
    try:
        numbers = [int(part) for part in first[:3]], [int(part) for part in second[:3]]
    except ValueError:
        return False
    if numbers[0] != numbers[1]:
        return numbers[0] < numbers[1]
    return len(first) < len(second)
