"""What grpcio's two sides of the standard interop cases share: messages and stubs of testing.proto, and whether a message came compressed.

grpcio tells nobody whether a message came compressed, so it is asked to leave messages as they came:
a compressed one then begins with gzip's or zlib's magic number, with which no message of
testing.proto can begin.
"""

import gzip
import pathlib
import sys
import zlib

import grpc

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "proto"))

messages, services = grpc.protos_and_services("testing.proto")

CERTIFICATES = ROOT / "certificates"
TEST_SERVICE = messages.DESCRIPTOR.services_by_name["TestService"]
LEAVE_COMPRESSED = ("grpc.per_message_decompression", 0)

# Each is the key of an entry of metadata that a server sends back.
ECHO_INITIAL = "x-grpc-test-echo-initial"
ECHO_TRAILING = "x-grpc-test-echo-trailing-bin"


class Received:
    """A message, and whether it came compressed."""

    def __init__(self, message, compressed):
        self.message = message
        self.compressed = compressed

    def __getattr__(self, name):
        return getattr(self.message, name)


def parser(descriptor):
    """The deserializer of a type of message."""
    message_class = getattr(messages, descriptor.name)

    def parse(data):
        compressed = True
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        elif data[:1] == b"\x78":
            data = zlib.decompress(data)
        else:
            compressed = False
        return Received(message_class.FromString(data), compressed)

    return parse


def zeros(size):
    return messages.Payload(body=bytes(size))


def certificate(name):
    return (CERTIFICATES / name).read_bytes()
