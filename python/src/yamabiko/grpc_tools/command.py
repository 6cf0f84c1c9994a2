"""Compiling all ``.proto`` files of a package: as a function, and as a setuptools command."""

from __future__ import annotations

import os
import sys

import setuptools

from . import protoc


def build_package_protos(package_root: str, strict_mode: bool = False) -> None:
    """Compiles every ``.proto`` file below a directory; what is generated lies beside it.

    Args:
      package_root: The directory, which is also where imports are looked for.
      strict_mode: Whether a file that does not compile is an error, and not a warning.
    """
    for root, _, names in os.walk(package_root):
        for name in sorted(names):
            if name.endswith(".proto"):
                _build(package_root, os.path.join(root, name), strict_mode)


def _build(package_root: str, file: str, strict_mode: bool) -> None:
    command = [
        "grpc_tools.protoc",
        f"--proto_path={package_root}",
        f"--proto_path={protoc._proto_include()}",
        f"--python_out={package_root}",
        f"--pyi_out={package_root}",
        f"--grpc_python_out={package_root}",
        file,
    ]
    if protoc.main(command) == 0:
        return
    if strict_mode:
        raise Exception(f"error: {command} failed")
    sys.stderr.write(f"warning: {command} failed\n")


class BuildPackageProtos(setuptools.Command):
    """``setup.py build_proto_modules``, for those who give it that name in ``cmdclass``."""

    description = "build grpc protobuf modules"
    user_options = [
        ("strict-mode", "s", "exit with non-zero value if the proto compiling fails.")
    ]

    def initialize_options(self) -> None:
        """Sets what an option has that is not given."""
        self.strict_mode = False

    def finalize_options(self) -> None:
        """Nothing depends on anything."""

    def run(self) -> None:
        """Compiles below the directory that ``package_dir`` has for the package without a name."""
        build_package_protos((self.distribution.package_dir or {})[""], self.strict_mode)
