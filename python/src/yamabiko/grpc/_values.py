"""The enumerations and exceptions of the ``grpc`` API.

They are values that people compare, print and send through pickles, so numbers and texts are
grpcio's.
"""

from __future__ import annotations

import enum


@enum.unique
class ChannelConnectivity(enum.Enum):
    """What a channel is doing about its connection."""

    IDLE = (0, "idle")
    CONNECTING = (1, "connecting")
    READY = (2, "ready")
    TRANSIENT_FAILURE = (3, "transient failure")
    SHUTDOWN = (4, "shutdown")


@enum.unique
class StatusCode(enum.Enum):
    """How a call ended: the number that travels, and its name in words."""

    OK = (0, "ok")
    CANCELLED = (1, "cancelled")
    UNKNOWN = (2, "unknown")
    INVALID_ARGUMENT = (3, "invalid argument")
    DEADLINE_EXCEEDED = (4, "deadline exceeded")
    NOT_FOUND = (5, "not found")
    ALREADY_EXISTS = (6, "already exists")
    PERMISSION_DENIED = (7, "permission denied")
    RESOURCE_EXHAUSTED = (8, "resource exhausted")
    FAILED_PRECONDITION = (9, "failed precondition")
    ABORTED = (10, "aborted")
    OUT_OF_RANGE = (11, "out of range")
    UNIMPLEMENTED = (12, "unimplemented")
    INTERNAL = (13, "internal")
    UNAVAILABLE = (14, "unavailable")
    DATA_LOSS = (15, "data loss")
    UNAUTHENTICATED = (16, "unauthenticated")


@enum.unique
class Compression(enum.IntEnum):
    """How messages are compressed on their way."""

    NoCompression = 0
    Deflate = 1
    Gzip = 2


@enum.unique
class LocalConnectionType(enum.Enum):
    """The kinds of connection that local credentials vouch for."""

    UDS = 0
    LOCAL_TCP = 1


class RpcError(Exception):
    """A call ended with a status that is not OK, or could not be made.

    What a channel raises is a :class:`Call` too: ``error.code()``, ``error.details()``.
    """


class FutureTimeoutError(Exception):
    """The time given to a method of a :class:`Future` was over before its end."""


class FutureCancelledError(Exception):
    """The computation that a :class:`Future` stands for was cancelled."""
