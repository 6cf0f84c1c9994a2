"""Credentials: what they are made of, until a channel or a port looks inside.

They can be made, combined and handed around. Yamabiko does not speak TLS from Python yet, so a
channel or a port that is given anything but insecure ones says so.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from ._typing import MetadataType
from ._values import LocalConnectionType


class _Kind(NamedTuple):
    """A kind of credentials, and what it was made of."""

    name: str
    parts: tuple[Any, ...] = ()


class ChannelCredentials:
    """What a channel is secured with; made by functions, as ``ssl_channel_credentials``."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials


class CallCredentials:
    """What authenticates calls; made by functions, as ``metadata_call_credentials``."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials


class ServerCredentials:
    """What a port is secured with; made by functions, as ``ssl_server_credentials``."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials


class ServerCertificateConfiguration:
    """Certificates of a server, made by ``ssl_server_certificate_configuration``."""

    def __init__(self, certificate_configuration: Any) -> None:
        self._certificate_configuration = certificate_configuration


class AuthMetadataContext(abc.ABC):
    """What a plugin is told of the call that it authenticates.

    Attributes:
      service_url: The URL of the service, as ``https://host/package.Service``.
      method_name: The method's name.
    """

    service_url: str
    method_name: str


class AuthMetadataPluginCallback(abc.ABC):
    """What a plugin calls with its result."""

    def __call__(self, metadata: MetadataType, error: Exception | None) -> None:
        """Hands over metadata, or an error that says why there is none."""
        raise NotImplementedError


class AuthMetadataPlugin(abc.ABC):
    """Makes the metadata that authenticates a call."""

    def __call__(self, context: AuthMetadataContext, callback: AuthMetadataPluginCallback) -> None:
        """Calls ``callback`` with metadata, at once or later, from any thread; must not block."""
        raise NotImplementedError


class MetadataPlugin(NamedTuple):
    """Call credentials that a plugin makes."""

    plugin: AuthMetadataPlugin
    name: str


INSECURE = _Kind("insecure")

#: One object, so that it can be compared.
_insecure_channel_credentials = ChannelCredentials(INSECURE)


def insecure_channel_credentials() -> ChannelCredentials:
    """Credentials for a channel without any."""
    return _insecure_channel_credentials


def insecure_server_credentials() -> ServerCredentials:
    """Credentials for a port without any."""
    return ServerCredentials(INSECURE)


def require_insecure(credentials: ChannelCredentials | ServerCredentials, what: str) -> None:
    """Raises NotImplementedError if these credentials need TLS; ``what`` is who asked."""
    kind = credentials._credentials
    if kind is INSECURE:
        return
    name = kind.name if isinstance(kind, _Kind) else type(kind).__name__
    _refuse(what, name)


def _refuse(what: str, name: str) -> NoReturn:
    raise NotImplementedError(
        f"{what}: yamabiko has no TLS for Python yet, and cannot use {name} credentials. "
        "Use insecure ones where the network is trusted, or grpcio"
    )


def ssl_channel_credentials(
    root_certificates: bytes | None = None,
    private_key: bytes | None = None,
    certificate_chain: bytes | None = None,
) -> ChannelCredentials:
    """Credentials for a channel over TLS, from PEM files' contents.

    Args:
      root_certificates: Whom to trust; None for the usual authorities.
      private_key: The client's key, None for none.
      certificate_chain: The client's certificates, None for none.
    """
    parts = (root_certificates, private_key, certificate_chain)
    return ChannelCredentials(_Kind("ssl", parts))


def xds_channel_credentials(
    fallback_credentials: ChannelCredentials | None = None,
) -> ChannelCredentials:
    """Credentials for a channel as an xDS control plane says; TLS where it does not."""
    fallback = fallback_credentials or ssl_channel_credentials()
    return ChannelCredentials(_Kind("xds", (fallback._credentials,)))


def metadata_call_credentials(
    metadata_plugin: AuthMetadataPlugin, name: str | None = None
) -> CallCredentials:
    """Credentials for calls, made by a plugin for each call."""
    from . import _plugin_wrapping

    return _plugin_wrapping.metadata_plugin_call_credentials(metadata_plugin, name)


def access_token_call_credentials(access_token: str) -> CallCredentials:
    """Credentials for calls: ``authorization: Bearer <access_token>``."""
    from . import _auth

    return metadata_call_credentials(_auth.AccessTokenAuthMetadataPlugin(access_token))


def composite_call_credentials(*call_credentials: CallCredentials) -> CallCredentials:
    """Several call credentials as one: all their metadata is sent, in this order."""
    return CallCredentials(
        _Kind("composite call", tuple(one._credentials for one in call_credentials))
    )


def composite_channel_credentials(
    channel_credentials: ChannelCredentials, *call_credentials: CallCredentials
) -> ChannelCredentials:
    """Channel credentials, and call credentials for every call of the channel."""
    calls = tuple(one._credentials for one in call_credentials)
    return ChannelCredentials(_Kind("composite", (channel_credentials._credentials, *calls)))


def compute_engine_channel_credentials(call_credentials: CallCredentials) -> ChannelCredentials:
    """Credentials for a channel from a virtual machine of Google Compute Engine."""
    return ChannelCredentials(_Kind("compute engine", (call_credentials._credentials,)))


def local_channel_credentials(
    local_connect_type: LocalConnectionType = LocalConnectionType.LOCAL_TCP,
) -> ChannelCredentials:
    """Credentials for a channel to the same machine."""
    return ChannelCredentials(_Kind("local", (local_connect_type,)))


def local_server_credentials(
    local_connect_type: LocalConnectionType = LocalConnectionType.LOCAL_TCP,
) -> ServerCredentials:
    """Credentials for a port that only the same machine reaches."""
    return ServerCredentials(_Kind("local", (local_connect_type,)))


def alts_channel_credentials(service_accounts: Sequence[str] | None = None) -> ChannelCredentials:
    """Credentials for a channel within Google's cloud."""
    return ChannelCredentials(_Kind("alts", tuple(service_accounts or ())))


def alts_server_credentials() -> ServerCredentials:
    """Credentials for a port within Google's cloud."""
    return ServerCredentials(_Kind("alts"))


def xds_server_credentials(fallback_credentials: ServerCredentials) -> ServerCredentials:
    """Credentials for a port as an xDS control plane says."""
    return ServerCredentials(_Kind("xds", (fallback_credentials._credentials,)))


def ssl_server_credentials(
    private_key_certificate_chain_pairs: Sequence[tuple[bytes, bytes]],
    root_certificates: bytes | None = None,
    require_client_auth: bool = False,
) -> ServerCredentials:
    """Credentials for a port over TLS, from PEM files' contents.

    Args:
      private_key_certificate_chain_pairs: Keys, each with its certificates; at least one.
      root_certificates: Whose clients to trust, None for not asking them.
      require_client_auth: Whether clients must have a certificate; needs ``root_certificates``.
    """
    if not private_key_certificate_chain_pairs:
        raise ValueError("At least one private key-certificate chain pair is required!")
    if require_client_auth and root_certificates is None:
        raise ValueError("Illegal to require client auth without providing root certificates!")
    pairs = tuple(private_key_certificate_chain_pairs)
    return ServerCredentials(_Kind("ssl", (pairs, root_certificates, require_client_auth)))


def ssl_server_certificate_configuration(
    private_key_certificate_chain_pairs: Sequence[tuple[bytes, bytes]],
    root_certificates: bytes | None = None,
) -> ServerCertificateConfiguration:
    """Certificates for ``dynamic_ssl_server_credentials``, from PEM files' contents."""
    if not private_key_certificate_chain_pairs:
        raise ValueError("At least one private key-certificate chain pair is required!")
    pairs = tuple(private_key_certificate_chain_pairs)
    return ServerCertificateConfiguration((pairs, root_certificates))


def dynamic_ssl_server_credentials(
    initial_certificate_configuration: ServerCertificateConfiguration,
    certificate_configuration_fetcher: Callable[[], ServerCertificateConfiguration | None],
    require_client_authentication: bool = False,
) -> ServerCredentials:
    """Credentials for a port over TLS whose certificates can change.

    Args:
      initial_certificate_configuration: What to begin with.
      certificate_configuration_fetcher: Asked before each handshake; None for no change.
      require_client_authentication: Whether clients must have a certificate.
    """
    if not isinstance(initial_certificate_configuration, ServerCertificateConfiguration):
        raise TypeError("initial_cert_config must be a grpc.ServerCertificateConfiguration")
    parts = (
        initial_certificate_configuration._certificate_configuration,
        certificate_configuration_fetcher,
        require_client_authentication,
    )
    return ServerCredentials(_Kind("dynamic ssl", parts))
