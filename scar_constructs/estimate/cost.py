"""The cost of an application: its flow of files, priced function by function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from scar_constructs.estimate.assumptions import Assumptions
from scar_constructs.estimate.at_rest import function_at_rest, stack_at_rest
from scar_constructs.estimate.computing import Computing
from scar_constructs.estimate.crossing import crossing_of
from scar_constructs.estimate.flow import Runs, runs_of
from scar_constructs.estimate.items import Cost, FunctionCost, Item
from scar_constructs.estimate.machines import choose_host
from scar_constructs.estimate.prices import MAIN_REGION, Prices
from scar_constructs.estimate.requests import Surroundings, event_bridge_buckets, request_items
from scar_constructs.language.workflow.join import Application
from scar_constructs.model import OWN, ExecutionMode, Function, Input, Output


def application_cost(application: Application, assumptions: Assumptions) -> Cost:
    """What a month costs. Raises `UserError` for a region without prices."""
    flow = runs_of(application, assumptions)
    prices = {stack.name: assumptions.prices(stack.region) for stack in application.stacks}
    followed = event_bridge_buckets(application)
    expiry = {
        one.name: one.settings.expire_days for stack in application.stacks for one in stack.buckets
    }
    functions: list[FunctionCost] = []
    shared: list[Item] = []
    for stack in application.stacks:
        around = Surroundings(stack, followed)
        computings = {
            one.name: Computing(one, prices[stack.name], assumptions) for one in stack.functions
        }
        for computing in computings.values():
            functions.append(_function(computing, around, flow, expiry))
        shared += stack_at_rest(stack, computings) if computings else ()
    regions = {one.region: one for one in prices.values()}
    return Cost(
        functions=tuple(functions),
        at_rest=tuple(shared),
        uploads=sum(one.uploads for one in flow.values() if one.first_reader),
        assumptions=tuple(_assumed(assumptions, application, regions.values())),
        not_counted=tuple(_not_counted(application)),
        prices=tuple((name, *one.dates) for name, one in sorted(regions.items())),
    )


def _function(
    computing: Computing,
    around: Surroundings,
    flow: Mapping[str, Runs],
    expiry: Mapping[str, int | None],
) -> FunctionCost:
    function = computing.function
    runs, seconds = flow[function.name], computing.assumptions.seconds.of(function.name)
    return FunctionCost(
        name=function.name,
        stack=around.stack.name,
        region=computing.prices.region,
        mode=function.execution_mode.value,
        runs=runs.total,
        seconds=seconds,
        items=(
            *computing.items(runs.total, seconds),
            *request_items(computing, around, runs, seconds),
        ),
        at_rest=tuple(function_at_rest(computing, runs, seconds, expiry)),
        machine=_machine(computing),
        crossing=crossing_of(computing, around),
        notes=tuple(_notes(computing, seconds)),
    )


def _machine(computing: Computing) -> str | None:
    if not computing.function.execution_mode.runs_on_batch:
        return None
    if not computing.function.batch.managed:
        return "hosts of your own"
    if computing.buys.is_fargate:
        return computing.buys.value.replace("_", " ").title()
    host = computing.host
    if host is None:
        return None
    way = "Spot" if computing.buys.is_spot else "on demand"
    return f"{host.machine.name} {way}, {host.jobs} at once, USD {host.hour:g} an hour on demand"


def _notes(computing: Computing, seconds: float) -> Iterator[str]:
    """What the reader has to know of a function before believing its figures."""
    function = computing.function
    limit = function.timeout_seconds
    if function.execution_mode is ExecutionMode.LAMBDA and seconds > limit:
        yield f"{function.name}: {seconds:g} s are more than its time-out of {limit} s: it fails"
    if not function.execution_mode.runs_on_batch or not function.batch.managed:
        return
    if function.batch.compute_resources.type.is_fargate:
        return
    choice = choose_host(function, computing.prices)
    remedy = "give one with `--price TYPE=USD_PER_HOUR`"
    if choice.unpriced:
        names = ", ".join(choice.unpriced)
        yield f"{function.name}: no price is known of {names}, which is left out: {remedy}"
    if choice.host is None:
        yield f"{function.name}: its jobs are not counted, for want of a machine with a price"
    if function.batch.compute_resources.min_vcpus:
        yield f"{function.name}: its jobs are counted beside the machines that `min_v_cpus` keeps"


def _assumed(
    assumptions: Assumptions, application: Application, prices: Iterable[Prices]
) -> Iterator[str]:
    yield from assumptions.lines()
    if assumptions.region is None and any(stack.region is None for stack in application.stacks):
        yield f"a file that names no region is deployed in {MAIN_REGION}"
    for one in prices:
        if one.borrowed:
            items = ", ".join(one.borrowed)
            yield f"{one.region} has no price in the table for {items}: taken from {MAIN_REGION}"


def _not_counted(application: Application) -> Iterator[str]:
    yield "uploads by you, transfer out of AWS or between regions, NAT gateways of your own"
    yield "retries, cold starts, failed and duplicate events, and the working data of the runtime"
    for stack in application.stacks:
        if stack.options.flow_logs:
            yield f"{stack.name}: flow logs, which cost by the traffic"
        if any(one.settings.replicate_to for one in stack.buckets):
            yield f"{stack.name}: copies of buckets"
        yield from (f"{one.name}: {what}" for one in stack.functions for what in _uncounted(one))


def _uncounted(function: Function) -> Iterator[str]:
    places: list[Input | Output] = [*function.inputs, *function.outputs]
    if function.tracing:
        yield "traces of X-Ray"
    if function.file_system:
        yield "its file system"
    if function.api and function.api.web_acl:
        yield "its firewall"
    if function.api and function.own_inputs:
        yield "requests to its API, beside the files"
    if not function.batch.managed and function.execution_mode.runs_on_batch:
        yield "its jobs, which run on hosts of your own"
    if any(one.provider != OWN for one in places):
        yield "storage outside of the account"
