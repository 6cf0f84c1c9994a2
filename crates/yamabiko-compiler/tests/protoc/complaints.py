"""Prints what protoc has to say about files: for each its name after `== `, then the lines.

    complaints.py DIRECTORY NAME...

Lines about a file start with its place. What protoc logs beside them is left out.
"""

import os
import sys
import tempfile

from grpc_tools import protoc


def complaints(directory: str, name: str) -> list[str]:
    """What protoc writes to standard error about a file, by lines."""
    with tempfile.TemporaryFile() as log:
        # protoc writes below Python, which takes no notice of sys.stderr.
        stderr = os.dup(2)
        os.dup2(log.fileno(), 2)
        try:
            protoc.main(["protoc", f"-I{directory}", f"-o{os.devnull}", name])
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
        log.seek(0)
        text = log.read().decode("utf-8", "replace")
    about = f"{directory}/{name}:"
    return [line.removeprefix(about) for line in text.split("\n") if line.startswith(about)]


def main() -> None:
    directory, *names = sys.argv[1:]
    for name in names:
        print(f"== {name}")
        for line in complaints(directory, name):
            print(line)


if __name__ == "__main__":
    main()
