"""The types that the annotations of this package share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Tuple, TypeVar, Union

from .._typing import (
    ChannelArgumentType,
    DeserializingFunction,
    RequestType,
    ResponseType,
    SerializingFunction,
)
from ._metadata import Metadata, MetadataKey, MetadataValue

MetadatumType = Tuple[MetadataKey, MetadataValue]
MetadataType = Union[Metadata, Sequence[MetadatumType]]
RequestIterableType = Iterable[Any]
ResponseIterableType = Iterable[Any]
DoneCallbackType = Callable[[Any], None]
SerializerInputType_contra = TypeVar("SerializerInputType_contra", contravariant=True)
DeserializerOutputType_co = TypeVar("DeserializerOutputType_co", covariant=True)

__all__ = [
    "ChannelArgumentType",
    "DeserializerOutputType_co",
    "DeserializingFunction",
    "DoneCallbackType",
    "MetadataKey",
    "MetadataType",
    "MetadataValue",
    "MetadatumType",
    "RequestIterableType",
    "RequestType",
    "ResponseIterableType",
    "ResponseType",
    "SerializerInputType_contra",
    "SerializingFunction",
]
