"""The plugins for standard authentication."""

from __future__ import annotations

import inspect
from typing import Any

from ._credentials import AuthMetadataContext, AuthMetadataPlugin, AuthMetadataPluginCallback


def _bearer(token: str) -> tuple[tuple[str, str]]:
    return (("authorization", f"Bearer {token}"),)


class AccessTokenAuthMetadataPlugin(AuthMetadataPlugin):
    """Authenticates with an access token as it is."""

    def __init__(self, access_token: str) -> None:
        self._access_token = access_token

    def __call__(self, context: AuthMetadataContext, callback: AuthMetadataPluginCallback) -> None:
        """Hands the token over."""
        callback(_bearer(self._access_token), None)


class GoogleCallCredentials(AuthMetadataPlugin):
    """Authenticates with credentials of the library oauth2client."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials
        # Credentials that sign a token themselves are told whom it is for.
        parameters = inspect.signature(credentials.get_access_token).parameters
        self._signs = "additional_claims" in parameters

    def __call__(self, context: AuthMetadataContext, callback: AuthMetadataPluginCallback) -> None:
        """Gets a token and hands it over."""
        claims = {"additional_claims": {"aud": context.service_url}} if self._signs else {}
        try:
            token = self._credentials.get_access_token(**claims).access_token
        except Exception as error:
            callback((), error)
        else:
            callback(_bearer(token), None)
