"""The error of an asynchronous call, and its calls by the names that others import."""

from __future__ import annotations

from typing import Any

from .._values import RpcError, StatusCode
from ._base_call import (
    Call,
    StreamStreamCall,
    StreamUnaryCall,
    UnaryStreamCall,
    UnaryUnaryCall,
)
from ._metadata import Metadata


class AioRpcError(RpcError):
    """An asynchronous call ended with a status that is not OK."""

    def __init__(
        self,
        code: StatusCode,
        initial_metadata: Metadata | None = None,
        trailing_metadata: Metadata | None = None,
        details: str | None = None,
        debug_error_string: str | None = None,
    ) -> None:
        super().__init__()
        self._code = code
        self._details = details
        self._initial_metadata = Metadata() if initial_metadata is None else initial_metadata
        self._trailing_metadata = Metadata() if trailing_metadata is None else trailing_metadata
        self._debug_error_string = debug_error_string

    def code(self) -> StatusCode:
        """The status code."""
        return self._code

    def details(self) -> str | None:
        """The status message."""
        return self._details

    def initial_metadata(self) -> Metadata:
        """What the server sent ahead of its responses."""
        return self._initial_metadata

    def trailing_metadata(self) -> Metadata:
        """What the server sent with its status."""
        return self._trailing_metadata

    def debug_error_string(self) -> str | None:
        """What went wrong, for a person."""
        return self._debug_error_string

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} of RPC that terminated with:\n"
            f"\tstatus = {self._code}\n"
            f'\tdetails = "{self._details}"\n'
            f'\tdebug_error_string = "{self._debug_error_string}"\n'
            ">"
        )

    def __str__(self) -> str:
        return repr(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (
            self._code,
            self._initial_metadata,
            self._trailing_metadata,
            self._details,
            self._debug_error_string,
        )


__all__ = [
    "AioRpcError",
    "Call",
    "StreamStreamCall",
    "StreamUnaryCall",
    "UnaryStreamCall",
    "UnaryUnaryCall",
]
