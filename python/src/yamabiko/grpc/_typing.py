"""The types that the annotations of this package share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Tuple, TypeVar, Union

RequestType = TypeVar("RequestType")
ResponseType = TypeVar("ResponseType")
ResultType = TypeVar("ResultType")

SerializingFunction = Callable[[Any], bytes]
DeserializingFunction = Callable[[bytes], Any]
#: Metadata as it is handed over: pairs in order. Keys that end in ``-bin`` have bytes.
MetadataType = Sequence[Tuple[str, Union[str, bytes]]]
ChannelArgumentType = Tuple[str, Any]
DoneCallbackType = Callable[[Any], None]
NullaryCallbackType = Callable[[], None]
RequestIterableType = Iterable[Any]
ResponseIterableType = Iterable[Any]
#: What a handler is: a function of a request, or of requests, and of the call's context.
ArityAgnosticMethodHandler = Union[
    Callable[[Any, Any], Any],
    Callable[[Any, Any], Iterator[Any]],
    Callable[[Any, Any, Callable[[Any], None]], Any],
]
