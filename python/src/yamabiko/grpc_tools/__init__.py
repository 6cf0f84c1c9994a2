"""The compiler of ``.proto`` files, under the names of grpcio-tools."""
