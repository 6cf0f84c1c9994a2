"""Calls without a channel: channels are kept for each target, and closed when nobody calls.

Three environment variables are looked at: ``GRPC_PYTHON_MANAGED_CHANNEL_EVICTION_SECONDS`` (how
long a channel stays after its last call, 600), ``GRPC_PYTHON_MANAGED_CHANNEL_MAXIMUM`` (how many
are kept, 256), ``GRPC_PYTHON_DEFAULT_TIMEOUT_SECONDS`` (of a call that says none, 60).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from . import _api
from ._credentials import (
    CallCredentials,
    ChannelCredentials,
    insecure_channel_credentials,
    ssl_channel_credentials,
)
from ._experimental import experimental_api
from ._typing import (
    ChannelArgumentType,
    DeserializingFunction,
    MetadataType,
    SerializingFunction,
)

_EVICTION_SECONDS = float(os.environ.get("GRPC_PYTHON_MANAGED_CHANNEL_EVICTION_SECONDS", 600))
_MAXIMUM_CHANNELS = int(os.environ.get("GRPC_PYTHON_MANAGED_CHANNEL_MAXIMUM", 256))
_DEFAULT_TIMEOUT = float(os.environ.get("GRPC_PYTHON_DEFAULT_TIMEOUT_SECONDS", 60))
# One object, because a channel is found again by its credentials.
_DEFAULT_CREDENTIALS = ssl_channel_credentials()


class ChannelCache:
    """The channels of this process, the longest unused first, and a thread that closes them."""

    _lock = threading.Lock()
    _singleton: ChannelCache | None = None

    def __init__(self) -> None:
        self._changed = threading.Condition()
        # A channel and when to close it; each use puts its entry to the end.
        self._channels: dict[Any, tuple[_api.Channel, float]] = {}
        threading.Thread(target=self._evict, daemon=True, name="grpc-channel-cache").start()

    @classmethod
    def get(cls) -> ChannelCache:
        """The one of this process."""
        with cls._lock:
            if cls._singleton is None:
                cls._singleton = ChannelCache()
            return cls._singleton

    def channel(self, target: str, options: Any, credentials: Any, compression: Any) -> Any:
        """The channel for these; a new one where there is none yet."""
        from . import secure_channel

        key = (target, tuple(options), credentials, compression)
        with self._changed:
            channel, _ = self._channels.pop(key, (None, 0.0))
            if channel is None:
                channel = secure_channel(target, credentials, options, compression)
            self._channels[key] = (channel, time.monotonic() + _EVICTION_SECONDS)
            if len(self._channels) == 1 or len(self._channels) > _MAXIMUM_CHANNELS:
                self._changed.notify()
            return channel

    def _evict(self) -> None:
        with self._changed:
            while True:
                if not self._channels:
                    self._changed.wait()
                    continue
                key, (channel, end) = next(iter(self._channels.items()))
                remaining = end - time.monotonic()
                if remaining > 0 and len(self._channels) <= _MAXIMUM_CHANNELS:
                    self._changed.wait(remaining)
                else:
                    del self._channels[key]
                    channel.close()


def _forget() -> None:
    """In a forked process the thread is gone: begin anew."""
    ChannelCache._lock = threading.Lock()
    ChannelCache._singleton = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _call(
    kind: str, request: Any, channel: tuple[Any, ...], method: tuple[Any, ...], **call: Any
) -> Any:
    target, options, credentials, insecure, compression = channel
    if insecure and credentials:
        raise ValueError(
            "The insecure option is mutually exclusive with the channel_credentials option. "
            "Please use one or the other."
        )
    if insecure:
        credentials = insecure_channel_credentials()
    elif credentials is None:
        credentials = _DEFAULT_CREDENTIALS
    kept = ChannelCache.get().channel(target, options, credentials, compression)
    if call["wait_for_ready"] is None:
        call["wait_for_ready"] = True
    return getattr(kept, kind)(*method)(request, **call)


@experimental_api
def unary_unary(
    request: Any,
    target: str,
    method: str,
    request_serializer: SerializingFunction | None = None,
    response_deserializer: DeserializingFunction | None = None,
    options: Sequence[ChannelArgumentType] = (),
    channel_credentials: ChannelCredentials | None = None,
    insecure: bool = False,
    call_credentials: CallCredentials | None = None,
    compression: _api.Compression | None = None,
    wait_for_ready: bool | None = None,
    timeout: float | None = _DEFAULT_TIMEOUT,
    metadata: MetadataType | None = None,
    _registered_method: bool | None = False,
) -> Any:
    """Makes a call with one request and one response, and returns the response.

    Args:
      request: The request.
      target: The server, as for a channel.
      method: The path, as ``/package.Service/Method``.
      request_serializer: From a request to bytes, None for bytes.
      response_deserializer: From bytes to a response, None for bytes.
      options: Options of the channel.
      channel_credentials: What secures the channel; None for TLS.
      insecure: Whether the channel shall have no credentials instead.
      call_credentials: What authenticates the call.
      compression: How messages are compressed.
      wait_for_ready: Whether to wait for a connection; None for yes.
      timeout: Seconds, None for no deadline.
      metadata: What is sent with the call.
    """
    return _call(
        "unary_unary",
        request,
        (target, options, channel_credentials, insecure, compression),
        (method, request_serializer, response_deserializer, _registered_method),
        metadata=metadata,
        wait_for_ready=wait_for_ready,
        credentials=call_credentials,
        timeout=timeout,
    )


@experimental_api
def unary_stream(
    request: Any,
    target: str,
    method: str,
    request_serializer: SerializingFunction | None = None,
    response_deserializer: DeserializingFunction | None = None,
    options: Sequence[ChannelArgumentType] = (),
    channel_credentials: ChannelCredentials | None = None,
    insecure: bool = False,
    call_credentials: CallCredentials | None = None,
    compression: _api.Compression | None = None,
    wait_for_ready: bool | None = None,
    timeout: float | None = _DEFAULT_TIMEOUT,
    metadata: MetadataType | None = None,
    _registered_method: bool | None = False,
) -> Any:
    """Begins a call with one request and returns it: an iterator of responses."""
    return _call(
        "unary_stream",
        request,
        (target, options, channel_credentials, insecure, compression),
        (method, request_serializer, response_deserializer, _registered_method),
        metadata=metadata,
        wait_for_ready=wait_for_ready,
        credentials=call_credentials,
        timeout=timeout,
    )


@experimental_api
def stream_unary(
    request_iterator: Iterator[Any],
    target: str,
    method: str,
    request_serializer: SerializingFunction | None = None,
    response_deserializer: DeserializingFunction | None = None,
    options: Sequence[ChannelArgumentType] = (),
    channel_credentials: ChannelCredentials | None = None,
    insecure: bool = False,
    call_credentials: CallCredentials | None = None,
    compression: _api.Compression | None = None,
    wait_for_ready: bool | None = None,
    timeout: float | None = _DEFAULT_TIMEOUT,
    metadata: MetadataType | None = None,
    _registered_method: bool | None = False,
) -> Any:
    """Makes a call with a stream of requests and returns the response."""
    return _call(
        "stream_unary",
        request_iterator,
        (target, options, channel_credentials, insecure, compression),
        (method, request_serializer, response_deserializer, _registered_method),
        metadata=metadata,
        wait_for_ready=wait_for_ready,
        credentials=call_credentials,
        timeout=timeout,
    )


@experimental_api
def stream_stream(
    request_iterator: Iterator[Any],
    target: str,
    method: str,
    request_serializer: SerializingFunction | None = None,
    response_deserializer: DeserializingFunction | None = None,
    options: Sequence[ChannelArgumentType] = (),
    channel_credentials: ChannelCredentials | None = None,
    insecure: bool = False,
    call_credentials: CallCredentials | None = None,
    compression: _api.Compression | None = None,
    wait_for_ready: bool | None = None,
    timeout: float | None = _DEFAULT_TIMEOUT,
    metadata: MetadataType | None = None,
    _registered_method: bool | None = False,
) -> Any:
    """Begins a call with streams both ways and returns it: an iterator of responses."""
    return _call(
        "stream_stream",
        request_iterator,
        (target, options, channel_credentials, insecure, compression),
        (method, request_serializer, response_deserializer, _registered_method),
        metadata=metadata,
        wait_for_ready=wait_for_ready,
        credentials=call_credentials,
        timeout=timeout,
    )
