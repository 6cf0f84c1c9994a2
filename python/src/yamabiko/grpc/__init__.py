"""The grpc API."""
