"""The version of grpcio-tools that this is compatible with."""

VERSION = "1.85.1"
