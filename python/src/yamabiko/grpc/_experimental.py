"""The warning of what grpcio calls experimental."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])
_warned: set[str] = set()


class ExperimentalApiWarning(Warning):
    """Something that is in use may change or vanish."""


def experimental_api(f: _Function) -> _Function:
    """Has a function warn at its first use."""

    @functools.wraps(f)
    def warning(*args: Any, **kwargs: Any) -> Any:
        if f.__name__ not in _warned:
            _warned.add(f.__name__)
            warnings.warn(
                f"'{f.__name__}' is an experimental API. It is subject to change or removal "
                "between minor releases. Proceed with caution.",
                ExperimentalApiWarning,
                stacklevel=2,
            )
        return f(*args, **kwargs)

    return warning  # type: ignore[return-value]  # `wraps` keeps the shape
