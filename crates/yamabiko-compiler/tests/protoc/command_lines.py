"""Runs protoc with many command lines, each in a directory of its own.

    command_lines.py DIRECTORY

For each `DIRECTORY/NAME.arguments`, which has one argument in a line, protoc runs in
`DIRECTORY/NAME`; what it writes goes to `NAME.stdout` and `NAME.stderr`, its exit code to
`NAME.code`. Standard input is empty, or `NAME.stdin`.
"""

import os
import pathlib
import sys

from grpc_tools import protoc


def redirected(path: pathlib.Path, descriptor: int, flags: int) -> int:
    """Makes a file of a descriptor, and returns what it was."""
    before = os.dup(descriptor)
    opened = os.open(path, flags, 0o666)
    os.dup2(opened, descriptor)
    os.close(opened)
    return before


def run(arguments: pathlib.Path) -> None:
    standard_input = arguments.with_suffix(".stdin")
    if not standard_input.exists():
        standard_input = pathlib.Path(os.devnull)
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    # protoc reads and writes below Python, which has objects for these.
    before = [
        redirected(standard_input, 0, os.O_RDONLY),
        redirected(arguments.with_suffix(".stdout"), 1, write),
        redirected(arguments.with_suffix(".stderr"), 2, write),
    ]
    home = os.getcwd()
    os.chdir(arguments.with_suffix(""))
    try:
        code = protoc.main(["protoc", *arguments.read_text().splitlines()])
    finally:
        os.chdir(home)
        for descriptor, was in enumerate(before):
            os.dup2(was, descriptor)
            os.close(was)
    arguments.with_suffix(".code").write_text(str(code))


for arguments in sorted(pathlib.Path(sys.argv[1]).resolve().glob("*.arguments")):
    run(arguments)
