"""`input` and `output`: folders of buckets, and what holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass

from scar_constructs.language.keys import bucket_path
from scar_constructs.language.keys.storage import KINDS, RUCIO
from scar_constructs.language.parse.view import Section
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Mapping, Scalar
from scar_constructs.model import OWN, Input, Join, Output, StorageProvider, limits
from scar_constructs.model.filters import least

DEFAULT = "default"
"""The name that SCAR took where a function named only the kind."""
_SECONDS = {"m": 60, "h": 3600, "d": 86400}
ENDPOINTS = ("endpoint", "oneprovider_host", "hostname")
"""The keys that hold the address of a provider's server; each kind has one at most."""


@dataclass(frozen=True)
class Providers:
    """The file's storage providers by their full names, such as `minio.mine`: those that it
    defines, and of these the sound ones."""

    defined: tuple[str, ...]
    sound: AbstractMapping[str, StorageProvider]

    def used_by(self, places: Iterable[Input | Output]) -> tuple[StorageProvider, ...]:
        names = {place.provider for place in places}
        return tuple(self.sound[name] for name in sorted(names & self.sound.keys()))


def parse_providers(top: Section) -> Providers:
    """All that `storage_providers` defines."""
    sections = dict(provider_sections(top))
    found = {name: _provider(name, section) for name, section in sections.items()}
    sound = {name: provider for name, provider in found.items() if provider is not None}
    return Providers(tuple(sections), sound)


def provider_sections(top: Section) -> Iterator[tuple[str, Section]]:
    """Each provider of a known kind by its full name, soundly written or not."""
    node = top.find("storage_providers")
    if not isinstance(node, Mapping):
        return
    for kind, providers in node.items():
        if kind in KINDS and isinstance(providers, Mapping):
            for name, settings in providers.items():
                if isinstance(settings, Mapping):
                    yield f"{kind}.{name}", Section(settings, top.report)


def _provider(name: str, section: Section) -> StorageProvider | None:
    """The model, or None where a key that its kind requires is missing or wrong."""
    kind = name.partition(".")[0]
    required = (key for key, spec in KINDS[kind].keys.items() if spec.required)
    if any(section.text(key) is None for key in required):
        return None
    address = next((found for key in ENDPOINTS if (found := section.text(key))), None)
    return StorageProvider(
        name=name,
        kind=kind,
        endpoint=url(address) if address else None,
        region=section.text("region"),
        space=section.text("space"),
        verify=section.boolean("verify") is not False,
        secret=section.text("secret"),
    )


def url(address: str) -> str:
    """The address of a server as a URL; SCAR's files have hosts without a scheme."""
    plain = address.rstrip("/")
    return plain if "://" in plain else f"https://{plain}"


def parse_inputs(section: Section, providers: Providers) -> list[tuple[Input, Section]]:
    """The sound inputs, each with the section that it was made from."""
    found = []
    for entry in section.sections("lambda.input"):
        place = _place(entry, providers)
        if place is not None:
            provider, bucket, folder = place
            if _has_too_many_filters(entry):
                continue
            model = Input(
                bucket=bucket,
                folder=folder,
                prefixes=entry.texts("prefix"),
                suffixes=entry.texts("suffix"),
                provider=provider,
                join=_join(entry),
            )
            found.append((model, entry))
    return found


def _join(entry: Section) -> Join | None:
    """What the input says of joining."""
    if not isinstance(entry.find("join"), Mapping):
        return None
    by, after = entry.text("join.by"), entry.text("join.after")
    return Join(
        of=entry.text("join.of"),
        group=entry.text("join.group"),
        by=(by,) if by else entry.texts("join.by"),
        count=entry.integer("join.count", 0),
        suffixes=entry.texts("join.suffixes"),
        after_seconds=int(after[:-1]) * _SECONDS[after[-1]] if after else None,
        then=entry.text("join.then") or "fail",
    )


def _has_too_many_filters(entry: Section) -> bool:
    """Whether a problem was added: nobody must have to make and compare that many."""
    prefixes, suffixes = least(entry.texts("prefix"), entry.texts("suffix"))
    count, most = len(prefixes) * len(suffixes), limits.INPUT_FILTERS_MAX
    if count <= most:
        return False
    message = f"has {count} pairs of a prefix and a suffix, and {most} are possible"
    fix = "name fewer, and let the script leave out the other files"
    place = entry.node
    entry.report.add(problem("many-filters", place.path, place.position, message, "", fix))
    return True


def parse_outputs(section: Section, providers: Providers) -> list[tuple[Output, Section]]:
    """The sound outputs, each with the section that it was made from."""
    found = []
    for entry in section.sections("lambda.output"):
        place = _place(entry, providers)
        if place is not None:
            provider, bucket, folder = place
            model = Output(
                bucket=bucket,
                folder=folder,
                prefixes=entry.texts("prefix"),
                suffixes=entry.texts("suffix"),
                key=entry.text("key") or "{name}",
                provider=provider,
            )
            found.append((model, entry))
    return found


def _place(entry: Section, providers: Providers) -> tuple[str, str, str] | None:
    """Provider, bucket and folder of an item of `input` or `output`, or None after a problem."""
    node = entry.find("path")
    provider = _provider_name(entry, providers)
    if not isinstance(node, Scalar) or provider is None:
        return None
    split = bucket_path.split if provider.partition(".")[0] == OWN else bucket_path.split_folder
    found = split(node, entry.report)
    if found is None or (provider != OWN and provider not in providers.sound):
        return None
    return (provider, *found)


def _provider_name(entry: Section, providers: Providers) -> str | None:
    """The full name of the item's provider, or None after a problem was added."""
    node = entry.find("storage_provider")
    if not isinstance(node, Scalar):
        return OWN if entry.node.find("storage_provider") is None else None
    if node.text == OWN:
        return OWN
    kind, dot, _ = node.text.partition(".")
    if kind not in KINDS:
        rucio = RUCIO.partition("; ")[2]
        fix = rucio if kind == "rucio" else "write `storage_provider: s3`"
        message = f"must be one of {', '.join(KINDS)}"
        entry.report.add(fault("storage-kind", node, message, fix))
        return None
    name = node.text if dot else _only(kind, node, entry, providers)
    if name is not None and name not in providers.defined:
        message = "must be defined in `storage_providers`"
        fix = f"define it there, under `{kind}`"
        entry.report.add(fault("storage-unknown", node, message, fix))
        return None
    return name


def _only(kind: str, node: Scalar, entry: Section, providers: Providers) -> str | None:
    """The provider that a kind alone means: the default one as in SCAR, or the only one."""
    names = [name for name in providers.defined if name.startswith(f"{kind}.")]
    default = f"{kind}.{DEFAULT}"
    if default in names or not names:
        return default
    if len(names) > 1:
        message = f"must say which of {', '.join(names)}"
        entry.report.add(fault("storage-unknown", node, message, f"write {names[0]}"))
        return None
    return names[0]
