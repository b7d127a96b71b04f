"""Hypothesis strategies that make documents from the language's own tables of keys."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from scar_constructs.language.keys.containers import Group, ListOf, MapOf
from scar_constructs.language.keys.dialects import CLASSIC_FUNCTION, FDL_FUNCTION, TOP, Functions
from scar_constructs.language.keys.join import OneOrMore
from scar_constructs.language.keys.scalars import (
    Anything,
    Boolean,
    Choice,
    Integer,
    Number,
    Shape,
    Switch,
    Text,
    Value,
)
from scar_constructs.language.yaml.tree import Mapping, Node, Scalar, Sequence

TEXT_SAMPLES = (
    *("f", "my-function", "grycap/cowsay:latest", "us-east-1", "bucket/folder", "a b", "", "x\n"),
    *("run.sh", "{stem}/{name}", "aws:x", "A", "A_1", "1A", "é", "subnet-0123456789abcdef0"),
    *("sg-12345678", "c6i.large", "default_arm64", "/mnt/x", "arn:aws:lambda:x", "s3", "f\n"),
    "arn:aws:iam::123456789012:role/r",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
    "arn:aws:kms:us-east-1:123456789012:key/x",
    "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0",
)
texts = st.one_of(
    st.sampled_from(TEXT_SAMPLES), st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
)
junk: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 100_000),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    texts,
    st.lists(texts, max_size=2),
    st.dictionaries(texts, texts, max_size=2),
)


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Values that mostly fit the shape, at its limits and just beyond, and sometimes not at all."""
    return st.one_of(_fitting(shape), _fitting(shape), _fitting(shape), _fitting(shape), junk)


def _fitting(shape: Shape) -> st.SearchStrategy[Any]:
    if isinstance(shape, Group):
        return groups(shape)
    if isinstance(shape, ListOf):
        return st.lists(values(shape.item), max_size=3)
    if isinstance(shape, OneOrMore):
        return st.one_of(values(shape.item), st.lists(values(shape.item), max_size=3))
    if isinstance(shape, MapOf):
        return st.dictionaries(texts, values(shape.value), max_size=2)
    if isinstance(shape, Functions):
        return functions
    return _scalars(shape)


def _scalars(shape: Shape) -> st.SearchStrategy[Any]:
    if isinstance(shape, Integer | Number):
        ends = (shape.minimum, shape.maximum, shape.minimum - 1, shape.maximum + 1, 1.5, 600.0)
        return st.sampled_from(ends)
    if isinstance(shape, Choice):
        return st.sampled_from(shape.options)
    if isinstance(shape, Boolean):
        return st.booleans()
    if isinstance(shape, Switch):
        return st.booleans() | st.just(shape.word)
    if isinstance(shape, Text):
        return st.sampled_from(TEXT_SAMPLES)
    if isinstance(shape, Anything | Value):
        return junk
    raise AssertionError(f"no strategy for {shape}")


def groups(shape: Group) -> st.SearchStrategy[dict[str, Any]]:
    """Some keys of the group, the required ones nearly always, and rarely one too many."""
    required = {name: values(key.shape) for name, key in shape.keys.items() if key.required}
    optional = [name for name, key in shape.keys.items() if not key.required]

    @st.composite
    def build(draw: st.DrawFn) -> dict[str, Any]:
        some = st.lists(st.sampled_from(optional), max_size=3, unique=True)
        chosen = draw(some) if optional else []
        entries = {name: draw(strategy) for name, strategy in required.items()}
        for name in chosen:
            entries[name] = draw(values(shape.keys[name].shape))
        if draw(st.integers(0, 19)) == 0:
            entries[draw(texts)] = 1
        return entries

    return build()


functions = st.one_of(
    st.dictionaries(texts, values(CLASSIC_FUNCTION), max_size=2),
    st.fixed_dictionaries({"aws": st.lists(values(FDL_FUNCTION), max_size=2)}),
    st.fixed_dictionaries({"aws": values(CLASSIC_FUNCTION)}),
    st.fixed_dictionaries({"oscar": junk}),
)
documents = groups(TOP)


def plain(node: Node) -> Any:
    """The node as the data that JSON Schema speaks of."""
    if isinstance(node, Mapping):
        return {name: plain(value) for name, value in node.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    assert isinstance(node, Scalar)
    return node.value


def sample(shape: Shape) -> Any:
    """One value that has every key of every group in it; its leaves need not make sense."""
    if isinstance(shape, Group):
        return {name: sample(key.shape) for name, key in shape.keys.items() if not key.refused}
    if isinstance(shape, ListOf):
        return [sample(shape.item)]
    if isinstance(shape, MapOf):
        return {"name": sample(shape.value)}
    if isinstance(shape, Functions):
        return {"aws": [sample(FDL_FUNCTION)], "name": sample(CLASSIC_FUNCTION)}
    return "x"


def groups_in(shape: Shape, value: Any) -> list[dict[str, Any]]:
    """The mappings in a sample whose keys are those of a group."""
    if isinstance(shape, Group):
        inside = [
            found
            for name, one in value.items()
            if not shape.keys[name].ignored
            for found in groups_in(shape.keys[name].shape, one)
        ]
        return [value, *inside]
    if isinstance(shape, ListOf):
        return groups_in(shape.item, value[0])
    if isinstance(shape, MapOf):
        return groups_in(shape.value, value["name"])
    if isinstance(shape, Functions):
        fdl = groups_in(FDL_FUNCTION, value["aws"][0])
        return fdl + groups_in(CLASSIC_FUNCTION, value["name"])
    return []
