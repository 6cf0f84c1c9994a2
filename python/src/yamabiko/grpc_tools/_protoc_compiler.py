"""The compiler, with the names of grpcio-tools' compiled module."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Sequence

from .. import _core


class ProtocError(Exception):
    """An error in a ``.proto`` file: its name, line and column from 0 (-1: the whole file), text."""

    def __init__(self, filename: bytes, line: int, column: int, message: bytes) -> None:
        super().__init__(filename, line, column, message)
        self.filename = filename
        self.line = line
        self.column = column
        self.message = message

    def __str__(self) -> str:
        file, message = self.filename.decode(), self.message.decode()
        return f"{file}:{self.line}:{self.column} error: {message}"

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
    """The messages of a file, as name and content of the file that they would be written to."""
    return _generate("--python_out", protobuf_path, include_paths)


def get_services(protobuf_path: bytes, include_paths: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """The services of a file, as name and content of the file that they would be written to."""
    return _generate("--grpc_python_out", protobuf_path, include_paths)


def _generate(
    option: str, protobuf_path: bytes, include_paths: Sequence[bytes]
) -> list[tuple[bytes, bytes]]:
    with tempfile.TemporaryDirectory(prefix="yamabiko-") as directory:
        # protoc warns of directories that are not there; sys.path has such entries.
        roots = [os.fsdecode(path) or "." for path in include_paths if os.path.isdir(path or b".")]
        search = [f"-I{root}" for root in roots]
        arguments = [*search, f"{option}={directory}", protobuf_path.decode()]
        status, _, complaints = _core.protoc_captured("protoc", arguments)
        if status != 0:
            raise ProtocErrors(_errors(protobuf_path, complaints, roots))
        return [
            (os.path.relpath(file, directory).encode(), content)
            for file, content in _files(directory)
        ]


def _files(directory: str) -> list[tuple[str, bytes]]:
    found = []
    for root, _, names in os.walk(directory):
        for name in names:
            file = os.path.join(root, name)
            with open(file, "rb") as opened:
                found.append((file, opened.read()))
    return found


_PLACED = re.compile(rb"(?P<file>[^:\n]+\.proto):(?P<line>\d+):(?P<column>\d+): (?P<message>.*)")
_WHOLE = re.compile(rb"(?P<file>[^:\n]+\.proto): (?P<message>.*)")


def _errors(
    protobuf_path: bytes, complaints: bytes, roots: Sequence[str]
) -> list[ProtocError]:
    """What protoc has printed, line by line; warnings and hints are left out."""
    found: list[ProtocError] = []
    for line in complaints.splitlines():
        if placed := _PLACED.fullmatch(line):
            place = int(placed["line"]) - 1, int(placed["column"]) - 1
            found.append(ProtocError(_within(placed["file"], roots), *place, placed["message"]))
        elif whole := _WHOLE.fullmatch(line):
            found.append(ProtocError(_within(whole["file"], roots), -1, 0, whole["message"]))
    found = [error for error in found if not error.message.startswith(b"warning: ")]
    return found or [ProtocError(protobuf_path, -1, 0, complaints.strip())]


def _within(file: bytes, roots: Sequence[str]) -> bytes:
    """The name by which imports know a file; protoc prints where it lies."""
    for root in roots:
        prefix = os.fsencode(os.path.join(root, ""))
        if file.startswith(prefix):
            return file[len(prefix) :]
    return file
