"""Changes of a workflow, and what is lost by each."""

from __future__ import annotations

from tests.support.reviews import INPUT, function

FAILED_JOBS = (
    "lost",
    "flow",
    "the queue of failed jobs, and of events that were not delivered, is removed",
)
CASES = {
    "removed with its jobs": (
        function("one", "batch"),
        function("other", more=INPUT).replace("debian", "alpine"),
        {("lost", "one", "the function is removed"), FAILED_JOBS},
    ),
    "a mode that keeps the package": (
        function("one", "lambda-batch"),
        function("one", "lambda"),
        {("lost", "one", "the mode goes from lambda-batch to lambda: its queue goes"), FAILED_JOBS},
    ),
    "no burst": (
        function("one", "batch", more=INPUT, after="    batch: {burst: {}}\n"),
        function("one", "batch", more=INPUT),
        {("lost", "one", "the queue of its files goes")},
    ),
    "no burst, after it was retired": (
        function("one", "batch", more=INPUT, after="    batch: {burst: {retired: true}}\n"),
        function("one", "batch", more=INPUT),
        set(),
    ),
    "no queue": (
        function(more=f"      concurrency: 2\n      queue: true\n{INPUT}"),
        function(more=f"      concurrency: 2\n{INPUT}"),
        {("lost", "one", "the queue of its files goes"), FAILED_JOBS},
    ),
    "no queue, after it was retired": (
        function(more=f"      concurrency: 2\n      queue: retired\n{INPUT}"),
        function(more=f"      concurrency: 2\n{INPUT}"),
        {FAILED_JOBS},
    ),
    "machines of its own": (
        function("one", "batch"),
        function("one", "batch", after="    batch: {compute_resources: {type: SPOT}}\n"),
        {
            (
                "lost",
                "one",
                "its jobs leave the machines that functions of the file share (x86_64), and the "
                "queue goes",
            )
        },
    ),
    "machines of its own, the former kept": (
        function("one", "batch"),
        function(
            "one", "batch", after="    batch: {compute_resources: {type: SPOT}, former: {}}\n"
        ),
        set(),
    ),
    "from hosts to Fargate": (
        function(
            "one", "batch", after="    batch: {memory: 2048, compute_resources: {type: EC2}}\n"
        ),
        function(
            "one", "batch", after="    batch: {memory: 2048, compute_resources: {type: FARGATE}}\n"
        ),
        {
            (
                "lost",
                "one",
                "machines of its own: EC2 becomes FARGATE, in another compute environment",
            )
        },
    ),
    "retired first": (function("one"), function("one", more="      retired: true\n"), set()),
    "removed after it was retired": (
        function("one", more="      retired: true\n") + function("two").partition("aws:\n")[2],
        function("two"),
        set(),
    ),
    "files that expire": (
        function(more=INPUT),
        "buckets: {b-in: {expire_days: 7}}\n" + function(more=INPUT),
        {("lost", "b-in", "files expire after 7 days where they stayed")},
    ),
    "logs that are kept shorter": (
        function(),
        function(after="    cloudwatch: {log_retention_policy_in_days: 7}\n"),
        {("lost", "one", "logs stay 7 days in place of 30")},
    ),
    "another spool": (
        function(),
        "spool: my-own-spool\n" + function(),
        {("lost", "flow", "the spool is my-own-spool in place of one without a name")},
    ),
    "an address that goes": (
        function(after="    api_gateway: {name: api}\n"),
        function(),
        {("lost", "one", "its HTTPS address goes")},
    ),
    "another region": (
        function(more=f"      region: eu-west-1\n{INPUT}"),
        function(more=f"      region: eu-west-3\n{INPUT}"),
        {("refused", "flow", "the stack goes from eu-west-1 to eu-west-3")},
    ),
}
