"""Calls as their client sees them: running, ended, failed."""

from __future__ import annotations

import copy
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, NoReturn

from . import _api
from ._typing import DeserializingFunction, DoneCallbackType, MetadataType

_LOGGER = logging.getLogger("grpc._channel")

_STATUS_CODES = tuple(_api.StatusCode)


class _RPCState:
    """What is known of a call."""

    def __init__(
        self,
        due: Iterable[Any] = (),
        initial_metadata: MetadataType | None = None,
        trailing_metadata: MetadataType | None = None,
        code: _api.StatusCode | None = None,
        details: str | None = None,
    ) -> None:
        self.due = set(due)
        self.initial_metadata = initial_metadata
        self.response: Any = None
        self.trailing_metadata = trailing_metadata
        self.code = code
        self.details = details
        self.debug_error_string: str | None = None
        self.cancelled = False

    def end(
        self,
        code: int,
        details: str,
        debug: str | None,
        headers: MetadataType,
        trailers: MetadataType,
    ) -> None:
        """Takes what the core says of a call that has ended."""
        self.code = _STATUS_CODES[code]
        self.details = details
        self.debug_error_string = debug
        self.initial_metadata = headers
        self.trailing_metadata = trailers

    def fail(self, code: _api.StatusCode, details: str) -> None:
        """Ends the call with what was found out on this side."""
        self.code = code
        self.details = details
        self.debug_error_string = None
        if self.initial_metadata is None:
            self.initial_metadata = ()
        if self.trailing_metadata is None:
            self.trailing_metadata = ()

    def describe(self, name: str) -> str:
        """The state in grpcio's lines, on behalf of an object of the class ``name``."""
        if self.code is None:
            return f"<{name} object>"
        if self.code is _api.StatusCode.OK:
            return (
                f"<{name} of RPC that terminated with:\n"
                f"\tstatus = {self.code}\n"
                f'\tdetails = "{self.details}"\n'
                ">"
            )
        return (
            f"<{name} of RPC that terminated with:\n"
            f"\tstatus = {self.code}\n"
            f'\tdetails = "{self.details}"\n'
            f'\tdebug_error_string = "{self.debug_error_string}"\n'
            ">"
        )


class _InactiveRpcError(_api.RpcError, _api.Call, _api.Future[Any]):
    """A call that has failed, as its caller gets it raised."""

    def __init__(self, state: _RPCState) -> None:
        super().__init__(state)
        if not isinstance(state, _RPCState):
            # Wrappers of exceptions make new ones from a message.
            text = f" Details: {state}" if isinstance(state, str) else ""
            message = f"Inactive RPC Error: Invalid RPC state type.{text}"
            state = _RPCState((), (), (), _api.StatusCode.INTERNAL, message)
        self._state = copy.copy(state)

    def initial_metadata(self) -> MetadataType | None:
        return self._state.initial_metadata

    def trailing_metadata(self) -> MetadataType | None:
        return self._state.trailing_metadata

    def code(self) -> _api.StatusCode | None:
        return self._state.code

    def details(self) -> str | None:
        return self._state.details

    def debug_error_string(self) -> str | None:
        """What grpcio's core would say of it: the code's name and the details."""
        return self._state.debug_error_string

    def __repr__(self) -> str:
        return self._state.describe(type(self).__name__)

    def __str__(self) -> str:
        return repr(self)

    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> float | None:
        return None

    def add_callback(self, callback: Callable[[], None]) -> bool:
        return False

    def cancel(self) -> bool:
        return False

    def cancelled(self) -> bool:
        return False

    def running(self) -> bool:
        return False

    def done(self) -> bool:
        return True

    def result(self, timeout: float | None = None) -> NoReturn:
        raise self

    def exception(self, timeout: float | None = None) -> BaseException:
        return self

    def traceback(self, timeout: float | None = None) -> TracebackType | None:
        try:
            raise self
        except _api.RpcError:
            return sys.exc_info()[2]

    def add_done_callback(self, fn: DoneCallbackType, timeout: float | None = None) -> None:
        fn(self)


class _Rendezvous(_api.RpcError, _api.RpcContext):
    """A call, with everything that can be asked of one.

    ``call`` is the running call in the core, None for one that has ended; its methods are those of
    ``_channel._Running``.
    """

    def __init__(
        self,
        state: _RPCState,
        call: Any,
        response_deserializer: DeserializingFunction | None,
        deadline: float | None,
    ) -> None:
        super().__init__()
        self._state = state
        self._call = call
        self._response_deserializer = response_deserializer
        self._deadline = deadline
        self._lock = threading.RLock()
        self._callbacks: list[Callable[[], None]] = []

    def is_active(self) -> bool:
        return self._ended_state() is None

    def time_remaining(self) -> float | None:
        return None if self._deadline is None else max(self._deadline - time.time(), 0)

    def cancel(self) -> bool:
        with self._lock:
            if self._ended_state() is not None:
                return False
            if not self._call.cancel():
                # It has ended in this instant.
                self._ended_state()
                return False
            self._state.cancelled = True
            self._state.fail(_api.StatusCode.CANCELLED, "Locally cancelled by application!")
            return True

    def add_callback(self, callback: Callable[[], None]) -> bool:
        with self._lock:
            if self._ended_state() is not None:
                return False
            self._callbacks.append(callback)
            if len(self._callbacks) == 1:
                self._call.deliver(self)
            return True

    def _deliver(self) -> None:
        """Calls the callbacks; the call has ended."""
        with self._lock:
            self._ended_state()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            try:
                callback()
            except Exception as error:
                _LOGGER.error("Exception in callback %r: %r", callback, error)

    def _ended_state(self) -> _RPCState | None:
        """The state, if the call has ended."""
        if self._state.code is None:
            with self._lock:
                if self._state.code is None and not self._settle():
                    return None
        return self._state

    def _settle(self) -> bool:
        outcome = None if self._call is None else self._call.outcome()
        if outcome is None:
            return False
        ending, message = outcome
        response = None
        if message is not None:
            try:
                response = self._call.deserialize(message)
            except Exception as error:
                self.__cause__ = error
        # What others look at without the lock is written last.
        state = _RPCState()
        state.end(*ending)
        if message is not None and response is None:
            state.fail(_api.StatusCode.INTERNAL, "Exception deserializing response!")
        self._state.response = response
        self._state.initial_metadata = state.initial_metadata
        self._state.trailing_metadata = state.trailing_metadata
        self._state.details = state.details
        self._state.debug_error_string = state.debug_error_string
        self._state.code = state.code
        return True

    def _wait(self, timeout: float | None = None) -> _RPCState:
        """Waits until the call has ended; raises FutureTimeoutError."""
        state = self._ended_state()
        if state is None:
            if not self._call.wait(timeout):
                raise _api.FutureTimeoutError()
            state = self._ended_state()
            assert state is not None, "the core has said that it has ended"
        return state

    def __iter__(self) -> _Rendezvous:
        return self

    def __next__(self) -> Any:
        if self._wait().code is _api.StatusCode.OK:
            raise StopIteration
        raise self

    def next(self) -> Any:
        """As ``__next__``."""
        return next(self)

    def __repr__(self) -> str:
        self._ended_state()
        return self._state.describe(type(self).__name__)

    def __str__(self) -> str:
        return repr(self)


class _MultiThreadedRendezvous(_Rendezvous, _api.Call, _api.Future[Any]):
    """A call that goes on by itself: what ``future()`` gives."""

    def initial_metadata(self) -> MetadataType | None:
        return self._wait().initial_metadata

    def trailing_metadata(self) -> MetadataType | None:
        return self._wait().trailing_metadata

    def code(self) -> _api.StatusCode | None:
        return self._wait().code

    def details(self) -> str | None:
        return self._wait().details

    def debug_error_string(self) -> str | None:
        """What grpcio's core would say of it: the code's name and the details."""
        return self._wait().debug_error_string

    def cancelled(self) -> bool:
        return self._state.cancelled

    def running(self) -> bool:
        return self.is_active()

    def done(self) -> bool:
        return not self.is_active()

    def result(self, timeout: float | None = None) -> Any:
        state = self._wait(timeout)
        if state.code is _api.StatusCode.OK:
            return state.response
        if state.cancelled:
            raise _api.FutureCancelledError()
        raise self

    def exception(self, timeout: float | None = None) -> BaseException | None:
        state = self._wait(timeout)
        if state.code is _api.StatusCode.OK:
            return None
        if state.cancelled:
            raise _api.FutureCancelledError()
        return self

    def traceback(self, timeout: float | None = None) -> TracebackType | None:
        if self.exception(timeout) is None:
            return None
        try:
            raise self
        except _api.RpcError:
            return sys.exc_info()[2]

    def add_done_callback(self, fn: DoneCallbackType) -> None:
        if not self.add_callback(lambda: fn(self)):
            fn(self)


# Tracebacks and logs name them as grpcio's do.
for _class in (_RPCState, _InactiveRpcError, _Rendezvous, _MultiThreadedRendezvous):
    _class.__module__ = "grpc._channel"
del _class
