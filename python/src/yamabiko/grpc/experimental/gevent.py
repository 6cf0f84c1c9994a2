"""Where grpcio is told that gevent has replaced the standard library's parts."""


def init_gevent() -> None:
    """Raises NotImplementedError: calls wait outside Python, where gevent cannot switch."""
    raise NotImplementedError(
        "yamabiko does not cooperate with gevent: its calls wait outside Python. "
        "Make them from gevent's threadpool, or use grpcio"
    )
