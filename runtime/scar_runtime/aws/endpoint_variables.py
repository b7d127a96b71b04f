"""Where the environment says that services are, in place of AWS's own addresses.

The variables are those of AWS's SDKs:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

from collections.abc import Mapping

from scar_runtime.errors import ConfigError

_ANY = "AWS_ENDPOINT_URL"
_IGNORED = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
_OTHER_ADDRESSES = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")


def endpoint_url(environ: Mapping[str, str], service: str) -> str | None:
    """The URL for a service (`S3`, `SECRETS_MANAGER`), or None for AWS's own.

    Raises `ConfigError` where other kinds of AWS's addresses are asked for: their names follow no
    rule, so each has to be named, and to take the usual one in silence would break a promise that
    somebody relies on.
    """
    url = None
    if not _is_true(environ, _IGNORED):
        url = environ.get(f"{_ANY}_{service}") or environ.get(_ANY)
    if not url:
        for name in _OTHER_ADDRESSES:
            if _is_true(environ, name):
                raise ConfigError(
                    f"{name} is set: name the address itself, as {_ANY}_{service}=https://..."
                )
    return url or None


def _is_true(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").strip().lower() == "true"
