"""Every wrong cell of a session sheet is named in a line of its own."""

import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from session_sheet import SCHEMA, formats, read_sessions

ROOT = Path(__file__).resolve().parents[1]
SIMULATED = {"session": "a-hvm", "animal": "a", "hemisphere": "left", "array": "A", "region": "IT",
             "format": "simulated", "stimulus_set": "hvm", "split": "test", "n_channels": "4.0",
             "repetitions": "3"}
RECORDED = {"session": "b-hvm", "animal": "b", "hemisphere": "right", "array": "M", "region": "V4",
            "format": "int16", "stimulus_set": "hvm", "files": "b.dat", "n_channels": "4",
            "sampling_rate_hz": "20000", "uv_per_bit": "0.195", "presentations": "b.tsv"}


@pytest.fixture
def sheet(tmp_path):
    def write(*rows):
        columns = list(dict.fromkeys(name for row in rows for name in row))
        lines = [columns] + [[row.get(name, "n/a") for name in columns] for row in rows]
        path = tmp_path / "sessions.tsv"
        path.write_text("".join("\t".join(line) + "\n" for line in lines))
        return path

    return write


@pytest.mark.parametrize("path", ["config/sessions.tsv", "tests/config/tiny.tsv"])
def test_sheet_is_valid(path):
    names = [session["session"] for session in read_sessions(ROOT / path)]
    assert len(names) == len(set(names)) > 0


def test_cells_are_read_into_their_types(sheet):
    simulated, recorded = read_sessions(sheet(SIMULATED, RECORDED | {
        "files": "a.ns6, a.nev", "excluded_channels": "3,96-98,elec17,A-017,9-8",
        "format": "blackrock"}))
    assert (simulated["n_channels"], simulated["repetitions"]) == (4, 3)
    assert simulated["files"] == [] and simulated["sync_channel"] is None
    assert recorded["files"] == ["a.ns6", "a.nev"]
    assert recorded["excluded_channels"] == ["3", "96", "97", "98", "elec17", "A-017", "9-8"]
    assert (recorded["sampling_rate_hz"], recorded["uv_per_bit"]) == (20_000.0, 0.195)


def test_a_reader_file_is_a_format():
    assert set(formats()) >= {"simulated", "intan", "blackrock", "nwb", "netcdf", "int16",
                              "blackrock-spikes", "nwb-units"}


@pytest.mark.parametrize(("changes", "message"), [
    ({"animal": "sim-1"}, "line 2, session a-hvm: animal: found sim-1, expected text that matches"),
    ({"repetitions": "1"}, "repetitions: found 1, expected at least 2 (Simulated presentations"),
    ({"repetitions": "2.5"}, "repetitions: found 2.5, expected a whole number"),
    ({"repetitions": "few"}, "repetitions: found few, expected a whole number"),
    ({"n_channels": "n/a"}, "n_channels: empty, which a session of format simulated needs"),
    ({"format": "intam"}, "format: found intam, did you mean 'intan'?"),
    ({"files": "x.rhd"}, "files: found x.rhd, expected none: the session is simulated"),
    ({"region": "it"}, "region: found it, expected V1 or V2 or V4 or IT"),
    ({"hemisphere": "n/a"}, "hemisphere: found null, expected left or right"),
    ({"start_time": "yesterday"}, "start_time: found yesterday, expected a date and time like"),
])
def test_wrong_cell_is_named(sheet, changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_sessions(sheet(SIMULATED | changes))


@pytest.mark.parametrize(("changes", "message"), [
    ({"sampling_rate_hz": "nan"}, "sampling_rate_hz: found .nan, expected a finite number"),
    ({"uv_per_bit": ""}, "uv_per_bit: empty, which a session of format int16 needs"),
    ({"presentations": ""}, "presentations: empty, which a session of format int16 needs"),
    ({"sha256": "0" * 63}, "expected text that matches ^[0-9a-f]{64}$ (Hash of each file"),
    ({"sha256": "0" * 64 + "," + "1" * 64}, "found 2 hashes for 1 files, expected one each"),
])
def test_wrong_cell_of_a_recorded_session_is_named(sheet, changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_sessions(sheet(RECORDED | changes))


def test_all_problems_are_reported_at_once(sheet):
    with pytest.raises(ValueError) as error:
        read_sessions(sheet(SIMULATED | {"split": "both"}, SIMULATED, RECORDED | {"files": ""}))
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert "line 2" in lines[0] and "line 4" in lines[1]
    assert lines[2].endswith("2 sessions are called 'a-hvm'; rename")


def test_a_recording_is_not_counted_twice(sheet):
    again = RECORDED | {"session": "again"}
    with pytest.raises(ValueError, match=r"b\.dat of array M is read by sessions b-hvm and again"):
        read_sessions(sheet(RECORDED, again))
    assert len(read_sessions(sheet(RECORDED, again | {"array": "A"}))) == 2


def test_unknown_column_ragged_line_and_empty_sheet_are_refused(sheet, tmp_path):
    with pytest.raises(ValueError, match="unknown column 'animl'; did you mean 'animal'"):
        read_sessions(sheet(SIMULATED | {"animl": "x"}))
    path = sheet(SIMULATED)
    header, row = path.read_text().splitlines()
    path.write_text(f"{header}\n{row}\textra\n")
    with pytest.raises(ValueError, match="line 2 has 11 cells between tabs, expected 10"):
        read_sessions(path)
    path.write_text(header + "\n")
    with pytest.raises(ValueError, match="holds no session"):
        read_sessions(path)
    with pytest.raises(ValueError, match=r"no session sheet .*absent\.tsv; correct the path"):
        read_sessions(tmp_path / "absent.tsv")


def test_schema_is_strict_and_documented():
    schema = yaml.safe_load(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    for name, rule in schema["properties"].items():
        assert re.search(r"\w.* \[[^\]]+\]$", rule["description"]), name


def test_every_column_is_explained_in_the_docs():
    text = (ROOT / "docs" / "recordings.md").read_text()
    for name in yaml.safe_load(SCHEMA.read_text())["properties"]:
        assert f"`{name}`" in text, name
