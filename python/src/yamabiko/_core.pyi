"""What this package has compiled."""

from collections.abc import Sequence

__version__: str

# protoc

def protoc(arguments: Sequence[str]) -> int:
    """Runs protoc with these arguments, without a program's name, and returns its exit status."""

def protoc_captured(arguments: Sequence[str]) -> tuple[int, bytes, bytes]:
    """Runs protoc with these arguments; returns exit status, standard output, standard error."""
