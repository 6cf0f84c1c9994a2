"""Switching a whole virtual environment to this package's ``grpc``, and back.

Two small files in site-packages do it, written by ``python -m yamabiko enable`` and by nothing
else: one for Python up to 3.17, which executes lines of ``.pth`` files, one for Python 3.15 and
later, which call what ``.start`` files name (PEP 829; where both exist, only the latter counts).
"""

from __future__ import annotations

from ._alias import install

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

_NAME = "yamabiko_overlay"
# If the package goes without `disable`, Python must start as if nothing had been.
_PTH = (
    'import sys; exec("try:\\n from yamabiko._overlay import start\\nexcept ImportError:\\n'
    ' pass\\nelse:\\n start()")\n'
)
_START = "yamabiko._overlay:start\n"


def start() -> None:
    """Called when Python starts in an environment that is switched."""
    install()


def files() -> list[Path]:
    """The two files, whether they are there or not."""
    import sysconfig
    from pathlib import Path

    site = Path(sysconfig.get_path("purelib"))
    return [site / f"{_NAME}.pth", site / f"{_NAME}.start"]


def is_enabled() -> bool:
    """Whether this environment is switched."""
    return any(file.exists() for file in files())


def enable() -> None:
    """Switches this environment. Raises OSError if its directory cannot be written."""
    for file, content in zip(files(), (_PTH, _START), strict=True):
        file.write_text(content, encoding="ascii")


def disable() -> None:
    """Switches this environment back. Raises OSError if its directory cannot be written."""
    for file in files():
        file.unlink(missing_ok=True)
