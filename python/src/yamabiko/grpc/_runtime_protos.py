"""Modules from ``.proto`` files at run time, without generated files."""

from __future__ import annotations

from types import ModuleType


def protos(protobuf_path: str) -> ModuleType:
    """The messages of a ``.proto`` file: what its ``_pb2.py`` would hold.

    Args:
      protobuf_path: The file, relative to an entry of ``sys.path``, as ``hello.proto``. What it
        imports is looked for in the same way.

    Raises ModuleNotFoundError if there is no such file, and ``ProtocErrors`` if it does not
    compile. The finders that make ``import hello_pb2`` work as well are left out where the
    environment variable ``GRPC_PYTHON_DISABLE_DYNAMIC_STUBS`` is set.
    """
    from ..grpc_tools import protoc

    return protoc._protos(protobuf_path)


def services(protobuf_path: str) -> ModuleType:
    """The services of a ``.proto`` file: what its ``_pb2_grpc.py`` would hold. See ``protos``."""
    from ..grpc_tools import protoc

    return protoc._services(protobuf_path)


def protos_and_services(protobuf_path: str) -> tuple[ModuleType, ModuleType]:
    """The messages and the services of a ``.proto`` file. See ``protos``."""
    from ..grpc_tools import protoc

    return protoc._protos_and_services(protobuf_path)
