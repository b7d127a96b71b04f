"""Both dialects through the public loader, and what comes out."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from scar_constructs.language import FdlError, load_application, render
from scar_constructs.model import ComputeType, ExecutionMode, Function, Input, Output, limits
from tests.support.cost import calls, peak_bytes
from tests.unit.fdl_files import KNOWN, load, problems_of, rules_of, write

CLASSIC = """
functions:
  scar-mrbayes-batch:
    image: grycap/mrbayes
    init_script: run.sh
    execution_mode: batch
    s3:
      input_bucket: scar-mrbayes
    environment:
      ITERATIONS: 10000
      RATIO: 0.50
      VERBOSE: yes
      NAME: "moo"
"""


def only(application: object) -> Function:
    stacks = application.stacks  # type: ignore[attr-defined]
    (function,) = (function for stack in stacks for function in stack.functions)
    assert isinstance(function, Function)
    return function


def test_the_classic_dialect(tmp_path: Path) -> None:
    function = only(load(tmp_path, mrbayes=CLASSIC))

    assert function.name == "scar-mrbayes-batch"
    assert function.image == "grycap/mrbayes"
    assert function.execution_mode is ExecutionMode.BATCH
    assert function.script is not None
    assert function.script.content == "#!/bin/sh\necho moo\n"
    assert function.inputs == (Input(bucket="scar-mrbayes", folder="scar-mrbayes-batch/input"),)
    assert function.outputs == (
        Output(
            bucket="scar-mrbayes", folder="scar-mrbayes-batch/output", key="{request_id}/{name}"
        ),
    )


def test_numbers_and_truth_values_reach_the_script_as_they_were_written(tmp_path: Path) -> None:
    function = only(load(tmp_path, mrbayes=CLASSIC))

    assert dict(function.environment) == {
        "ITERATIONS": "10000",
        "RATIO": "0.50",
        "VERBOSE": "yes",
        "NAME": "moo",
    }


def test_scar_s_defaults(tmp_path: Path) -> None:
    function = only(load(tmp_path, a="functions: {f: {image: x}}"))

    assert function.memory_mib == 512
    assert function.timeout_seconds == 300
    assert function.execution_mode is ExecutionMode.LAMBDA
    assert function.log_level == "INFO"
    assert function.timeout_threshold_seconds == 10
    assert function.log_retention_days == 30
    assert function.script is None
    assert (function.inputs, function.outputs) == ((), ())
    batch = function.batch
    assert (batch.vcpus, batch.memory_mib, batch.gpus) == (1, 1024, 0)
    resources = batch.compute_resources
    assert resources.type is ComputeType.EC2
    assert (resources.min_vcpus, resources.desired_vcpus, resources.max_vcpus) == (0, None, 2)
    assert resources.instance_types == ("default_x86_64",)


def test_vcpus_at_the_start_of_scar_s_default_are_no_number(tmp_path: Path) -> None:
    """SCAR's configuration gives 0 to every function, where Batch starts by itself."""
    text = """
    functions:
      aws:
      - lambda: {name: f, container: {image: x}, execution_mode: batch}
        batch: {compute_resources: {desired_v_cpus: 0, min_v_cpus: 2, max_v_cpus: 4}}
    """
    loaded = load_application(write(tmp_path, a=text), lock=KNOWN)

    assert only(loaded.application).batch.compute_resources.desired_vcpus is None
    assert loaded.warnings == ()


def test_the_fdl_dialect(tmp_path: Path) -> None:
    text = """
    functions:
      aws:
      - lambda:
          name: split
          init_script: run.sh
          execution_mode: batch
          memory: 1024
          container:
            image: grycap/ffmpeg
            timeout_threshold: 20
            environment: {Variables: {KEY: value}}
          environment: {Variables: {LAMBDA_KEY: 1}}
          input:
          - {storage_provider: s3, path: /scar-video/input/, suffix: [.mp4, .avi]}
          output:
          - {path: scar-video/split, prefix: [out], suffix: [jpg], key: "{stem}/{name}"}
        batch:
          vcpus: 4
          memory: 12288
          enable_gpu: true
          compute_resources: {max_v_cpus: 12, instance_types: [g4dn.xlarge]}
        cloudwatch: {log_retention_policy_in_days: 7}
    """
    function = only(load(tmp_path, video=text))

    assert function.image == "grycap/ffmpeg"
    assert function.timeout_threshold_seconds == 20
    assert dict(function.environment) == {"KEY": "value"}
    assert dict(function.lambda_environment) == {"LAMBDA_KEY": "1"}
    assert function.inputs == (
        Input(bucket="scar-video", folder="input", suffixes=(".mp4", ".avi")),
    )
    assert function.outputs == (
        Output(
            bucket="scar-video",
            folder="split",
            prefixes=("out",),
            suffixes=("jpg",),
            key="{stem}/{name}",
        ),
    )
    assert (function.batch.vcpus, function.batch.memory_mib, function.batch.gpus) == (4, 12288, 1)
    assert function.batch.compute_resources.max_vcpus == 12
    assert function.batch.compute_resources.instance_types == ("g4dn.xlarge",)
    assert function.log_retention_days == 7


def test_the_image_in_either_place(tmp_path: Path) -> None:
    outer = "functions: {aws: [{lambda: {name: f, image: x/y}}]}"
    inner = "functions: {aws: [{lambda: {name: f, container: {image: x/y}}}]}"

    assert only(load(tmp_path, a=outer)) == only(load(tmp_path, a=inner))


def test_both_dialects_say_the_same(tmp_path: Path) -> None:
    classic = """
    functions:
      f:
        image: x
        time: 60
        memory: 256
        init_script: run.sh
        s3: {input_bucket: bbb, input_folder: in, output_folder: out}
    """
    fdl = """
    functions:
      aws:
      - lambda:
          name: f
          image: x
          timeout: 60
          memory: 256
          init_script: run.sh
          input: [{path: bbb/in}]
          output: [{path: bbb/out, key: "{request_id}/{name}"}]
    """
    assert only(load(tmp_path, a=classic)) == only(load(tmp_path, a=fdl))


def test_max_vcpus_holds_one_job(tmp_path: Path) -> None:
    text = "functions: {f: {image: x, execution_mode: batch, batch: {vcpus: 8}}}"

    assert only(load(tmp_path, a=text)).batch.compute_resources.max_vcpus == 8


def test_a_short_time_out_keeps_half_for_the_script(tmp_path: Path) -> None:
    function = only(load(tmp_path, a="functions: {f: {image: x, time: 6}}"))

    assert function.timeout_threshold_seconds == 3


def test_a_script_of_any_bytes_comes_through(tmp_path: Path) -> None:
    data = b"#!/bin/sh\nprintf '\xff\xfe caf\xe9'\n"
    (paths,) = write(tmp_path, a="functions: {f: {image: x, init_script: odd.sh}}")
    (tmp_path / "odd.sh").write_bytes(data)

    script = only(load_application([paths]).application).script
    assert script is not None
    assert script.content.encode("utf-8", errors="surrogateescape") == data


def test_defaults_of_the_file_stand_under_every_function(tmp_path: Path) -> None:
    text = """
    defaults:
      lambda: {memory: 2048, timeout: 60}
      batch: {compute_resources: {instance_types: [c6i, m6i]}}
    functions:
      f:
        image: x
        time: 30
        batch: {compute_resources: {instance_types: [r6i]}}
    """
    function = only(load(tmp_path, a=text))

    assert (function.memory_mib, function.timeout_seconds) == (2048, 30)
    assert function.batch.compute_resources.instance_types == ("r6i",)


def test_all_problems_of_all_files_come_in_one_run_in_order(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path,
        a="functions:\n  f:\n    image: X\n    memory: 1\n",
        b="functions:\n  g:\n    imag: x\n    time: 1000\n",
    )

    assert [(Path(p.file).name, p.line, p.rule) for p in problems] == [
        ("a.yaml", 3, "image-name"),
        ("a.yaml", 4, "out-of-range"),
        ("b.yaml", 3, "missing-key"),
        ("b.yaml", 3, "unknown-key"),
        ("b.yaml", 4, "out-of-range"),
    ]


def test_a_bad_name_does_not_hide_the_rest_of_the_function(tmp_path: Path) -> None:
    found = rules_of(
        tmp_path,
        a="functions:\n  my fn:\n    imag: x\n    init_script: none.sh\n"
        "    s3: {input_bucket: Bad_Bucket}\n",
    )
    assert set(found) == {
        *("function-name", "unknown-key", "missing-key", "script-missing", "bucket-name"),
    }


def test_problems_of_shared_nodes_are_told_once(tmp_path: Path) -> None:
    text = """
    functions:
      f: {image: x, batch: &batch {vcpus: many}}
      g: {image: x, batch: *batch}
      h: {image: x, batch: *batch}
    """
    assert rules_of(tmp_path, a=text) == ["wrong-type"]


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    write(tmp_path, b="functions: {g: {image: x}}", a="functions: {f: {image: x}}")
    (tmp_path / "c.yml").write_text("functions: {h: {image: x}}")
    (tmp_path / "notes.txt").write_text("not YAML: [")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "d.yaml").write_text("not YAML: [")

    stacks = load_application([tmp_path]).application.stacks

    assert [stack.name for stack in stacks] == ["a", "b", "c"]


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    paths = write(tmp_path, a="functions: {f: {image: x}}")

    assert len(load_application([*paths, *paths, tmp_path]).application.stacks) == 1


def test_a_missing_file_does_not_hide_the_others(tmp_path: Path) -> None:
    (path,) = write(tmp_path, a="functions: {f: {image: X}}")

    with pytest.raises(FdlError) as caught:
        load_application([tmp_path / "none.yaml", path])

    assert [problem.rule for problem in caught.value.problems] == ["image-name", "file-missing"]


def test_a_path_that_no_file_system_takes_is_told() -> None:
    with pytest.raises(FdlError, match="file-unreadable"):
        load_application([Path("x" * 300)])


def test_the_text_of_the_error_is_that_of_its_problems(tmp_path: Path) -> None:
    paths = write(tmp_path, a="functions: {f: {image: X}}")

    with pytest.raises(FdlError) as caught:
        load_application(paths)

    assert str(caught.value) == render(caught.value.problems)


def test_warnings_do_not_stop_the_run(tmp_path: Path) -> None:
    text = "functions: {aws: [{lambda: {name: f, image: x, runtime: python3.7}}]}"
    loaded = load_application(write(tmp_path, a=text), lock=KNOWN)

    assert [warning.rule for warning in loaded.warnings] == ["ignored-key"]
    assert loaded.application.stacks[0].functions[0].name == "f"


@pytest.mark.parametrize(
    ("stem", "name"),
    [("split", "split"), ("my_file.v2", "my-file-v2"), ("2-cows", "scar-2-cows"), ("ñ", "scar")],
)
def test_the_stack_is_named_by_the_file(stem: str, name: str, tmp_path: Path) -> None:
    application = load(tmp_path, **{stem: "functions: {f: {image: x}}"})

    assert application.stacks[0].name == name


def test_a_script_that_is_too_large_is_told(tmp_path: Path) -> None:
    paths = write(tmp_path, a="functions: {f: {image: x, init_script: big.sh}}")
    (tmp_path / "big.sh").write_text("#!/bin/sh\n" + "#" * limits.SCRIPT_MAX_BYTES)

    with pytest.raises(FdlError, match="script-too-large"):
        load_application(paths)


def test_a_payload_that_no_zip_holds_is_told(tmp_path: Path) -> None:
    settings = "image: x, extra_payload: big, execution_mode: batch"
    paths = write(tmp_path, a=f"functions: {{f: {{{settings}, build: false}}}}")
    (tmp_path / "big" / "deep").mkdir(parents=True)
    with (tmp_path / "big" / "deep" / "file").open("wb") as file:
        file.truncate(limits.LAMBDA_PAYLOAD_MAX_BYTES + 1)

    with pytest.raises(FdlError, match="payload-too-large"):
        load_application(paths)
    assert load_application(write(tmp_path, a=f"functions: {{f: {{{settings}}}}}"))


def test_a_thousand_problems_are_enough(tmp_path: Path) -> None:
    """The keys after them are read, and are not looked at: that costs a tenth as much."""

    def wrong(keys: int) -> list[str]:
        text = "functions: {f: {image: x, " + ", ".join(f"k{n}: 1" for n in range(keys)) + "}}"
        return rules_of(tmp_path, a=text)

    thousand = calls(lambda: wrong(1_000))

    assert wrong(20_000) == ["unknown-key"] * 1_000 + ["too-many-problems"]
    assert calls(lambda: wrong(20_000)) < 4 * thousand


def test_many_functions_in_one_folder_are_looked_at_in_pairs(tmp_path: Path) -> None:
    """Each function reads one suffix of a folder that all write to: twice as many are four times
    as many pairs, and nothing costs more than that."""

    def cost(functions: int) -> int:
        listed = "".join(
            f"  - lambda: {{name: f{n}, image: x, init_script: run.sh, input: "
            f"[{{path: bbb/in, suffix: [.{n}x]}}], output: [{{path: bbb/in, suffix: [.y]}}]}}\n"
            for n in range(functions)
        )
        return calls(lambda: load(tmp_path, a=f"functions:\n  aws:\n{listed}"))

    assert cost(200) < 5 * cost(100)


def test_the_cost_of_a_file_grows_as_the_file_does(tmp_path: Path) -> None:
    def text(functions: int) -> str:
        return "functions:\n" + "".join(
            f"  f{n}:\n    image: grycap/image-{n}\n    memory: 1024\n    init_script: run.sh\n"
            f"    execution_mode: {('lambda', 'batch', 'lambda-batch')[n % 3]}\n"
            f"    environment: {{A: '{n}', B: two}}\n    batch: {{vcpus: 2, memory: 4096}}\n"
            f"    s3: {{input_bucket: cows-{n % 7}, input_folder: step-{n}, "
            f"output_bucket: cows-{(n + 1) % 7}, output_folder: step-{n + 1}}}\n"
            for n in range(functions)
        )

    few, many = (functools.partial(load, tmp_path, a=text(number)) for number in (100, 400))

    few()  # what is made once and kept
    assert calls(many) < 5 * calls(few)
    assert peak_bytes(many) < 5 * peak_bytes(few)
