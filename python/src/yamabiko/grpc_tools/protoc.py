"""protoc, and modules from ``.proto`` files at run time.

``python -m grpc_tools.protoc`` takes protoc's options and writes Python: ``--python_out``,
``--grpc_python_out``, ``--pyi_out``. :func:`main` does the same from a program. While this module
is imported, ``import hello_pb2`` works where there is a ``hello.proto`` but no ``hello_pb2.py``,
unless ``GRPC_PYTHON_DISABLE_DYNAMIC_STUBS`` is set.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import os
import sys
import threading
from collections.abc import Callable, Sequence
from types import ModuleType

from . import _protoc_compiler

_PROTO_MODULE_SUFFIX = "_pb2"
_SERVICE_MODULE_SUFFIX = "_pb2_grpc"
_DISABLE_DYNAMIC_STUBS = "GRPC_PYTHON_DISABLE_DYNAMIC_STUBS"

_Generate = Callable[[bytes, "list[bytes]"], "list[tuple[bytes, bytes]]"]


def main(command_arguments: Sequence[str]) -> int:
    """Runs protoc and returns its exit status.

    Args:
      command_arguments: The command line, with the program's name first, as in ``sys.argv``.
    """
    return _protoc_compiler.run_main([argument.encode() for argument in command_arguments])


def main_with_well_known_types(command_arguments: Sequence[str]) -> int:
    """As ``main``, with the directory of ``google/protobuf/*.proto`` as the last to search."""
    include = _proto_include()
    # Only wheels have it; the compiler knows these files in any case, by name.
    last = [f"-I{include}"] if os.path.isdir(include) else []
    return main([*command_arguments, *last])


def entrypoint() -> None:
    """What ``python -m grpc_tools.protoc`` and ``python-grpc-tools-protoc`` do."""
    sys.exit(main_with_well_known_types(sys.argv))


def _proto_include() -> str:
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "_proto")


class ProtoFinder(importlib.abc.MetaPathFinder):
    """Finds modules that can be made from a ``.proto`` file on ``sys.path``."""

    def __init__(self, suffix: str, codegen_fn: _Generate) -> None:
        self._suffix = suffix
        self._codegen_fn = codegen_fn

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module, if there is a file for it."""
        if not fullname.endswith(self._suffix):
            return None
        file = _module_name_to_proto_file(self._suffix, fullname)
        for root in sys.path:
            if os.path.exists(os.path.join(root, file)):
                loader = ProtoLoader(self._suffix, self._codegen_fn, fullname, file, root)
                return importlib.machinery.ModuleSpec(fullname, loader)
        return None


class ProtoLoader(importlib.abc.Loader):
    """Makes a module from a ``.proto`` file. What the file imports is imported as modules, too."""

    def __init__(
        self,
        suffix: str,
        codegen_fn: _Generate,
        module_name: str,
        protobuf_path: str,
        proto_root: str,
    ) -> None:
        self._suffix = suffix
        self._codegen_fn = codegen_fn
        self._module_name = module_name
        self._protobuf_path = protobuf_path
        self._proto_root = proto_root

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """An ordinary module."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Compiles the file, and runs what comes out."""
        search = [os.fsencode(path) for path in sys.path]
        _, code = self._codegen_fn(self._protobuf_path.encode(), search)[-1]
        exec(compile(code, f"<{self._module_name}>", "exec"), module.__dict__)


def _module_name_to_proto_file(suffix: str, module_name: str) -> str:
    return module_name[: -len(suffix)].replace(".", "/") + ".proto"


def _proto_file_to_module_name(suffix: str, proto_file: str) -> str:
    return os.path.splitext(proto_file)[0].replace(os.path.sep, ".") + suffix


def _protos(protobuf_path: str) -> ModuleType:
    _maybe_install_proto_finders()
    return importlib.import_module(_proto_file_to_module_name(_PROTO_MODULE_SUFFIX, protobuf_path))


def _services(protobuf_path: str) -> ModuleType:
    # The services import the messages, whose errors are to be met first.
    _protos(protobuf_path)
    name = _proto_file_to_module_name(_SERVICE_MODULE_SUFFIX, protobuf_path)
    return importlib.import_module(name)


def _protos_and_services(protobuf_path: str) -> tuple[ModuleType, ModuleType]:
    return _protos(protobuf_path), _services(protobuf_path)


_finders_lock = threading.Lock()
_finders_installed = False


def _maybe_install_proto_finders() -> None:
    global _finders_installed
    with _finders_lock:
        if _finders_installed:
            return
        _finders_installed = True
        sys.meta_path.append(ProtoFinder(_PROTO_MODULE_SUFFIX, _protoc_compiler.get_protos))
        sys.meta_path.append(ProtoFinder(_SERVICE_MODULE_SUFFIX, _protoc_compiler.get_services))
        sys.path.append(_proto_include())


if not os.getenv(_DISABLE_DYNAMIC_STUBS):
    _maybe_install_proto_finders()

if __name__ == "__main__":
    entrypoint()
