"""What several modules of this package need: texts, serialising, waiting."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from ._cython import cygrpc
from ._typing import DeserializingFunction, SerializingFunction
from ._values import ChannelConnectivity, StatusCode

_LOGGER = logging.getLogger("grpc._common")

#: From the number on the wire to the status code.
CYGRPC_STATUS_CODE_TO_STATUS_CODE = {
    number: status_code
    for number, status_code in zip(cygrpc.StatusCode, StatusCode, strict=True)
}
STATUS_CODE_TO_CYGRPC_STATUS_CODE = {
    status_code: number for number, status_code in CYGRPC_STATUS_CODE_TO_STATUS_CODE.items()
}
CYGRPC_CONNECTIVITY_STATE_TO_CHANNEL_CONNECTIVITY = {
    cygrpc.ConnectivityState(connectivity.value[0]): connectivity
    for connectivity in ChannelConnectivity
}

#: Seconds after which a wait in Python looks for signals again.
MAXIMUM_WAIT_TIMEOUT = 0.1

_PORT_BINDING_FAILED = (
    "Failed to bind to address %s; set GRPC_VERBOSITY=debug environment variable to see detailed "
    "error message."
)


def encode(s: str | bytes) -> bytes:
    """Text as UTF-8; bytes as they are."""
    return s if isinstance(s, bytes) else s.encode("utf8")


def decode(b: str | bytes) -> str:
    """UTF-8 as text, with replacements for what is not; text as it is."""
    return b.decode("utf-8", "replace") if isinstance(b, bytes) else b


def serialize(message: Any, serializer: SerializingFunction | None) -> Any:
    """A message as bytes; None if that failed, which is logged."""
    return _transform(message, serializer, "Exception serializing message!")


def deserialize(serialized_message: bytes, deserializer: DeserializingFunction | None) -> Any:
    """Bytes as a message; None if that failed, which is logged."""
    return _transform(serialized_message, deserializer, "Exception deserializing message!")


def _transform(message: Any, transformer: Callable[[Any], Any] | None, failure: str) -> Any:
    if transformer is None:
        return message
    try:
        return transformer(message)
    except Exception:
        _LOGGER.exception(failure)
        return None


def fully_qualified_method(group: str, method: str) -> str:
    """The path of a method, as it travels."""
    return f"/{group}/{method}"


def wait(
    wait_fn: Callable[..., Any],
    wait_complete_fn: Callable[[], bool],
    timeout: float | None = None,
    spin_cb: Callable[[], None] | None = None,
) -> bool:
    """Waits in short turns, so that signals are looked at in between.

    Calls ``wait_fn(timeout=…)`` until ``wait_complete_fn`` says that it is over, and ``spin_cb``
    after each turn. Returns True if ``timeout`` was over before.
    """
    end = None if timeout is None else time.monotonic() + timeout
    while not wait_complete_fn():
        turn = MAXIMUM_WAIT_TIMEOUT
        if end is not None:
            turn = min(turn, end - time.monotonic())
            if turn < 0:
                return True
        wait_fn(timeout=turn)
        if spin_cb is not None:
            spin_cb()
    return False


def validate_port_binding_result(address: str, port: int) -> int:
    """The port; raises RuntimeError for 0, which stands for failure."""
    if port == 0:
        raise RuntimeError(_PORT_BINDING_FAILED % address)
    return port
