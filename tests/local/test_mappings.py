"""Event source mappings of queues: what Lambda refuses, and what a function's answer gives back."""

from __future__ import annotations

from typing import Any

import pytest

from scar_constructs.emulator.functions.mappings import failed_of, mapping_fault
from scar_constructs.emulator.rows import LAMBDA, Attempt, Report, rows

MESSAGES = frozenset("abc")
QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        (None, ""),
        ({}, ""),
        ({"batchItemFailures": None}, ""),
        ({"batchItemFailures": []}, ""),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, "b"),
        ({"batchItemFailures": [{"itemIdentifier": "x"}]}, "abc"),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, "abc"),
        ({"batchItemFailures": [{}]}, "abc"),
        ({"batchItemFailures": 7}, "abc"),
        ("no document", "abc"),
    ],
)
def test_what_a_partial_answer_gives_back(body: Any, failed: str) -> None:
    assert failed_of(body, MESSAGES) == frozenset(failed)


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ({}, None),
        ({"BatchSize": 10_000, "MaximumBatchingWindowInSeconds": 300}, None),
        ({"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1}, "Maximum batch size is 10000"),
        ({"BatchSize": 11}, "must be greater than 0"),
        ({"MaximumBatchingWindowInSeconds": 301}, "must be 0 to 300"),
    ],
)
def test_what_lambda_refuses(properties: dict[str, int], text: str | None) -> None:
    fault = mapping_fault({"EventSourceArn": QUEUE, **properties})
    assert fault is None if text is None else text in str(fault)


def attempt(execution: str, *messages: str, succeeded: bool = True) -> Attempt:
    return Attempt(LAMBDA, execution, "f", 1, succeeded, True, 0.0, messages=messages)


def report(message: str, status: str) -> Report:
    return Report(LAMBDA, message, "f", f"bucket/{message}", status, 0, 0.0, ())


def test_what_was_in_a_message_is_told_of_the_call_that_had_it_last() -> None:
    attempts = [attempt("one", "a", "b", succeeded=False), attempt("two", "a"), attempt("3", "b")]
    reports = [report("a", "failed"), report("a", "submitted"), report("b", "submitted")]
    found = [(row.execution, row.input, row.status) for row in rows(attempts, reports)]
    assert found == [("two", "bucket/a", "submitted"), ("3", "bucket/b", "submitted")]
