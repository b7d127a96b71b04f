"""Saved images made by hand, in each of the forms that tools write."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Member = tuple[tarfile.TarInfo, bytes]


def file(name: str, content: bytes = b"", **fields: Any) -> Member:
    """A file of a layer, with these fields of its header."""
    return _member(name, tarfile.REGTYPE, content, **fields)


def folder(name: str, **fields: Any) -> Member:
    return _member(name, tarfile.DIRTYPE, **{"mode": 0o755, **fields})


def hard_link(name: str, target: str) -> Member:
    return _member(name, tarfile.LNKTYPE, linkname=target)


def symbolic_link(name: str, target: str) -> Member:
    return _member(name, tarfile.SYMTYPE, linkname=target, mode=0o777)


def _member(name: str, kind: bytes, content: bytes = b"", **fields: Any) -> Member:
    made = tarfile.TarInfo(name)
    made.type, made.size = kind, len(content)
    for field, value in fields.items():
        setattr(made, field, value)
    return made, content


def tar(members: Sequence[Member]) -> bytes:
    """The members as a tar."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for header, content in members:
            archive.addfile(header, io.BytesIO(content))
    return stream.getvalue()


def document(value: object) -> bytes:
    return json.dumps(value).encode()


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def configuration(
    layers: Sequence[bytes], config: Mapping[str, Any] | None = None, **fields: Any
) -> bytes:
    """An image's configuration. `layers`: their plain tars."""
    return document(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": dict(config or {}),
            "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in layers]},
            **fields,
        }
    )


def docker_archive(
    path: Path, *layers: Sequence[Member], config: Mapping[str, Any] | None = None, **fields: Any
) -> Path:
    """As `docker save` of old and `podman save` write it."""
    tars = [tar(layer) for layer in layers]
    names = [f"{number}/layer.tar" for number in range(len(tars))]
    manifest = [{"Config": "image.json", "RepoTags": ["cow:1"], "Layers": names}]
    members = [
        file("manifest.json", document(manifest)),
        file("image.json", configuration(tars, config, **fields)),
        *(file(name, content) for name, content in zip(names, tars, strict=True)),
    ]
    path.write_bytes(tar(members))
    return path


def oci_archive(path: Path, images: Sequence[bytes], *layers: Sequence[Member]) -> Path:
    """An OCI layout whose index has an image of the same compressed layers for each configuration,
    and an attestation beside them, as BuildKit writes it."""
    blobs = [gzip.compress(tar(layer), mtime=0) for layer in layers]
    content = {digest(blob): blob for blob in blobs}
    entries = []
    for image in images:
        manifest = document(
            {
                "config": {"digest": digest(image)},
                "layers": [{"digest": digest(blob)} for blob in blobs],
            }
        )
        content |= {digest(image): image, digest(manifest): manifest}
        architecture = json.loads(image)["architecture"]
        platform = {"os": "linux", "architecture": architecture}
        entries.append({"digest": digest(manifest), "platform": platform})
    attestation = document({"config": {}, "layers": []})
    content[digest(attestation)] = attestation
    notes = {"vnd.docker.reference.type": "attestation-manifest"}
    nested = document(
        {"manifests": [*entries, {"digest": digest(attestation), "annotations": notes}]}
    )
    content[digest(nested)] = nested
    members = [
        file("oci-layout", document({"imageLayoutVersion": "1.0.0"})),
        file("index.json", document({"manifests": [{"digest": digest(nested)}]})),
        *(file(f"blobs/{name.replace(':', '/')}", blob) for name, blob in content.items()),
    ]
    path.write_bytes(tar(members))
    return path
