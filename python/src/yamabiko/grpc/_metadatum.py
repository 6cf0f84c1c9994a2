"""A pair of metadata, as handlers and callers get it."""

from __future__ import annotations

from typing import NamedTuple


class _Metadatum(NamedTuple):
    """A key with its value: text, or bytes where the key ends in ``-bin``."""

    key: str
    value: str | bytes
