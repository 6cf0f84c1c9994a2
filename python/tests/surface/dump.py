"""Prints the surface of some modules as JSON: names, signatures, bases, values.

Run by the Python whose modules are meant: ``python dump.py grpc grpc.aio``. It needs nothing but
the standard library, so that it runs where the real grpcio is installed.
"""

import enum
import importlib
import inspect
import json
import sys


def signature(function):
    """The parameters as people pass them: names, kinds, which have defaults, and plain defaults."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    shown = []
    for parameter in parameters:
        text = {
            inspect.Parameter.VAR_POSITIONAL: "*",
            inspect.Parameter.VAR_KEYWORD: "**",
        }.get(parameter.kind, "") + parameter.name
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            text = "keyword " + text
        if parameter.default is not inspect.Parameter.empty:
            default = parameter.default
            plain = isinstance(default, (str, int, float, tuple, type(None)))
            text += f"={default!r}" if plain else "=…"
        shown.append(text)
    return shown


def member(value):
    """What a class has under one name."""
    if isinstance(value, property):
        return {"kind": "property", "abstract": bool(value.__isabstractmethod__)}
    if isinstance(value, (staticmethod, classmethod)):
        return {"kind": type(value).__name__, "signature": signature(value.__func__)}
    if inspect.isfunction(value):
        described = {
            "kind": "coroutine" if inspect.iscoroutinefunction(value) else "function",
            "signature": signature(value),
        }
        if getattr(value, "__isabstractmethod__", False):
            described["abstract"] = True
        return described
    return {"kind": "value"}


def is_public(name):
    dunders = {"__call__", "__enter__", "__exit__", "__aenter__", "__aexit__", "__await__", "__aiter__"}
    return not name.startswith("_") or name in dunders


def describe(value):
    """What a module has under one name."""
    if isinstance(value, type) and issubclass(value, enum.Enum):
        return {"kind": "enum", "values": {item.name: repr(item.value) for item in value}}
    if isinstance(value, type):
        members = {}
        for base in reversed(value.__mro__):
            # The bases that come from the standard library are not ours to compare.
            if not base.__module__.startswith(("grpc", "yamabiko")):
                continue
            for name, item in vars(base).items():
                if is_public(name):
                    members[name] = member(item)
        return {
            "kind": "class",
            "bases": [base.__name__ for base in value.__mro__[1:]],
            "members": dict(sorted(members.items())),
        }
    if inspect.isfunction(value):
        kind = "coroutine" if inspect.iscoroutinefunction(value) else "function"
        return {"kind": kind, "signature": signature(value)}
    if inspect.ismodule(value):
        return {"kind": "module"}
    return {"kind": "value"}


def surface(name):
    """A module's public names: those of ``__all__``, or those that do not begin with ``_``."""
    module = importlib.import_module(name)
    names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
    return {name: describe(getattr(module, name)) for name in sorted(names)}


if __name__ == "__main__":
    json.dump({name: surface(name) for name in sys.argv[1:]}, sys.stdout, indent=1, ensure_ascii=False)
