"""An asynchronous server and a call's context, as abstract classes."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Mapping
from typing import Any, Generic, NoReturn

from .._credentials import ServerCredentials
from .._server_api import GenericRpcHandler, RpcMethodHandler, Status
from .._values import Compression, StatusCode
from ._metadata import Metadata
from ._typing import DoneCallbackType, MetadataType, RequestType, ResponseType


class Server(abc.ABC):
    """Serves calls."""

    @abc.abstractmethod
    def add_generic_rpc_handlers(self, generic_rpc_handlers: Iterable[GenericRpcHandler]) -> None:
        """Adds finders of handlers, before ``start``."""

    def add_registered_method_handlers(
        self, service_name: str, method_handlers: Mapping[str, RpcMethodHandler[Any, Any]]
    ) -> None:
        """Adds the handlers of a service by method name, before ``start``."""

    @abc.abstractmethod
    def add_insecure_port(self, address: str) -> int:
        """Listens at ``host:port`` without TLS; returns the port, which matters for port 0."""

    @abc.abstractmethod
    def add_secure_port(self, address: str, server_credentials: ServerCredentials) -> int:
        """Listens at ``host:port`` with these credentials; returns the port."""

    @abc.abstractmethod
    async def start(self) -> None:
        """Begins to serve; possible once."""

    @abc.abstractmethod
    async def stop(self, grace: float | None) -> None:
        """Takes no new calls, gives those that run ``grace`` seconds, and ends what is left."""

    @abc.abstractmethod
    async def wait_for_termination(self, timeout: float | None = None) -> bool:
        """Waits until the server has stopped; False if ``timeout`` was over before."""


class ServicerContext(Generic[RequestType, ResponseType], abc.ABC):
    """A call as its handler sees it."""

    @abc.abstractmethod
    async def read(self) -> RequestType:
        """The next request, or ``grpc.aio.EOF``."""

    @abc.abstractmethod
    async def write(self, message: ResponseType) -> None:
        """Sends a response."""

    @abc.abstractmethod
    async def send_initial_metadata(self, initial_metadata: MetadataType) -> None:
        """Sends metadata ahead of the response, at once; possible once."""

    @abc.abstractmethod
    async def abort(
        self, code: StatusCode, details: str = "", trailing_metadata: MetadataType = ()
    ) -> NoReturn:
        """Ends the call with this status, which is not OK, by raising; never returns."""

    @abc.abstractmethod
    async def abort_with_status(self, status: Status) -> NoReturn:
        """Ends the call with this status by raising; never returns."""

    @abc.abstractmethod
    def set_trailing_metadata(self, trailing_metadata: MetadataType) -> None:
        """Sets what goes with the status at the end."""

    @abc.abstractmethod
    def invocation_metadata(self) -> Metadata | None:
        """What the client sent with the call."""

    @abc.abstractmethod
    def set_code(self, code: StatusCode) -> None:
        """Sets the code that the call will end with."""

    @abc.abstractmethod
    def set_details(self, details: str) -> None:
        """Sets the message that the call will end with."""

    @abc.abstractmethod
    def set_compression(self, compression: Compression) -> None:
        """How the response shall be compressed."""

    @abc.abstractmethod
    def disable_next_message_compression(self) -> None:
        """Sends the next response as it is, whatever the compression of the call."""

    @abc.abstractmethod
    def peer(self) -> str:
        """Who calls: ``ipv4:127.0.0.1:50051``, ``ipv6:[::1]:50051``, ``unix:/path``."""

    @abc.abstractmethod
    def peer_identities(self) -> Iterable[bytes] | None:
        """Who calls, as authentication has it; None without any."""

    @abc.abstractmethod
    def peer_identity_key(self) -> str | None:
        """The property of ``auth_context`` that the identities are from; None without any."""

    @abc.abstractmethod
    def auth_context(self) -> Mapping[str, Iterable[bytes]]:
        """What authentication knows of the caller."""

    def time_remaining(self) -> float | None:
        """Seconds until the deadline, None for a call without one."""
        raise NotImplementedError

    def trailing_metadata(self) -> MetadataType | None:
        """What ``set_trailing_metadata`` has set."""
        raise NotImplementedError

    def code(self) -> StatusCode | None:
        """What ``set_code`` has set."""
        raise NotImplementedError

    def details(self) -> str | None:
        """What ``set_details`` has set."""
        raise NotImplementedError

    def add_done_callback(self, callback: DoneCallbackType) -> None:
        """Has ``callback`` called with this context at the end of the call."""
        raise NotImplementedError

    def cancelled(self) -> bool:
        """Whether the call was cancelled."""
        raise NotImplementedError

    def done(self) -> bool:
        """Whether the call is over."""
        raise NotImplementedError
