"""The list scheduler and the disk it fills, on jobs small enough to do by hand."""

import numpy as np
import pytest

from italign.planning.jobs import Job
from italign.planning.schedule import Machine, makespan_s, schedule
from italign.planning.storage import kept_mb, peak_mb, unknown_sizes


def job(name, after="", **options):
    return Job(name, name, frozenset(after.split()), **options)


def test_a_chain_waits_in_the_queue_before_every_link():
    chain = [job("a"), job("b", "a"), job("c", "b")]
    spans = schedule(chain, {"a": 10, "b": 20, "c": 30}, Machine(queue_s=300, start_s=5))
    assert spans == {"a": (300, 315), "b": (615, 640), "c": (940, 975)}


@pytest.mark.parametrize(("cores", "wall"), [(1, 40), (2, 20), (3, 20), (4, 10)])
def test_independent_jobs_share_the_cores(cores, wall):
    jobs = [job(name) for name in "abcd"]
    assert makespan_s(schedule(jobs, dict.fromkeys("abcd", 10), Machine(cores))) == wall


def test_a_full_network_takes_a_gpu_and_four_small_ones_share_one():
    full = [job(name, gpu_slots=4) for name in "abc"]
    small = [job(name, gpu_slots=1) for name in "defg"]
    seconds = dict.fromkeys("abcdefg", 10)
    assert makespan_s(schedule(full, seconds, Machine(gpu_slots=4))) == 30
    assert makespan_s(schedule(full, seconds, Machine(gpu_slots=8))) == 20
    assert makespan_s(schedule(small, seconds, Machine(gpu_slots=4))) == 10


def test_a_small_job_starts_beside_a_large_one_that_waits():
    jobs = [job("long"), job("wide", threads=2), job("small")]
    spans = schedule(jobs, {"long": 10, "wide": 10, "small": 4}, Machine(cores=2))
    assert spans == {"long": (0, 10), "small": (0, 4), "wide": (10, 20)}


def test_a_diamond_by_hand():
    """One core is idle from 3 to 5: the join waits for the longer arm."""
    jobs = [job("top"), job("left", "top"), job("right", "top"), job("join", "left right")]
    seconds = {"top": 1, "left": 2, "right": 4, "join": 1}
    assert schedule(jobs, seconds, Machine(2))["join"] == (5, 6)
    assert schedule(jobs, seconds, Machine(1))["join"] == (7, 8)


def test_any_schedule_keeps_the_bounds_of_list_scheduling():
    """Never below the longest chain or the shared work, never above the two together."""
    draw = np.random.default_rng(0)
    for cores in (1, 3, 7):
        names = [f"j{n}" for n in range(60)]
        jobs = [job(name, " ".join(draw.choice(names[:n], min(n, 2), replace=False)))
                for n, name in enumerate(names)]
        seconds = dict(zip(names, draw.uniform(1, 9, 60), strict=True))
        longest = {}
        for one in jobs:
            longest[one.name] = seconds[one.name] + max((longest[b] for b in one.after), default=0)
        shared, chain = sum(seconds.values()) / cores, max(longest.values())
        found = makespan_s(schedule(jobs, seconds, Machine(cores)))
        assert max(shared, chain) - 1e-9 <= found <= shared + chain


def test_what_is_done_is_not_waited_for():
    assert schedule([job("b", "done")], {"b": 3}, Machine()) == {"b": (0, 3)}


def test_a_job_larger_than_the_machine_is_refused():
    with pytest.raises(ValueError, match="job a: asks for 3 cores and 0 GPU slots, the machine has "
                                         "2 and inf"):
        schedule([job("a", threads=3)], {"a": 1}, Machine(2))


def test_jobs_that_wait_for_each_other_are_refused():
    with pytest.raises(ValueError, match="wait for each other: a, b"):
        schedule([job("a", "b"), job("b", "a"), job("c")], dict.fromkeys("abc", 1), Machine())


def test_disk_by_hand():
    """5 from a and 3 from b lie together; b's goes when c ends and d writes 4: 5 + 3 + 1, then."""
    jobs = [
        job("a", files_mb={"a/kept": 5}),
        job("b", "a", files_mb={"b/raw": 3}, temp=frozenset({"b/raw"})),
        job("c", "b", files_mb={"c/kept": 1}, inputs=frozenset({"b/raw"})),
        job("d", "c", files_mb={"d/late": 2, "d/odd": float("nan")}),
    ]
    spans = schedule(jobs, dict.fromkeys("abcd", 1), Machine())
    assert peak_mb(jobs, spans) == 9  # c writes while it still reads
    assert kept_mb(jobs) == {"kept": 6, "late": 2}
    assert unknown_sizes(jobs) == ["odd"]
    assert peak_mb(jobs[:2], spans) == 8  # temporary and read by nobody: there and gone


def test_temporary_files_pile_up_unless_used_in_turn():
    jobs = [part for n in "12345678" for part in (
        job(f"make{n}", files_mb={n: 10}, temp=frozenset({n})),
        job(f"use{n}", f"make{n}", inputs=frozenset({n})))]
    seconds = {one.name: 1 for one in jobs}
    # One core makes all before it uses any: first come, first served.
    assert [peak_mb(jobs, schedule(jobs, seconds, Machine(cores))) for cores in (1, 8)] == [80, 80]
    in_turn = [job(one.name, f"use{int(one.name[-1]) - 1}" if one.name > "make1" and "make" in
                   one.name else " ".join(one.after), files_mb=one.files_mb, temp=one.temp,
                   inputs=one.inputs) for one in jobs]
    assert peak_mb(in_turn, schedule(in_turn, seconds, Machine(8))) == 10
