"""The names of grpcio's compiled core that other packages import.

Yamabiko's core is another one (``yamabiko._core``). This module has what published packages were
seen to use, so that they can be imported; the rest says that it is not there.
"""

from __future__ import annotations

import enum
from typing import Any, NoReturn


class StatusCode(enum.IntEnum):
    """Status codes as numbers."""

    ok = 0
    cancelled = 1
    unknown = 2
    invalid_argument = 3
    deadline_exceeded = 4
    not_found = 5
    already_exists = 6
    permission_denied = 7
    resource_exhausted = 8
    failed_precondition = 9
    aborted = 10
    out_of_range = 11
    unimplemented = 12
    internal = 13
    unavailable = 14
    data_loss = 15
    unauthenticated = 16


class ConnectivityState(enum.IntEnum):
    """States of a channel as numbers."""

    idle = 0
    connecting = 1
    ready = 2
    transient_failure = 3
    shutdown = 4


class CompressionAlgorithm(enum.IntEnum):
    """Compressions as numbers."""

    none = 0
    deflate = 1
    gzip = 2


class ChannelArgKey:
    """The names of some channel options."""

    enable_census = "grpc.census"
    enable_channelz = "grpc.enable_channelz"
    max_concurrent_streams = "grpc.max_concurrent_streams"
    max_receive_message_length = "grpc.max_receive_message_length"
    max_send_message_length = "grpc.max_send_message_length"
    http2_initial_sequence_number = "grpc.http2.initial_sequence_number"
    default_authority = "grpc.default_authority"
    primary_user_agent_string = "grpc.primary_user_agent"
    secondary_user_agent_string = "grpc.secondary_user_agent"
    ssl_session_cache = "grpc.ssl_session_cache"
    ssl_target_name_override = "grpc.ssl_target_name_override"


class _EOF:
    """The end of a stream of messages, where None could be a message."""

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "<grpc.aio.EOF>"


EOF = _EOF()

GRPC_COMPRESSION_CHANNEL_DEFAULT_ALGORITHM = "grpc.default_compression_algorithm"
GRPC_COMPRESSION_REQUEST_ALGORITHM_MD_KEY = "grpc-internal-encoding-request"


class BaseError(Exception):
    """What errors of ``grpc.aio`` have in common."""


class AbortError(BaseError):
    """Raised by ``abort`` in a servicer's method to end the call."""


class InternalError(BaseError):
    """A fault of the library."""


class UsageError(BaseError):
    """A method was called at a moment when that makes no sense."""


class _ServicerContext:
    """The context of an asynchronous handler; named in annotations only."""


def init_grpc_aio() -> None:
    """Does nothing: there is nothing to prepare."""


def shutdown_grpc_aio() -> None:
    """Does nothing: there is nothing to take down."""


def _channelz(*_arguments: Any) -> NoReturn:
    raise NotImplementedError("yamabiko keeps no channelz data")


channelz_get_top_channels = _channelz
channelz_get_servers = _channelz
channelz_get_server = _channelz
channelz_get_server_sockets = _channelz
channelz_get_channel = _channelz
channelz_get_subchannel = _channelz
channelz_get_socket = _channelz


def dump_xds_configs() -> NoReturn:
    """Raises NotImplementedError: there is no xDS client."""
    raise NotImplementedError("yamabiko has no xDS client, so no configuration of it")


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(
        f"yamabiko has no grpc._cython.cygrpc.{name}: it belongs to grpcio's compiled core. "
        "If a package that you use needs it, tell us which one"
    )
