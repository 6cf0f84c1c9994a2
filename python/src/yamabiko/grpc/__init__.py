"""The ``grpc`` API, as grpcio has it, on Yamabiko's core.

Import it as ``yamabiko.grpc``; after ``yamabiko.install()``, or with the distribution
yamabiko-grpcio, it is ``grpc`` too, the same modules under both names. Calls with one request and
one response work; streams and asyncio have their names, and say when they are used that they are
still to come.
"""

from __future__ import annotations

from collections.abc import Iterable as _Iterable
from collections.abc import Mapping as _Mapping
from collections.abc import Sequence as _Sequence
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from .._core import __version__ as __yamabiko_version__
from ._api import (
    Call,
    Channel,
    ChannelConnectivity,
    ClientCallDetails,
    Compression,
    Future,
    FutureCancelledError,
    FutureTimeoutError,
    GenericRpcHandler,
    HandlerCallDetails,
    LocalConnectionType,
    RpcContext,
    RpcError,
    RpcMethodHandler,
    Server,
    ServerInterceptor,
    ServiceRpcHandler,
    ServicerContext,
    Status,
    StatusCode,
    StreamStreamClientInterceptor,
    StreamStreamMultiCallable,
    StreamUnaryClientInterceptor,
    StreamUnaryMultiCallable,
    UnaryStreamClientInterceptor,
    UnaryStreamMultiCallable,
    UnaryUnaryClientInterceptor,
    UnaryUnaryMultiCallable,
)
from ._credentials import (
    AuthMetadataContext,
    AuthMetadataPlugin,
    AuthMetadataPluginCallback,
    CallCredentials,
    ChannelCredentials,
    ServerCertificateConfiguration,
    ServerCredentials,
    access_token_call_credentials,
    alts_channel_credentials,
    alts_server_credentials,
    composite_call_credentials,
    composite_channel_credentials,
    compute_engine_channel_credentials,
    dynamic_ssl_server_credentials,
    insecure_server_credentials,
    local_channel_credentials,
    local_server_credentials,
    metadata_call_credentials,
    ssl_channel_credentials,
    ssl_server_certificate_configuration,
    ssl_server_credentials,
    xds_channel_credentials,
    xds_server_credentials,
)
from ._credentials import require_insecure as _require_insecure
from ._runtime_protos import protos, protos_and_services, services
from ._typing import (
    ChannelArgumentType as _ChannelArgumentType,
)
from ._typing import (
    DeserializingFunction as _DeserializingFunction,
)
from ._typing import (
    SerializingFunction as _SerializingFunction,
)

if _TYPE_CHECKING:
    from concurrent.futures import Executor as _Executor

    from . import aio, experimental

#: The version of grpcio that this is compatible with. Generated code asks for it.
__version__ = "1.85.1"

# Packages that come with these names are imported when they are used: most programs use neither.
_ON_DEMAND = frozenset({"aio", "experimental"})


def __getattr__(name: str) -> _Any:
    if name in _ON_DEMAND:
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'grpc' has no attribute {name!r}")


def insecure_channel(
    target: str,
    options: _Sequence[_ChannelArgumentType] | None = None,
    compression: Compression | None = None,
) -> Channel:
    """Makes a channel to a server, without TLS.

    Args:
      target: ``host:port``, ``[::1]:port``, ``unix:/path``, ``dns:///host:port``.
      options: Pairs of option and value, as ``("grpc.max_receive_message_length", 2**24)``.
      compression: How requests are compressed, None for not at all.
    """
    from . import _channel

    return _channel.Channel(target, () if options is None else options, None, compression)


def secure_channel(
    target: str,
    credentials: ChannelCredentials,
    options: _Sequence[_ChannelArgumentType] | None = None,
    compression: Compression | None = None,
) -> Channel:
    """Makes a channel to a server, with credentials.

    Raises NotImplementedError for anything but insecure credentials: there is no TLS for Python
    yet. The arguments are those of ``insecure_channel``.
    """
    _require_insecure(credentials, f"secure_channel to {target}")
    return insecure_channel(target, options, compression)


def intercept_channel(channel: Channel, *interceptors: _Any) -> Channel:
    """Puts interceptors in front of a channel; the first is the outermost.

    Args:
      channel: The channel. It stays as it is: use what is returned.
      interceptors: Objects of the four classes of client interceptors, each of one or several.
    """
    from . import _interceptor

    return _interceptor.intercept_channel(channel, *interceptors)


def channel_ready_future(channel: Channel) -> _Any:
    """A future that is done when the channel is connected; the channel begins to connect."""
    from . import _utilities

    return _utilities.channel_ready_future(channel)


def server(
    thread_pool: _Executor | None,
    handlers: _Iterable[GenericRpcHandler] | None = None,
    interceptors: _Iterable[ServerInterceptor] | None = None,
    options: _Sequence[_ChannelArgumentType] | None = None,
    maximum_concurrent_rpcs: int | None = None,
    compression: Compression | None = None,
    xds: bool = False,
) -> Server:
    """Makes a server; it serves from ``start()`` on.

    Args:
      thread_pool: Where handlers run. A ``ThreadPoolExecutor`` as the standard library has it says
        how many run at a time; the server runs them on as many threads of its own. Any other
        executor is used as it is.
      handlers: What finds handlers, if it is not added later.
      interceptors: What stands in the way of calls; the first is the outermost.
      options: Pairs of option and value, as ``("grpc.max_receive_message_length", 2**24)``.
      maximum_concurrent_rpcs: How many calls may be open; more end with RESOURCE_EXHAUSTED.
      compression: How responses are compressed, None for not at all.
      xds: Not supported.
    """
    from . import _server

    return _server.create_server(
        thread_pool,
        () if handlers is None else handlers,
        () if interceptors is None else interceptors,
        () if options is None else options,
        maximum_concurrent_rpcs,
        compression,
        xds,
    )


def unary_unary_rpc_method_handler(
    behavior: _Any,
    request_deserializer: _DeserializingFunction | None = None,
    response_serializer: _SerializingFunction | None = None,
) -> RpcMethodHandler[_Any, _Any]:
    """How a method with one request and one response is served.

    Args:
      behavior: A function of (request, context) that returns the response.
      request_deserializer: From bytes to a request, None for bytes.
      response_serializer: From a response to bytes, None for bytes.
    """
    return _handler(False, False, behavior, request_deserializer, response_serializer)


def unary_stream_rpc_method_handler(
    behavior: _Any,
    request_deserializer: _DeserializingFunction | None = None,
    response_serializer: _SerializingFunction | None = None,
) -> RpcMethodHandler[_Any, _Any]:
    """How a method with one request and a stream of responses is served.

    Args:
      behavior: A function of (request, context) that returns an iterator of responses.
      request_deserializer: From bytes to a request, None for bytes.
      response_serializer: From a response to bytes, None for bytes.
    """
    return _handler(False, True, behavior, request_deserializer, response_serializer)


def stream_unary_rpc_method_handler(
    behavior: _Any,
    request_deserializer: _DeserializingFunction | None = None,
    response_serializer: _SerializingFunction | None = None,
) -> RpcMethodHandler[_Any, _Any]:
    """How a method with a stream of requests and one response is served.

    Args:
      behavior: A function of (iterator of requests, context) that returns the response.
      request_deserializer: From bytes to a request, None for bytes.
      response_serializer: From a response to bytes, None for bytes.
    """
    return _handler(True, False, behavior, request_deserializer, response_serializer)


def stream_stream_rpc_method_handler(
    behavior: _Any,
    request_deserializer: _DeserializingFunction | None = None,
    response_serializer: _SerializingFunction | None = None,
) -> RpcMethodHandler[_Any, _Any]:
    """How a method with streams both ways is served.

    Args:
      behavior: A function of (iterator of requests, context) that returns an iterator of responses.
      request_deserializer: From bytes to a request, None for bytes.
      response_serializer: From a response to bytes, None for bytes.
    """
    return _handler(True, True, behavior, request_deserializer, response_serializer)


def _handler(
    request_streaming: bool, response_streaming: bool, behavior: _Any, *functions: _Any
) -> RpcMethodHandler[_Any, _Any]:
    from . import _utilities

    behaviors: list[_Any] = [None] * 4
    behaviors[2 * request_streaming + response_streaming] = behavior
    return _utilities.RpcMethodHandler(
        request_streaming, response_streaming, *functions, *behaviors
    )


def method_handlers_generic_handler(
    service: str, method_handlers: _Mapping[str, RpcMethodHandler[_Any, _Any]]
) -> GenericRpcHandler:
    """What finds the handlers of one service.

    Args:
      service: The service's full name, as ``package.Service``.
      method_handlers: Its handlers by method name.
    """
    from . import _utilities

    return _utilities.DictionaryGenericHandler(service, method_handlers)


__all__ = (
    "AuthMetadataContext",
    "AuthMetadataPlugin",
    "AuthMetadataPluginCallback",
    "Call",
    "CallCredentials",
    "Channel",
    "ChannelConnectivity",
    "ChannelCredentials",
    "ClientCallDetails",
    "Compression",
    "Future",
    "FutureCancelledError",
    "FutureTimeoutError",
    "GenericRpcHandler",
    "HandlerCallDetails",
    "LocalConnectionType",
    "RpcContext",
    "RpcError",
    "RpcMethodHandler",
    "Server",
    "ServerCertificateConfiguration",
    "ServerCredentials",
    "ServerInterceptor",
    "ServiceRpcHandler",
    "ServicerContext",
    "Status",
    "StatusCode",
    "StreamStreamClientInterceptor",
    "StreamStreamMultiCallable",
    "StreamUnaryClientInterceptor",
    "StreamUnaryMultiCallable",
    "UnaryStreamClientInterceptor",
    "UnaryStreamMultiCallable",
    "UnaryUnaryClientInterceptor",
    "UnaryUnaryMultiCallable",
    "access_token_call_credentials",
    "alts_channel_credentials",
    "alts_server_credentials",
    "channel_ready_future",
    "composite_call_credentials",
    "composite_channel_credentials",
    "compute_engine_channel_credentials",
    "dynamic_ssl_server_credentials",
    "insecure_channel",
    "insecure_server_credentials",
    "intercept_channel",
    "local_channel_credentials",
    "local_server_credentials",
    "metadata_call_credentials",
    "method_handlers_generic_handler",
    "protos",
    "protos_and_services",
    "secure_channel",
    "server",
    "services",
    "ssl_channel_credentials",
    "ssl_server_certificate_configuration",
    "ssl_server_credentials",
    "stream_stream_rpc_method_handler",
    "stream_unary_rpc_method_handler",
    "unary_stream_rpc_method_handler",
    "unary_unary_rpc_method_handler",
    "xds_channel_credentials",
    "xds_server_credentials",
)
