"""Compression, as channel options and metadata name it."""

from __future__ import annotations

from ._cython import cygrpc
from ._typing import ChannelArgumentType, MetadataType
from ._values import Compression

NoCompression = cygrpc.CompressionAlgorithm.none
Deflate = cygrpc.CompressionAlgorithm.deflate
Gzip = cygrpc.CompressionAlgorithm.gzip

_METADATA_VALUES = {NoCompression: "identity", Deflate: "deflate", Gzip: "gzip"}


def compression_algorithm_to_metadata(compression: Compression) -> tuple[str, str]:
    """The pair of metadata that asks for this compression of a call."""
    value = _METADATA_VALUES[cygrpc.CompressionAlgorithm(compression)]
    return cygrpc.GRPC_COMPRESSION_REQUEST_ALGORITHM_MD_KEY, value


def create_channel_option(compression: Compression | None) -> tuple[ChannelArgumentType, ...]:
    """The channel option that asks for this compression of all calls; none for None."""
    if not compression:
        return ()
    return ((cygrpc.GRPC_COMPRESSION_CHANNEL_DEFAULT_ALGORITHM, int(compression)),)


def augment_metadata(
    metadata: MetadataType | None, compression: Compression | None
) -> MetadataType | None:
    """The metadata, and the pair that asks for this compression."""
    if not metadata and not compression:
        return None
    asked = (compression_algorithm_to_metadata(compression),) if compression else ()
    return (*(metadata or ()), *asked)


__all__ = ("Deflate", "Gzip", "NoCompression")
