"""Running a program as Python itself would."""

from __future__ import annotations

import io
import os
import sys
from types import ModuleType


def file(path: str) -> int:
    """Runs a Python file as ``python FILE``; a directory or an archive needs a ``__main__.py``."""
    if os.path.isdir(path) or not path.endswith(".py"):
        # Directories, archives, compiled files: what `python` takes besides.
        return _by_runpy(path)
    try:
        # As the interpreter reads it: the first lines may name an encoding.
        with io.open_code(os.path.abspath(path)) as opened:
            source = opened.read()
    except OSError as error:
        # The words are those of `python FILE`.
        print(
            f"yamabiko: can't open file {os.path.abspath(path)!r}: "
            f"[Errno {error.errno}] {error.strerror}",
            file=sys.stderr,
        )
        return 2
    # `python -m yamabiko` has put the working directory here, `python FILE` has the file's.
    sys.path[0] = os.path.dirname(os.path.abspath(path))
    # A module that stays: threads and pickles of the program look for it until the very end.
    main = ModuleType("__main__")
    main.__file__ = path
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)
    return 0


def _by_runpy(path: str) -> int:
    import runpy

    if not os.path.exists(path):
        print(f"yamabiko: can't open file {os.path.abspath(path)!r}", file=sys.stderr)
        return 2
    del sys.path[0]
    runpy.run_path(path, run_name="__main__")
    return 0


def module(name: str) -> int:
    """Runs a module as ``python -m MODULE``."""
    import runpy

    runpy.run_module(name, run_name="__main__", alter_sys=True)
    return 0
