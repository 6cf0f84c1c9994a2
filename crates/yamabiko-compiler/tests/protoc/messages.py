"""Prints all that protoc says about files: for each its name after `== `, then the lines.

    messages.py DIRECTORY NAME...

What protoc logs beside it is left out.
"""

import os
import sys
import tempfile

import grpc_tools
from grpc_tools import protoc

WELL_KNOWN = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")


def messages(directory: str, name: str) -> list[str]:
    """What protoc writes to standard error about a file and what it imports, by lines."""
    with tempfile.TemporaryFile() as log:
        # protoc writes below Python, which takes no notice of sys.stderr.
        stderr = os.dup(2)
        os.dup2(log.fileno(), 2)
        try:
            protoc.main(["protoc", f"-I{directory}", f"-I{WELL_KNOWN}", f"-o{os.devnull}", name])
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
        log.seek(0)
        text = log.read().decode("utf-8", "replace")
    logged = ("WARNING: All log messages", "W0000", "E0000")
    lines = [line for line in text.split("\n") if line and not line.startswith(logged)]
    return [line.removeprefix(f"{directory}/") for line in lines]


def main() -> None:
    directory, *names = sys.argv[1:]
    for name in names:
        print(f"== {name}")
        for line in messages(directory, name):
            print(line)


if __name__ == "__main__":
    main()
