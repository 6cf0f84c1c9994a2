"""``python -m yamabiko``: what there is to do on the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

_DESCRIPTION = "gRPC for Python on a Rust core."
_COMMANDS = {
    "run": "run a program whose `import grpc` means yamabiko, and which nobody edits",
    "generate": "generate the code that yamabiko.toml asks for, here or above",
    "protoc": "compile .proto files; `protoc --help` says how",
    "doctor": "say which grpc is live in this environment, and how to mend a clobbered one",
    "enable": "make `import grpc` mean yamabiko in this whole virtual environment",
    "disable": "give `import grpc` back to what is installed",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the command line says, and returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["protoc"]:
        # Its options are protoc's, down to the last.
        return _protoc(given[1:])
    parsed = _parser().parse_args(given)
    if parsed.command is None:
        _parser().print_help()
        return 2
    if parsed.command == "run":
        return _run(parsed)
    if parsed.command == "generate":
        from . import _core

        return _core.generate_project(parsed.config, parsed.check)
    if parsed.command == "doctor":
        from ._doctor import doctor

        return doctor()
    return _switch(parsed)


def _parser() -> argparse.ArgumentParser:
    from . import __version__

    parser = argparse.ArgumentParser(prog="python -m yamabiko", description=_DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"yamabiko {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands_by_name = {
        name: commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        for name, text in _COMMANDS.items()
    }
    run = commands_by_name["run"]
    run.usage = "python -m yamabiko run [-h] (FILE | -m MODULE) [ARGUMENT ...]"
    run.add_argument("-m", dest="module", action="store_true", help="PROGRAM is a module's name")
    run.add_argument("program", metavar="PROGRAM", help="a Python file, or a module with -m")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="what the program is given")
    generate = commands_by_name["generate"]
    generate.add_argument("--config", metavar="TOML", help="do what this file says instead")
    generate.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail if a file is missing or not what would be written",
    )
    for name in ("enable", "disable"):
        commands_by_name[name].add_argument(
            "--anywhere",
            action="store_true",
            help="even if this Python is not that of a virtual environment",
        )
    return parser


def _protoc(arguments: Sequence[str]) -> int:
    from .grpc_tools import protoc

    return protoc.main_with_well_known_types(["protoc", *arguments])


def _run(parsed: argparse.Namespace) -> int:
    from . import _run, install

    install()
    sys.argv = [parsed.program, *parsed.arguments]
    return _run.module(parsed.program) if parsed.module else _run.file(parsed.program)


def _switch(parsed: argparse.Namespace) -> int:
    from . import _overlay

    if sys.prefix == sys.base_prefix and not parsed.anywhere:
        return _complain(
            f"{sys.executable} is not in a virtual environment, and a switch would concern "
            "everything that it runs. Make one (python -m venv DIRECTORY), or say --anywhere"
        )
    try:
        (_overlay.enable if parsed.command == "enable" else _overlay.disable)()
    except OSError as error:
        return _complain(f"could not write {error.filename}: {error.strerror}")
    if parsed.command == "enable":
        files = ", ".join(str(file) for file in _overlay.files())
        print(f"import grpc means yamabiko in {sys.prefix} from now on, whatever is installed")
        print(f"written: {files}")
        print("back: python -m yamabiko disable")
    else:
        print(f"import grpc means what is installed in {sys.prefix}")
    return 0


def _complain(message: str) -> int:
    print(f"yamabiko: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
