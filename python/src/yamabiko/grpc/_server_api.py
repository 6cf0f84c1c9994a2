"""What a server meets, as abstract classes: the server, its handlers, a call's context.

Interceptors, mocks and other libraries subclass these; what :func:`grpc.server` gives is in
``_server``. Times are seconds.
"""

from __future__ import annotations

import abc
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol

from ._client_api import RpcContext
from ._typing import (
    DeserializingFunction,
    MetadataType,
    RequestType,
    ResponseType,
    SerializingFunction,
)
from ._values import Compression, StatusCode

if TYPE_CHECKING:
    from ._credentials import ServerCredentials


class Status(abc.ABC):
    """A status with which a handler ends its call, for ``abort_with_status``.

    Attributes:
      code: A StatusCode.
      details: The message for the client.
      trailing_metadata: What goes with it.
    """

    code: StatusCode
    details: str
    trailing_metadata: MetadataType | None


class ServicerContext(RpcContext, metaclass=abc.ABCMeta):
    """A call as its handler sees it."""

    @abc.abstractmethod
    def invocation_metadata(self) -> MetadataType | None:
        """What the client sent with the call: pairs of key and value."""
        raise NotImplementedError

    @abc.abstractmethod
    def peer(self) -> str:
        """Who calls: ``ipv4:127.0.0.1:50051``, ``ipv6:[::1]:50051``, ``unix:/path``."""
        raise NotImplementedError

    @abc.abstractmethod
    def peer_identities(self) -> Iterable[bytes] | None:
        """Who calls, as authentication has it; None without any."""
        raise NotImplementedError

    @abc.abstractmethod
    def peer_identity_key(self) -> str | None:
        """The property of ``auth_context`` that the identities are from; None without any."""
        raise NotImplementedError

    @abc.abstractmethod
    def auth_context(self) -> Mapping[str, Iterable[bytes]]:
        """What authentication knows of the caller."""
        raise NotImplementedError

    def set_compression(self, compression: Compression) -> None:
        """How the response shall be compressed."""
        raise NotImplementedError

    @abc.abstractmethod
    def send_initial_metadata(self, initial_metadata: MetadataType) -> None:
        """Sends metadata ahead of the response, at once; possible once."""
        raise NotImplementedError

    @abc.abstractmethod
    def set_trailing_metadata(self, trailing_metadata: MetadataType) -> None:
        """Sets what goes with the status at the end."""
        raise NotImplementedError

    def trailing_metadata(self) -> MetadataType | None:
        """What ``set_trailing_metadata`` has set."""
        raise NotImplementedError

    @abc.abstractmethod
    def abort(self, code: StatusCode, details: str) -> NoReturn:
        """Ends the call with this status, which is not OK, by raising; never returns."""
        raise NotImplementedError

    @abc.abstractmethod
    def abort_with_status(self, status: Status) -> NoReturn:
        """Ends the call with this status by raising; never returns."""
        raise NotImplementedError

    @abc.abstractmethod
    def set_code(self, code: StatusCode) -> None:
        """Sets the code that the call will end with."""
        raise NotImplementedError

    @abc.abstractmethod
    def set_details(self, details: str) -> None:
        """Sets the message that the call will end with."""
        raise NotImplementedError

    def code(self) -> StatusCode | None:
        """What ``set_code`` has set."""
        raise NotImplementedError

    def details(self) -> str | None:
        """What ``set_details`` has set."""
        raise NotImplementedError

    def disable_next_message_compression(self) -> None:
        """Sends the next response as it is, whatever the compression of the call."""
        raise NotImplementedError


class RpcMethodHandler(abc.ABC, Generic[RequestType, ResponseType]):
    """How a method is served. Of the last four, the one is set that fits the two flags.

    Attributes:
      request_streaming: Whether requests are a stream.
      response_streaming: Whether responses are a stream.
      request_deserializer: From bytes to a request, None for bytes.
      response_serializer: From a response to bytes, None for bytes.
      unary_unary: A function of (request, context) that returns a response.
      unary_stream: A function of (request, context) that returns an iterator of responses.
      stream_unary: A function of (iterator of requests, context) that returns a response.
      stream_stream: A function of (iterator of requests, context) that returns an iterator.
    """

    request_streaming: bool
    response_streaming: bool
    request_deserializer: DeserializingFunction | None
    response_serializer: SerializingFunction | None
    unary_unary: Callable[[RequestType, ServicerContext], ResponseType] | None
    unary_stream: Callable[[RequestType, ServicerContext], Iterator[ResponseType]] | None
    stream_unary: Callable[[Iterator[RequestType], ServicerContext], ResponseType] | None
    stream_stream: Callable[[Iterator[RequestType], ServicerContext], Iterator[ResponseType]] | None


class HandlerCallDetails(Protocol):
    """What is known of a call before its handler is found.

    Attributes:
      method: The path, as ``/package.Service/Method``.
      invocation_metadata: What the client sent.
    """

    if TYPE_CHECKING:
        # Read only, so that a named tuple will do.
        @property
        def method(self) -> str: ...

        @property
        def invocation_metadata(self) -> MetadataType: ...


class GenericRpcHandler(abc.ABC):
    """Finds handlers for calls, by whatever rule."""

    @abc.abstractmethod
    def service(
        self, handler_call_details: HandlerCallDetails
    ) -> RpcMethodHandler[Any, Any] | None:
        """The handler of this call; None if it is not ours."""
        raise NotImplementedError


class ServiceRpcHandler(GenericRpcHandler, metaclass=abc.ABCMeta):
    """Finds handlers for the methods of one service."""

    @abc.abstractmethod
    def service_name(self) -> str:
        """The service's full name, as ``package.Service``."""
        raise NotImplementedError


class ServerInterceptor(abc.ABC):
    """Stands in the way of calls that come in, before their handler is found."""

    @abc.abstractmethod
    def intercept_service(
        self,
        continuation: Callable[[HandlerCallDetails], RpcMethodHandler[Any, Any] | None],
        handler_call_details: HandlerCallDetails,
    ) -> RpcMethodHandler[Any, Any] | None:
        """The handler of this call: what ``continuation(handler_call_details)`` gives, or another."""
        raise NotImplementedError


class Server(abc.ABC):
    """Serves calls."""

    @abc.abstractmethod
    def add_generic_rpc_handlers(self, generic_rpc_handlers: Iterable[GenericRpcHandler]) -> None:
        """Adds finders of handlers, before ``start``."""
        raise NotImplementedError

    def add_registered_method_handlers(
        self, service_name: str, method_handlers: Mapping[str, RpcMethodHandler[Any, Any]]
    ) -> None:
        """Adds the handlers of a service by method name, before ``start``."""

    @abc.abstractmethod
    def add_insecure_port(self, address: str) -> int:
        """Listens at ``host:port`` without TLS; returns the port, which matters for port 0."""
        raise NotImplementedError

    @abc.abstractmethod
    def add_secure_port(self, address: str, server_credentials: ServerCredentials) -> int:
        """Listens at ``host:port`` with these credentials; returns the port."""
        raise NotImplementedError

    @abc.abstractmethod
    def start(self) -> None:
        """Begins to serve; possible once."""
        raise NotImplementedError

    @abc.abstractmethod
    def stop(self, grace: float | None) -> threading.Event:
        """Takes no new calls, gives those that run ``grace`` seconds, and ends what is left.

        Returns at once, with an event that is set when all is over. None ends all calls now.
        """
        raise NotImplementedError

    def wait_for_termination(self, timeout: float | None = None) -> bool:
        """Waits until the server has stopped; True if ``timeout`` was over before."""
        raise NotImplementedError
