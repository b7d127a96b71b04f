"""Images pinned by digest: the lock file, who writes it, and what it changes."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from scar_constructs.aws.settings import SettingsError, read_settings
from scar_constructs.images import lock_file
from scar_constructs.images.lock_file import images_of, locked, pin, pin_all, render
from scar_constructs.images.registry import Reference, RegistryError, inspect, reference
from scar_constructs.language.lock import ImageConfig, Lock, LockedImage, LockError, read_lock
from scar_constructs.language.workflow.join import Application
from scar_constructs.model import Architecture
from tests.support.command import main
from tests.synth.models import function, workflow

DIGEST = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32
COW = ImageConfig(entrypoint=("/cow",), command=("moo",), working_dir="/field", user="cow")
INTEL, ARM = Architecture.X86_64, Architecture.ARM64
DEBIAN: Lock = {"debian:12": LockedImage(digest=DIGEST)}


def document(value: object) -> tuple[str, bytes]:
    """A document as a registry has it, with its digest."""
    content = json.dumps(value).encode()
    return f"sha256:{hashlib.sha256(content).hexdigest()}", content


def config(processor: str, **settings: Any) -> tuple[str, bytes]:
    return document({"os": "linux", "architecture": processor, "config": settings})


def manifest(of: str) -> tuple[str, bytes]:
    return document({"schemaVersion": 2, "config": {"digest": of}, "layers": []})


def platform(digest: str, processor: str, system: str = "linux") -> dict[str, Any]:
    return {"digest": digest, "platform": {"os": system, "architecture": processor}}


_INTEL = config("amd64", Entrypoint=["/cow"], Cmd=["moo"], WorkingDir="/field", User="cow")
_ARM = config("arm64", Entrypoint=None)
_INTEL_MANIFEST, _ARM_MANIFEST = manifest(_INTEL[0]), manifest(_ARM[0])
_INDEX = document(
    {
        "manifests": [
            platform(DIGEST, "unknown", "unknown"),
            platform(_INTEL_MANIFEST[0], "amd64"),
            platform(_ARM_MANIFEST[0], "arm64"),
        ]
    }
)
_FORGED = (document("what it should be")[0], b"something else")
_FORGING = manifest(_FORGED[0])
_DEEP = (f"sha256:{hashlib.sha256(b'[' * 100_000).hexdigest()}", b"[" * 100_000)
_ODD = document({"config": "text", "manifests": None})
_ODD_CONFIG = document({"architecture": "amd64", "config": {"Cmd": 7, "Entrypoint": {"a": "b"}}})
_ODD_RUNS = manifest(_ODD_CONFIG[0])
BLOBS = dict((_INTEL, _ARM, _FORGED, _ODD_CONFIG))
MANIFESTS = dict(
    (_INDEX, _INTEL_MANIFEST, _ARM_MANIFEST, _FORGING, _DEEP, _ODD, _ODD_RUNS),
)
TAGS = {"1.2": _INDEX[0], "intel": _INTEL_MANIFEST[0], "forged": _FORGING[0], "gone": OTHER}
TAGS |= {"deep": _DEEP[0], "odd": _ODD[0], "odd-runs": _ODD_RUNS[0]}


class Registry(BaseHTTPRequestHandler):
    """Has the images of one repository, for holders of the token that it gives away; its blobs are
    elsewhere, where nobody may come with the token."""

    def do_HEAD(self) -> None:
        if self._may_come():
            digest = TAGS.get(self.path.removeprefix("/v2/tools/resize/manifests/"))
            headers = {"Docker-Content-Digest": digest} if digest else {}
            self._answer(200 if digest else 404, headers)

    def do_GET(self) -> None:
        if self.path == "/token?service=here&scope=tools%3Apull":
            self._answer(200, {}, b'{"token": "let-me-in"}')
        elif self.path.startswith("/elsewhere/"):
            assert "Authorization" not in self.headers
            self._answer(200, {}, BLOBS[self.path.removeprefix("/elsewhere/")])
        elif self._may_come():
            kind, digest = self.path.removeprefix("/v2/tools/resize/").split("/")
            if kind == "blobs":
                self._answer(307, {"Location": f"/elsewhere/{digest}"})
            else:
                found = MANIFESTS.get(digest)
                self._answer(200 if found else 404, {}, found or b"")

    def _may_come(self) -> bool:
        if self.headers.get("Authorization") == "Bearer let-me-in":
            return True
        host = self.headers["Host"]
        realm = f'Bearer realm="http://{host}/token",service="here",scope="tools:pull"'
        self._answer(401, {"WWW-Authenticate": realm})
        return False

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads the log."""


@contextmanager
def registry() -> Iterator[str]:
    """Its host and port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("image", "registry_", "repository", "tag"),
    [
        ("debian", "registry-1.docker.io", "library/debian", "latest"),
        ("grycap/mrbayes:2", "registry-1.docker.io", "grycap/mrbayes", "2"),
        ("docker.io/debian:12", "registry-1.docker.io", "library/debian", "12"),
        ("public.ecr.aws/a/b:c", "public.ecr.aws", "a/b", "c"),
        ("localhost:5000/x", "localhost:5000", "x", "latest"),
    ],
)
def test_names_are_taken_apart_as_docker_does(
    image: str, registry_: str, repository: str, tag: str
) -> None:
    assert reference(image) == Reference(registry_, repository, tag)


def test_a_digest_is_asked_of_the_registry_with_a_token_of_its_own() -> None:
    with registry() as host:
        assert inspect(f"{host}/tools/resize:1.2") == (_INDEX[0], {})


def test_what_an_image_runs_is_asked_for_each_processor() -> None:
    nothing = ImageConfig(entrypoint=(), command=(), working_dir="", user="")
    with registry() as host:
        found = inspect(f"{host}/tools/resize:1.2", frozenset({"amd64", "arm64"}))
    assert found == (_INDEX[0], {"amd64": COW, "arm64": nothing})


def test_what_an_image_of_one_platform_runs() -> None:
    with registry() as host:
        found = inspect(f"{host}/tools/resize:intel", frozenset({"amd64"}))
    assert found == (_INTEL_MANIFEST[0], {"amd64": COW})


@pytest.mark.parametrize(
    ("tag", "processor", "told"),
    [
        ("none", "amd64", "404"),
        ("gone", "amd64", "404"),
        ("1.2", "riscv64", "no image for linux/riscv64"),
        ("intel", "arm64", "an image for amd64, not for arm64"),
        ("forged", "amd64", "is not what it gave"),
        ("deep", "amd64", ""),
        ("odd", "amd64", ""),
        ("odd-runs", "amd64", ""),
    ],
)
def test_what_a_registry_cannot_tell_is_told_with_the_image(
    tag: str, processor: str, told: str
) -> None:
    with registry() as host, pytest.raises(RegistryError, match=rf"/tools/resize:{tag}: .*{told}"):
        inspect(f"{host}/tools/resize:{tag}", frozenset({processor}))


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    def ask(_: str, processors: frozenset[str]) -> tuple[str, Mapping[str, ImageConfig]]:
        return DIGEST, dict.fromkeys(processors, COW)

    none, both = frozenset[Architecture](), frozenset(Architecture)
    wanted = {"b:1": none, "a/c": both, f"p@{DIGEST}": none, f"q@{DIGEST}": both, "": none}
    lock = locked(wanted, ask)
    (tmp_path / "lock").write_text(render(lock))
    cows = LockedImage(digest=DIGEST, configs={INTEL: COW, ARM: COW})
    assert lock == {"a/c": cows, "b:1": LockedImage(digest=DIGEST), f"q@{DIGEST}": cows}
    assert read_lock(tmp_path / "lock") == lock


def test_a_file_of_digests_alone_is_read(tmp_path: Path) -> None:
    """As it was written before it had what images run."""
    (tmp_path / "lock").write_text(f"images:\n  debian:12: {DIGEST}\n")
    assert read_lock(tmp_path / "lock") == DEBIAN


def test_the_file_is_for_people_to_read() -> None:
    image = LockedImage(digest=DIGEST, configs={INTEL: COW})
    assert render({"cow:1": image, **DEBIAN}).splitlines()[1:] == [
        "images:",
        "  cow:1:",
        f"    digest: {DIGEST}",
        "    x86_64:",
        "      command:",
        "      - moo",
        "      entrypoint:",
        "      - /cow",
        "      user: cow",
        "      working_dir: /field",
        f"  debian:12: {DIGEST}",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("images: [a]", "must be a mapping"),
        ("{", "must be a mapping"),
        ("images: {a: b}", "the digest of a must be sha256:..., got 'b'"),
    ],
)
def test_a_damaged_file_is_refused(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(text)
    with pytest.raises(LockError, match=told):
        read_lock(tmp_path / "lock")
    with pytest.raises(SettingsError, match=told):
        read_settings(App(context={"functions": "a", "images_lock": str(tmp_path / "lock")}).node)


def test_images_in_the_lock_are_built_by_digest() -> None:
    application = Application(
        stacks=(workflow(function(image="debian:12"), function(name="free", image="alpine")),)
    )
    (stack,) = pin_all(application, DEBIAN).stacks
    assert [one.image for one in stack.functions] == [f"debian:12@{DIGEST}", "alpine"]
    assert pin(f"debian:12@{OTHER}", DEBIAN) == f"debian:12@{OTHER}"


def test_ready_images_are_left_to_whoever_pushed_them() -> None:
    ready = function(image="1.dkr.ecr.x.amazonaws.com/a", create_image=False)
    images = images_of(Application(stacks=(workflow(ready, function(name="b", image="alpine")),)))
    assert images == {
        "alpine": {INTEL},
        "public.ecr.aws/docker/library/debian:trixie-slim": frozenset(),
    }


def test_what_an_image_runs_is_wanted_for_the_processors_of_its_functions() -> None:
    stack = workflow(function(image="a"), function(name="b", image="a", architecture=ARM))
    assert images_of(Application(stacks=(stack,)))["a"] == {INTEL, ARM}


def test_images_that_jobs_pull_themselves_are_locked_with_their_helpers_image() -> None:
    untouched = function(image="grycap/huge", build=False)
    images = images_of(Application(stacks=(workflow(untouched),)))
    assert {"grycap/huge", "public.ecr.aws/docker/library/python:3.13-slim"} < set(images)


def test_a_lock_in_this_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    node = App(context={"functions": "a"}).node
    assert read_settings(node).image_lock == {}
    Path("images.lock.yaml").write_text(render(DEBIAN))
    assert read_settings(node).image_lock == DEBIAN


def test_the_command_tells_what_is_wrong_with_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text("functions: {}\n")
    assert main(["lock", str(tmp_path / "a.yaml")]) == 1
    assert "[no-functions]" in capsys.readouterr().err
    assert main(["lock"]) == 2


def test_the_command_notes_what_makes_the_file_pass_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lock_file, "RUNTIME_IMAGE", "")
    with registry() as host:
        text = f"functions: {{f: {{image: '{host}/tools/resize:1.2', api_gateway: {{name: a}}}}}}"
        Path("a.yaml").write_text(text)
        assert main(["check", "a.yaml"]) == 1
        assert "[nothing-to-run]" in capsys.readouterr().err
        assert main(["lock", "a.yaml"]) == 0
        assert capsys.readouterr().out == "1 images in images.lock.yaml\n"
    assert main(["check", "a.yaml"]) == 0
