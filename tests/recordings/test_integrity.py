"""What a recording says about its own health, against planted faults."""

import hashlib
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from italign.recordings.integrity import (
    check_hashes,
    finding,
    findings_table,
    sha256,
)
from italign.recordings.records import Recording
from italign.recordings.segments import gapless
from italign.recordings.watch import Watch

RATE_HZ = 1000.0  # 5 ms are 5 samples


def recording(counts, uv_per_bit=1.0, rails=(-100, 100)):
    n_channels = counts.shape[1]
    limits = tuple(np.full(n_channels, rail) for rail in rails)
    return Recording(gapless(len(counts), RATE_HZ), uv_per_bit, np.arange(10, 10 + n_channels),
                     lambda: iter([counts]), "test", limits)


def watched(counts, borders=(), **options):
    watch = Watch(recording(counts, **options))
    chunks = [chunk for chunk in np.split(counts, sorted(borders)) if len(chunk)]
    np.testing.assert_array_equal(np.concatenate(list(watch.through(chunks))), counts)
    return watch


def noise(n_samples=400, n_channels=3):
    return np.random.default_rng(0).integers(-50, 51, (n_samples, n_channels)).astype(np.int16)


borders = st.lists(st.integers(1, 399), max_size=6)


@given(borders=borders, rows=st.sets(st.integers(0, 399), min_size=1, max_size=40))
def test_samples_at_the_rails_are_counted_whatever_the_chunks(borders, rows):
    counts = noise()
    counts[sorted(rows), 1] = np.where(np.arange(len(rows)) % 2, -100, 100)
    np.testing.assert_array_equal(watched(counts, borders).clipped(), [0, len(rows) / 400, 0])


def plainly_clipped(values):
    """Second formula, one channel: samples at an extreme that is held for three in a row."""
    n_clipped = 0
    for extreme in {values.min(), values.max()}:
        at = "".join("x" if value == extreme else "." for value in values)
        far = abs(extreme - values[::16].mean()) >= 10
        n_clipped += at.count("x") * ("xxx" in at and far)
    return n_clipped / len(values)


@settings(max_examples=200)
@given(values=st.lists(st.sampled_from([-20, -19, 0, 3, 19, 20]), min_size=1, max_size=60),
       borders=st.lists(st.integers(1, 59), max_size=20))
def test_plateaus_are_counted_whatever_the_chunks(values, borders):
    counts = np.array([values, values[::-1], np.zeros(len(values))], np.int16).T
    expected = [plainly_clipped(column) for column in counts.T]
    np.testing.assert_array_equal(watched(counts, borders).clipped(), expected)


@pytest.mark.parametrize("sd", [1, 3, 40])
def test_noise_is_not_clipped_until_an_amplifier_saturates(sd):
    rng = np.random.default_rng(sd)
    counts = rng.normal(0, sd, (50_000, 8)).round().astype(np.int16)
    assert not watched(counts, rails=(-2**15, 2**15 - 1)).clipped().any()
    for low, high in ((-1.5 * sd, 1.5 * sd), (-1.5 * sd, 2**15), (-2**15, 1.5 * sd)):
        cut = counts.clip(round(low), round(high))
        share = np.mean((cut == round(low)) | (cut == round(high)), axis=0)
        found = watched(cut, rails=(-2**15, 2**15 - 1)).clipped()
        # Below ten counts a plateau is the grid of a quiet channel.
        np.testing.assert_array_equal(found, share * (sd == 40))


def test_a_plateau_is_no_longer_one_once_the_channel_leaves_it():
    counts = np.zeros((300, 1), np.int16)
    counts[::2] = 50
    counts[100:110] = 80
    assert watched(counts).clipped().tolist() == [10 / 300]
    counts[200] = 81
    assert watched(counts).clipped().tolist() == [0]


@given(borders=borders, first=st.integers(1, 380), n=st.integers(1, 19))
def test_frozen_samples_are_found_whatever_the_chunks(borders, first, n):
    counts = noise()
    counts[first : first + n] = counts[first - 1]
    found = [line for line in watched(counts, borders).findings() if line["finding"] == "frozen"]
    if n < 5:
        assert found == []
    else:
        assert [(line["time_s"], line["n_samples"]) for line in found] == [(first / 1000, n)]
        assert found[0]["duration_s"] == n / 1000


def test_one_constant_channel_is_not_a_frozen_recording():
    counts = noise()
    counts[:, 0] = 7
    assert watched(counts).findings() == []


@pytest.mark.parametrize(("uv_per_bit", "doubtful"), [(1.0, False), (1e-3, True), (1e3, True)])
def test_an_implausible_scale_is_said(uv_per_bit, doubtful):
    found = [line["finding"] for line in watched(noise(), uv_per_bit=uv_per_bit).findings()]
    assert found == ["scaling"] * doubtful
    sd_uv = noise().std(axis=0).mean() * uv_per_bit
    if doubtful:
        message = watched(noise(), uv_per_bit=uv_per_bit).findings()[0]["message"]
        said = float(message.split(" is ")[1].split(" uV")[0])
        assert said == pytest.approx(sd_uv, rel=0.3)  # of 25 samples per channel


def test_hashes_are_compared(tmp_path):
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        file.write_text(file.name)
    good = [hashlib.sha256(name.encode()).hexdigest() for name in "ab"]
    session = {"session": "m1-a", "sha256": good}
    assert check_hashes(session, files) == []
    unchecked = check_hashes(session | {"sha256": []}, files)
    assert [line["finding"] for line in unchecked] == ["unchecked_hash"] * 2
    with pytest.raises(ValueError, match=rf"^session m1-a: .*b: sha256 is {good[1]}, but {good[0]} "
                       "in the session sheet"):
        check_hashes(session | {"sha256": [good[0]] * 2}, files)
    with pytest.raises(ValueError, match="holds 1 sha256 for 2 files"):
        check_hashes(session | {"sha256": good[:1]}, files)
    with pytest.raises(ValueError, match=r"^session m1-a: .*/c: does not exist; correct `files` "
                       r"in the session sheet \(paths are relative to the folder you run in\)$"):
        check_hashes(session, [tmp_path / "c"])


def test_the_hash_of_an_intan_folder_is_that_of_the_documented_command(tmp_path):
    for name in ("info.rhd", "time.dat", "amp-A-000.dat", "amp-B-000.dat"):
        (tmp_path / name).write_text(name * 3)
    (tmp_path / ".hidden").write_text("not of the recording")
    command = "sha256sum * | LC_ALL=C sort | sha256sum"
    answer = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True,
                            check=True)
    assert sha256(tmp_path / "info.rhd") == answer.stdout.split()[0]


def test_a_table_without_findings_has_its_header():
    columns = ["session", "finding", "channel", "time_s", "duration_s", "n_samples", "message"]
    assert list(findings_table("m1-a", [])) == columns
    table = findings_table("m1-a", [finding("gap", "lost", time_s=1.0, duration_s=0.5, n_samples=9),
                                    finding("excluded", "A-001", 1)])
    assert table.to_csv(index=False).splitlines()[1:] == [
        "m1-a,gap,,1.0,0.5,9,lost", "m1-a,excluded,1,,,,A-001"]
