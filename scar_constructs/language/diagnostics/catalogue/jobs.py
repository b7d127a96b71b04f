"""Batch."""

from __future__ import annotations

from scar_constructs.language.diagnostics.catalogue.rule import AWS, WARNING, Rule

BATCH = {
    "fractional-vcpus": Rule(
        "an EC2 job has whole vCPUs",
        source=f"{AWS}batch/latest/APIReference/API_ResourceRequirement.html",
    ),
    "max-vcpus-too-small": Rule(
        "a compute environment must be able to hold a job",
        why="Otherwise the job waits for ever in the state RUNNABLE, and nothing fails.",
        source=f"{AWS}batch/latest/userguide/job_stuck_in_runnable.html",
    ),
    "job-too-large": Rule(
        "a job must fit into one of its machines",
        why=(
            "Otherwise it waits in the state RUNNABLE until the queue cancels it. The sizes are "
            "those of a table in the project; of types that are newer nothing is told."
        ),
        source=f"{AWS}batch/latest/userguide/job_stuck_in_runnable.html",
    ),
    "job-takes-all": Rule(
        "a job should leave its machine some memory",
        why=(
            "Kernel and ECS agent keep a part of what an instance type is sold with: of the "
            "8,192 MiB of an m4.large jobs get 7,953."
        ),
        source=f"{AWS}batch/latest/userguide/memory-management.html",
        severity=WARNING,
    ),
    "shared-memory": Rule(
        "shared memory is a part of the job's memory",
        why="What lies in /dev/shm counts, and a job that takes more than its memory is killed.",
        source=f"{AWS}batch/latest/APIReference/API_LinuxParameters.html",
    ),
    "vcpus-out-of-order": Rule(
        "min, desired and max must be in order",
        source=f"{AWS}batch/latest/APIReference/API_ComputeResource.html",
    ),
    "desired-vcpus": Rule(
        "the vCPUs at the start are left to Batch",
        why=(
            "Batch moves this number with the jobs. A template that holds one asks for it again "
            "with each update of the environment, and Batch refuses to be scaled down by hand: "
            "while jobs use more, the deployment fails. `min_v_cpus` keeps machines ready."
        ),
        source=f"{AWS}batch/latest/userguide/error-desired-vcpus-update.html",
        severity=WARNING,
    ),
    "fargate-size": Rule(
        "Fargate has certain pairs of vCPUs and memory",
        source=f"{AWS}batch/latest/APIReference/API_ResourceRequirement.html",
    ),
    "not-on-this-compute-type": Rule(
        "a key must mean something on the compute type",
        source=f"{AWS}batch/latest/APIReference/API_ComputeResource.html",
    ),
    "gpu-on-fargate": Rule(
        "Fargate has no GPUs", source=f"{AWS}batch/latest/userguide/fargate.html"
    ),
    "gpu-without-type": Rule(
        "GPUs need instance types that have some",
        why="The job would wait for ever.",
        source=f"{AWS}batch/latest/userguide/gpu-jobs.html",
    ),
    "own-hosts": Rule(
        "hosts of your own are EC2 machines, one for each job",
        source=f"{AWS}batch/latest/userguide/compute_environments.html",
    ),
    "gpu-too-old": Rule(
        "the GPUs of p3 and g3 machines have no driver any more",
        why="Batch makes GPU hosts of Amazon Linux 2023, whose drivers know newer GPUs only.",
        source=f"{AWS}batch/latest/APIReference/API_Ec2Configuration.html",
    ),
    "multi-node-on-this-type": Rule(
        "jobs over several hosts need EC2 on demand",
        source=f"{AWS}batch/latest/userguide/multi-node-parallel-jobs.html",
    ),
    "nodes-without-way-out": Rule(
        "the nodes of a job need subnets with a NAT gateway to reach more than S3",
        why=(
            "Batch gives each node a network interface without a public address. A request to "
            "Secrets Manager or to a storage provider would wait until it is given up."
        ),
        source=f"{AWS}batch/latest/userguide/mnp-ce.html",
    ),
    "burst": Rule(
        "the jobs of an array are alike, and of one host each",
        why=(
            "SubmitJob brings one order for all jobs of an array, and each finds its file by its "
            "index. Functions that run in Lambda, jobs over several hosts and joins go by the file."
        ),
        source=f"{AWS}batch/latest/userguide/array_jobs.html",
    ),
    "queue": Rule(
        "files wait for room in a function that runs scripts, and whose room is told",
        why=(
            "Without `concurrency` Lambda would read as fast as the account allows, and what it "
            "has no room for would use up its attempts. Jobs have a queue of their own."
        ),
        source=f"{AWS}lambda/latest/dg/services-sqs-scaling.html",
    ),
    "queue-concurrency": Rule(
        "Lambda reads a queue with two calls at a time at least",
        why="It has two readers at least, and refuses more than are reserved for the function.",
        source=f"{AWS}lambda/latest/dg/services-sqs-scaling.html",
    ),
    "main-node": Rule("the main node must be one of the nodes"),
    "file-system-of-jobs": Rule(
        "a job needs the id of its file system, and a way to it",
        why="Lambda finds the file system by the access point, Batch does not.",
        source=f"{AWS}batch/latest/userguide/efs-volumes.html",
    ),
    "compute-environment-differs": Rule(
        "functions that share a compute environment agree on it",
        why="It is one environment, with one set of machines.",
    ),
    "mixed-processors": Rule(
        "a compute environment has one kind of processor",
        source=f"{AWS}batch/latest/APIReference/API_ComputeResource.html",
    ),
    "wrong-processor": Rule(
        "the hosts' processor must be the image's",
        why="An image of the other kind fails only when the job starts.",
    ),
}
