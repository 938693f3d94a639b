"""benchmarks/overhead.py: seconds of cores on runs whose overhead is known."""

import os

import pytest

from benchmarks.overhead import Job, idle_seconds, read_jobs, report


def job(start_s, end_s, function_s=0.0, threads=1, rule="a"):
    return Job(rule, start_s, end_s, function_s, threads)


@pytest.mark.parametrize("jobs,scheduling_s,chain_s", [
    ([job(0, 10), job(0, 10)], 0, 0),
    ([job(0, 10), job(0, 4)], 0, 6),  # the other core: nothing could start before the end
    ([job(0, 10), job(12, 20)], 2, 10 + 2 + 8),  # one core alone had something to start
    ([job(0, 10), job(0, 10), job(13, 20), job(13, 20)], 6, 0),
    ([job(0, 10), job(3, 10)], 3, 0),
    ([job(0, 10), job(12, 20, threads=2)], 4, 10),
])
def test_idle_cores_wait_for_the_scheduler_or_for_a_job(jobs, scheduling_s, chain_s):
    assert idle_seconds(jobs, 2) == (scheduling_s, chain_s)


def test_a_job_is_read_from_its_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("results/w/logs", "results/w/benchmarks/tidy"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "results/w/logs/x.log").write_text(
        "2026-11-22 10:00:02,000 start tidy\nhalf-way\n"
        "2026-11-22 10:00:06,500 end tidy after 4.5 s\n")
    benchmark = tmp_path / "results/w/benchmarks/tidy/x.tsv"
    benchmark.write_text("s\th:m:s\n6.0\t0:00:06\n")
    os.utime(benchmark, (1000, 1000))
    [read] = read_jobs(benchmark.parents[2].relative_to(tmp_path), (
        "rule tidy:\n    log: results/w/logs/x.log\n"
        "    benchmark: results/w/benchmarks/tidy/x.tsv\n"
        "    threads: 2\nrule other:\n    log: results/v/logs/x.log\n"
        "    benchmark: results/v/benchmarks/other/x.tsv\n"))
    assert read == Job("tidy", 994, 1000, 4.5, 2) and read.overhead_s == 3


def test_shares_are_of_all_cores():
    lines = report([job(1, 9, 6), job(1, 9, 8)], (0, 10), 2, 1.0).splitlines()
    assert [line.split()[0] for line in lines if "overhead: start" in line] == ["7.0"]  # 2 + 4 + 1
    assert "35.0%" in lines[-3]
