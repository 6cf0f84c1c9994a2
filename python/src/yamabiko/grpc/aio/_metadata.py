"""Metadata as a mapping from a key to values, which remembers their order."""

from __future__ import annotations

from collections.abc import Collection, ItemsView, Iterable, Iterator, KeysView, ValuesView
from typing import Any, List, Tuple, Union

MetadataKey = str
MetadataValue = Union[str, bytes]


class Metadata(Collection[Any]):
    """Pairs of key and value, where a key may have several values.

    ``metadata[key]`` is the first value of a key; ``get_all`` gives all. Iterating gives pairs, the
    keys in the order in which they came, the values of a key together.
    """

    def __init__(self, *args: Tuple[MetadataKey, MetadataValue]) -> None:
        self._metadata: dict[MetadataKey, list[MetadataValue]] = {}
        for key, value in args:
            self.add(key, value)

    @classmethod
    def from_tuple(cls, raw_metadata: Iterable[Any] | None) -> Metadata:
        """The metadata of these pairs; none for None."""
        return cls(*(raw_metadata or ()))

    def add(self, key: MetadataKey, value: MetadataValue) -> None:
        """Adds a value; those that the key has stay."""
        self._metadata.setdefault(key, []).append(value)

    def __len__(self) -> int:
        return sum(len(values) for values in self._metadata.values())

    def __getitem__(self, key: MetadataKey) -> MetadataValue:
        return self._metadata[key][0]

    def __setitem__(self, key: MetadataKey, value: MetadataValue) -> None:
        """Replaces the first value of a key; the others stay."""
        self._metadata.setdefault(key, [value])[0] = value

    def __delitem__(self, key: MetadataKey) -> None:
        """Removes the first value of a key; KeyError if it has none."""
        values = self._metadata[key]
        del values[0]
        if not values:
            del self._metadata[key]

    def delete_all(self, key: MetadataKey) -> None:
        """Removes a key with all its values; KeyError if it is not there."""
        del self._metadata[key]

    def __iter__(self) -> Iterator[Tuple[MetadataKey, MetadataValue]]:
        for key, values in self._metadata.items():
            for value in values:
                yield key, value

    def keys(self) -> KeysView[MetadataKey]:
        """The keys."""
        return self._metadata.keys()

    def values(self) -> ValuesView[List[MetadataValue]]:
        """For each key, its values."""
        return self._metadata.values()

    def items(self) -> ItemsView[MetadataKey, List[MetadataValue]]:
        """For each key, it and its values."""
        return self._metadata.items()

    def get(
        self, key: MetadataKey, default: MetadataValue | None = None
    ) -> MetadataValue | None:
        """The first value of a key; ``default`` if it has none."""
        return self._metadata[key][0] if key in self._metadata else default

    def get_all(self, key: MetadataKey) -> list[MetadataValue]:
        """All values of a key, none for a key that is not there."""
        return list(self._metadata.get(key, ()))

    def set_all(self, key: MetadataKey, values: list[MetadataValue]) -> None:
        """Replaces all values of a key."""
        self._metadata[key] = list(values)

    def __contains__(self, key: object) -> bool:
        return key in self._metadata

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Metadata):
            return self._metadata == other._metadata
        if isinstance(other, tuple):
            return tuple(self) == other
        return NotImplemented

    def __add__(self, other: Any) -> Metadata:
        if not isinstance(other, (tuple, Metadata)):
            return NotImplemented
        return Metadata(*self, *other)

    def __repr__(self) -> str:
        return f"Metadata({tuple(self)!r})"
