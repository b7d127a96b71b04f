"""The examples of the repository, on real data: MrBayes to its end, a video to its last frame."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from scar_constructs.local.engines import engine_environment
from scar_constructs.local.run import wait
from scar_constructs.local.server import CloudAddress
from tests.local.living import Person
from tests.local.workflows import NETWORK, WAIT_SECONDS, Workflow, quiet

pytestmark = pytest.mark.container

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
IMAGES = {
    "grycap/mrbayes": EXAMPLES / "mrbayes",
    "grycap/fastp": EXAMPLES / "paired-reads",
    "grycap/ffmpeg": EXAMPLES / "video-process" / "images" / "ffmpeg",
    "grycap/imagemagick": EXAMPLES / "video-process" / "images" / "imagemagick",
}
FRAMES = 10
VIDEO_COMMAND = [
    *("ffmpeg", "-loglevel", "error", "-f", "lavfi"),
    *("-i", f"testsrc=duration={FRAMES}:size=320x240:rate=10", "-f", "matroska", "-"),
]
ITERATIONS = 10_000
JPEG = b"\xff\xd8\xff"


def in_image(cloud: CloudAddress, image: str, *command: str) -> bytes:
    """What a program of a user's image writes, the image being built first if it has to be."""
    engine, environment = cloud.engine.value, engine_environment(cloud.engine)
    build = [engine, "build", "--quiet", "--tag", image, str(IMAGES[image])]
    subprocess.run(build, env=environment, check=True, capture_output=True)
    run = [engine, "run", "--rm", image, *command]
    return subprocess.run(run, env=environment, check=True, capture_output=True).stdout


@pytest.fixture(scope="session")
def alignment(cloud: CloudAddress) -> bytes:
    """A data set that comes with MrBayes: mitochondrial DNA of twelve primates."""
    path = "/usr/share/doc/mrbayes/examples/primates.nex"
    return in_image(cloud, "grycap/mrbayes", "cat", path)


@pytest.fixture(scope="session")
def video(cloud: CloudAddress) -> bytes:
    """Ten seconds of ffmpeg's test picture."""
    in_image(cloud, "grycap/imagemagick", "true")
    return in_image(cloud, "grycap/ffmpeg", *VIDEO_COMMAND)


def test_paired_reads_are_trimmed_together(cloud: CloudAddress, tmp_path: Path) -> None:
    """With containers and IAM enforced: two samples, of which one has only one file."""
    in_image(cloud, "grycap/fastp", "true")
    for sample in ("yeast", "alone"):
        make = ["sh", str(EXAMPLES / "paired-reads" / "make-reads.sh"), str(tmp_path / sample)]
        subprocess.run(make, check=True)
    workflow = Workflow(cloud, [EXAMPLES / "paired-reads"], tmp_path / "assembly")
    for name in ("yeast_R2", "alone_R1", "yeast_R1"):
        content = (tmp_path / f"{name}.fastq.gz").read_bytes()
        workflow.put("reads-bucket", f"raw/lane-1/{name}.fastq.gz", content)
    workflow.finish()

    folder = "trimmed/lane-1-yeast"
    wanted = [f"{folder}/{name}" for name in ("R1.fastq.gz", "R2.fastq.gz", "report.json")]
    assert workflow.keys("reads-bucket", "trimmed/") == wanted
    report = json.loads(workflow.text("reads-bucket", f"{folder}/report.json"))
    assert report["summary"]["before_filtering"]["total_reads"] == 2000


HEREDOC = """\
cat << EOF > scar-mrbayes-batch.yaml
functions:
  scar-mrbayes-batch:
    image: grycap/mrbayes
    init_script: mrbayes-sample-run.sh
    execution_mode: batch
    s3:
      input_bucket: scar-mrbayes
    environment:
      ITERATIONS: "10000"
EOF
"""


def test_mrbayes_runs_to_its_end(cloud: CloudAddress, alignment: bytes, tmp_path: Path) -> None:
    """By SCAR's own commands, from the file that a shell writes to its removal."""
    shutil.copy(EXAMPLES / "mrbayes" / "mrbayes-sample-run.sh", tmp_path)
    (tmp_path / "primates.nex").write_bytes(alignment)
    subprocess.run(["sh", "-c", HEREDOC], cwd=tmp_path, check=True)
    person = Person(cloud, tmp_path)
    person.must("init", "-f", "scar-mrbayes-batch.yaml")
    person.must("put", "-b", "scar-mrbayes/scar-mrbayes-batch/input", "-p", "primates.nex")
    assert not wait(cloud, WAIT_SECONDS, quiet)

    (listed,) = (one for one in person.json("ls") if one["name"] == "scar-mrbayes-batch")
    done = listed["last"]
    assert (done["service"], done["status"], done["exit_code"]) == ("batch", "succeeded", 0)
    assert "grycap/mrbayes" in person.must("ls")
    log = person.must("log", "-n", "scar-mrbayes-batch")
    assert f"{ITERATIONS} -- " in log  # what MrBayes says of its last generation
    person.must("get", "-b", "scar-mrbayes/scar-mrbayes-batch/output", "-p", "results")
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.name.count("-") == 4  # a request id
    # The last sample of a chain carries the number of generations that ran.
    samples = (folder / "primates.run1.p").read_text().splitlines()
    assert samples[-1].split()[0] == str(ITERATIONS)
    assert "Homo_sapiens" in (folder / "primates.con.tre").read_text()

    person.must("rm", "-f", "scar-mrbayes-batch.yaml")
    assert "scar-mrbayes-batch" not in person.must("ls")
    assert person.json("ls", "-b", "scar-mrbayes")  # the bucket has stayed
    left = person.json("prune", "scar-mrbayes-batch")
    (image,) = (one for one in left if one["kind"] == "image")
    assert (image["action"], image["size"] > 0) == ("removed", True)
    tag = image["name"].rpartition(":")[2]
    here = [one for one in left if one["kind"] == "image of this machine"]
    assert here
    assert all(one["action"] == "removed" and tag in one["name"] for one in here)
    assert person.json("prune", "scar-mrbayes-batch", "--dry-run") == [
        one for one in person.json("prune", "scar-mrbayes-batch") if one["action"] == "kept"
    ]


@pytest.mark.parametrize(
    ("files", "stacks"),
    [
        pytest.param(["video-process.yaml"], 1, id="newer dialect"),
        pytest.param(["classic/video-process.yaml"], 1, id="classic dialect"),
        pytest.param(["two-files/detect.yaml", "two-files/split.yaml"], 2, id="two files"),
    ],
)
def test_every_frame_of_a_video_goes_through_both_functions(
    cloud: CloudAddress, video: bytes, tmp_path: Path, files: Sequence[str], stacks: int
) -> None:
    label = f"v{len(files)}{files[0][:2]}"
    paths = [_with_own_names(file, label, tmp_path) for file in files]
    workflow = Workflow(cloud, paths, tmp_path / "assembly")
    templates = {one.name for one in (tmp_path / "assembly").glob("*.template.json")}
    assert len(templates - {NETWORK}) == stacks
    split, detect = f"{label}-batch-ffmpeg-split", f"{label}-lambda-detect"
    classic = "/" in files[0]
    bucket = f"{label}-ffmpeg" if classic else f"{label}-video"
    folder = f"{split}/input" if classic else "input"
    workflow.put(bucket, f"{folder}/test.mkv", video)
    workflow.finish()

    (cut,) = workflow.rows(split)
    assert (cut["service"], cut["status"], len(cut["outputs"])) == ("batch", "succeeded", FRAMES)
    rows = workflow.rows(detect)
    assert [(row["service"], row["status"]) for row in rows] == [("lambda", "succeeded")] * FRAMES
    assert {row["input"] for row in rows} == set(cut["outputs"])
    pictures = [output for row in rows for output in row["outputs"] if output.endswith(".jpg")]
    assert len(set(pictures)) == FRAMES
    for picture in pictures:
        key = picture.removeprefix(f"{bucket}/")
        body = workflow.storage.get_object(Bucket=bucket, Key=key)["Body"].read()
        assert body.startswith(JPEG)


def _with_own_names(file: str, label: str, folder: Path) -> Path:
    """The example with its `scar-` names replaced, since all variants share one cloud."""
    for script in (EXAMPLES / "video-process").glob("*.sh"):
        (folder / script.name).write_bytes(script.read_bytes())
    text = (EXAMPLES / "video-process" / file).read_text()
    text = text.replace("scar-", f"{label}-").replace("../", "")
    text = text.replace("workflow: video", f"workflow: {label}-video")
    path = folder / f"{label}-{Path(file).name}"
    path.write_text(text)
    return path
