"""The graph algorithms against brute force on small graphs."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scar_constructs.language.workflow.graph import cycle_through, strong_components, topological

NAMES = "abcde"
edges = st.fixed_dictionaries({name: st.sets(st.sampled_from(NAMES)) for name in NAMES})


def reaches(graph: dict[str, set[str]], start: str, end: str) -> bool:
    """Whether some way of one or more steps leads from start to end."""
    found: set[str] = set()
    waiting = set(graph[start])
    while waiting:
        node = waiting.pop()
        found.add(node)
        waiting |= graph[node] - found
    return end in found


@given(edges)
def test_a_component_is_what_reaches_each_other(graph: dict[str, set[str]]) -> None:
    components = [set(component) for component in strong_components(graph)]

    assert sorted(name for component in components for name in component) == list(NAMES)
    for first in NAMES:
        for second in NAMES:
            together = any({first, second} <= component for component in components)
            mutual = reaches(graph, first, second) and reaches(graph, second, first)
            assert together == (first == second or mutual)


@given(edges)
def test_a_cycle_is_a_shortest_way_back(graph: dict[str, set[str]]) -> None:
    for component in strong_components(graph):
        inside = set(component)
        for start in component:
            if not reaches(graph, start, start):
                continue
            way = cycle_through(start, graph, inside)
            assert way[0] == way[-1] == start
            assert all(after in graph[before] for before, after in pairwise(way))
            assert len(way) - 1 == shortest_cycle(graph, start)


def shortest_cycle(graph: dict[str, set[str]], start: str) -> int:
    for length in range(len(NAMES)):
        for middle in permutations([name for name in NAMES if name != start], length):
            way = (start, *middle, start)
            if all(after in graph[before] for before, after in pairwise(way)):
                return length + 1
    raise AssertionError("no cycle")


@given(edges)
def test_an_order_puts_needs_first(graph: dict[str, set[str]]) -> None:
    if any(reaches(graph, name, name) for name in NAMES):
        with pytest.raises(ValueError, match="cycle"):
            topological(graph)
        return
    order = topological(graph)
    assert sorted(order) == list(NAMES)
    assert all(order.index(need) < order.index(name) for name in NAMES for need in graph[name])


def test_a_long_chain_needs_no_recursion() -> None:
    graph = {str(n): {str(n + 1)} if n < 20_000 else {"0"} for n in range(20_001)}

    assert [len(component) for component in strong_components(graph)] == [20_001]
