"""Checks of a function's Batch job: what no other tool says before a job waits for ever."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from scar_constructs.language.diagnostics.problems import Problem
from scar_constructs.language.parse.batch import SCAR_INSTANCE_TYPES
from scar_constructs.language.parse.function import ParsedFunction
from scar_constructs.language.yaml.faults import fault, problem
from scar_constructs.language.yaml.tree import Node, Scalar, Sequence
from scar_constructs.model import Architecture, limits
from scar_constructs.terminal import quote

_RESOURCES = "batch.compute_resources"
_ONLY_EC2 = (
    f"{_RESOURCES}.instance_types",
    f"{_RESOURCES}.instance_role",
    f"{_RESOURCES}.launch_template_name",
    f"{_RESOURCES}.min_v_cpus",
    f"{_RESOURCES}.desired_v_cpus",
    "batch.disk_gib",
)
_ONLY_EC2_CONTAINERS = ("batch.shared_memory_mib", "batch.ulimits")
_GPU_FAMILY = re.compile(r"(p[3-9][a-z]*(-[a-z0-9]+)?|g[3-9][a-z]*|gr\d[a-z]*)\Z")
_OLD_GPU = re.compile(r"(p3|g3)[a-z]*(\.|\Z)")
_ARM_FAMILY = re.compile(r"(a1|[a-z]+\d+g[a-z]*(-[a-z]+)?|[a-z]+\d+[a-z]*-gb\d+)\Z")
_HELPER_VCPUS = limits.HELPER_CONTAINERS * limits.HELPER_VCPUS


def check_own_hosts(parsed: ParsedFunction) -> Iterator[Problem]:
    """Hosts of the user's own run jobs of one host each, and nobody here says what they are."""
    node = parsed.section.find("batch.type")
    if node is None or parsed.function.batch.managed:
        return
    if parsed.function.batch.compute_resources.type.is_fargate:
        message = "hosts of your own are EC2 machines"
        yield fault("own-hosts", node, message, "remove it, or `compute_resources.type`")
    if parsed.function.batch.multi_node:
        message = "jobs over several hosts need hosts that Batch manages"
        yield fault("own-hosts", node, message, "remove it, or `multi_node_parallel`")
    for place in (_RESOURCES, "batch.disk_gib"):
        unused = parsed.section.find(place)
        if unused is not None:
            message = "has no effect: the hosts are yours (`type: UNMANAGED`)"
            yield problem(
                *("setting-without-effect", unused.path, unused.position, message, ""),
                "remove it",
            )


def check_vcpus(parsed: ParsedFunction) -> Iterator[Problem]:
    """Whole vCPUs on EC2, and a compute environment that can hold at least one job."""
    batch = parsed.function.batch
    resources = batch.compute_resources
    node = parsed.section.find("batch.vcpus")
    if node is not None and not resources.type.is_fargate and batch.vcpus != int(batch.vcpus):
        fix = f"write {int(batch.vcpus) + 1}, or use FARGATE"
        yield fault("fractional-vcpus", node, "must be whole on EC2", fix)
    top = parsed.section.find(f"{_RESOURCES}.max_v_cpus")
    nodes = batch.multi_node.nodes if batch.multi_node else 1
    helpers = 0 if parsed.function.build or resources.type.is_fargate else _HELPER_VCPUS
    needed = batch.vcpus * nodes + helpers
    if top is not None and batch.managed and needed > resources.max_vcpus:
        of_all = f" times {nodes} nodes" if nodes > 1 else ""
        of_all += f" and {helpers} for the helper containers of `build: false`" if helpers else ""
        message = f"must be at least `vcpus`{of_all}, which is {needed:g}, or no job ever starts"
        yield fault("max-vcpus-too-small", top, message, f"write {needed:g} or more")


def check_vcpu_order(parsed: ParsedFunction) -> Iterator[Problem]:
    """min <= desired <= max, of those that are given."""
    resources = parsed.function.batch.compute_resources
    given = [
        ("min_v_cpus", resources.min_vcpus),
        ("desired_v_cpus", resources.desired_vcpus),
        ("max_v_cpus", resources.max_vcpus),
    ]
    values = [(name, value) for name, value in given if value is not None]
    for (low, low_value), (high, high_value) in pairwise(values):
        node = parsed.section.find(f"{_RESOURCES}.{low}")
        if node is not None and low_value > high_value:
            message = f"must be at most `{high}`, which is {high_value}"
            yield fault("vcpus-out-of-order", node, message, f"write {high_value} or less")


def check_name(parsed: ParsedFunction) -> Iterator[Problem]:
    """The job definition and the jobs have the function's name; Lambda takes more names than Batch.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html
    """
    name = parsed.function.name
    if name[:1] in "-_":
        at = parsed.name_at
        message = "a function with jobs has a name that starts with a letter or digit"
        yield problem("function-name", at.path, at.position, message, quote(name), "rename it")


def check_fargate_size(parsed: ParsedFunction) -> Iterator[Problem]:
    """Fargate takes certain pairs of vCPUs and memory only."""
    batch = parsed.function.batch
    if not batch.compute_resources.type.is_fargate:
        return
    node = _first(parsed, "batch.memory", "batch.vcpus", f"{_RESOURCES}.type")
    table = limits.FARGATE_MEMORY_MIB
    if node is None:
        return
    if batch.vcpus not in table:
        known = ", ".join(f"{size:g}" for size in table)
        place = parsed.section.find("batch.vcpus") or node
        message = f"Fargate has jobs of {known} vCPUs, not {batch.vcpus:g}"
        fix = "write one of them"
        yield problem("fargate-size", place.path, place.position, message, "", fix)
    elif batch.memory_mib not in table[batch.vcpus]:
        sizes = table[batch.vcpus]
        near = min(sizes, key=lambda size: (abs(size - batch.memory_mib), -size))
        message = (
            f"with {batch.vcpus:g} vCPUs Fargate has {_memory_words(sizes)}, not {batch.memory_mib}"
        )
        fix = f"write `memory: {near}`"
        yield problem("fargate-size", node.path, node.position, message, "", fix)


def _memory_words(sizes: tuple[int, ...]) -> str:
    if len(sizes) <= 4:
        return ", ".join(str(size) for size in sizes) + " MiB"
    return f"{sizes[0]} to {sizes[-1]} MiB in steps of {sizes[1] - sizes[0]}"


def _first(parsed: ParsedFunction, *places: str) -> Node | None:
    return next(
        (node for place in places if (node := parsed.section.find(place)) is not None), None
    )


def check_fargate_keys(parsed: ParsedFunction) -> Iterator[Problem]:
    """Keys that mean hosts or their Docker have no meaning on Fargate, and the reverse."""
    if not parsed.function.batch.compute_resources.type.is_fargate:
        node = parsed.section.find("batch.ephemeral_storage")
        if node is not None and not _is_scar_default(node):
            yield fault("not-on-this-compute-type", node, "only Fargate has it", "use `disk_gib`")
        return
    ec2 = "remove the key, or run the jobs on EC2: `compute_resources: {type: EC2}`"
    places = [(place, "Fargate has no hosts to choose", "remove the key") for place in _ONLY_EC2]
    places += [(place, "jobs on Fargate cannot have it", ec2) for place in _ONLY_EC2_CONTAINERS]
    for place, message, fix in places:
        node = parsed.section.find(place)
        if node is not None and not _is_scar_default(node):
            yield fault("not-on-this-compute-type", node, message, fix)


def _is_scar_default(node: Node) -> bool:
    """Values that SCAR's scar.cfg gives to every function; they were not meant for this one."""
    if isinstance(node, Sequence):
        texts = tuple(item.text for item in node.items if isinstance(item, Scalar))
        return texts == SCAR_INSTANCE_TYPES
    return isinstance(node, Scalar) and (
        node.value == 0 or "{account_id}" in node.text or node.text == "faas-supervisor"
    )


def check_gpus(parsed: ParsedFunction) -> Iterator[Problem]:
    """GPUs need instance types that have them."""
    batch = parsed.function.batch
    node = _first(parsed, "batch.gpus", "batch.enable_gpu")
    if not batch.gpus or node is None:
        return
    if batch.compute_resources.type.is_fargate:
        fix = "use EC2 and instance types with GPUs, such as [g4dn.xlarge]"
        yield fault("gpu-on-fargate", node, "Fargate has no GPUs", fix)
        return
    if not batch.managed:
        return
    without = [name for name in batch.compute_resources.instance_types if not _has_gpu(name)]
    if without:
        message = f"these instance types have no GPU: {', '.join(without)}"
        fix = "write `compute_resources: {instance_types: [g4dn.xlarge]}`, or another with GPUs"
        yield problem("gpu-without-type", node.path, node.position, message, "", fix)
    old = [name for name in batch.compute_resources.instance_types if _OLD_GPU.match(name)]
    if old:
        message = f"the drivers of today's host images know no such GPUs: {', '.join(old)}"
        fix = "write newer types, such as [g4dn.xlarge]"
        yield problem("gpu-too-old", node.path, node.position, message, "", fix)


def _has_gpu(name: str) -> bool:
    family = name.partition(".")[0]
    return bool(_GPU_FAMILY.match(family)) and not family.startswith("g4ad")


def check_multi_node(parsed: ParsedFunction) -> Iterator[Problem]:
    """Jobs over several hosts need EC2 on demand, and a main node that exists."""
    batch = parsed.function.batch
    node = parsed.section.find("batch.multi_node_parallel.enabled")
    if batch.multi_node is None or node is None:
        return
    kind = batch.compute_resources.type
    if kind.is_fargate or kind.is_spot:
        message = f"jobs over several hosts cannot run on {kind.value}"
        fix = "use `type: EC2`"
        yield problem("multi-node-on-this-type", node.path, node.position, message, "", fix)
    index = parsed.section.find("batch.multi_node_parallel.main_node_index")
    if index is not None and batch.multi_node.main_node >= batch.multi_node.nodes:
        last = batch.multi_node.nodes - 1
        message = f"must be at most {last}, the last of {batch.multi_node.nodes} nodes"
        yield fault("main-node", index, message, f"write {last} or less")


def check_processors(parsed: ParsedFunction) -> Iterator[Problem]:
    """One compute environment has one kind of processor: the image's."""
    node = parsed.section.find(f"{_RESOURCES}.instance_types")
    if not isinstance(node, Sequence):
        return
    kinds = {item.text: _processor(item.text) for item in node.items if isinstance(item, Scalar)}
    if len(set(kinds.values())) > 1:
        arm = ", ".join(name for name, kind in kinds.items() if kind is Architecture.ARM64)
        message = f"x86 and ARM cannot be mixed, and these are ARM: {arm}"
        yield problem("mixed-processors", node.path, node.position, message, "", "leave one kind")
        return
    for kind in set(kinds.values()) - {parsed.function.architecture}:
        message = (
            f"these types are {kind.value}, and the function's image is "
            f"{parsed.function.architecture.value}"
        )
        fix = f"write `architectures: [{kind.value}]`, or other types"
        yield problem("wrong-processor", node.path, node.position, message, "", fix)


def _processor(name: str) -> Architecture:
    family = name.partition(".")[0]
    if name == "default_arm64" or _ARM_FAMILY.match(family):
        return Architecture.ARM64
    return Architecture.X86_64


def check_replaced_values(parsed: ParsedFunction) -> Iterator[Problem]:
    """Values of SCAR that are replaced; the user should know."""
    replaced = (
        ("instance_types", "m3.medium is retired, and default_x86_64 is used in its place"),
        ("launch_template_name", "SCAR's launch template is not needed: one is made"),
        ("instance_role", "`{account_id}` is unknown before deployment: a role is made"),
    )
    for key, message in replaced:
        node = parsed.section.find(f"{_RESOURCES}.{key}")
        if node is not None and _is_scar_default(node):
            yield problem("changed-key", node.path, node.position, message, "", "remove the key")


def check_job_environment(parsed: ParsedFunction) -> Iterator[Problem]:
    """Names that Batch keeps."""
    variables = parsed.section.find("batch.environment.Variables")
    if variables is None:
        return
    for name in parsed.function.batch.environment:
        node = parsed.section.find(f"batch.environment.Variables.{name}")
        if node is not None and name.startswith(("AWS_BATCH", "SCAR_")):
            message = "the name is kept for Batch and for this project's runtime"
            yield problem("reserved-variable", node.path, node.position, message, "", "rename it")


def check_job_file_system(parsed: ParsedFunction) -> Iterator[Problem]:
    """Jobs mount a file system by its id, and reach it in its own network only."""
    node = parsed.section.find("lambda.file_system")
    if node is None or parsed.function.file_system is None:
        return
    if parsed.function.file_system.file_system_id is None:
        message = "jobs need the file system's id beside its access point"
        yield problem(
            *("file-system-of-jobs", node.path, node.position, message, ""),
            "add `FileSystemId: fs-...`",
        )
    batch = parsed.function.batch
    if batch.managed and not batch.compute_resources.subnets:
        message = "jobs reach a file system from its own network only"
        yield problem(
            *("file-system-of-jobs", node.path, node.position, message, ""),
            "name `subnets` and `security_group_ids` in `batch.compute_resources`",
        )


BATCH_CHECKS: tuple[Callable[[ParsedFunction], Iterator[Problem]], ...] = (
    check_name,
    check_own_hosts,
    check_vcpus,
    check_vcpu_order,
    check_fargate_size,
    check_fargate_keys,
    check_gpus,
    check_multi_node,
    check_processors,
    check_replaced_values,
    check_job_environment,
    check_job_file_system,
)
