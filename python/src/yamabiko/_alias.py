"""The names ``grpc`` and ``grpc_tools`` for this package's modules.

One finder, ahead of all others, answers for these names and what is below them with the modules of
this package: the same objects, so that ``grpc.RpcError is yamabiko.grpc.RpcError``.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType

#: What stands for what, with everything below it; the longest match counts. The last three are
#: names by which tutorials call packages that have others.
ALIASES = {
    "grpc": "yamabiko.grpc",
    "grpc_tools": "yamabiko.grpc_tools",
    "grpc.tools": "yamabiko.grpc_tools",
    "grpc.health": "grpc_health",
    "grpc.reflection": "grpc_reflection",
    "grpc.status": "grpc_status",
}


def install() -> None:
    """Makes ``import grpc`` and ``import grpc_tools`` mean this package, in this process.

    To be called before either is imported for the first time; raises RuntimeError if another one
    has been. Twice is as good as once. Processes that this one starts are not concerned:
    ``python -m yamabiko enable`` switches a whole virtual environment.
    """
    for name in ("grpc", "grpc_tools"):
        module = sys.modules.get(name)
        if module is not None and not _is_ours(module):
            raise RuntimeError(
                f"{name} is already imported, from {getattr(module, '__file__', 'elsewhere')}: "
                "call yamabiko.install() before the first import of grpc"
            )
    if not any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, AliasFinder())


def is_installed() -> bool:
    """Whether ``grpc`` means this package in this process."""
    return any(isinstance(finder, AliasFinder) for finder in sys.meta_path)


def adopt(name: str, file: str) -> None:
    """Puts this package's module in the place of the one that is being imported.

    Called by the files of the distribution yamabiko-grpcio, which own the names ``grpc`` and
    ``grpc_tools`` on disk, with their name and place.
    """
    _warn_of_grpcio(file)
    # Not `install`: the module that is being imported is in sys.modules, and is to be replaced.
    if not is_installed():
        sys.meta_path.insert(0, AliasFinder())
    sys.modules[name] = import_module(ALIASES[name])


def _is_ours(module: ModuleType) -> bool:
    return getattr(module, "__name__", "").startswith("yamabiko.")


class AliasFinder:
    """Finds the modules that have another name than they are asked for by."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where the module is that this name stands for; None if the name is none of ours."""
        real = _real_name(fullname)
        if real is None:
            return None
        from importlib.util import find_spec

        spec = find_spec(real)
        if spec is None:
            return None
        alias = ModuleSpec(
            fullname,
            AliasLoader(real, spec),  # type: ignore[arg-type]  # the protocol, not the class
            origin=spec.origin,
            is_package=spec.submodule_search_locations is not None,
        )
        # For `python -m`, which sets __file__ from it.
        alias.has_location = spec.has_location
        return alias


class AliasLoader:
    """Loads a module under its own name and enters it under another one as well."""

    def __init__(self, real: str, spec: ModuleSpec) -> None:
        self._real = real
        self._spec = spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """An empty module, which is replaced at once."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Replaces the module: the import system takes what it finds in ``sys.modules``."""
        sys.modules[module.__name__] = import_module(self._real)

    def get_code(self, fullname: str) -> CodeType | None:
        """The module's code, for ``python -m``."""
        code: CodeType | None = self._spec.loader.get_code(self._real)  # type: ignore[union-attr]
        return code


def _real_name(fullname: str) -> str | None:
    head, rest = fullname, ""
    while head:
        if head in ALIASES:
            return ALIASES[head] + rest
        head, _, last = head.rpartition(".")
        rest = f".{last}{rest}"
    return None


_warned = False


def _warn_of_grpcio(file: str) -> None:
    """Warns, once, if grpcio owns the same files."""
    global _warned
    import os

    site = os.path.dirname(os.path.dirname(file))
    found = [
        entry.partition("-")[0].replace("_", "-")
        for entry in sorted(os.listdir(site))
        if entry.endswith(".dist-info") and entry.startswith(("grpcio-", "grpcio_tools-"))
    ]
    if not found or _warned:
        return
    _warned = True
    import warnings

    names = " and ".join(found)
    # Not the importer's doing, so its line would mislead: the warning shows our own.
    warnings.warn(
        f"yamabiko-grpcio and {names} are both installed, and own the same files. You are using "
        "yamabiko, but whichever is installed or upgraded next wins. To keep yamabiko: "
        f"pip uninstall {' '.join(found)}, then "
        "pip install --force-reinstall --no-deps yamabiko-grpcio. Where other packages need "
        "grpcio: pip uninstall yamabiko-grpcio, reinstall grpcio, and "
        "python -m yamabiko enable, which needs no files of grpcio's",
        UserWarning,
        stacklevel=2,
    )
