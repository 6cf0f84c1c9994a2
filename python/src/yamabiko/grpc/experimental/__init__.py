"""What grpcio calls experimental: calls without a channel, and some odds and ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _api
from .._credentials import (
    ChannelCredentials,
    _insecure_channel_credentials,
    insecure_channel_credentials,
    ssl_channel_credentials,
)
from .._experimental import ExperimentalApiWarning, experimental_api
from .._simple_stubs import stream_stream, stream_unary, unary_stream, unary_unary


class ChannelOptions:
    """Channel options that only exist in Python.

    Attributes:
      SingleThreadedUnaryStream: Receive the responses of a stream without a thread of its own.
    """

    SingleThreadedUnaryStream = "SingleThreadedUnaryStream"


class UsageError(Exception):
    """Something was used in a way that the API does not allow."""


def wrap_server_method_handler(
    wrapper: Callable[[Any], Any], handler: _api.RpcMethodHandler[Any, Any] | None
) -> Any:
    """The handler with ``wrapper(function)`` in place of its function; None for None."""
    if not handler:
        return None
    request = "stream" if handler.request_streaming else "unary"
    response = "stream" if handler.response_streaming else "unary"
    name = f"{request}_{response}"
    fields: Any = handler
    return fields._replace(**{name: wrapper(getattr(handler, name))})


@experimental_api
def ssl_channel_credentials_with_custom_signer(
    *,
    private_key_sign_fn: Callable[..., Any],
    root_certificates: bytes | None = None,
    certificate_chain: bytes,
) -> ChannelCredentials:
    """Credentials for a channel over TLS whose key is elsewhere, and signs by a function."""
    credentials = ssl_channel_credentials(root_certificates, None, certificate_chain)
    credentials._credentials = credentials._credentials._replace(
        parts=(*credentials._credentials.parts, private_key_sign_fn)
    )
    return credentials


__all__ = (
    "ChannelOptions",
    "ExperimentalApiWarning",
    "UsageError",
    "insecure_channel_credentials",
    "ssl_channel_credentials_with_custom_signer",
    "wrap_server_method_handler",
    "stream_stream",
    "stream_unary",
    "unary_stream",
    "unary_unary",
)
