"""Arrivals at a join: exactly when all is there, whatever comes twice, late, or is cut off."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from scar_runtime.config import Input, Join
from scar_runtime.errors import EventError
from scar_runtime.events import Record, StoredObject
from scar_runtime.joins import marks, members
from scar_runtime.joins.arrivals import Arrivals, Waiting
from scar_runtime.joins.tickets import MOST_STEPS, Part, Share, Ticket, tickets

from scar_constructs.operate.waiting import OWN_PUBLICATION
from tests.runtime.spools import MemoryS3
from tests.support.deliveries import Killed

ROOT = "0" * 31 + "a"
SOURCE = Input("bucket", "parts")


def edition(number: int = 0) -> str:
    return f"{number:011x}-{number:08x}"


def arrivals(s3: MemoryS3, join: Join = Join(of="split")) -> Arrivals:  # noqa: B008
    return Arrivals("merge", SOURCE, join, s3.spool())


def stored(key: str, sequencer: int = 1, size: int = 3) -> StoredObject:
    number = f"{sequencer:016X}"
    return StoredObject("bucket", key, version=f"v{number}", sequencer=number, size=size)


@dataclass(frozen=True)
class Arrival:
    """What arrives, and its place."""

    stored: StoredObject
    part: Part


def part(*shares: Share, is_empty: bool = False) -> Part:
    return Part("merge", ROOT, "poem", shares, is_empty)


def tree(source: random.Random, depth: int, above: tuple[Share, ...] = ()) -> Iterator[Arrival]:
    """What may come of one execution: files of files, or nothing."""
    count = source.choice((1, 1, 2, 3, 7)) if above else source.choice((1, 3, 120))
    for slot in range(count):
        shares = (*above, Share(slot, count, edition() if above else ""))
        if len(shares) < depth and source.random() < 0.5:
            yield from tree(source, depth, shares)
        else:
            key = "parts/" + "-".join(str(share.slot) for share in shares)
            yield Arrival(stored(key), part(*shares, is_empty=source.random() < 0.2))


def marks_in(s3: MemoryS3) -> list[str]:
    return [key for key in s3.objects if "/joins/" in key and "/=" not in key]


def keys_of(s3: MemoryS3, record: Record) -> list[str]:
    assert record.group is not None
    return [one.key for one in members.listing(s3.spool(), record.group, "bucket").objects]


@pytest.mark.parametrize("seed", range(60))
def test_the_last_arrival_in_any_order_finds_the_group_whole(seed: int) -> None:
    source, s3 = random.Random(seed), MemoryS3()  # noqa: S311
    wanted = list(tree(source, depth=source.randrange(1, 5)))
    shuffled = source.sample(wanted, len(wanted))
    some = source.sample(wanted[:-1], min(len(wanted) - 1, 5))

    for one in shuffled[:-1]:
        assert isinstance(arrivals(s3).arrive(one.stored, one.part), Waiting)
    for one in some:
        if one is not shuffled[-1]:  # a duplicate counts once
            assert isinstance(arrivals(s3).arrive(one.stored, one.part), Waiting)
    last = arrivals(s3).arrive(shuffled[-1].stored, shuffled[-1].part)

    assert isinstance(last, Record)
    assert keys_of(s3, last) == [one.stored.key for one in wanted if not one.part.is_empty]


@pytest.mark.parametrize("seed", range(60))
def test_whoever_dies_at_any_request_one_set_of_files_is_found(seed: int) -> None:
    """Each arrival is tried until it succeeds, as Lambda and a redrive do, among others that come
    at the same time; every attempt may die before or after each of its requests."""
    source, s3 = random.Random(seed), MemoryS3()  # noqa: S311

    def may_die() -> None:
        if source.random() < 0.15:
            raise Killed

    s3.before = s3.after = may_die
    wanted = list(tree(source, depth=source.randrange(1, 5)))
    waiting = source.sample(wanted, len(wanted)) + source.sample(wanted, len(wanted) // 3)
    found = []
    while waiting:
        one = waiting.pop(source.randrange(len(waiting)))
        try:
            came = arrivals(s3).arrive(one.stored, one.part)
        except Killed:
            waiting.append(one)
            continue
        if isinstance(came, Record):
            found.append(came)
    s3.before = s3.after = lambda: None

    assert len({one.group for one in found}) == 1
    assert keys_of(s3, found[0]) == [one.stored.key for one in wanted if not one.part.is_empty]


@pytest.mark.parametrize("seed", range(20))
def test_arrivals_at_once_find_the_group_whole_at_least_once(seed: int) -> None:
    """Two processes, whose requests go in turns."""
    source, s3 = random.Random(seed), MemoryS3()  # noqa: S311
    wanted = [Arrival(stored(f"parts/{slot}"), part(Share(slot, 240))) for slot in range(240)]
    source.shuffle(wanted)
    for one in wanted[:-2]:
        assert isinstance(arrivals(s3).arrive(one.stored, one.part), Waiting)
    nested: list[object] = []

    def meanwhile() -> None:
        """The other process does all of its work between two requests of the first."""
        if not nested and source.random() < 0.3:
            nested.append(None)
            nested.append(arrivals(s3).arrive(wanted[-1].stored, wanted[-1].part))

    s3.before = meanwhile
    first = arrivals(s3).arrive(wanted[-2].stored, wanted[-2].part)
    s3.before = lambda: None
    second = nested[1] if nested else arrivals(s3).arrive(wanted[-1].stored, wanted[-1].part)

    assert isinstance(first, Record) or isinstance(second, Record)


@pytest.mark.parametrize("count", [1, 2, 99, 100, 101, 1_000, 10_000])
def test_requests_stay_under_three_for_each_part(count: int) -> None:
    s3 = MemoryS3()
    order = random.Random(count).sample(range(count), count)  # noqa: S311
    for slot in order:
        came = arrivals(s3).arrive(stored(f"parts/{slot}"), part(Share(slot, count)))
    assert isinstance(came, Record)
    assert len(keys_of(s3, came)) == count

    # The list of the members and its reading are those of the run.
    assert (len(s3.requests) - 2) / count <= 2.1 + 1 / count


def test_a_newer_version_replaces_the_older_one_before_the_run() -> None:
    s3 = MemoryS3()
    one, other = part(Share(0, 2)), part(Share(1, 2))
    arrivals(s3).arrive(stored("parts/a", 5), one)
    arrivals(s3).arrive(stored("parts/a", 7), one)
    arrivals(s3).arrive(stored("parts/a", 6), one)  # late
    came = arrivals(s3).arrive(stored("parts/b"), other)

    assert isinstance(came, Record)
    assert came.group
    found = members.listing(s3.spool(), came.group, "bucket").objects
    assert [one.sequencer or one.version for one in found] == [f"v{7:016X}", f"v{1:016X}"]
    assert len(marks_in(s3)) == 2


def test_a_newer_version_after_the_run_is_another_run_and_an_older_one_is_not() -> None:
    s3 = MemoryS3()
    arrivals(s3).arrive(stored("parts/a", 5), part(Share(0, 2)))
    first = arrivals(s3).arrive(stored("parts/b", 5), part(Share(1, 2)))
    again = arrivals(s3).arrive(stored("parts/b", 5), part(Share(1, 2)))
    newer = arrivals(s3).arrive(stored("parts/b", 6), part(Share(1, 2)))
    older = arrivals(s3).arrive(stored("parts/b", 4), part(Share(1, 2)))

    assert first == again
    assert first != newer == older


def test_of_two_publications_the_newer_whole_one_counts() -> None:
    """A function between was run again, and made other files."""
    s3 = MemoryS3()
    above = Share(0, 2)
    old = [part(above, Share(slot, 3, edition(1))) for slot in range(3)]
    new = [part(above, Share(slot, 2, edition(2))) for slot in range(2)]
    other = part(Share(1, 2), Share(0, 1, edition(1)))
    arrivals(s3).arrive(stored("parts/other"), other)
    arrivals(s3).arrive(stored("parts/old-0"), old[0])
    arrivals(s3).arrive(stored("parts/new-0"), new[0])
    arrivals(s3).arrive(stored("parts/old-1"), old[1])
    came = arrivals(s3).arrive(stored("parts/new-1"), new[1])
    assert isinstance(came, Record)
    assert keys_of(s3, came) == ["parts/new-0", "parts/new-1", "parts/other"]

    late = arrivals(s3).arrive(stored("parts/old-2"), old[2])

    assert late == came


def test_keys_of_any_length_fit_into_marks() -> None:
    s3 = MemoryS3()
    function = Arrivals("m" * 64, SOURCE, Join(of="split"), s3.spool("m" * 64))
    shares = tuple(Share(99_999, 100_000, edition(9) if n else "") for n in range(MOST_STEPS))
    function.arrive(stored("parts/" + "k" * 1018), part(*shares))
    function.arrive(stored("parts/" + "\u00e4" * 500), part(*shares))
    chain = tuple(Share(0, 1, edition(9) if n else "") for n in range(MOST_STEPS))
    came = function.arrive(stored("parts/" + "k" * 1018), part(*chain))

    assert isinstance(came, Record)
    assert came.group
    found = members.listing(s3.spool("m" * 64), came.group, "bucket").objects
    assert [one.key for one in found] == ["parts/" + "k" * 1018]


def test_what_has_no_ticket_for_the_join_is_an_error() -> None:
    function = arrivals(MemoryS3())
    with pytest.raises(EventError, match="does not come from an execution of split"):
        function.part_of(stored("parts/a"), {})
    for_another = Ticket("other", ROOT, "poem", (), {"other": 0}, 1).text
    not_for_us = Ticket("merge", ROOT, "poem", (), {"between": 0}, 1).text
    with pytest.raises(EventError):
        function.part_of(stored("parts/a"), {"scar-joins": f"{for_another},{not_for_us}"})


PAIRS = Join(group="{sample}_R{read}.fastq.gz", by=("sample",), count=2)


def test_pairs_by_name_in_any_order() -> None:
    s3 = MemoryS3()
    function = arrivals(s3, PAIRS)
    assert function.arrive_by_name(stored("parts/x_R2.fastq.gz")) == Waiting("x", 1, 2)
    assert function.arrive_by_name(stored("parts/y_R1.fastq.gz")) == Waiting("y", 1, 2)
    came = function.arrive_by_name(stored("parts/x_R1.fastq.gz"))

    assert isinstance(came, Record)
    assert came.group
    assert came.group.name == "x"
    assert sorted(keys_of(s3, came)) == ["parts/x_R1.fastq.gz", "parts/x_R2.fastq.gz"]
    with pytest.raises(EventError, match="has 3 files, and 2 make it whole"):
        function.arrive_by_name(stored("parts/x_R3.fastq.gz"))
    with pytest.raises(EventError, match="not of the form"):
        function.arrive_by_name(stored("parts/readme.txt"))


def test_pairs_by_suffixes() -> None:
    s3 = MemoryS3()
    function = arrivals(s3, Join(suffixes=(".bam.bai", ".bam")))
    assert function.arrive_by_name(stored("parts/run/x.bam")) == Waiting("run/x", 1, 2)
    assert function.arrive_by_name(stored("parts/x.bam")) == Waiting("x", 1, 2)
    came = function.arrive_by_name(stored("parts/run/x.bam.bai"))

    assert isinstance(came, Record)
    assert keys_of(s3, came) == ["parts/run/x.bam.bai", "parts/run/x.bam"]


def test_a_file_that_is_replaced_a_thousand_times_leaves_one_mark() -> None:
    s3 = MemoryS3()
    for sequencer in range(1000):
        arrivals(s3, PAIRS).arrive_by_name(stored("parts/x_R1.fastq.gz", sequencer))
    assert len(marks_in(s3)) == 1


STEP = f"0.1.{edition()}/"


def test_files_too_many_are_not_all_listed() -> None:
    s3 = MemoryS3()
    function = arrivals(s3, PAIRS)
    for number in range(2500):
        s3.requests.clear()
        try:
            function.arrive_by_name(stored(f"parts/x_R{number}.fastq.gz"))
        except EventError:
            assert number >= 2
    assert s3.requests.count("LIST") <= 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing"),
        ("merge", "no ticket"),
        (f"merge:{ROOT}:poem:merge=2.2", "a place beyond the count"),
        (f"merge:{ROOT}:poem:merge=0.9999999", "too many parts"),
        (f"merge:{ROOT}:poem:0.1/merge=0.1", "no edition"),
        (f"merge:{ROOT}:poem:{STEP * 3}merge=0.1.{edition()}", "an edition at the root"),
        (f"merge:{ROOT}:poem:0.1/{STEP * 9}merge=0.1.{edition()}", "too deep"),
        ("merge:../../x:poem:merge=0.1", "a root that leads elsewhere"),
        (f"merge:{ROOT}:a/../b:merge=0.1", "a group that leads elsewhere"),
        (f"me/rge:{ROOT}:poem:merge=0.1", "a join that leads elsewhere"),
        (f"merge:{ROOT}:poem:merge=0.1" + "," * 2000, "too long"),
    ],
)
def test_forged_tickets_are_none(text: str, why: str) -> None:
    assert tickets({"scar-joins": text}) == (), why


def test_tickets_are_read_as_they_were_written() -> None:
    above = (Share(3, 10), Share(0, 2, edition(3)))
    ticket = Ticket("merge", ROOT, "a%20b", above, {"x": 4, "y": 5}, 9, edition(4), is_empty=True)
    other = Ticket("merge-2", ROOT, "-", (), {"x": 0}, 1)

    assert tickets({"scar-joins": f"{ticket.text},{other.text}"}) == (ticket, other)
    assert ticket.part("y") == Part("merge", ROOT, "a%20b", (*above, Share(5, 9, edition(4))), True)
    assert ticket.part("z") is None
    assert replace(ticket, above=(), edition="").text.endswith("x=4+y=5.9!")


def test_sequencers_are_compared_as_s3_says() -> None:
    assert marks.newness("0055AED6DCD90281E5") > marks.newness("0055AED6DCD90281E4FF")
    assert marks.newness("0055aed6dcd902") == marks.newness("0055AED6DCD902")
    assert marks.newness(None) == marks.newness("no hex") == "0" * 32


def test_the_command_that_shows_groups_knows_the_folder_of_their_own_parts() -> None:
    assert marks.publication_by(()) == OWN_PUBLICATION
