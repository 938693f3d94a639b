"""The bundle: what comes out is what went in, and nothing else is ever written."""

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from italign.figures.pages import unbundle
from italign.figures.pages.bundle import write_bundle
from italign.figures.pages.portable import portable_config, portable_sheet

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "workflow" / "scripts" / "figures" / "unpack_bundle.py"
FOLDER = "results/small"
SHEET = ("session\tanimal\tarray_map\tfiles\tpresentations\n"
         "day1\tmonkey\t/lab/maps/array.CMP\t/lab/day1/info.rhd\t/lab/day1/shown.tsv\n"
         "day2\tmonkey\tn/a\t/lab/day2/info.rhd, /lab/day2/b.ns5\t/lab/day2/shown.tsv\n")


@pytest.fixture
def world(tmp_path, monkeypatch, load_script):
    """Give a function that packs a world of two cached files and one figure."""
    place = tmp_path / "one machine"
    files = {"evaluation/cohort.nc": b"\x89numbers" * 999, "assemblies/quality.csv": b"a,b\n1,2\n",
             "figures/figure_1b.svg": b"<svg/>"}
    for name, contents in files.items():
        (place / FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (place / FOLDER / name).write_bytes(contents)
    array_map = place / "array.CMP"
    array_map.write_text("positions")
    (place / "lab.tsv").write_text(SHEET.replace("/lab/maps/array.CMP", str(array_map)))
    config = {"world": "small", "resources": {"mirrors": ["/lab/files"]}, "rate": 1e-05,
              "recordings": {"sessions": str(place / "lab.tsv")},
              "stimuli": {"sets": {"base": {"folder": "/data/imagenet"}}}}
    monkeypatch.chdir(place)

    def pack(name="bundle.tar.gz"):
        load_script("figures", "pack_bundle").pack_bundle(
            cached=[f"{FOLDER}/evaluation/cohort.nc", f"{FOLDER}/assemblies/quality.csv"],
            figures=f"{FOLDER}/figures/figure_1b.svg", bundle=name, config=config,
            source="in silico", sessions=[config["recordings"]["sessions"]])
        return place / name

    return pack


@pytest.fixture
def elsewhere(tmp_path):
    folder = tmp_path / "another machine"
    folder.mkdir()
    return folder


def unpack(bundle, into, *options):
    """Run the command as make does."""
    return subprocess.run([sys.executable, str(SCRIPT), str(bundle), "--into", str(into), *options],
                          capture_output=True, text=True, cwd=into, check=False)


def refused(bundle, into):
    """The one line that the command says; nothing has been written."""
    before = contents_of(into)
    answer = unpack(bundle, into)
    assert (answer.returncode, answer.stdout, contents_of(into)) == (1, "", before), answer
    assert answer.stderr.count("\n") == 1
    return answer.stderr


def contents_of(folder):
    return {str(file.relative_to(folder)): file.read_bytes()
            for file in Path(folder).rglob("*") if file.is_file()}


def members_of(bundle):
    with tarfile.open(bundle) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def rewrite(bundle, members, extra=()):
    """Write (name, contents) as they are given, then other kinds of entries."""
    with tarfile.open(bundle, "w:gz") as archive:
        for name, contents in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(contents)
            archive.addfile(entry, io.BytesIO(contents))
        for entry in extra:
            archive.addfile(entry)
    return bundle


def test_round_trip(world, elsewhere):
    answer = unpack(world(), elsewhere)
    assert (answer.returncode, answer.stdout) == (0, "small\n"), answer.stderr
    found = contents_of(elsewhere / FOLDER)
    assert set(found) == {"MANIFEST.tsv", "PROVENANCE.json", "config.yaml", "sessions.tsv",
                          "evaluation/cohort.nc", "assemblies/quality.csv", "array_maps/day1.cmp"}
    assert found["evaluation/cohort.nc"] == b"\x89numbers" * 999
    assert found["array_maps/day1.cmp"] == b"positions"
    assert sorted(os.listdir(elsewhere)) == ["results"]
    again = unpack(world(), elsewhere)
    assert again.stdout == "small\n" and "0 files unpacked" in again.stderr


def test_nothing_of_the_machine_goes_along(world, tmp_path):
    members = members_of(world())
    for name, contents in members.items():
        assert str(tmp_path).encode() not in contents and b"/lab/" not in contents, name
    config = yaml.safe_load(members[f"{FOLDER}/config.yaml"])
    assert config == {"world": "small", "resources": {"mirrors": []}, "rate": 1e-05,
                      "recordings": {"sessions": f"{FOLDER}/sessions.tsv"},
                      "stimuli": {"sets": {"base": {"folder": "imagenet"}}}}
    said = json.loads(members[f"{FOLDER}/PROVENANCE.json"])
    assert (said["world"], said["source"]) == ("small", "in silico")
    assert list(said["figures"]) == [f"{FOLDER}/figures/figure_1b.svg"]
    with tarfile.open(world()) as archive:
        assert {(m.mtime, m.uid, m.gid, m.uname, m.mode) for m in archive} == {(0, 0, 0, "", 0o644)}


def test_two_packings_give_the_same_bytes(world):
    first = world("first.tar.gz").read_bytes()
    for file in Path(FOLDER).rglob("*.*"):
        os.utime(file, (1, 1))
    assert world("second.tar.gz").read_bytes() == first


def test_sheet_names_maps_of_the_bundle_and_files_left_behind(tmp_path):
    (tmp_path / "lab.tsv").write_text(SHEET)
    text, maps = portable_sheet(tmp_path / "lab.tsv", FOLDER)
    assert maps == {f"{FOLDER}/array_maps/day1.cmp": Path("/lab/maps/array.CMP")}
    header, first, second = (line.split("\t") for line in text.splitlines())
    assert header == SHEET.splitlines()[0].split("\t")
    assert first[2:] == [f"{FOLDER}/array_maps/day1.cmp", "not-in-the-bundle/day1/info.rhd",
                         "not-in-the-bundle/day1/shown.tsv"]
    assert second[2:4] == ["n/a", "not-in-the-bundle/day2/info.rhd,not-in-the-bundle/day2/b.ns5"]


def test_a_world_without_sessions_stays_one():
    config = {"world": "small", "resources": {"mirrors": []}, "recordings": {"sessions": None}}
    assert portable_config(config, FOLDER) == config


def test_altered_lacking_and_added_files_are_named(world, elsewhere):
    bundle = world()
    members, table = members_of(bundle), f"{FOLDER}/assemblies/quality.csv"
    for changed in (members | {table: b"a,b\n1,3\n"}, {k: v for k, v in members.items()
                                                      if k != table}):
        message = refused(rewrite(bundle, changed.items()), elsewhere)
        assert ("1 files are lacking, added, repeated or other than its MANIFEST.tsv says "
                f"({table})") in message
    added = members | {f"{FOLDER}/evaluation/truth.csv": b""}
    assert "evaluation/truth.csv" in refused(rewrite(bundle, added.items()), elsewhere)
    without = {k: v for k, v in members.items() if "MANIFEST" not in k}
    assert "expected one world's with a MANIFEST.tsv" in refused(
        rewrite(bundle, without.items()), elsewhere)


@pytest.mark.parametrize("name", [
    "results/small/../../outside.txt", "/tmp/outside.txt", "../outside.txt", "outside.txt",
    "results/small/.hidden", "results/sm all/x", "results/small/a\\b", "results/small"])
def test_places_outside_the_world_are_refused(name, world, elsewhere):
    bundle = rewrite(world(), [*members_of(world()).items(), (name, b"x")])
    assert "is no place below results/<world>/" in refused(bundle, elsewhere)
    assert not (elsewhere.parent / "outside.txt").exists()
    with pytest.raises(ValueError, match="is no place below"):
        write_bundle(elsewhere / "x.tar.gz", {name: b"x"})


@pytest.mark.parametrize("name", [
    *(f"figures/{name}" for name in ("recording_quality.svg", "recording_quality.csv",
                                     "captions/figure_1b.rst", "not_drawn.csv", "config.yaml")),
    *(f"evaluation/{name}.csv" for name in ("points", "trajectory", "levels", "averages",
                                            "statistics", "reproduction", "published_values")),
    "index.html", "reproduction.md", "report.html", "bundle.tar.gz", "logs/plot/figure.log",
    "evaluation/cohort.nc/points.csv", "array_maps/figures/figure_1b.svg",
    "recordings/day1/figures/validation.csv", "assemblies/rasters-a.nc.csv"])
def test_what_is_made_anew_is_never_unpacked(name, world, elsewhere):
    """A planted figure would not be redrawn, and be called identical."""
    members = {key: part for key, part in members_of(world()).items() if "MANIFEST" not in key}
    planted = members | {f"{FOLDER}/{name}": b"planted"}
    listed = [f"{key}\t{len(part)}\t{sha256(part).hexdigest()}" for key, part in planted.items()]
    manifest = "\n".join(["path\tbytes\tsha256", *listed, ""]).encode()
    bundle = rewrite(world(), [(f"{FOLDER}/MANIFEST.tsv", manifest), *planted.items()])
    words = f"'{FOLDER}/{name}' is none of the files that figures are redrawn from"
    assert words in refused(bundle, elsewhere)
    with pytest.raises(ValueError, match="is none of the files that figures are redrawn from"):
        write_bundle(elsewhere / "x.tar.gz", planted)
    assert not contents_of(elsewhere)


def test_all_that_figures_are_drawn_from_can_be_packed(tmp_path):
    """The files of cached_of in workflow/rules/panels.smk."""
    names = ["assemblies/mean-rates.nc", "assemblies/quality.csv", "assemblies/rasters-day-1_b.nc",
             "evaluation/animals.csv", "evaluation/ceilings.csv", "evaluation/cohort.nc",
             "evaluation/generalisation.csv", "evaluation/layers.csv", "evaluation/truth.csv",
             "recordings/day-1_b/validation.csv", "stimuli/examples.nc",
             "training/architecture.csv"]
    write_bundle(tmp_path / "all.tar.gz", {f"{FOLDER}/{name}": b"x" for name in names})
    packed = [name.removeprefix(f"{FOLDER}/") for name in members_of(tmp_path / "all.tar.gz")]
    assert packed == ["MANIFEST.tsv", *names]


def test_figures_of_before_are_older_than_what_is_unpacked(world, elsewhere):
    """Snakemake goes by the time: figures of other inputs, which were deleted, are redrawn."""
    drawn, equal = (elsewhere / FOLDER / name for name in ("figures/figure_1b.svg",
                                                           "assemblies/quality.csv"))
    for file, contents in ((drawn, b"<svg>of other inputs</svg>"), (equal, b"a,b\n1,2\n")):
        file.parent.mkdir(parents=True)
        file.write_bytes(contents)
    before = {file: file.stat().st_mtime_ns for file in (drawn, equal)}
    assert unpack(world(), elsewhere).returncode == 0
    for file in (elsewhere / FOLDER).rglob("*.*"):
        time = file.stat().st_mtime_ns
        assert time == before[file] if file in before else time >= before[drawn], file


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE,
                                  tarfile.DIRTYPE, tarfile.CHRTYPE])
def test_only_plain_files_are_taken(kind, world, elsewhere):
    entry = tarfile.TarInfo(f"{FOLDER}/evaluation/cohort.csv")
    entry.type, entry.linkname = kind, f"{FOLDER}/evaluation/cohort.nc"
    bundle = rewrite(world(), members_of(world()).items(), extra=[entry])
    assert "'results/small/evaluation/cohort.csv' is no plain file" in refused(bundle, elsewhere)


def test_repeated_members_are_refused(world, elsewhere):
    members, name = members_of(world()), f"{FOLDER}/assemblies/quality.csv"
    twice = rewrite(world(), [(name, b"another"), *members.items()])
    assert f"repeated or other than its MANIFEST.tsv says ({name})" in refused(twice, elsewhere)


def test_broken_and_other_files_are_refused(world, elsewhere, tmp_path):
    whole = world().read_bytes()
    broken = tmp_path / "broken.tar.gz"
    for contents in (whole[:-60], whole[:len(whole) // 2], b"", b"some text",
                     gzip.compress(b"no archive" * 99)):
        broken.write_bytes(contents)
        assert "broken.tar.gz: " in refused(broken, elsewhere)
    assert "not found" in refused(tmp_path / "none.tar.gz", elsewhere)
    two = members_of(world()) | {"results/other/config.yaml": b""}
    assert "of 2 worlds" in refused(rewrite(broken, two.items()), elsewhere)


def test_a_bundle_that_is_too_large_is_refused(world, elsewhere, monkeypatch):
    monkeypatch.setattr(unbundle, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="holds more than"), \
            unbundle.checked_bundle(world(), elsewhere):
        pass
    assert not contents_of(elsewhere)


def test_other_files_are_not_overwritten(world, elsewhere):
    (elsewhere / FOLDER / "evaluation").mkdir(parents=True)
    (elsewhere / FOLDER / "evaluation" / "cohort.nc").write_bytes(b"mine")
    (elsewhere / FOLDER / "assemblies").write_bytes(b"a file where a folder has to be")
    message = refused(world(), elsewhere)
    assert ("2 of its 7 files exist with other contents (results/small/assemblies/quality.csv, "
            "results/small/evaluation/cohort.nc)") in message
    assert "move results/small away" in message


def test_config_of_another_world_is_refused(world, elsewhere):
    members = {name.replace("small", "other"): contents
               for name, contents in members_of(world()).items()}
    for name in [name for name in members if name.endswith("MANIFEST.tsv")]:
        del members[name]
    write_bundle("renamed.tar.gz", members)
    assert "its config.yaml is not that of world other" in refused(Path("renamed.tar.gz").resolve(),
                                                                   elsewhere)


def test_redrawn_figures_are_compared(world, elsewhere):
    bundle = world()
    unpack(bundle, elsewhere)
    missing = unpack(bundle, elsewhere, "--verify")
    assert missing.returncode == 1 and "figure_1b.svg (not drawn)" in missing.stderr
    drawn = elsewhere / FOLDER / "figures" / "figure_1b.svg"
    drawn.parent.mkdir()
    drawn.write_bytes(b"<svg/>")
    same = unpack(bundle, elsewhere, "--verify")
    assert (same.returncode, same.stdout) == (
        0, "1 files of figures are byte-identical to the bundle's\n")
    drawn.write_bytes(b"<svg />")
    other = unpack(bundle, elsewhere, "--verify")
    assert other.returncode == 1 and "though packages and drawing code are the same" in other.stderr


def test_verifying_reads_the_provenance_alone_and_checks_it(world, elsewhere):
    members, name = members_of(world()), f"{FOLDER}/PROVENANCE.json"
    assert unbundle.checked_member(world(), "PROVENANCE.json") == members[name]
    said = json.loads(members[name])
    altered = members | {name: json.dumps(said | {"drawing_code": "another"}).encode()}
    without = {key: part for key, part in members.items() if key != name}
    for found, words in ((altered, "PROVENANCE.json is other than its MANIFEST.tsv says"),
                         (without, "lacks PROVENANCE.json"),
                         (dict(reversed(members.items())), "where a small file MANIFEST.tsv is"),
                         ({}, "found 'nothing'")):
        bundle = rewrite(elsewhere / "other.tar.gz", found.items())
        answer = unpack(bundle, elsewhere, "--verify")
        assert answer.returncode == 1 and words in answer.stderr
        assert answer.stderr.count("\n") == 1
    assert contents_of(elsewhere).keys() == {"other.tar.gz"}
    answer = unpack(elsewhere / "none.tar.gz", elsewhere, "--verify")
    assert answer.returncode == 1 and "none.tar.gz: not found" in answer.stderr
