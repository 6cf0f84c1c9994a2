"""gRPC for Python on a Rust core."""
