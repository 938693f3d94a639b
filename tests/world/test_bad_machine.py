"""A disk that is full or read-only: one line of cause and cure, and nothing finished is lost."""

import pytest
import xarray as xr

pytestmark = pytest.mark.world

ASSEMBLY = "results/tiny/assemblies/sim1-hvm.nc"
DRIFT = "results/tiny/assemblies/sim1-hvm-drift.csv"
AGAIN = "run the same command again, what is finished stays"


def contents(folder, but):
    """Size and time of change of every file, less logs and what a test makes."""
    files = [path for path in folder.rglob("*") if path.is_file() and "logs" not in path.parts]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files
            if path.name not in but}


def line_with(words, answer):
    said = [line for line in answer.stderr.splitlines() if words in line]
    assert answer.returncode != 0 and len(said) == 1, answer.stderr[-3000:]
    return said[0]


def test_read_only_results_stop_a_run_before_its_first_job(world, small_disk):
    for name in (ASSEMBLY, DRIFT):
        (world.folder / name).unlink()
    small_disk(world.results.parent, 300).forbid_writing()
    answer = world.run(ASSEMBLY)
    said = [line for line in answer.stderr.splitlines() if "Read-only file system" in line]
    assert answer.returncode != 0 and said == [said[0]] * 2  # as a warning, then as the reason
    assert said[0].startswith("results/tiny: ") and AGAIN in said[0]
    assert "Traceback" not in answer.stderr and "Execute" not in answer.stderr
    assert world.plan("--nolock", ASSEMBLY) == {"assemble_responses": 1}  # whoever only looks may


def test_a_full_disk_below_snakemake_itself_is_one_line(world, small_disk):
    disk = small_disk(world.folder / ".snakemake", 60)
    disk.fill()
    answer = world.run(ASSEMBLY)
    said = line_with("No space left on device", answer)
    assert said.startswith(".snakemake: ") and AGAIN in said
    assert "Traceback" not in answer.stderr


def test_a_disk_that_fills_up_on_the_way_costs_one_job(world, small_disk):
    results = world.results.parent
    with xr.open_dataset(world.folder / ASSEMBLY, decode_timedelta=False) as lazy:
        before = lazy.load()
    for name in (ASSEMBLY, DRIFT):
        (world.folder / name).unlink()
    disk = small_disk(results, 300)
    disk.fill(kb_left=20)
    but = ["sim1-hvm.nc", "sim1-hvm-drift.csv", "sim1-hvm.tsv", "ballast"]
    others = contents(results, but)
    # Without the check at the start, as if it had been passed.
    said = line_with("assemble_responses: ", world.run(ASSEMBLY, "--no-hooks"))
    assert said.startswith("assemble_responses: results/tiny: ") and AGAIN in said
    assert "the disk is full: 0.0 MB free" in said
    assert not [path for path in world.results.glob("assemblies/sim1-hvm*") if
                path.name in but or path.suffix == ".tmp"]
    disk.ballast.unlink()
    again = world.run(ASSEMBLY)
    assert again.returncode == 0, again.stderr
    with xr.open_dataset(world.folder / ASSEMBLY, decode_timedelta=False) as lazy:
        xr.testing.assert_equal(before, lazy.load())
    assert contents(results, but) == others
