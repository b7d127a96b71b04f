"""Images pinned by digest: the lock file, who writes it, and what it changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from aws_cdk import App

from scar_constructs.fdl.workflow import Application
from scar_constructs.image_lock import (
    LockError,
    images_of,
    locked,
    main,
    pin,
    pin_all,
    read_lock,
    render,
)
from scar_constructs.registry import Reference, RegistryError, digest_of, reference
from scar_constructs.settings import SettingsError, read_settings
from tests.synth.models import function, workflow

DIGEST = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32


class Registry(BaseHTTPRequestHandler):
    """Knows one image, for holders of the token that it gives away."""

    def do_HEAD(self) -> None:
        if self.headers.get("Authorization") != "Bearer let-me-in":
            host = self.headers["Host"]
            realm = f'Bearer realm="http://{host}/token",service="here",scope="tools:pull"'
            self._answer(401, {"WWW-Authenticate": realm})
        elif self.path == "/v2/tools/resize/manifests/1.2":
            self._answer(200, {"Docker-Content-Digest": DIGEST})
        else:
            self._answer(404, {})

    def do_GET(self) -> None:
        assert self.path == "/token?service=here&scope=tools%3Apull"
        self._answer(200, {}, b'{"token": "let-me-in"}')

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
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
        assert digest_of(f"{host}/tools/resize:1.2") == DIGEST


def test_an_unknown_image_is_named() -> None:
    with registry() as host, pytest.raises(RegistryError, match=r"/tools/none: .* 404"):
        digest_of(f"{host}/tools/none")


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    lock = locked(["b:1", "a/c", f"pinned@{DIGEST}", "b:1"], lambda _: DIGEST)
    (tmp_path / "lock").write_text(render(lock))
    assert read_lock(tmp_path / "lock") == {"a/c": DIGEST, "b:1": DIGEST}


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
    (stack,) = pin_all(application, {"debian:12": DIGEST}).stacks
    assert [one.image for one in stack.functions] == [f"debian:12@{DIGEST}", "alpine"]
    assert pin(f"debian:12@{OTHER}", {"debian:12": DIGEST}) == f"debian:12@{OTHER}"


def test_ready_images_are_left_to_whoever_pushed_them() -> None:
    ready = function(image="1.dkr.ecr.x.amazonaws.com/a", create_image=False)
    images = images_of(Application(stacks=(workflow(ready, function(name="b", image="alpine")),)))
    assert images == {"alpine", "public.ecr.aws/docker/library/debian:trixie-slim"}


def test_images_that_jobs_pull_themselves_are_locked_with_their_helpers_image() -> None:
    untouched = function(image="grycap/huge", build=False)
    images = images_of(Application(stacks=(workflow(untouched),)))
    assert {"grycap/huge", "public.ecr.aws/docker/library/python:3.13-slim"} < images


def test_a_lock_in_this_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    node = App(context={"functions": "a"}).node
    assert read_settings(node).image_lock == {}
    Path("images.lock.yaml").write_text(render({"debian:12": DIGEST}))
    assert read_settings(node).image_lock == {"debian:12": DIGEST}


def test_the_command_tells_what_is_wrong_with_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text("functions: {}\n")
    assert main([str(tmp_path / "a.yaml")]) == 1
    assert "[no-functions]" in capsys.readouterr().err
    assert main([]) == 2
