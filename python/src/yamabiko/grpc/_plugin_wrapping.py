"""Call credentials around a plugin."""

from __future__ import annotations

from ._credentials import AuthMetadataPlugin, CallCredentials, MetadataPlugin


def metadata_plugin_call_credentials(
    metadata_plugin: AuthMetadataPlugin, name: str | None
) -> CallCredentials:
    """Credentials for calls, made by this plugin; without a name, the plugin's own."""
    if name is None:
        name = getattr(metadata_plugin, "__name__", None) or type(metadata_plugin).__name__
    return CallCredentials(MetadataPlugin(metadata_plugin, name))
