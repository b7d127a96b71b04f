"""The keys of `storage_providers`: where files are, beside the buckets of the account itself."""

from __future__ import annotations

from dataclasses import replace

from scar_constructs.language.diagnostics.problems import Report
from scar_constructs.language.keys import formats
from scar_constructs.language.keys.containers import Group, Key, MapOf, Origin
from scar_constructs.language.keys.scalars import END, Anything, Boolean, Text
from scar_constructs.language.yaml.faults import problem
from scar_constructs.language.yaml.tree import Node, Scalar
from scar_constructs.model import limits

OURS = Origin.OURS
_NAME_ONE = "keep it in AWS Secrets Manager and name it: `secret: ARN`"
_ON_S3 = (
    "is a credential in clear; remove it: the function's role lets it use its buckets, and for "
    "keys of another account name a stored secret: `secret: ARN`"
)
_HOST = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_PATH = r"(?:/[^\s?#@]*)?"


class Address(Text):
    """The address of a server; without a scheme it is an https one.

    A login or a query in it would be a credential in clear, and is told without being shown.
    """

    def check(self, node: Node, report: Report) -> None:
        if isinstance(node, Scalar) and ("@" in node.text or "?" in node.text):
            reason = "has a login or a query in it, which is a credential in clear"
            fix = f"remove it, {_NAME_ONE}"
            report.add(problem("credentials-in-clear", node.path, node.position, reason, "", fix))
        else:
            super().check(node, report)


def _credential(reason: str) -> Key:
    return Key(Anything(), "A credential.", refused=reason, rule="credentials-in-clear")


def _moved(parts: str) -> Key:
    """A credential whose place is a stored secret with these parts."""
    return _credential(
        f"is a credential in clear; take it back, keep `{parts}` in AWS Secrets Manager and name"
        " that: `secret: ARN`"
    )


def _secret(parts: str) -> Key:
    return Key(
        formats.SECRET,
        f"The ARN of the credentials: a secret whose value is the JSON object `{parts}`.",
        origin=OURS,
        example=formats.SECRET.example,
    )


_KEYS = '{"access_key": ..., "secret_key": ...}'
_ONE = '{"token": ...}'
_LOGIN = '{"login": ..., "password": ...}'
_HOST_ONLY = Address(
    "an address such as https://minio.example.org:9000, without a path",
    pattern=rf"^(?:https?://)?{_HOST}/?{END}",
    rule="storage-address",
    fix="write scheme, host and port",
)
_WITH_PATH = Address(
    "an address such as https://dav.example.org/remote.php",
    pattern=rf"^(?:https?://)?{_HOST}{_PATH}{END}",
    rule="storage-address",
    fix="write scheme, host, port and path",
)
_VERIFY = Key(Boolean(), "Whether the server's certificate is checked.", default="true")

S3 = Group(
    {
        "region": Key(formats.REGION, "The region of the buckets.", default="the stack's own"),
        "secret": replace(
            _secret(_KEYS), default="the function's own role asks, and the bucket's policy lets it"
        ),
        "access_key": _credential(_ON_S3),
        "secret_key": _credential(_ON_S3),
    }
)
MINIO = Group(
    {
        "endpoint": Key(
            _HOST_ONLY,
            "The server: MinIO, or any other that speaks S3's protocol.",
            required=True,
            example="https://minio.example.org:9000",
        ),
        "region": Key(
            Text("a region", pattern=rf"^[A-Za-z0-9_-]+{END}", example="us-east-1"),
            "The server's region.",
            default=limits.MINIO_REGION,
        ),
        "verify": _VERIFY,
        "secret": replace(_secret(_KEYS), required=True),
        "access_key": _moved(_KEYS),
        "secret_key": _moved(_KEYS),
    }
)
ONEDATA = Group(
    {
        "oneprovider_host": Key(
            _HOST_ONLY, "The Oneprovider.", required=True, example="oneprovider.example.org"
        ),
        "space": Key(
            Text(
                "the name of a space",
                pattern=rf"^[^/]+{END}",
                fix="write the name alone, without a path",
            ),
            "The space that `path` stands under.",
            required=True,
            example="my-space",
        ),
        "verify": replace(_VERIFY, origin=OURS),
        "secret": replace(_secret(_ONE), required=True),
        "token": _moved(_ONE),
    }
)
WEBDAV = Group(
    {
        "hostname": Key(
            _WITH_PATH,
            "The server, with the path that `path` stands under.",
            required=True,
            example="https://dav.example.org/remote.php",
        ),
        "verify": replace(_VERIFY, origin=OURS),
        "secret": replace(_secret(_LOGIN), required=True),
        "login": _moved(_LOGIN),
        "password": _moved(_LOGIN),
    }
)
KINDS: dict[str, Group] = {"s3": S3, "minio": MINIO, "onedata": ONEDATA, "webdav": WEBDAV}
"""The kinds of storage that functions can use, each with its keys."""

RUCIO = (
    "Rucio only says at which sites files are, and the protocols of the sites are not in the "
    "runtime; name a site's own WebDAV door, under `webdav`"
)
_MEANINGS = {
    "s3": "S3 of other accounts and regions, by name.",
    "minio": "Servers that speak S3's protocol, by name.",
    "onedata": "Spaces of Onedata, by name.",
    "webdav": "WebDAV servers, by name.",
}
STORAGE = Group(
    {
        **{
            kind: Key(MapOf(group, Text("a name", max_length=255)), _MEANINGS[kind])
            for kind, group in KINDS.items()
        },
        "rucio": Key(Anything(), "Rucio.", refused=RUCIO),
    }
)
