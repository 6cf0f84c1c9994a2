"""The server: its life, its handlers, and the threads that run them.

Connections and calls are in the compiled core, which calls a handler itself where its path alone
says which one it is. What has to be asked, because there are interceptors or finders of handlers
of the program's own, is asked here, for each call.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import traceback
import weakref
from collections.abc import Iterable, Mapping, Sequence
from concurrent import futures
from typing import Any, NamedTuple

from .. import _core
from . import _api, _common, _compression, _interceptor, _times, _utilities
from ._credentials import ServerCredentials
from ._cython import cygrpc
from ._typing import ChannelArgumentType, MetadataType

_LOGGER = logging.getLogger("grpc._server")

#: How many handlers run at a time if the program gives no executor, as ThreadPoolExecutor has it.
_DEFAULT_WORKERS = min(32, (os.cpu_count() or 1) + 4)
#: Workers that only hand calls on to an executor.
_SUBMITTING_WORKERS = 1

_api.ServicerContext.register(_core.ServicerContext)


class _HandlerCallDetails(NamedTuple):
    """What is known of a call before its handler is found."""

    method: str
    invocation_metadata: MetadataType


def _report(details: str, exception: BaseException | None) -> None:
    """Says what went wrong in a handler: in the program's log, or else on stderr.

    Silence it with ``logging.getLogger("grpc._server").setLevel(logging.CRITICAL)`` or a handler
    of that logger's own.
    """
    if not _LOGGER.isEnabledFor(logging.ERROR):
        return
    info = None if exception is None else (type(exception), exception, exception.__traceback__)
    if _is_heard(_LOGGER):
        _LOGGER.error(details, exc_info=info)
    elif sys.stderr is not None:
        lines = [f"{details}\n"] if info is None else traceback.format_exception(*info)
        sys.stderr.write("".join(lines))


def _is_heard(logger: logging.Logger | None) -> bool:
    """Whether the program has seen to what this logger is told."""
    own = True
    while logger is not None:
        # A NullHandler on a logger above is a library's way to say nothing; on ours it is meant.
        if any(own or not isinstance(handler, logging.NullHandler) for handler in logger.handlers):
            return True
        own = False
        logger = logger.parent if logger.propagate else None
    return False


class _Handlers:
    """Who serves which path."""

    def __init__(self, interceptors: Iterable[_api.ServerInterceptor]) -> None:
        self._pipeline = _interceptor.service_pipeline(tuple(interceptors))
        self._registered: dict[str, _api.RpcMethodHandler[Any, Any]] = {}
        self._generic: list[_api.GenericRpcHandler] = []

    def add_registered(self, handlers: Mapping[str, _api.RpcMethodHandler[Any, Any]]) -> None:
        self._registered.update(handlers)

    def add_generic(self, handlers: Iterable[_api.GenericRpcHandler]) -> None:
        self._generic.extend(handlers)

    def known(self) -> dict[str, _api.RpcMethodHandler[Any, Any]]:
        """The handlers whose path alone says that they serve a call."""
        if self._pipeline is not None:
            return {}
        found: dict[str, _api.RpcMethodHandler[Any, Any]] = {}
        for handler in self._generic:
            # Another finder may answer for any path, and it comes before what follows.
            if type(handler) is not _utilities.DictionaryGenericHandler:
                break
            found = {**handler._method_handlers, **found}
        return {**found, **self._registered}

    def resolve(
        self, method: str, metadata: MetadataType
    ) -> _api.RpcMethodHandler[Any, Any] | None:
        """The handler of this call; None if nobody serves it."""
        details = _HandlerCallDetails(method, metadata)
        if self._pipeline is None:
            return self._find(details)
        return self._pipeline.execute(self._find, details)

    def _find(
        self, details: _api.HandlerCallDetails
    ) -> _api.RpcMethodHandler[Any, Any] | None:
        registered = self._registered.get(details.method)
        if registered is not None:
            return registered
        for generic in self._generic:
            handler = generic.service(details)
            if handler is not None:
                return handler
        return None


#: The threads of all servers that have been started, while they live.
_threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
_threads_lock = threading.Lock()


def _start(thread: threading.Thread) -> None:
    """Starts a thread that the end of the interpreter waits for."""
    with _threads_lock:
        thread.start()
        _threads.add(thread)


def _join_all() -> None:
    """Waits for the threads of all servers, and for those that they have started meanwhile."""
    while True:
        with _threads_lock:
            living = [thread for thread in _threads if thread.is_alive()]
        if not living:
            return
        for thread in living:
            thread.join()



class _Threads:
    """Starts the threads that run handlers, as the program's executor would.

    Args:
      thread_pool: The executor, None for the usual threads.
    """

    def __init__(self, thread_pool: Any) -> None:
        self._prefix = getattr(thread_pool, "_thread_name_prefix", None) or "yamabiko"
        self._initializer = getattr(thread_pool, "_initializer", None)
        self._arguments = getattr(thread_pool, "_initargs", ())
        self._lock = threading.Lock()
        self._started = 0

    def start(self, worker: _core.Worker) -> None:
        with self._lock:
            number = self._started
            self._started += 1
        # Not to be waited for by the interpreter's own end, which stops the server first.
        name = f"{self._prefix}_{number}"
        thread = threading.Thread(target=self._run, args=(worker,), name=name, daemon=True)
        _start(thread)

    def _run(self, worker: _core.Worker) -> None:
        if self._initializer is not None:
            try:
                self._initializer(*self._arguments)
            except BaseException as exception:
                _report("Exception in initializer:", exception)
                worker.refuse_all("the initializer of the server's threads has failed, see its log")
        worker.work()


def _is_stock(thread_pool: Any) -> bool:
    """Whether an executor says no more than how many threads there are, and of what kind."""
    return type(thread_pool) is futures.ThreadPoolExecutor


_live: weakref.WeakSet[_Server] = weakref.WeakSet()


class _Server(_api.Server):
    """A server."""

    def __init__(
        self,
        thread_pool: futures.Executor | None,
        generic_handlers: Iterable[_api.GenericRpcHandler],
        interceptors: Iterable[_api.ServerInterceptor],
        options: Sequence[ChannelArgumentType],
        maximum_concurrent_rpcs: int | None,
        compression: _api.Compression | None,
    ) -> None:
        self._lock = threading.RLock()
        self._handlers = _Handlers(interceptors)
        self._handlers.add_generic(generic_handlers)
        self._started = False
        self._stopping = False
        self._terminated = threading.Event()
        self._thread_pool = thread_pool
        stock = thread_pool is None or _is_stock(thread_pool)
        workers = getattr(thread_pool, "_max_workers", _DEFAULT_WORKERS)
        self._core = _core.Server(
            _Threads(thread_pool if stock else None).start,
            self._handlers.resolve,
            _report,
            workers=workers if stock else _SUBMITTING_WORKERS,
            submit=None if stock else thread_pool.submit,  # type: ignore[union-attr]
            max_calls=maximum_concurrent_rpcs,
            **_limits((*options, *_compression.create_channel_option(compression))),
        )
        _live.add(self)

    def add_generic_rpc_handlers(
        self, generic_rpc_handlers: Iterable[_api.GenericRpcHandler]
    ) -> None:
        handlers = tuple(generic_rpc_handlers)
        _validate(handlers)
        with self._lock:
            self._handlers.add_generic(handlers)
            if self._started:
                self._publish()

    def add_registered_method_handlers(
        self, service_name: str, method_handlers: Mapping[str, _api.RpcMethodHandler[Any, Any]]
    ) -> None:
        with self._lock:
            if self._started:
                _LOGGER.warning("Cannot register method handlers once server has started")
                return
            self._handlers.add_registered(
                {
                    _common.fully_qualified_method(service_name, method): handler
                    for method, handler in method_handlers.items()
                }
            )

    def add_insecure_port(self, address: str | bytes) -> int:
        text = _common.decode(address)
        try:
            return self._core.listen(_listening_address(text))
        except (RuntimeError, ValueError) as error:
            raise RuntimeError(f"Failed to bind to address {text}: {error}") from None

    def add_secure_port(self, address: str, server_credentials: ServerCredentials) -> int:
        from ._credentials import require_insecure

        require_insecure(server_credentials, f"add_secure_port at {address}")
        return self.add_insecure_port(address)

    def start(self) -> None:
        with self._lock:
            if self._stopping:
                raise ValueError("Cannot start a server that was stopped, make a new one!")
            if self._started:
                raise ValueError("Cannot start already-started server!")
            self._started = True
            self._publish()
            self._core.start()

    def wait_for_termination(self, timeout: float | None = None) -> bool:
        return _common.wait(self._terminated.wait, self._terminated.is_set, timeout=timeout)

    def stop(self, grace: float | None) -> threading.Event:
        event = threading.Event()
        with self._lock:
            if not self._started or self._terminated.is_set():
                event.set()
                if not self._started and not self._stopping:
                    # Its ports are free again.
                    self._stopping = True
                    self._core.cut()
                return event
            self._stopping = True
        self._core.shut_down()
        if grace is None or grace <= 0:
            self._core.cut()
            self._end(event, None)
            return event
        thread = threading.Thread(
            target=self._end, args=(event, grace), name="yamabiko-stop", daemon=True
        )
        _start(thread)
        return event

    def _end(self, event: threading.Event, grace: float | None) -> None:
        if grace is not None and not self._core.wait(grace):
            self._core.cut()
        self._core.wait()
        self._terminated.set()
        event.set()

    def _abandon(self) -> None:
        """In the child of a fork: threads that are gone may have held what others wait for."""
        self._core.abandon()
        self._lock = threading.RLock()
        self._terminated = threading.Event()
        self._terminated.set()

    def _publish(self) -> None:
        """Tells the core which calls it need not ask about."""
        self._core.forget_methods()
        for path, handler in self._handlers.known().items():
            self._core.add_method(path, handler)

    def __del__(self) -> None:
        core = getattr(self, "_core", None)
        if core is not None and not self._terminated.is_set():
            core.cut()


def _validate(handlers: Iterable[_api.GenericRpcHandler]) -> None:
    for handler in handlers:
        if getattr(handler, "service", None) is None:
            raise AttributeError(
                f'"{handler}" must conform to grpc.GenericRpcHandler type but does not have '
                '"service" method!'
            )


#: From options to what the core calls them.
_LIMITS = {
    "grpc.max_receive_message_length": "max_receive",
    "grpc.max_send_message_length": "max_send",
    "grpc.max_metadata_size": "max_metadata",
    "grpc.absolute_max_metadata_size": "max_metadata",
    "grpc.max_concurrent_streams": "max_streams",
}
_MESSAGE_LIMITS = frozenset({"max_receive", "max_send"})


def _limits(options: Sequence[ChannelArgumentType]) -> dict[str, Any]:
    """What options mean for a server; those that mean nothing are passed over, as in grpcio."""
    limits: dict[str, Any] = {}
    for key, value in options:
        name = _common.decode(key)
        if name == "grpc.so_reuseport":
            limits["share_port"] = bool(value)
        elif name == cygrpc.GRPC_COMPRESSION_CHANNEL_DEFAULT_ALGORITHM:
            limits["compression"] = int(value)
        elif name in _times.SERVER:
            if not isinstance(value, int):
                raise TypeError(f"option {name} takes an int, not {value!r}")
            limits.setdefault("times", {})[_times.SERVER[name]] = _times.clamped(value)
        elif name in _LIMITS:
            limit = _LIMITS[name]
            if not isinstance(value, int):
                raise TypeError(f"option {name} takes an int, not {value!r}")
            if limit in _MESSAGE_LIMITS:
                limits[limit] = value
            elif value >= 0:
                limits[limit] = max(limits.get(limit, 0), min(value, 2**32 - 1))
    return limits


def _listening_address(address: str) -> str:
    """``host:port`` out of what grpcio understands."""
    scheme, separator, rest = address.partition(":")
    if separator and scheme in ("unix", "unix-abstract", "vsock"):
        raise ValueError(
            f"{scheme}: addresses are not supported yet; listen on a port, as localhost:50051"
        )
    if separator and scheme in ("ipv4", "ipv6", "dns"):
        address = rest.removeprefix("//").rpartition("/")[2] if scheme == "dns" else rest
    host, separator, port = address.rpartition(":")
    if separator and host in ("", "*"):
        return f"[::]:{port}"
    return address


def create_server(
    thread_pool: futures.Executor | None,
    generic_rpc_handlers: Iterable[_api.GenericRpcHandler],
    interceptors: Iterable[_api.ServerInterceptor],
    options: Sequence[ChannelArgumentType],
    maximum_concurrent_rpcs: int | None,
    compression: _api.Compression | None,
    xds: bool,
) -> _Server:
    """Makes the server of ``grpc.server``."""
    if xds:
        raise NotImplementedError("xDS is not supported: leave out xds=True")
    if thread_pool is not None and not hasattr(thread_pool, "submit"):
        raise TypeError(f"thread_pool takes an executor, as ThreadPoolExecutor, not {thread_pool!r}")
    handlers = tuple(generic_rpc_handlers)
    _validate(handlers)
    return _Server(
        thread_pool, handlers, interceptors, options, maximum_concurrent_rpcs, compression
    )


def _stop_all() -> None:
    """At the end of the interpreter: no thread of a server may come back to it afterwards."""
    servers = [server for server in _live if not server._terminated.is_set()]
    for server in servers:
        server._core.cut()
    for server in servers:
        # As with an executor's threads, handlers that run are waited for; Ctrl-C ends the wait.
        while not server._core.join(0.1):
            pass
        server._terminated.set()
    _core.server_callbacks_end()
    _join_all()


def _abandon_all() -> None:
    """In the child of a fork."""
    global _threads_lock
    # Whoever had it is not here.
    _threads_lock = threading.Lock()
    _threads.clear()
    for server in list(_live):
        server._abandon()


# Before the threads that the interpreter itself waits for, where it knows of such a thing.
getattr(threading, "_register_atexit", atexit.register)(_stop_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)

