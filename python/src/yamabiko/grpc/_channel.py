"""Channels, and the callables that make calls on them.

A call with one request and one response is one step into the core: ``__call__`` of a
``_UnaryUnaryMultiCallable`` is compiled, and nothing is made for it in Python when it goes well.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Literal, NoReturn

from .. import _core
from . import _api, _common, _compression, _times
from ._background import Deliveries, Watchers
from ._credentials import CallCredentials, ChannelCredentials
from ._cython import cygrpc
from ._rpc_state import (
    _InactiveRpcError,
    _MultiThreadedRendezvous,
    _Rendezvous,
    _RPCState,
)
from ._typing import (
    ChannelArgumentType,
    DeserializingFunction,
    MetadataType,
    SerializingFunction,
)

_USER_AGENT = f"grpc-python-yamabiko/{_core.__version__}"

_NO_SECURITY = (
    "Established channel does not have a sufficient security level to transfer call credential."
)


def _failed(
    code: int,
    details: str,
    debug: str | None,
    headers: MetadataType,
    trailers: MetadataType,
) -> _InactiveRpcError:
    """The exception of a call that has failed."""
    state = _RPCState()
    state.end(code, details, debug, headers, trailers)
    return _InactiveRpcError(state)


def _unusable(what: str, cause: BaseException | None) -> BaseException:
    """The exception for a message that cannot be serialized or deserialized."""
    if cause is not None and not isinstance(cause, Exception):
        # KeyboardInterrupt and the like are not about the message.
        return cause
    message = "request" if what == "serializing" else "response"
    state = _RPCState((), (), ())
    state.fail(_api.StatusCode.INTERNAL, f"Exception {what} {message}!")
    error = _InactiveRpcError(state)
    error.__cause__ = cause
    return error


def _check_options(
    credentials: CallCredentials | None, compression: _api.Compression | None
) -> None:
    """Raises if a call cannot be made with these."""
    if compression is not None and compression not in tuple(_api.Compression):
        raise KeyError(compression)
    if credentials is not None:
        credentials._credentials  # noqa: B018 - an AttributeError if they are none
        state = _RPCState((), (), (), _api.StatusCode.UNAUTHENTICATED, _NO_SECURITY)
        state.debug_error_string = f"UNAUTHENTICATED:{_NO_SECURITY}"
        raise _InactiveRpcError(state)


_core.client_hooks(_failed, _unusable, _check_options)


class _Running:
    """A call that goes on by itself, as a ``_Rendezvous`` needs it."""

    __slots__ = ("_deliveries", "_method", "_started", "cancel", "outcome", "wait")

    def __init__(
        self, started: _core.Started, method: _core.UnaryUnary, deliveries: Deliveries
    ) -> None:
        self._started = started
        self._method = method
        self._deliveries = deliveries
        self.cancel = started.cancel
        self.outcome = started.outcome
        self.wait = started.wait

    def deserialize(self, message: bytes) -> Any:
        """The response that the bytes stand for."""
        return self._method._deserialize(message)

    def deliver(self, call: _Rendezvous) -> None:
        """Has the callbacks of ``call`` called at its end."""
        self._deliveries.deliver(self._started, call)


class _UnaryUnaryMultiCallable(_core.UnaryUnary, _api.UnaryUnaryMultiCallable[Any, Any]):
    """A method with one request and one response."""

    def __new__(
        cls,
        channel: Channel,
        method: str,
        request_serializer: SerializingFunction | None,
        response_deserializer: DeserializingFunction | None,
    ) -> _UnaryUnaryMultiCallable:
        self = super().__new__(
            cls, channel._channel, method, request_serializer, response_deserializer
        )
        self._deliveries = channel._deliveries
        return self

    _deliveries: Deliveries

    # Compiled. Said here because the abstract class has one too.
    __call__ = _core.UnaryUnary.__call__

    def with_call(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: _api.Compression | None = None,
    ) -> tuple[Any, _api.Call]:
        response, ending = self._with_call(
            request, timeout, metadata, credentials, wait_for_ready, compression
        )
        state = _RPCState()
        state.end(*ending)
        state.response = response
        return response, _MultiThreadedRendezvous(state, None, None, None)

    def future(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: MetadataType | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: _api.Compression | None = None,
    ) -> _MultiThreadedRendezvous:
        deadline = None if timeout is None else time.time() + timeout
        started = self._start(
            request, timeout, metadata, credentials, wait_for_ready, compression
        )
        running = _Running(started, self, self._deliveries)
        return _MultiThreadedRendezvous(_RPCState(), running, None, deadline)


def _no_streams(method: str, kind: str) -> NoReturn:
    raise NotImplementedError(
        f"{kind} calls are not supported yet: {method}: "
        "yamabiko makes calls with one request and one response"
    )


class _Streaming:
    """A method that is still to come: generated stubs make one for each method."""

    _KIND = ""

    def __init__(self, method: str) -> None:
        self._method = method

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _no_streams(self._method, self._KIND)

    def with_call(self, *args: Any, **kwargs: Any) -> Any:
        """Raises NotImplementedError."""
        _no_streams(self._method, self._KIND)

    def future(self, *args: Any, **kwargs: Any) -> Any:
        """Raises NotImplementedError."""
        _no_streams(self._method, self._KIND)


class _UnaryStreamMultiCallable(_Streaming, _api.UnaryStreamMultiCallable[Any, Any]):
    _KIND = "unary-stream"


class _StreamUnaryMultiCallable(_Streaming, _api.StreamUnaryMultiCallable[Any, Any]):
    _KIND = "stream-unary"


class _StreamStreamMultiCallable(_Streaming, _api.StreamStreamMultiCallable[Any, Any]):
    _KIND = "stream-stream"


class Channel(_api.Channel):
    """The way to a server, which connects when the first call is made."""

    def __init__(
        self,
        target: str,
        options: Iterable[ChannelArgumentType] = (),
        credentials: ChannelCredentials | None = None,
        compression: _api.Compression | None = None,
    ) -> None:
        if credentials is not None:
            raise NotImplementedError(
                f"channels with credentials are not supported yet: {target}: "
                "use grpc.insecure_channel"
            )
        options = (*options, *_compression.create_channel_option(compression))
        self._target = _common.decode(_common.encode(target))
        self._channel = _core.Channel(self._target, **_core_options(options))
        self._watchers = Watchers(self._channel)
        self._deliveries = Deliveries()

    def subscribe(
        self,
        callback: Callable[[_api.ChannelConnectivity], None],
        try_to_connect: bool | None = False,
    ) -> None:
        self._watchers.subscribe(callback, bool(try_to_connect))

    def unsubscribe(self, callback: Callable[[_api.ChannelConnectivity], None]) -> None:
        self._watchers.unsubscribe(callback)

    def unary_unary(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> _UnaryUnaryMultiCallable:
        return _UnaryUnaryMultiCallable(
            self, _method_path(method), request_serializer, response_deserializer
        )

    def unary_stream(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> _UnaryStreamMultiCallable:
        return _UnaryStreamMultiCallable(_method_path(method))

    def stream_unary(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> _StreamUnaryMultiCallable:
        return _StreamUnaryMultiCallable(_method_path(method))

    def stream_stream(
        self,
        method: str,
        request_serializer: SerializingFunction | None = None,
        response_deserializer: DeserializingFunction | None = None,
        _registered_method: bool | None = False,
    ) -> _StreamStreamMultiCallable:
        return _StreamStreamMultiCallable(_method_path(method))

    def close(self) -> None:
        self._watchers.clear()
        self._channel.close()

    def __enter__(self) -> Channel:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> Literal[False]:
        self.close()
        return False

    def __del__(self) -> None:
        # Multi-callables go on without it; its watchers would keep their thread for ever. There may
        # be none if it could not be made, and nothing works any more when the interpreter ends.
        if sys is not None and not sys.is_finalizing():
            watchers = getattr(self, "_watchers", None)
            if watchers is not None:
                watchers.clear()


def _method_path(method: str) -> str:
    return _common.decode(_common.encode(method))


def _core_options(options: Iterable[ChannelArgumentType]) -> dict[str, Any]:
    """What the core is told of a channel's options. Those that it has no use for are accepted."""
    values: dict[str, Any] = {}
    for pair in options:
        key, value = _unpacked(pair)
        if not isinstance(key, (str, bytes)):
            raise TypeError(f"Expected str, not {type(key)}")
        if value is None:
            raise TypeError(f"Expected int, bytes, or behavior, got {type(value)}")
        # As in grpcio, the last one counts.
        values[_common.decode(key)] = value

    def number(key: str) -> int | None:
        value = values.get(key)
        return int(value) if isinstance(value, int) else None

    def text(key: str) -> str | None:
        value = values.get(key)
        return _common.decode(value) if isinstance(value, (str, bytes)) else None

    agents = (
        text("grpc.primary_user_agent"),
        _USER_AGENT,
        text("grpc.secondary_user_agent"),
    )
    metadata = number("grpc.max_metadata_size")
    return {
        "user_agent": " ".join(agent for agent in agents if agent),
        "authority": text("grpc.default_authority"),
        "max_receive": number("grpc.max_receive_message_length"),
        "max_send": number("grpc.max_send_message_length"),
        "compression": number(cygrpc.GRPC_COMPRESSION_CHANNEL_DEFAULT_ALGORITHM) or 0,
        # Below what status and trailers need nothing would work; grpcio leaves as much room.
        "max_metadata": None if metadata is None else min(max(metadata, 8192), 2**31 - 1),
        "times": _times.of_channel(values),
    }


def _unpacked(pair: Any) -> tuple[Any, Any]:
    try:
        key, value = pair
    except ValueError:
        raise ValueError(f"a channel option is a pair of name and value, not {pair!r}") from None
    return key, value



__all__ = [
    "Channel",
    "_InactiveRpcError",
    "_MultiThreadedRendezvous",
    "_RPCState",
    "_Rendezvous",
]
