"""What is said of asynchronous things that are still to come."""


def not_yet(what: str) -> NotImplementedError:
    """The error of somebody who uses such a thing."""
    return NotImplementedError(
        f"grpc.aio.{what}: yamabiko has no asyncio yet. Use the synchronous API, or grpcio"
    )
