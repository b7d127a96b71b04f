"""Queues with scheduling policies: what Batch refuses, and whose turn it is."""

from __future__ import annotations

from typing import Any

import pytest

from scar_constructs.emulator.batch.cloudformation import resource_types
from scar_constructs.emulator.batch.errors import ClientError
from scar_constructs.emulator.batch.scheduling import Request, Scheduler, Ticket
from tests.local.fake_engine import FakeEngine
from tests.local.test_batch import Batch


class Machines:
    """One compute environment, and the jobs that wait for it or run there."""

    def __init__(self, vcpus: float, **weights: float) -> None:
        self.environment: dict[str, Any] = {
            "computeEnvironmentArn": "ce",
            "computeResources": {"maxvCpus": vcpus},
        }
        self._scheduler = Scheduler()
        self._weights = weights
        self._names: dict[str, Ticket] = {}

    def enter(
        self,
        name: str,
        share: str,
        *,
        vcpus: float = 1,
        priority: int = 0,
        queue: int = 1,
        again: bool = False,
    ) -> None:
        request = Request(
            vcpus=vcpus,
            lane=(f"queue-{queue}", share),
            priority=priority,
            queue_priority=lambda: queue,
            weight=lambda: self._weights.get(share, 1.0),
        )
        self._names[name] = self._scheduler.enter(self.environment, request, again=again)

    def end(self, name: str) -> None:
        self._scheduler.release(self.environment, self._names.pop(name))

    def withdraw(self, name: str) -> None:
        self._scheduler.withdraw(self.environment, self._names.pop(name))

    def allow(self, vcpus: float) -> None:
        self.environment["computeResources"] = {"maxvCpus": vcpus}
        self._scheduler.reconsider(self.environment)

    def running(self) -> list[str]:
        return [name for name, ticket in self._names.items() if ticket.holds]

    def order(self) -> list[str]:
        """The jobs in the order in which they run, each to its end before the next."""
        order = []
        while running := self.running():
            order.append(running[0])
            self.end(running[0])
        return order


def test_a_burst_of_one_function_does_not_starve_the_next() -> None:
    machines = Machines(1)
    for number in range(50):
        machines.enter(f"burst-{number}", "burst")
    machines.enter("next", "next")
    machines.enter("next-too", "next")
    assert machines.order()[:4] == ["burst-0", "next", "burst-1", "next-too"]


def test_a_share_of_low_weight_gets_more() -> None:
    machines = Machines(3, heavy=1, light=0.5)
    for number in range(4):
        machines.enter(f"heavy-{number}", "heavy", vcpus=1)
    for number in range(4):
        machines.enter(f"light-{number}", "light", vcpus=1)
    for name in ("heavy-0", "heavy-1"):
        machines.end(name)
    assert sorted(machines.running()) == ["heavy-2", "light-0", "light-1"]


def test_a_smaller_job_does_not_pass_the_one_whose_turn_it_is() -> None:
    machines = Machines(2)
    machines.enter("first", "a")
    machines.enter("large", "b", vcpus=2)
    machines.enter("small", "a")
    assert machines.running() == ["first"]
    machines.end("first")
    assert machines.running() == ["large"]


def test_a_job_that_can_never_run_holds_up_no_other() -> None:
    machines = Machines(2)
    machines.enter("huge", "a", vcpus=4)
    machines.enter("after", "a")
    machines.enter("other", "b")
    assert machines.running() == ["after", "other"]


def test_jobs_of_a_share_go_by_priority_and_then_in_their_order() -> None:
    machines = Machines(1)
    machines.enter("running", "a")
    for name, priority in (("one", 1), ("two", 1), ("urgent", 5)):
        machines.enter(name, "a", priority=priority)
    machines.enter("tried again", "a", priority=1, again=True)
    assert machines.order() == ["running", "urgent", "tried again", "one", "two"]


def test_the_queue_with_the_higher_priority_goes_first() -> None:
    machines = Machines(1)
    machines.enter("running", "a")
    machines.enter("low", "a", queue=1)
    machines.enter("high", "a", queue=9)
    assert machines.order() == ["running", "high", "low"]


def test_a_job_that_is_withdrawn_leaves_its_place() -> None:
    machines = Machines(1)
    for name in ("running", "waiting", "last"):
        machines.enter(name, "a")
    machines.withdraw("waiting")
    assert machines.order() == ["running", "last"]


def test_a_larger_environment_starts_what_waits() -> None:
    machines = Machines(1)
    machines.enter("one", "a")
    machines.enter("two", "a")
    machines.allow(2)
    assert machines.running() == ["one", "two"]


FAIR = {"shareDistribution": [{"shareIdentifier": "a", "weightFactor": 1}]}


def fair_batch(engine: FakeEngine, **definition: Any) -> Batch:
    """A Batch whose queue `fair` has a policy."""
    batch = Batch(engine, **definition)
    policy = batch.api.policies.create({"name": "p", "fairsharePolicy": FAIR})["arn"]
    order = [{"order": 1, "computeEnvironment": "ce"}]
    batch.api.create_job_queue(
        {
            "jobQueueName": "fair",
            "schedulingPolicyArn": policy,
            "computeEnvironmentOrder": order,
        }
    )
    return batch


def test_a_job_says_its_share_and_shows_it() -> None:
    batch = fair_batch(FakeEngine(0), schedulingPriority=3)
    job = batch.run(jobQueue="fair", shareIdentifier="a")
    assert (job["status"], job["shareIdentifier"], job["schedulingPriority"]) == (
        "SUCCEEDED",
        "a",
        3,
    )


REFUSED = {
    "no share": ({"jobQueue": "fair"}, "shareIdentifier must be specified"),
    "letters": ({"jobQueue": "fair", "shareIdentifier": "a-b"}, "alphanumeric"),
    "pattern": ({"jobQueue": "fair", "shareIdentifier": "a*"}, "alphanumeric"),
    "length": ({"jobQueue": "fair", "shareIdentifier": "a" * 256}, "alphanumeric"),
    "first in, first out": ({"jobQueue": "q", "shareIdentifier": "a"}, "FIFO"),
    "priority": (
        {"jobQueue": "fair", "shareIdentifier": "a", "schedulingPriorityOverride": 10_000},
        "0 to 9999",
    ),
}


@pytest.mark.parametrize(("request_", "text"), REFUSED.values(), ids=REFUSED)
def test_what_submitjob_refuses(request_: dict[str, Any], text: str) -> None:
    batch = fair_batch(FakeEngine(), schedulingPriority=1)
    with pytest.raises(ClientError, match=text):
        batch.submit(**request_)


def test_a_priority_is_needed_in_the_definition_or_in_the_request() -> None:
    batch = fair_batch(FakeEngine(0))
    with pytest.raises(ClientError, match="Either schedulingPriority in job definition"):
        batch.submit(jobQueue="fair", shareIdentifier="a")
    job = batch.run(jobQueue="fair", shareIdentifier="a", schedulingPriorityOverride=2)
    assert job["schedulingPriority"] == 2


def test_a_queue_has_500_active_shares() -> None:
    batch = fair_batch(FakeEngine(None), schedulingPriority=1)
    jobs = [
        batch.submit(jobQueue="fair", shareIdentifier=f"share{number}", **_WHOLE)
        for number in range(500)
    ]
    with pytest.raises(ClientError, match="500 active share identifiers"):
        batch.submit(jobQueue="fair", shareIdentifier="another")
    for job in reversed(jobs):
        batch.api.terminate_job({"jobId": job, "reason": "enough"})
    batch.wait()


_WHOLE = {
    "containerOverrides": {"resourceRequirements": [{"type": "VCPU", "value": "2"}]},
}

POLICIES = {
    "overlap": ([{"shareIdentifier": "a*"}, {"shareIdentifier": "ab"}], "overlap"),
    "twice": ([{"shareIdentifier": "a"}, {"shareIdentifier": "a"}], "overlap"),
    "letters": ([{"shareIdentifier": "a_b"}], "alphanumeric"),
    "weight": ([{"shareIdentifier": "a", "weightFactor": 0}], "weightFactor"),
}


@pytest.mark.parametrize(("shares", "text"), POLICIES.values(), ids=POLICIES)
def test_what_a_policy_must_not_say(shares: list[dict[str, Any]], text: str) -> None:
    policies = Batch(FakeEngine()).api.policies
    with pytest.raises(ClientError, match=text):
        policies.create({"name": "p", "fairsharePolicy": {"shareDistribution": shares}})


def test_a_queue_s_policy_can_be_replaced_but_neither_added_nor_removed() -> None:
    """Through CloudFormation, which tries each of them in place."""
    batch = fair_batch(FakeEngine())
    other = batch.api.policies.create({"name": "other"})["arn"]
    queues = resource_types(batch.api, lambda _, name: name)["AWS::Batch::JobQueue"]
    fair, fifo = (
        batch.api.describe_job_queues({"jobQueues": [name]})["jobQueues"][0]
        for name in ("fair", "q")
    )
    policy = {"SchedulingPolicyArn": fair["schedulingPolicyArn"]}
    queues.update(fair["jobQueueArn"], policy, {"SchedulingPolicyArn": other}, "stack")
    assert fair["schedulingPolicyArn"] == other
    with pytest.raises(ClientError, match="can't be removed"):
        queues.update(fair["jobQueueArn"], policy, {}, "stack")
    with pytest.raises(ClientError, match="can't have a scheduling policy added"):
        queues.update(fifo["jobQueueArn"], {}, policy, "stack")


def test_a_policy_stays_while_a_queue_has_it() -> None:
    batch = fair_batch(FakeEngine())
    (policy,) = batch.api.policies.list({})["schedulingPolicies"]
    with pytest.raises(ClientError, match="in use by job queue fair"):
        batch.api.policies.delete(policy)
    batch.api.delete_job_queue({"jobQueue": "fair"})
    batch.api.policies.delete(policy)
    assert batch.api.policies.describe({"arns": [policy["arn"]]}) == {"schedulingPolicies": []}


def test_an_account_has_50_environments_and_50_queues() -> None:
    batch = Batch(FakeEngine())
    for number in range(49):
        batch.api.create_compute_environment({"computeEnvironmentName": f"ce-{number}"})
    with pytest.raises(ClientError, match="compute environments is 50"):
        batch.api.create_compute_environment({"computeEnvironmentName": "more"})
    order = [{"order": 1, "computeEnvironment": "ce"}]
    for number in range(49):
        request = {"jobQueueName": f"q-{number}", "computeEnvironmentOrder": order}
        batch.api.create_job_queue(request)
    with pytest.raises(ClientError, match="job queues is 50"):
        batch.api.create_job_queue({"jobQueueName": "more", "computeEnvironmentOrder": order})
