"""Files and calls: SCAR's commands that put, get, run, invoke, make and remove."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from scar_constructs.operate.transfer import PART
from tests.local.living import LIVING, Person
from tests.local.workflows import Workflow
from tests.support.waiting import eventually


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize("arguments", [["logs", "--follow"], ["status", "--watch"]], ids=" ".join)
def test_what_goes_on_ends_with_an_interruption(person: Person, arguments: list[str]) -> None:
    begun = subprocess.Popen(
        person.command(*arguments),
        cwd=person.folder,
        env=person.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert begun.stdout is not None
    begun.stdout.readline()
    begun.send_signal(signal.SIGINT)
    _, said = begun.communicate()
    assert (begun.returncode, said.splitlines()[-1]) == (130, "interrupted")


def test_files_go_up_and_down_once(person: Person) -> None:
    contents = {"a b+c": b"x" * 10, "deep/empty": b"", "deep/large": bytes(range(256)) * 40_000}
    folder = person.folder / "tree"
    (folder / "deep").mkdir(parents=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    for skipped in (False, True):
        sent = person.json("put", "-b", "living/stored", "-p", "tree")
        assert {one["path"] for one in sent} == {f"living/stored/{name}" for name in contents}
        assert {one["skipped"] for one in sent} == {skipped}
    for skipped in (False, True):
        got = person.json("get", "-b", "living/stored", "-p", "back")
        assert {one["skipped"] for one in got} == {skipped}
    for name, content in contents.items():
        assert (person.folder / "back" / name).read_bytes() == content
    person.must("get", "-b", "living/stored/a b+c", "-p", "one")
    assert (person.folder / "one").read_bytes() == contents["a b+c"]


INTERRUPTED = """
import os, signal, sys, time
from pathlib import Path
from scar_constructs.operate import transfer
from scar_constructs.operate.session import Session

def progress(count):
    global begun
    if not begun:
        os.kill(os.getpid(), signal.SIGINT)  # as from the terminal, while it runs
    begun = True
    time.sleep(3)  # a slow line: a fast one is through before a busy machine notices the signal

begun, s3 = False, Session().client("s3")
if sys.argv[1] == "put":
    done = transfer.put(s3, [(Path("sent"), "living", "stored/unfinished")], progress)
else:
    done = transfer.get(s3, transfer.downloads(s3, "living/stored/whole", Path("got")), progress)
try:
    list(done)
except KeyboardInterrupt:
    os._exit(130)
"""


@pytest.mark.parametrize("way", ["put", "get"])
def test_an_interrupted_transfer_leaves_nothing(person: Person, host: Workflow, way: str) -> None:
    """No part of a file here, and no unfinished upload in the bucket."""
    content = bytes(12 * PART)
    host.put("living", "stored/whole", content)
    (person.folder / "sent").write_bytes(content)
    got = person.folder / "got"
    got.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, way], cwd=person.folder, env=person.environment
    )
    assert done.returncode == 130
    assert list(got.iterdir()) == []
    assert host.keys("living", "stored/unfinished") == []
    assert host.storage.list_multipart_uploads(Bucket="living").get("Uploads", []) == []


def test_a_key_leads_nowhere_else(person: Person, host: Workflow) -> None:
    host.put("living", "odd/../../outside", b"x")
    person.must("get", "-b", "living/odd", "-p", "odd")
    assert not (person.folder / "outside").exists()
    assert [one.read_bytes() for one in (person.folder / "odd").rglob("outside")] == [b"x"]


def test_a_function_runs_once_for_each_file_of_a_folder(person: Person, host: Workflow) -> None:
    """Interrupted in the middle, and called again."""
    count = 200
    for number in range(count):
        host.put("living", f"many/{number:03}", b"%d\n" % number)
    begun = subprocess.Popen(
        person.command("run", "-n", "living-echo", "-ib", "living/many"),
        cwd=person.folder,
        env=person.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    eventually(lambda: len(host.keys("living", "echoed/")) > 20)
    begun.send_signal(signal.SIGINT)
    _, said = begun.communicate()
    assert begun.returncode == 130
    assert said.splitlines()[-1] == "interrupted"
    host.finish()
    assert len(host.keys("living", "echoed/")) < count

    done = person.json("run", "-n", "living-echo", "-ib", "living/many")
    assert (len(done), any(one["failed"] for one in done)) == (count, False)
    host.finish()
    assert len(host.keys("living", "echoed/")) == count
    rows = [row for row in host.rows("living-echo") if row["status"] == "succeeded"]
    assert len(rows) == count
    assert {row["input"] for row in rows} == {f"living/many/{n:03}" for n in range(count)}


def test_a_function_runs_once_for_all_files_of_a_folder(person: Person, host: Workflow) -> None:
    for number in range(3):
        host.put("living", f"together/{number}", b"%d\n" % number)
    call = ("run", "-n", "living-together", "--join")
    assert person.must(*call) == "together\n0\n1\n2\n"
    assert host.text("living", "merged/all") == "0\n1\n2\n"
    assert person.must(*call) == ""  # the same files have run
    assert person.must(*call, "--again") == "together\n0\n1\n2\n"
    host.put("living", "together/3", b"3\n")
    assert person.json(*call)["output"] == "together\n0\n1\n2\n3\n"


def test_a_call_prints_what_the_script_printed(operator: Person) -> None:
    (operator.folder / "own.sh").write_text('echo "own $1"\n')
    assert operator.must("run", "-n", "living-open") == "heard \n"
    assert operator.must("run", "-n", "living-open", "-s", "own.sh", "you") == "own you\n"
    assert operator.must("run", "-n", "living-split", "-s", "own.sh", "job") == "own job\n"
    assert operator.json("run", "-n", "living-open")["output"] == "heard \n"
    operator.must("run", "-n", "living-open", "-o", "out.txt")
    assert (operator.folder / "out.txt").read_text() == "heard \n"
    failed = operator.call("run", "-n", "living-count")
    assert failed.returncode == 1
    assert "exited with code" in failed.stderr


def test_an_address_is_called_as_it_asks(operator: Person) -> None:
    (operator.folder / "body").write_bytes(b"a body\n")
    assert "a body" in operator.must("invoke", "-n", "living-echo", "-db", "body")
    words = operator.must("invoke", "-n", "living-open", "-p", '{"word": "here"}')
    assert words == "heard here\n"
    wrong = operator.call("invoke", "-n", "living-split")
    assert wrong.returncode == 1
    assert wrong.stderr == (
        "living-split has no HTTP address: give it `api_gateway: {name: ...}`\n"
    )


def test_a_function_of_options_lives_and_goes(person: Person) -> None:
    (person.folder / "hello.sh").write_text("#!/bin/sh\necho hello\n")
    made = person.must("init", "-n", "living-own", "-i", "busybox", "-s", "hello.sh", "-m", "256")
    assert "living-own" in made
    assert person.must("run", "-n", "living-own") == "hello\n"
    again = person.call("init", "-n", "living-own", "-i", "busybox:2", "-s", "hello.sh")
    assert again.returncode == 1
    assert "living-own.yaml exists with another content" in again.stderr
    unasked = person.call("rm", "-n", "living-own")
    assert (unasked.returncode, "add --yes" in unasked.stderr) == (2, True)
    person.must("rm", "-n", "living-own", "--yes")
    assert "living-own" not in person.must("ls")


def test_a_function_of_several_goes_and_the_bucket_stays(person: Person, host: Workflow) -> None:
    """By a deployment of the file without it."""
    for script in LIVING.parent.glob("*.sh"):
        (person.folder / script.name).write_bytes(script.read_bytes())
    text = LIVING.read_text().replace("living", "leaving")
    (person.folder / "leaving.yaml").write_text(text)
    person.must("init", "-f", "leaving.yaml")
    one_of_five = person.call("rm", "-n", "leaving-open", "--yes")
    assert one_of_five.returncode == 1
    assert "the file is the truth" in one_of_five.stderr
    person.must("rm", "-n", "leaving-open", "-f", "leaving.yaml", "--yes")
    left = {one["name"] for one in person.json("ls") if one["stack"] == "leaving"}
    assert left == {f"leaving-{name}" for name in ("split", "count", "sign", "echo", "together")}
    person.must("rm", "-f", "leaving.yaml")
    assert "leaving" not in {one["stack"] for one in person.json("ls")}
    host.storage.head_bucket(Bucket="leaving")
    gone = person.call("rm", "-f", "leaving.yaml")
    assert (gone.returncode, gone.stderr) == (1, "leaving is not deployed\n")
