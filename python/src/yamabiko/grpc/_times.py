"""Options that say how long connections last, and what the core calls them.

Values are milliseconds but for counts and switches; as in grpcio, the largest
int of 32 bits stands for no limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Options of a channel.
CHANNEL = {
    "grpc.keepalive_time_ms": "keepalive_time",
    "grpc.keepalive_timeout_ms": "keepalive_timeout",
    "grpc.keepalive_permit_without_calls": "keepalive_without_calls",
    "grpc.client_idle_timeout_ms": "idle",
}
#: Options of a server.
SERVER = {
    "grpc.keepalive_time_ms": "keepalive_time",
    "grpc.keepalive_timeout_ms": "keepalive_timeout",
    "grpc.keepalive_permit_without_calls": "permit_without_calls",
    "grpc.http2.min_ping_interval_without_data_ms": "permit_time",
    "grpc.http2.min_recv_ping_interval_without_data_ms": "permit_time",
    "grpc.http2.max_ping_strikes": "ping_strikes",
    "grpc.max_connection_idle_ms": "idle",
    "grpc.max_connection_age_ms": "age",
    "grpc.max_connection_age_grace_ms": "grace",
    "grpc.server_handshake_timeout_ms": "handshake",
}


def of_channel(options: Mapping[str, Any]) -> dict[str, int]:
    """What a channel's options say about time."""
    return {
        name: clamped(options[key])
        for key, name in CHANNEL.items()
        if isinstance(options.get(key), int)
    }


def clamped(value: int) -> int:
    """As an int of C that is not negative."""
    return max(0, min(int(value), 2**31 - 1))
