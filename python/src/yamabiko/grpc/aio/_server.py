"""Asynchronous servers; still to come."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any

from .._server_api import GenericRpcHandler
from .._values import Compression
from ._absent import not_yet
from ._base_server import Server


def server(
    migration_thread_pool: Executor | None = None,
    handlers: Sequence[GenericRpcHandler] | None = None,
    interceptors: Sequence[Any] | None = None,
    options: Sequence[tuple[str, Any]] | None = None,
    maximum_concurrent_rpcs: int | None = None,
    compression: Compression | None = None,
) -> Server:
    """Makes a server; raises NotImplementedError for now."""
    raise not_yet("server")


__all__ = ["Server", "server"]
