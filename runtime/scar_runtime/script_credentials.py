"""A script without AWS credentials: `container.credentials: none`.

The variables by which programs find the role's credentials are taken out of the script's
environment. That alone would be a curtain: a program of the same user may read the environment of
its parent in /proc. So this process asks the kernel to keep it out of such hands, as it does with
programs that hold secrets (https://man7.org/linux/man-pages/man2/pr_set_dumpable.2const.html).
"""

from __future__ import annotations

from collections.abc import Mapping

from scar_runtime.errors import ConfigError

NAMES = frozenset(
    {
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
        *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        *("AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
        *("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME"),
        *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"),
        *("AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN"),
    }
)
"""Credentials, and where to ask for them or to speak for the runtime."""
_SET_DUMPABLE = 4


def without_role(image: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process, less what leads to the role's credentials."""
    return {name: value for name, value in image.items() if name not in NAMES}


def hide_process() -> None:
    """Keep other processes of this user from reading our environment and memory.

    Programs that we start can be read again. Raises `ConfigError` where the kernel refuses: then
    the promise cannot be kept.
    """
    try:
        import ctypes

        done = ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0) == 0
    except (ImportError, OSError, AttributeError):
        done = False
    if not done:
        raise ConfigError("credentials: none needs Linux: this process cannot be hidden")
