"""One YAML file becomes one stack.

The stages before: text -> nodes with positions -> models -> application. Everything a user can get
wrong has been found there, so nothing here checks the user's values again; what fails here is our
bug. The cost of that: a rule of the platform is known to two places, the check and the construct.

Order inside a stack: shared parts, functions, buckets. Buckets know functions, never the other way
round; that, and ARNs spelled out from names, keep CloudFormation's graph free of circles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from aws_cdk import CfnOutput, Environment, Stack, Tags
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from constructs import Construct

from scar_constructs.aws.buckets.buckets import Buckets
from scar_constructs.aws.function.construct import UNTAGGED, ScarFunction
from scar_constructs.aws.jobs.capacity import Capacity
from scar_constructs.aws.monitoring.alarms import StackAlarms
from scar_constructs.aws.monitoring.dashboard import Dashboard
from scar_constructs.aws.monitoring.metrics import FunctionMetrics
from scar_constructs.aws.package.image import RUNTIME_IMAGE
from scar_constructs.aws.policy import naming
from scar_constructs.aws.shared.document import StackDocument
from scar_constructs.aws.shared.resources import Shared
from scar_constructs.language.workflow import join
from scar_constructs.language.workflow.existing_buckets import event_bridge_command
from scar_constructs.language.workflow.join import Rule
from scar_constructs.model import Function, Sharing
from scar_constructs.model.limits import HELPER_IMAGE
from scar_constructs.review.snapshot import stack_document

_INDENTED_FUNCTIONS = 40
NO_ALARMS = "none: `alarms: {email: me@example.org}` in the file sends them"
Machines = tuple[Sharing, str]


class WorkflowStack(Stack):
    """The functions of one file with all that they need, and the buckets that the file owns.

    Without a `region` in the file the stack is environment-agnostic and goes where it is deployed.

    Example:
        application = load_application([Path("video.yaml")]).application
        for stack in application.stacks:
            WorkflowStack(app, stack.name, workflow=stack)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workflow: join.Stack,
        runtime_image: str = RUNTIME_IMAGE,
        helper_image: str = HELPER_IMAGE,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"SCAR functions: {', '.join(f.name for f in workflow.functions)}"[:1024],
            env=Environment(region=workflow.region) if workflow.region else None,
            # A third of a template is spaces, and CloudFormation counts them.
            suppress_template_indentation=len(workflow.functions) > _INDENTED_FUNCTIONS or None,
        )
        self._shared = Shared(
            self,
            "Shared",
            kms_keys=workflow.kms_keys,
            runtime_image=runtime_image,
            helper_image=helper_image,
            options=workflow.options,
        )
        self._capacities = self._new_capacities(workflow.functions)
        self._functions = self._new_functions(workflow.functions)
        self._let_former_queues_go_first(workflow.functions)
        self._connect(workflow)
        self._buckets = Buckets(
            self, "Buckets", buckets=workflow.buckets, functions=self._functions
        )
        self._watch(workflow)
        StackDocument(self, "Document", text=stack_document(workflow))
        for name, value in workflow.tags.items():
            # Tags on the stack itself would reach every resource, the untagged ones too.
            Tags.of(self).add(name, value, exclude_resource_types=[*UNTAGGED, "aws:cdk:stack"])

    def _watch(self, workflow: join.Stack) -> None:
        """What the file asks for to be told of, or to see."""
        options, failures = workflow.options, self._shared.failures
        scope = Construct(self, "Monitoring")
        if options.metrics:
            counted = Construct(scope, "Metrics")
            for function in workflow.functions:
                made = self._functions[function.name]
                identifier = naming.construct_id(function.name)
                FunctionMetrics(counted, identifier, function=function, made=made)
        if options.alarms:
            StackAlarms(
                scope,
                "Alarms",
                stack=workflow.name,
                alarms=options.alarms,
                failures=failures,
                functions=self._functions,
                queues=list(dict.fromkeys(self._queues())),
                rules=dict(self._rules()),
            )
        else:
            CfnOutput(scope, "Alarms", description="alarms about failed events", value=NO_ALARMS)
        if options.dashboard:
            Dashboard(
                scope,
                "Dashboard",
                stack=workflow.name,
                functions=workflow.functions,
                made=self._functions,
                queues=failures.queues,
                counted=options.metrics,
            )

    def _queues(self) -> Iterator[str]:
        for made in self._functions.values():
            if made.capacity is not None:
                yield made.capacity.queue_arn

    def _rules(self) -> Iterator[tuple[str, events.CfnRule]]:
        """Every rule of the stack that starts a function, or tells of a failed job."""
        for name, made in self._functions.items():
            for bucket, starters in made.starters.items():
                rules = [one for one in starters if isinstance(one, events.CfnRule)]
                for number, rule in enumerate(rules, start=1):
                    yield f"{name}-{bucket}-{number}", rule
            if made.job is not None:
                yield name, made.job.failed_jobs

    def _new_functions(self, functions: Iterable[Function]) -> dict[str, ScarFunction]:
        scope = Construct(self, "Functions")
        return {
            function.name: ScarFunction(
                scope,
                naming.construct_id(function.name),
                function=function,
                shared=self._shared,
                capacity=self._capacities.get(function.machines),
            )
            for function in functions
        }

    def _new_capacities(self, functions: Iterable[Function]) -> dict[Machines, Capacity]:
        """The machines that functions share, or have shared while jobs of then may wait there."""
        members: dict[Machines, list[Function]] = {}
        for function in functions:
            for one in function.on_all_machines if function.execution_mode.runs_on_batch else ():
                members.setdefault(one.machines, []).append(one)
        scopes = {
            Sharing.NAMED: Construct(self, "Capacities"),
            Sharing.COMMON: Construct(self, "CommonCapacities"),
        }
        return {
            (sharing, name): Capacity(
                scopes[sharing],
                naming.construct_id(name),
                functions=those,
                shared=self._shared,
            )
            for (sharing, name), those in members.items()
            if sharing is not Sharing.OWN
        }

    def _let_former_queues_go_first(self, functions: Iterable[Function]) -> None:
        """Before the rules that tell of the jobs which Batch ends with a queue."""
        for function in functions:
            job = self._functions[function.name].job
            for one in function.on_all_machines[1:]:
                if job and one.machines in self._capacities:
                    self._capacities[one.machines].is_gone_before(job.failed_jobs)

    def _connect(self, workflow: join.Stack) -> None:
        """Let every input's bucket start its function: by notification, or by a rule."""
        rules = {(rule.function_name, rule.bucket): rule for rule in workflow.rules}
        for function in workflow.functions:
            made = self._functions[function.name]
            for bucket in dict.fromkeys(source.bucket for source in function.own_inputs):
                rule = rules.get((function.name, bucket))
                if rule:
                    made.follow_bucket(rule)
                if not rule or not rule.existing:
                    # Beside a rule too: for minutes after a bucket has changed from notifications
                    # to EventBridge, S3 may still notify as it was told before.
                    made.allow_bucket(bucket)
        self._hand_over(workflow.rules)
        self._tell_of_events(workflow.rules)

    def _hand_over(self, rules: Sequence[Rule]) -> None:
        """Switch a retired function's rule off only when the rules of its successors are there."""
        for rule in rules:
            successors = [one for one in rules if one.enabled and one.bucket == rule.bucket]
            for successor in () if rule.enabled else successors:
                for retired in self._functions[rule.function_name].starters[rule.bucket]:
                    for starter in self._functions[successor.function_name].starters[rule.bucket]:
                        retired.add_resource_dependency(starter)

    def _tell_of_events(self, rules: Sequence[Rule]) -> None:
        """What the owner of a bucket that exists already has to do, for a person to copy."""
        scope = Construct(self, "ExistingBuckets")
        for bucket in dict.fromkeys(rule.bucket for rule in rules if rule.existing):
            CfnOutput(
                Construct(scope, naming.construct_id(bucket)),
                "Events",
                description=f"sends the events of {bucket} to EventBridge; needed once",
                value=event_bridge_command(bucket),
            )

    @property
    def functions(self) -> Mapping[str, ScarFunction]:
        return dict(self._functions)

    @property
    def buckets(self) -> Mapping[str, s3.Bucket]:
        return self._buckets.by_name

    @property
    def shared(self) -> Shared:
        return self._shared
