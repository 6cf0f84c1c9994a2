"""The compiler, with the names of grpcio-tools' compiled module."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from .. import _core


class ProtocError(Exception):
    """An error in a ``.proto`` file.

    Attributes:
      filename: The file, by the name that imports use.
      line: The line, from 0; -1 if it is about the whole file.
      column: The column, from 0.
      message: What is wrong.
      hint: What to do about it, None if that is not known. grpcio-tools has none.
    """

    def __init__(
        self, filename: bytes, line: int, column: int, message: bytes, hint: str | None = None
    ) -> None:
        super().__init__(filename, line, column, message)
        self.filename = filename
        self.line = line
        self.column = column
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        file, message = self.filename.decode(), self.message.decode()
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{file}:{self.line}:{self.column} error: {message}{hint}"

    def __repr__(self) -> str:
        return (
            f'ProtocError(filename="{self.filename!r}", line={self.line}, column={self.column}, '
            f'message="{self.message!r}")'
        )


class ProtocErrors(Exception):
    """All errors of a run."""

    def __init__(self, errors: Sequence[ProtocError]) -> None:
        super().__init__(errors)
        self._errors = list(errors)

    def errors(self) -> list[ProtocError]:
        """Each of them."""
        return self._errors

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self._errors)

    def __repr__(self) -> str:
        return f"ProtocErrors({self._errors!r})"


class ProtocWarning(Warning):
    """A warning about a ``.proto`` file."""


def run_main(arguments: Sequence[bytes]) -> int:
    """Runs protoc with this command line, the program's name first; returns its exit status."""
    # What Python has printed so far comes first: the compiler writes to the streams below.
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    program, *rest = [os.fsdecode(argument) for argument in arguments] or ["protoc"]
    return _core.protoc(program, rest)


def get_protos(protobuf_path: bytes, include_paths: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """The messages of a file and of all that it imports, as modules: path and text.

    What is imported comes first, the file itself last. Raises ProtocErrors.
    """
    return _generate(protobuf_path, include_paths, services=False)


def get_services(protobuf_path: bytes, include_paths: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """The services of a file and of all that it imports, as modules. See ``get_protos``."""
    return _generate(protobuf_path, include_paths, services=True)


def _generate(
    protobuf_path: bytes, include_paths: Sequence[bytes], services: bool
) -> list[tuple[bytes, bytes]]:
    # The empty entry of sys.path stands for the working directory.
    include = [os.fsdecode(path) or "." for path in include_paths]
    modules, mistakes = _core.generate_python(os.fsdecode(protobuf_path), include, services)
    if mistakes:
        raise ProtocErrors(
            [
                ProtocError(
                    os.fsencode(file),
                    -1 if line is None else line,
                    column or 0,
                    message.encode(),
                    hint,
                )
                for file, line, column, message, hint in mistakes
            ]
        )
    return [(os.fsencode(path), text.encode()) for path, text in modules]
