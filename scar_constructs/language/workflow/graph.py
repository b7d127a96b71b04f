"""The few graph algorithms the workflow needs, over names; all results are deterministic."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping

Edges = Mapping[str, Collection[str]]


def strong_components(edges: Edges) -> list[list[str]]:
    """Groups of nodes that can all reach each other (Tarjan, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    on_stack: set[str] = set()
    stack: list[str] = []
    found: list[list[str]] = []
    for root in edges:
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(edges.get(target, ()))))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == index[node]:
                    found.append(_pop_component(node, stack, on_stack))
    return found


def _pop_component(root: str, stack: list[str], on_stack: set[str]) -> list[str]:
    component = []
    while True:
        node = stack.pop()
        on_stack.discard(node)
        component.append(node)
        if node == root:
            return component


def cycle_through(start: str, edges: Edges, inside: set[str]) -> list[str]:
    """The shortest way from `start` back to itself, within a strong component."""
    before: dict[str, str] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for target in sorted(edges[node]):
            if target == start:
                way = [start, node]
                while way[-1] != start:
                    way.append(before[way[-1]])
                return way[::-1] if node != start else [start, start]
            if target in inside and target not in before:
                before[target] = node
                queue.append(target)
    raise ValueError(f"{start} lies on no cycle")


def topological(edges: Edges) -> list[str]:
    """The nodes, each after all that it points to; the given order where that leaves a choice."""
    done: dict[str, None] = {}
    waiting = list(edges)
    while waiting:
        ready = [node for node in waiting if all(target in done for target in edges[node])]
        if not ready:
            raise ValueError("the graph has a cycle")
        done[ready[0]] = None
        waiting.remove(ready[0])
    return list(done)
