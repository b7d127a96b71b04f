"""The only module that touches the emulator's private names.

ministack has no plug-in points, but it looks its functions up in module dictionaries at call time,
so they can be replaced without editing the package. `NAMES` lists every name that is read or
replaced here; `Emulator` refuses to start when one is gone, and a test says which.
"""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from local.cloud.scope import Scope

VERSION = "1.5.33"
NAMES: Mapping[str, tuple[str, ...]] = {
    "app": ("app",),
    "core.iam_actions": ("extract_resource_arn",),
    "core.iam_evaluator": ("EvalContext", "enforce", "evaluate_resource_policy"),
    "core.responses": ("error_response_json", "get_account_id", "get_region"),
    "services.apigateway_v1": ("_call_lambda_raw", "_import_rest_api"),
    "services.batch": ("_DISPATCH",),
    "services.cloudformation.provisioners": (
        *("_RESOURCE_HANDLERS", "_ec2_sg_permissions", "_physical_name"),
    ),
    "services.cloudformation.stacks": ("_resolve_stack_outputs",),
    "services.cloudwatch_logs": ("_create_log_group", "_create_log_stream", "_put_log_events"),
    "services.ec2": ("_security_groups",),
    "services.ecr": ("_describe_images", "_find_image", "_repositories"),
    "services.eventbridge": (
        *("_dispatch_to_lambda", "_dispatch_to_sqs", "_invoke_target", "_put_events"),
    ),
    "services.iam": ("_roles",),
    "services.lambda_svc": (
        *("_emit_lambda_logs", "_execute_function", "_execute_function_dispatch"),
        *("_execution_record_for_config", "_get_func_record_for_ref", "invoke_async_with_retry"),
    ),
    "services.s3": (
        *("_bucket_notifications", "_delete_bucket", "_deliver_event_to_lambda"),
        *("_fire_s3_event", "_fire_s3_event_async", "_invalid_notification_config"),
        *("_validate_notification_configs",),
    ),
    "services.sqs": ("queue_policy_allows",),
    "services.sts": ("register_session",),
}

Response = tuple[int, Mapping[str, str], bytes]
Record = dict[str, Any]


class EmulatorError(Exception):
    """The installed emulator is not the one that this module is written for."""


def missing_names() -> list[str]:
    """The names of `NAMES` that the installed emulator does not have."""
    return [
        f"ministack.{module}.{name}"
        for module, names in NAMES.items()
        for name in names
        if not hasattr(importlib.import_module(f"ministack.{module}"), name)
    ]


class Emulator:
    """The emulator's services as plain callables, and the places where ours are put in."""

    def __init__(self) -> None:
        if missing := missing_names():
            raise EmulatorError(
                f"ministack {VERSION} is needed; the one installed lacks {', '.join(missing)}"
            )
        load = importlib.import_module
        self._modules = SimpleNamespace(
            **{name.rsplit(".", 1)[-1]: load(f"ministack.{name}") for name in NAMES}
        )

    @property
    def application(self) -> Any:
        """The ASGI application."""
        return self._modules.app.app

    def scope(self) -> Scope:
        responses = self._modules.responses
        return Scope(responses.get_account_id(), responses.get_region())

    # What ours reads and writes

    def role(self, name: str) -> Record | None:
        """An IAM role; its AssumeRolePolicyDocument may be text or a document."""
        role: Record | None = self._modules.iam._roles.get(name)
        return role

    def open_session(self, key_id: str, session: Mapping[str, Any]) -> None:
        """Let requests signed with this temporary key act as the session's principal."""
        self._modules.sts.register_session(key_id, dict(session))

    def policy_allows(
        self, policy: Any, service: str, action: str, resource: str, keys: Mapping[str, str]
    ) -> bool:
        """Whether a resource policy lets a service principal act. Keys are in lower case."""
        evaluator, scope = self._modules.iam_evaluator, self.scope()
        context = evaluator.EvalContext(
            principal_arn="",
            principal_type="Service",
            principal_account=scope.account,
            action=action,
            resource_arn=resource,
            region=scope.region,
            service_context=dict(keys),
        )
        result = evaluator.evaluate_resource_policy(policy, context, service=service)
        return bool(result.decision == "Allow")

    def queue_allows(self, queue_arn: str, service: str, source_arn: str) -> bool:
        account = self.scope().account
        return bool(self._modules.sqs.queue_policy_allows(queue_arn, service, source_arn, account))

    def log(self, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Append (milliseconds, text) to a log stream, which is made where it is missing."""
        logs = self._modules.cloudwatch_logs
        names = {"logGroupName": group, "logStreamName": stream}
        logs._create_log_group({"logGroupName": group})
        logs._create_log_stream(names)
        events = [{"timestamp": moment, "message": text} for moment, text in lines]
        logs._put_log_events({**names, "logEvents": events})

    def log_invocation(
        self, record: Record, request_id: str, text: str, failed: bool, seconds: float
    ) -> None:
        """Write a function's output to its log group, with Lambda's START, END and REPORT."""
        emit = self._modules.lambda_svc._emit_lambda_logs
        emit(record, request_id, text, failed, round(seconds * 1000))

    def publish(self, source: str, kind: str, resources: list[str], detail: str) -> None:
        entry = {"Source": source, "DetailType": kind, "Resources": resources, "Detail": detail}
        self._modules.eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    def function(self, reference: str) -> Record | None:
        """A Lambda function's record (config, code, policy, event_invoke_config), if it exists."""
        service = self._modules.lambda_svc
        record, config, _ = service._get_func_record_for_ref(reference)
        if not record or not config:
            return None
        found: Record = service._execution_record_for_config(record, config)
        return found

    def execute(self, record: Record, event: Any) -> Record:
        """Run a function within its reserved concurrency; `throttle` is set if there is none."""
        result: Record = self._modules.lambda_svc._execute_function(record, event)
        return result

    def physical_name(self, stack: str, logical_id: str) -> str:
        name: str = self._modules.provisioners._physical_name(stack, logical_id, max_len=128)
        return name

    # Where ours is put in

    def put_batch(self, operations: Mapping[str, Callable[[Record], Record]]) -> None:
        """Answer Batch's API with these operations; a `LookupError` or `ValueError` is refused."""
        table = self._modules.batch._DISPATCH
        table.clear()
        table.update({f"/v1/{name}": self._answering(run) for name, run in operations.items()})

    def put_resource_type(self, name: str, handlers: Mapping[str, Callable[..., Any]]) -> None:
        self._modules.provisioners._RESOURCE_HANDLERS[name] = dict(handlers)

    def ingress(self, group_id: str) -> list[Any]:
        """The permissions of a security group's ingress themselves."""
        group: Record = self._modules.ec2._security_groups[group_id]
        permissions: list[Any] = group["IpPermissions"]
        return permissions

    def permissions(self, rule: Record) -> list[Any]:
        """A rule of a template as permissions."""
        made: list[Any] = self._modules.provisioners._ec2_sg_permissions([rule])
        return made

    def put_execution(self, run: Callable[[Record, Any, str], Record]) -> None:
        """Run every invocation with `run(record, event, request id)`."""

        def dispatch(
            record: Record, config: Record, event: Any, request_id: str, started: float
        ) -> Record:
            del config, started
            return run(record, event, request_id)

        self._modules.lambda_svc._execute_function_dispatch = dispatch

    def put_asynchronous(self, accept: Callable[[Record, Any], None]) -> None:
        self._modules.lambda_svc.invoke_async_with_retry = accept

    def put_rule_targets(
        self, to_function: Callable[[str, Any, str], None], allows_queue: Callable[[str, str], bool]
    ) -> None:
        """Deliver what EventBridge's rules match: `to_function(function ARN, event, rule ARN)`,
        and to a queue only if `allows_queue(queue ARN, rule ARN)`."""
        bridge = self._modules.eventbridge
        rule_arn: contextvars.ContextVar[str] = contextvars.ContextVar("rule_arn")
        invoke, to_queue = bridge._invoke_target, bridge._dispatch_to_sqs

        def invoke_target(target: Record, event: Record, rule: Record, view: Any = None) -> None:
            token = rule_arn.set(rule.get("Arn", ""))
            try:
                invoke(target, event, rule, view)
            finally:
                rule_arn.reset(token)

        def dispatch_to_sqs(spec: Any, payload: str, parameters: Record | None = None) -> None:
            if allows_queue(str(spec), rule_arn.get()):
                to_queue(spec, payload, parameters)

        def dispatch_to_lambda(arn: str, payload: str) -> None:
            to_function(arn, json.loads(payload), rule_arn.get())

        bridge._invoke_target = invoke_target
        bridge._dispatch_to_sqs = dispatch_to_sqs
        bridge._dispatch_to_lambda = dispatch_to_lambda

    def put_api_calls(
        self,
        refusal: Callable[[str, Record], Record | None],
        seconds: float,
        too_late: Callable[[], Record],
    ) -> None:
        """Call a function for a REST API unless `refusal(function ARN, event)` is an answer, and
        answer `too_late()` when it takes longer; the function then runs on."""
        gateway = self._modules.apigateway_v1
        original = gateway._call_lambda_raw

        async def call(reference: str, event: Record, **scope: Any) -> Any:
            if (answer := refusal(reference, event)) is not None:
                return {"body": answer}, None
            running = asyncio.ensure_future(original(reference, event, **scope))
            done, _ = await asyncio.wait({running}, timeout=seconds)
            return running.result() if done else ({"body": too_late()}, None)

        gateway._call_lambda_raw = call

    def put_api_documents(self, understood: Callable[[Record], Record]) -> None:
        """Import `understood(document)` in place of each OpenAPI document."""
        gateway = self._modules.apigateway_v1
        original = gateway._import_rest_api

        def import_document(document: Record, base: Record | None = None) -> Any:
            types = document.get("x-amazon-apigateway-binary-media-types")
            binary = {"binaryMediaTypes": types} if types else {}
            return original(understood(document), {**(base or {}), **binary})

        gateway._import_rest_api = import_document

    def put_outputs(self, shown: Callable[[str], str]) -> None:
        """Give every output of a stack the value `shown(value)`."""
        stacks = self._modules.stacks
        original = stacks._resolve_stack_outputs

        def resolve(*arguments: Any) -> Any:
            outputs, exports = original(*arguments)
            for output in outputs:
                output["OutputValue"] = shown(output["OutputValue"])
            return outputs, exports

        stacks._resolve_stack_outputs = resolve

    def put_notification_check(
        self, fault: Callable[[str, Sequence[Mapping[str, Any]]], str | None]
    ) -> None:
        """Refuse a bucket's notifications with InvalidArgument if `fault(bucket, rules)` is text.

        A rule has type ("lambda", "sqs", "sns"), arn, events, filter_prefix and filter_suffix.
        """
        storage = self._modules.s3
        original = storage._validate_notification_configs

        def validate(
            rules: list[Record], region: str, bucket: str = "", skip_probe: bool = False
        ) -> Any:
            refusal = original(rules, region, bucket, skip_probe)
            text = None if refusal else fault(bucket, rules)
            return storage._invalid_notification_config(text) if text else refusal

        storage._validate_notification_configs = validate

    def put_notification_delivery(self, allows: Callable[[str, str], bool]) -> None:
        """Deliver a bucket's event to a function only if `allows(function ARN, bucket)`."""
        storage = self._modules.s3
        original = storage._deliver_event_to_lambda

        def deliver(arn: str, event: Record, region: str) -> None:
            if allows(arn, event["Records"][0]["s3"]["bucket"]["name"]):
                original(arn, event, region)

        storage._deliver_event_to_lambda = deliver

    def put_earlier_notifications(
        self, replaced: Callable[[str, str], None], earlier: Callable[[str], str | None]
    ) -> None:
        """Send a bucket's events by what `earlier(bucket)` gives, as long as that is not None.

        `replaced(bucket, configuration)` is told what a new configuration takes the place of.
        """
        storage = self._modules.s3
        table, fire = storage._bucket_notifications, storage._fire_s3_event
        firing: contextvars.ContextVar[bool] = contextvars.ContextVar("firing", default=False)

        class Table(type(table)):  # type: ignore[misc]
            def __setitem__(self, bucket: str, configuration: str) -> None:
                if before := super().get(bucket):
                    replaced(bucket, before)
                super().__setitem__(bucket, configuration)

            def get(self, bucket: str, default: Any = None) -> Any:
                before = earlier(bucket) if firing.get() else None
                return before or super().get(bucket, default)

        def fire_as_before(*args: Any, **kwargs: Any) -> None:
            token = firing.set(True)
            try:
                fire(*args, **kwargs)
            finally:
                firing.reset(token)

        storage._bucket_notifications = Table()
        storage._bucket_notifications._data = table._data
        storage._fire_s3_event = fire_as_before

    def put_upload_events(self, begin: Callable[[str], int], end: Callable[[int], None]) -> None:
        """Frame a bucket's event: `begin` before the change is answered, `end` once delivered."""
        storage = self._modules.s3
        entry: contextvars.ContextVar[int | None] = contextvars.ContextVar("entry", default=None)
        fire, fire_async = storage._fire_s3_event, storage._fire_s3_event_async

        def fire_async_framed(bucket: str, key: str, *args: Any, **kwargs: Any) -> None:
            if bucket in storage._bucket_notifications:
                token = entry.set(begin(f"event of {bucket}/{key}"))
                fire_async(bucket, key, *args, **kwargs)
                entry.reset(token)

        def fire_framed(*args: Any, **kwargs: Any) -> None:
            # Whatever the delivery starts inherits this context, and must not end the entry again.
            number = entry.get()
            entry.set(None)
            try:
                fire(*args, **kwargs)
            finally:
                if number is not None:
                    end(number)

        storage._fire_s3_event_async = fire_async_framed
        storage._fire_s3_event = fire_framed

    def put_resources(self, resources: Callable[[str, str, bytes], Sequence[str]]) -> None:
        """Authorize a request on each of `resources(service, path, body)`; if that is empty, on
        what the emulator takes for its resource."""
        actions, evaluator = self._modules.iam_actions, self._modules.iam_evaluator
        extract, enforce = actions.extract_resource_arn, evaluator.enforce
        current: contextvars.ContextVar[Sequence[str]] = contextvars.ContextVar("resources")

        def extract_resource_arn(
            service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
        ) -> str:
            arns = resources(service, path, body)
            current.set(arns)
            first: str = arns[0] if arns else extract(service, method, path, headers, body, *rest)
            return first

        def enforce_all(
            key: str, action: str, service: str, region: str, resource_arn: str = "*", **rest: Any
        ) -> Any:
            arns = current.get(())
            joint = arns if arns and resource_arn == arns[0] else (resource_arn,)
            results = (enforce(key, action, service, region, arn, **rest) for arn in joint)
            return next((denial for denial in results if denial), None)

        actions.extract_resource_arn = extract_resource_arn
        evaluator.enforce = enforce_all

    def refuse_absent_images(self) -> None:
        """Answer DescribeImages of an absent tag as ECR does. The emulator lists nothing, which
        the CDK CLI takes for an image that is there."""
        registry, answers = self._modules.ecr, self._modules.responses
        original = registry._describe_images

        def describe_images(request: Record) -> Any:
            name = request.get("repositoryName", "")
            for wanted in request.get("imageIds") or ():
                if name in registry._repositories and not registry._find_image(name, wanted):
                    text = f"The image with imageId {wanted} does not exist within the repository"
                    return answers.error_response_json("ImageNotFoundException", text, 400)
            return original(request)

        registry._describe_images = describe_images

    def keep_filled_buckets(self) -> None:
        """Let a stack's deletion fail on a bucket that is not empty, as on AWS."""
        table, storage = self._modules.provisioners._RESOURCE_HANDLERS, self._modules.s3
        original = table["AWS::S3::Bucket"]

        def delete(name: str, properties: Record) -> Any:
            status, _, body = storage._delete_bucket(name)
            if status == 409:
                raise ValueError(f"bucket {name} is not empty: {body!r}")
            return original["delete"](name, properties)

        table["AWS::S3::Bucket"] = {**original, "delete": delete}

    def _answering(self, run: Callable[[Record], Record]) -> Callable[[Record], Response]:
        def answer(request: Record) -> Response:
            try:
                document = run(request)
            except ValueError as error:
                refusal: Response = self._modules.responses.error_response_json(
                    "ClientException", str(error), 400
                )
                return refusal
            headers = {"Content-Type": "application/json"}
            return 200, headers, json.dumps(document).encode()

        return answer
