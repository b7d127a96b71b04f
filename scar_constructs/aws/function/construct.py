"""One YAML function, whatever its mode.

| mode | Lambda | Batch |
|---|---|---|
| lambda | the derived image runs the script | - |
| batch | a zip dispatcher submits a job per event | the derived image runs the script |
| lambda-batch | the derived image runs the script, and hands over in time | same as `batch` |
| auto | as `lambda-batch`; what is larger than `lambda_up_to` it hands over at once | same |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, CfnResource, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from constructs import Construct

from scar_constructs.aws.function.api import FunctionApi
from scar_constructs.aws.function.bucket_rule import BucketRule
from scar_constructs.aws.function.function_queue import FunctionQueue
from scar_constructs.aws.function.lambda_function import new_lambda
from scar_constructs.aws.function.metadata import describe
from scar_constructs.aws.function.outputs import add_outputs
from scar_constructs.aws.function.overdue_rule import OverdueRule
from scar_constructs.aws.jobs.capacity import Capacity
from scar_constructs.aws.jobs.job import Job
from scar_constructs.aws.jobs.three_containers import TOLD_OF_THE_EVENT
from scar_constructs.aws.package.dispatcher import Dispatcher
from scar_constructs.aws.package.image import new_image
from scar_constructs.aws.policy import naming
from scar_constructs.aws.policy.principals import LAMBDA, S3, service_principal
from scar_constructs.aws.policy.roles import new_role
from scar_constructs.aws.shared.log_groups import new_log_group
from scar_constructs.aws.shared.resources import Shared
from scar_constructs.language.grants import arns
from scar_constructs.language.grants.roles import lambda_role
from scar_constructs.language.workflow.join import Rule
from scar_constructs.language.workflow.shares import share_identifier
from scar_constructs.model import Api, ExecutionMode, Function, Sharing, names
from scar_constructs.model.queue import EventQueue

# What cannot be replaced under a running job's feet, or takes the tags as part of its identity.
UNTAGGED = [
    "AWS::Batch::ComputeEnvironment",
    "AWS::Batch::JobQueue",
    "AWS::Batch::SchedulingPolicy",
]


class ScarFunction(Construct):
    """A function of a workflow: its Lambda, and for the Batch modes where its jobs run.

    `capacity`: machines shared with other functions; without it the function has its own.

    Example:
        shared = Shared(stack, "Shared")
        ScarFunction(stack, "Resize", function=function, shared=shared)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: Function,
        shared: Shared,
        capacity: Capacity | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._function = function
        self._shared = shared
        self._image = new_image(
            self, "Image", function=function, runtime_image=shared.runtime_image
        )
        self._dispatcher: Dispatcher | None = None
        if function.execution_mode is ExecutionMode.BATCH:
            self._dispatcher = Dispatcher(self, "Dispatcher", function=function)
        self._capacity: Capacity | None = None
        self._job: Job | None = None
        if function.execution_mode.runs_on_batch:
            self._job = self._new_job()
            self._capacity = self._find_capacity(capacity, self._job)
        self._log_group = new_log_group(
            self,
            "LogGroup",
            name=names.lambda_log_group(function.name),
            days=function.log_retention_days,
            kms_key=shared.options.kms_key,
        )
        self._role = self._new_role()
        self._lambda = self._new_lambda()
        describe(self._lambda, function)
        queue = function.event_queue
        self._queue = self._new_queue(queue) if queue else None
        self._keep_failures()
        self._look_for_overdue()
        self._api = self._new_api(function.api) if function.api else None
        self._starters: dict[str, list[CfnResource]] = {}
        add_outputs(self, function, self._api)
        for name, value in function.tags.items():
            Tags.of(self).add(name, value, exclude_resource_types=UNTAGGED)

    @property
    def lambda_function(self) -> lambda_.Function:
        return self._lambda

    @property
    def role(self) -> iam.IRole:
        return self._role

    @property
    def log_group(self) -> logs.LogGroup:
        """Of its Lambda; its jobs have another one."""
        return self._log_group

    @property
    def job(self) -> Job | None:
        return self._job

    @property
    def capacity(self) -> Capacity | None:
        return self._capacity

    @property
    def api(self) -> FunctionApi | None:
        return self._api

    @property
    def starters(self) -> Mapping[str, Sequence[CfnResource]]:
        """Bucket name -> what must exist before the bucket's events can start us."""
        return {bucket: tuple(resources) for bucket, resources in self._starters.items()}

    def allow_bucket(self, bucket: str) -> None:
        """Let the notifications of this bucket, in this account, invoke the function.

        Level 1: the bucket must depend on the permission, and the level-2 method returns none.
        S3's ARNs carry no account, and a deleted bucket's name is free to others; hence the
        source account.
        """
        permission = lambda_.CfnPermission(
            self,
            naming.permission_id(bucket),
            action="lambda:InvokeFunction",
            function_name=self._lambda.function_arn,
            principal=S3,
            source_arn=naming.resolved(arns.bucket_arn(bucket)),
            source_account=Aws.ACCOUNT_ID,
        )
        starters = self._starters.setdefault(bucket, [])
        starters.append(permission)
        if self._queue:
            self._queue.allow_bucket(bucket)
            starters.append(self._queue.policy)

    @property
    def queue(self) -> FunctionQueue | None:
        return self._queue

    def follow_bucket(self, rule: Rule) -> None:
        """Start the function on new keys that EventBridge hears of from the rule's bucket."""
        made = BucketRule(
            self,
            naming.rule_id(rule.bucket),
            bucket=rule.bucket,
            filters=rule.filters,
            enabled=rule.enabled,
            function=self._lambda,
            failures=self._shared.failures,
            queue=self._queue if self._function.is_queued else None,
        )
        self._starters.setdefault(rule.bucket, []).extend(made.resources)

    def _new_role(self) -> iam.IRole:
        """The Lambda's role; one that the user names is used as it is."""
        function = self._function
        if function.role:
            return iam.Role.from_role_arn(self, "Role", function.role, mutable=False)
        return new_role(
            self,
            "Role",
            principal=service_principal(LAMBDA),
            description=f"Lambda function {function.name}",
            grants=lambda_role(function, self._shared.surroundings),
            references=self._references(),
        )

    def _references(self) -> dict[str, str]:
        """What stands in the template for the placeholders of the role's grants."""
        found = {
            arns.SPOOL: self._shared.spool.bucket.bucket_arn,
            arns.FAILURES: self._shared.failures.functions.queue_arn,
        }
        if self._capacity:
            found[arns.JOB_QUEUE] = self._capacity.queue_arn
        return found

    def _find_capacity(self, given: Capacity | None, job: Job) -> Capacity:
        """Where the jobs go. The function's own machines stay while jobs of before wait there."""
        former = [
            one for one in self._function.on_all_machines[1:] if one.machines[0] is Sharing.OWN
        ]
        own = former if given else [self._function]
        made = [Capacity(self, "Capacity", functions=own, shared=self._shared)] if own else []
        capacities = [given, *made] if given else made
        for one in capacities:
            one.is_gone_before(job.failed_jobs)
        return capacities[0]

    def _new_job(self) -> Job:
        """Helper containers bring the dispatcher's own zip to an image that is not built upon."""
        dispatcher = None if self._function.build else self._dispatcher
        return Job(
            self,
            "Job",
            function=self._function,
            image=self._image,
            shared=self._shared,
            runtime=dispatcher.runtime_zip if dispatcher else None,
        )

    def _new_lambda(self) -> lambda_.Function:
        return new_lambda(
            self,
            "Lambda",
            function=self._function,
            package=(self._dispatcher or self._image).lambda_package,
            environment=self._environment(),
            role=self._role,
            log_group=self._log_group,
        )

    def _new_queue(self, settings: EventQueue) -> FunctionQueue:
        return FunctionQueue(
            self,
            "Queue",
            function=self._function,
            settings=settings,
            made=self._lambda,
            failures=self._shared.failures,
            kms_key=self._shared.options.kms_key,
        )

    def _new_api(self, api: Api) -> FunctionApi:
        return FunctionApi(
            self,
            "Api",
            api=api,
            function=self._lambda,
            log_group=self._log_group,
            account=self._shared.api_account,
            tracing=self._function.tracing,
        )

    def _environment(self) -> dict[str, str]:
        environment = {
            **self._function.lambda_environment,
            "SCAR_SPOOL_BUCKET": self._shared.spool.bucket.bucket_name,
        }
        if self._function.event_queue:
            queue = arns.queue_arn(names.event_queue(self._function.name))
            environment["SCAR_EVENT_QUEUE"] = naming.resolved(queue)
        if self._job and self._capacity:
            environment["SCAR_JOB_QUEUE"] = self._capacity.queue_arn
            environment["SCAR_JOB_DEFINITION"] = self._job.definition_name
            environment["SCAR_JOB_SHARE"] = share_identifier(self._function.name)
            if self._function.batch.multi_node:
                environment["SCAR_JOB_NODES"] = str(self._function.batch.multi_node.nodes)
            if not self._function.build:
                environment["SCAR_JOB_CONTAINERS"] = " ".join(TOLD_OF_THE_EVENT)
        return environment

    def _look_for_overdue(self) -> None:
        """Start the function from time to time if its join gives groups a time."""
        source = self._function.join_input
        if source and source.join and source.join.after_seconds:
            OverdueRule(
                self,
                "Overdue",
                after_seconds=source.join.after_seconds,
                enabled=not self._function.retired,
                function=self._lambda,
                failures=self._shared.failures,
            )

    def _keep_failures(self) -> None:
        """Retries of asynchronous events (S3 sends those), and where the last failure goes.

        A destination and not a dead-letter queue: the queue would get the event alone, the
        destination also says what went wrong.
        """
        lambda_.EventInvokeConfig(
            self,
            "AsyncInvocation",
            function=self._lambda,
            retry_attempts=self._function.retries,
            on_failure=destinations.SqsDestination(self._shared.failures.functions),
        )
