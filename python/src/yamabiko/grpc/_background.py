"""What a channel does while nobody calls it: it tells watchers of its connectivity, and calls the
callbacks of calls that have ended. Each in a thread that is there while it is needed."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import weakref
from collections.abc import Callable
from typing import Protocol

from .. import _core
from . import _api

_LOGGER = logging.getLogger("grpc._channel")

_CONNECTIVITIES = tuple(_api.ChannelConnectivity)

#: Seconds in which a new watcher, or the end of the last one, is noticed.
_TURN = 0.1

_Callback = Callable[[_api.ChannelConnectivity], None]


class _Background(Protocol):
    def forked(self) -> None: ...

    def stop(self) -> None: ...


_all: weakref.WeakSet[_Background] = weakref.WeakSet()


class Watchers:
    """Those who want to know what a channel does about its connection."""

    def __init__(self, channel: _core.Channel) -> None:
        self._channel = channel
        self._lock = threading.Lock()
        #: Each with what it was told last.
        self._watchers: list[tuple[_Callback, list[_api.ChannelConnectivity]]] = []
        self._thread: threading.Thread | None = None
        _all.add(self)

    def subscribe(self, callback: _Callback, try_to_connect: bool) -> None:
        """Has ``callback`` told where the channel stands, now and after each change."""
        if try_to_connect:
            self._channel.connectivity(True)
        with self._lock:
            self._watchers.append((callback, []))
            self._start()

    def unsubscribe(self, callback: _Callback) -> None:
        """Tells it no more."""
        with self._lock:
            for index, (watcher, _) in enumerate(self._watchers):
                if watcher == callback:
                    del self._watchers[index]
                    return

    def clear(self) -> None:
        """Tells nobody any more."""
        with self._lock:
            self._watchers.clear()

    def forked(self) -> None:
        """This process was forked off: the thread is not in it."""
        self._lock = threading.Lock()
        self._thread = None
        if self._watchers:
            self._start()

    def stop(self) -> None:
        """The interpreter ends."""
        self.clear()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(10 * _TURN)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name="grpc-connectivity", daemon=True
            )
            self._thread.start()

    def _run(self) -> None:
        while True:
            number = self._channel.connectivity(False)
            connectivity = _CONNECTIVITIES[number]
            with self._lock:
                if not self._watchers:
                    self._thread = None
                    return
                due = [
                    (watcher, told)
                    for watcher, told in self._watchers
                    if not told or told[-1] is not connectivity
                ]
            for watcher, told in due:
                told[:] = [connectivity]
                try:
                    watcher(connectivity)
                except Exception:
                    _LOGGER.exception("Exception calling channel subscription callback!")
            if connectivity is _api.ChannelConnectivity.SHUTDOWN:
                # Nothing changes any more.
                self.clear()
            else:
                self._channel.wait_for_change(number, _TURN)


class _Deliverable(Protocol):
    def _deliver(self) -> None: ...


class Deliveries:
    """Calls that have callbacks, until they have ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue = _core.Deliveries()
        self._waiting: dict[int, _Deliverable] = {}
        self._next = 0
        self._thread: threading.Thread | None = None
        _all.add(self)

    def deliver(self, started: _core.Started, call: _Deliverable) -> None:
        """Has the call's callbacks called when it has ended."""
        with self._lock:
            self._next += 1
            number = self._next
            self._waiting[number] = call
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, args=(self._queue,), name="grpc-callbacks", daemon=True
                )
                self._thread.start()
        started.deliver(self._queue, number)

    def forked(self) -> None:
        """This process was forked off: the thread is not in it, nor are the calls."""
        self._lock = threading.Lock()
        self._queue = _core.Deliveries()
        self._waiting = {}
        self._thread = None

    def stop(self) -> None:
        """The interpreter ends."""
        self._queue.close()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(10 * _TURN)

    def _run(self, queue: _core.Deliveries) -> None:
        while True:
            number = queue.next()
            if number is None:
                return
            with self._lock:
                call = self._waiting.pop(number, None)
            if call is not None:
                call._deliver()
                del call
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return


def _after_fork_in_child() -> None:
    _core.client_after_fork()
    for background in list(_all):
        background.forked()


def _at_exit() -> None:
    for background in list(_all):
        background.stop()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_at_exit)

__all__ = ["Deliveries", "Watchers"]

