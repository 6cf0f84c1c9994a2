"""gRPC for Python on a Rust core.

``yamabiko.grpc`` is the ``grpc`` API. ``yamabiko.install()`` makes ``import grpc`` mean it in this
process. On the command line, ``python -m yamabiko --help`` says what there is.
"""

# Kept small: an environment that is switched by `enable` imports this whenever Python starts.
from ._alias import install

__version__: str

__all__ = ["__version__", "install"]


def __getattr__(name: str) -> str:
    if name == "__version__":
        from . import _core

        return _core.__version__
    raise AttributeError(f"module 'yamabiko' has no attribute {name!r}")
