"""Where files are."""

from __future__ import annotations

from scar_constructs.language.diagnostics.catalogue.rule import WARNING, Rule

STORAGE_PROVIDERS = {
    "storage-kind": Rule("a storage provider must be of a known kind"),
    "storage-unknown": Rule(
        "a storage provider must be defined",
        why=(
            "`s3` alone needs no definition. Another kind alone stands for its provider "
            "`default`, as in SCAR, or for the only one."
        ),
    ),
    "storage-address": Rule("a server must be named by its address"),
    "plain-http": Rule(
        "a server should be asked over https",
        why="Within a private network it may be right; the requests are signed in any case.",
        severity=WARNING,
    ),
    "credentials-over-http": Rule(
        "credentials must not travel in clear",
        why="WebDAV's Basic authentication and Onedata's token are in every request.",
        source="https://datatracker.ietf.org/doc/html/rfc7617#section-4",
    ),
    "unverified-server": Rule(
        "a server's certificate should be checked",
        why="Who answers in the server's place gets the credentials and the files.",
        severity=WARNING,
    ),
    "two-servers": Rule(
        "an event must tell of which server it is",
        why="Servers know nothing of the names that they have in a file.",
        severity=WARNING,
    ),
    "no-events": Rule(
        "something must start a function whose files are not in a bucket of its own account",
        why=(
            "S3 notifications exist within AWS only. The provider's own events do it, where "
            "they reach the function, or whoever invokes it."
        ),
        severity=WARNING,
    ),
}
