"""What this package has compiled."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, final

from typing_extensions import Self, disjoint_base

__all__ = [
    "Channel",
    "Deliveries",
    "Server",
    "ServicerContext",
    "Started",
    "Submitted",
    "UnaryUnary",
    "Worker",
    "__version__",
    "client_after_fork",
    "client_hooks",
    "generate_project",
    "generate_python",
    "protoc",
    "server_callbacks_end",
]

__version__: str

# protoc

def protoc(program: str, arguments: Sequence[str]) -> int:
    """Runs protoc, which shows itself as `program`, and returns its exit status."""

def generate_project(settings: str | None, check: bool) -> int:
    """Generates what `yamabiko.toml` says, or checks that it has been, and returns the exit status.

    Without `settings`, the file is in the current directory or above.
    """

def generate_python(
    name: str, include: Sequence[str], services: bool
) -> tuple[
    list[tuple[str, str]], list[tuple[str, int | None, int | None, str, str | None]]
]:
    """The modules of a file and of all that it imports, or the mistakes in them.

    Modules are path and text, those that are imported first. Mistakes are file, line and column
    from 0, what is wrong, and what to do about it.
    """

# server

@final
class Server:
    """A server."""

    def __new__(
        cls,
        start_thread: Callable[[Worker], object],
        resolve: Callable[[str, Any], Any],
        report: Callable[[str, BaseException | None], object],
        *,
        workers: int,
        submit: Callable[..., object] | None = None,
        max_calls: int | None = None,
        max_receive: int | None = None,
        max_send: int | None = None,
        max_metadata: int | None = None,
        max_streams: int | None = None,
        share_port: bool = False,
        compression: int = 0,
        times: dict[str, int] | None = None,
    ) -> Server: ...
    def add_method(self, path: str, handler: Any) -> None:
        """Has calls of ``path`` answered by ``handler`` without asking ``resolve``."""

    def forget_methods(self) -> None:
        """Asks ``resolve`` again for every path."""

    def listen(self, address: str) -> int:
        """Listens; returns the port."""

    def start(self) -> None:
        """Begins to serve."""

    def shut_down(self) -> None:
        """Takes no new connections, and no new calls of those that there are."""

    def cut(self) -> int:
        """Ends all calls. Returns how many had no answer."""

    def wait(self, seconds: float | None = None) -> bool:
        """Waits until all connections have ended. Whether they have."""

    def join(self, seconds: float | None = None) -> bool:
        """Waits until all threads have ended as well. Whether they have."""

    def live_calls(self) -> int:
        """How many calls have no answer yet."""

    def connections(self) -> int:
        """How many clients are connected."""

    def abandon(self) -> None:
        """In the child of a fork: closes its copies of the sockets."""

@final
class Worker:
    """A worker of a server. The thread that is started for it calls ``work``."""

    def work(self) -> None:
        """Works until the server is over."""

    def refuse_all(self, details: str) -> None:
        """Has all calls of the server end with UNAVAILABLE and these details."""

@final
class Submitted:
    """A call that an executor runs."""

    def __call__(self, *args: object, **kwargs: object) -> None:
        """Answers the call."""

@final
class ServicerContext:
    """A call as its handler sees it: ``grpc.ServicerContext``."""

    def is_active(self) -> bool: ...
    def time_remaining(self) -> float: ...
    def cancel(self) -> None: ...
    def add_callback(self, callback: Callable[[], object]) -> bool: ...
    def disable_next_message_compression(self) -> None: ...
    def set_compression(self, compression: int) -> None: ...
    def invocation_metadata(self) -> tuple[Any, ...]: ...
    def peer(self) -> str: ...
    def peer_identities(self) -> Iterable[bytes] | None: ...
    def peer_identity_key(self) -> str | None: ...
    def auth_context(self) -> dict[str, list[bytes]]: ...
    def send_initial_metadata(self, initial_metadata: Any) -> None: ...
    def set_trailing_metadata(self, trailing_metadata: Any) -> None: ...
    def trailing_metadata(self) -> Any: ...
    def abort(self, code: Any, details: str | bytes) -> NoReturn: ...
    def abort_with_status(self, status: Any) -> NoReturn: ...
    def set_code(self, code: Any) -> None: ...
    def code(self) -> Any: ...
    def set_details(self, details: str | bytes) -> None: ...
    def details(self) -> bytes | None: ...

def server_callbacks_end() -> None:
    """Runs what is left of callbacks, and ends their thread: the interpreter is about to end."""

# client

#: How a call ended: code, details, debug_error_string, initial metadata, trailing metadata.
_Ending = tuple[
    int, str, str, Sequence[tuple[str, str | bytes]], Sequence[tuple[str, str | bytes]]
]

@final
class Channel:
    """The way to a server."""

    def __new__(
        cls,
        target: str,
        *,
        user_agent: str,
        authority: str | None = None,
        max_receive: int | None = None,
        max_send: int | None = None,
        max_metadata: int | None = None,
        compression: int = 0,
        times: dict[str, int] | None = None,
    ) -> Channel:
        """A limit of None is the usual one, a negative one is none."""

    def connectivity(self, connect: bool) -> int:
        """Where it stands, by the number of ``grpc.ChannelConnectivity``."""

    def wait_for_change(self, before: int, seconds: float) -> int:
        """Waits until it stands elsewhere than ``before``, but not longer than so many seconds."""

    def close(self) -> None:
        """Closes it; its calls end with CANCELLED."""

    def is_closed(self) -> bool:
        """Whether it was closed."""

@disjoint_base
class UnaryUnary:
    """A method of a service on a channel."""

    def __new__(
        cls,
        channel: Channel,
        path: str,
        serializer: Callable[[Any], bytes] | None,
        deserializer: Callable[[bytes], Any] | None,
    ) -> Self: ...
    def __call__(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: Any = None,
        wait_for_ready: bool | None = None,
        compression: Any = None,
    ) -> Any:
        """Makes a call and waits for its response."""

    def _with_call(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: Any = None,
        wait_for_ready: bool | None = None,
        compression: Any = None,
    ) -> tuple[Any, _Ending]:
        """The same, with what the server said beside it."""

    def _start(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: Any = None,
        wait_for_ready: bool | None = None,
        compression: Any = None,
    ) -> Started:
        """Begins a call that goes on by itself."""

    def _deserialize(self, message: bytes) -> Any:
        """What a response's bytes stand for."""

@final
class Started:
    """A call that was begun."""

    def wait(self, seconds: float | None = None) -> bool:
        """Waits until it has ended, or for so many seconds. Whether it has ended."""

    def has_ended(self) -> bool:
        """Whether it has ended."""

    def outcome(self) -> tuple[_Ending, bytes | None] | None:
        """How it ended, and its message."""

    def cancel(self) -> bool:
        """Cancels it. False if it has ended."""

    def deliver(self, deliveries: Deliveries, number: int) -> None:
        """Puts ``number`` into ``deliveries`` when it has ended."""

@final
class Deliveries:
    """Numbers of calls that have ended."""

    def __new__(cls) -> Deliveries: ...
    def next(self) -> int | None:
        """Waits for the next one. None when it is closed."""

    def close(self) -> None:
        """Ends the waiting."""

def client_hooks(
    failed: Callable[..., BaseException],
    unusable: Callable[[str, BaseException | None], BaseException],
    check_options: Callable[[Any, Any], None],
) -> None:
    """Says what to call."""

def client_after_fork() -> None:
    """Says that this process has just been forked off."""
