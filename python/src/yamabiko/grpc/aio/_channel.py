"""Asynchronous channels; still to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._credentials import ChannelCredentials
from .._values import Compression
from ._absent import not_yet
from ._base_channel import Channel
from ._interceptor import ClientInterceptor


def insecure_channel(
    target: str,
    options: Sequence[tuple[str, Any]] | None = None,
    compression: Compression | None = None,
    interceptors: Sequence[ClientInterceptor] | None = None,
) -> Channel:
    """Makes a channel to a server, without TLS; raises NotImplementedError for now."""
    raise not_yet("insecure_channel")


def secure_channel(
    target: str,
    credentials: ChannelCredentials,
    options: Sequence[tuple[str, Any]] | None = None,
    compression: Compression | None = None,
    interceptors: Sequence[ClientInterceptor] | None = None,
) -> Channel:
    """Makes a channel to a server, with credentials; raises NotImplementedError for now."""
    raise not_yet("secure_channel")


__all__ = ["Channel", "insecure_channel", "secure_channel"]
