"""The messages and stubs of interop.proto, made when they are imported: nothing generated is kept."""

import pathlib
import sys

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "proto"))

messages, services = grpc.protos_and_services("interop.proto")

# The key of the serialized google.rpc.Status.
DETAILS = "grpc-status-details-bin"
# The largest message that gRPC receives unless it is told otherwise.
MAX_MESSAGE = 4 * 1024 * 1024
