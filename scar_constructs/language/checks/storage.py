"""Checks of storage providers, and of what the functions have there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.parse.storage import ENDPOINTS, provider_sections, url
from scar_constructs.language.parse.view import Section
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Scalar
from scar_constructs.model import OWN, Input
from scar_constructs.model.filters import input_filters

_STARTED_BY = {
    "s3": "let that account's bucket send its notifications to this function, or invoke it",
    "minio": "give the function an `api_gateway` and send MinIO's webhooks there, or invoke it",
    "onedata": "send OneTrigger's events to the function, or invoke it",
    "webdav": "invoke the function with an event that names the file",
}
_CALLERS = ("minio", "onedata")
"""Whose events the function knows when they come as requests to its endpoint."""


def check_providers(top: Section) -> None:
    """Add a problem for each provider that would be asked over a connection that is not safe."""
    for name, section in provider_sections(top):
        for key in ENDPOINTS:
            node = section.find(key)
            if isinstance(node, Scalar) and _is_plain(url(node.text)):
                top.report.add(_plain_problem(name, node))
        verify = section.find("verify")
        if verify is not None and section.boolean("verify") is False:
            message = "the certificate is not checked, so that anybody on the way can be the server"
            fix = "give the server a certificate of a public authority, and remove the key"
            top.report.add(fault("unverified-server", verify, message, fix))


def _is_plain(address: str) -> bool:
    """Whether requests leave the machine without TLS."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "http" or host == "localhost":
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True


def _plain_problem(name: str, node: Scalar) -> Problem:
    """Requests of S3 are only signed; the others would carry the credentials themselves."""
    if name.startswith("minio."):
        message = "what is read and written can be seen by everybody on the way"
        return fault("plain-http", node, message, "write https://, unless the network is private")
    message = "each request would carry the credentials for everybody on the way to read"
    return fault("credentials-over-http", node, message, "write https://")


def check_starts(parsed: ParsedFunction) -> Iterator[Problem]:
    """AWS hears nothing of new files elsewhere."""
    for source, at in zip(parsed.function.inputs, parsed.inputs_at, strict=True):
        kind = source.provider.partition(".")[0]
        is_called = parsed.function.api is not None and kind in _CALLERS
        if source.provider != OWN and not is_called:
            message = f"new files of {source.provider} start nothing by themselves"
            yield problem("no-events", at.path, at.position, message, "", _STARTED_BY[kind])


def check_one_place(parsed: ParsedFunction) -> Iterator[Problem]:
    """A server does not know by which name the file calls it."""
    seen: list[Input] = []
    for source, at in zip(parsed.function.inputs, parsed.inputs_at, strict=True):
        other = next((one for one in seen if _are_mistaken(one, source)), None)
        if other is not None:
            message = (
                f"an event of this folder may come from {other.provider} or from"
                f" {source.provider}, and does not say so: it is taken for the first one's"
            )
            fix = "give each of them a function, or send the delegated form, which names the one"
            yield problem("two-servers", at.path, at.position, message, "", fix)
        seen.append(source)


def _are_mistaken(one: Input, other: Input) -> bool:
    """Whether events of the two servers look alike. S3 has each name of a bucket only once."""
    kinds = {one.provider.partition(".")[0], other.provider.partition(".")[0]}
    return (
        one.provider != other.provider
        and len(kinds) == 1
        and kinds != {OWN}
        and one.bucket == other.bucket
        and any(a.overlaps(b) for a in input_filters(one) for b in input_filters(other))
    )


STORAGE_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (
    check_starts,
    check_one_place,
)
