"""Caches of TLS sessions, for the channel option ``grpc.ssl_session_cache``."""

from __future__ import annotations

from typing import Any

__all__ = ["SSLSessionCache", "ssl_session_cache_lru"]


class SSLSessionCache:
    """A cache of sessions that channels share."""

    def __init__(self, cache: Any) -> None:
        self._cache = cache

    def __int__(self) -> int:
        return int(self._cache)


def ssl_session_cache_lru(capacity: int) -> SSLSessionCache:
    """A cache of at most ``capacity`` sessions. Without effect until there is TLS for Python."""
    return SSLSessionCache(capacity)
