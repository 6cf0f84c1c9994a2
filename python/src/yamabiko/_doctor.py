"""Which ``grpc`` is live in this environment, what is wrong with it, and how to mend it."""

from __future__ import annotations

import hashlib
import sys
from base64 import urlsafe_b64encode
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path

from . import _overlay

_OURS = "yamabiko-grpcio"
_THEIRS = ("grpcio", "grpcio-tools")
_SHOWN = ("yamabiko", _OURS, *_THEIRS, "protobuf")
#: The file that decides whose a name is, and who may own it.
_OWNERS = {
    "grpc/__init__.py": (_OURS, "grpcio"),
    "grpc_tools/__init__.py": (_OURS, "grpcio-tools"),
}


def doctor() -> int:
    """Prints what it finds; 0 if all is well, 1 if something is to be mended."""
    installed = {name: _distribution(name) for name in _SHOWN}
    print(f"python       {sys.version.split()[0]} in {sys.prefix}")
    for name, distribution in installed.items():
        version = "-" if distribution is None else distribution.version
        print(f"{name:<12} {version}")
    print(f"switched     {'yes' if _overlay.is_enabled() else 'no'} (python -m yamabiko enable)")
    troubles = _core_troubles()
    for name in ("grpc", "grpc_tools"):
        print(f"import {name:<10} {_live(name)}")
    if not _overlay.is_enabled():
        troubles += _clobbered(installed)
    if installed["protobuf"] is None:
        troubles.append("generated code needs protobuf, which is not installed: pip install protobuf")
    for trouble in troubles:
        print(f"\nto mend: {trouble}")
    if not troubles:
        print("\nall is well")
    return 1 if troubles else 0


def _distribution(name: str) -> metadata.Distribution | None:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None


def _core_troubles() -> list[str]:
    try:
        from . import _core
    except ImportError as error:
        return [
            f"the compiled part of yamabiko cannot be loaded: {error}. "
            "pip install --force-reinstall --no-deps yamabiko"
        ]
    print(f"core         {_core.__version__} from {_core.__file__}")
    return []


def _live(name: str) -> str:
    """Whose module an import would give in a new process of this environment."""
    if _overlay.is_enabled():
        return "yamabiko (this environment is switched)"
    spec = PathFinder.find_spec(name)
    if spec is None or spec.origin is None:
        return "nothing: pip install yamabiko-grpcio, or call yamabiko.install() in the program"
    owner = "yamabiko" if _is_ours(Path(spec.origin)) else "not yamabiko"
    return f"{owner} ({spec.origin})"


def _is_ours(file: Path) -> bool:
    return b"yamabiko" in file.read_bytes()


def _clobbered(installed: dict[str, metadata.Distribution | None]) -> list[str]:
    """Files that two distributions own, or that are not as their only owner has them."""
    troubles = []
    for file, owners in _OWNERS.items():
        present = [name for name in owners if installed[name] is not None]
        if not present:
            continue
        intact = [name for name in present if _is_intact(installed[name], file)]
        if len(present) == 2:
            live = intact[0] if intact else "neither"
            troubles.append(_both(file, owners[1], live))
        elif not intact:
            troubles.append(
                f"{file} is not what {present[0]} has installed; another distribution has "
                "overwritten or removed it: "
                f"pip install --force-reinstall --no-deps {present[0]}"
            )
    return troubles


def _both(file: str, theirs: str, live: str) -> str:
    return (
        f"{_OURS} and {theirs} both own {file}; {live} has it now, and whichever is installed or "
        "upgraded next. Either\n"
        f"    pip uninstall {theirs}\n"
        f"    pip install --force-reinstall --no-deps {_OURS}\n"
        f"  or, where other packages need {theirs},\n"
        f"    pip uninstall {_OURS}\n"
        f"    pip install --force-reinstall --no-deps {theirs}\n"
        "    python -m yamabiko enable"
    )


def _is_intact(distribution: metadata.Distribution | None, file: str) -> bool:
    """Whether a file is as the distribution has it in its record."""
    if distribution is None:
        return False
    for entry in distribution.files or ():
        if entry.as_posix() == file and entry.hash is not None:
            path = Path(str(distribution.locate_file(entry)))
            if not path.exists():
                return False
            digest = hashlib.new(entry.hash.mode, path.read_bytes()).digest()
            return urlsafe_b64encode(digest).rstrip(b"=").decode() == entry.hash.value
    # Installed in place, without a record: nothing to compare with.
    return True
