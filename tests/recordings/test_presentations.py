import pytest

from italign.recordings.presentations import (
    COLUMNS,
    check_known_stimuli,
    number_repetitions,
    read_presentations,
    write_presentations,
)

HEADER = "onset_s\tstimulus_id\ttrial\tposition\taborted\n"
ROWS = "0.3\t007\t0\t0\t0\n0.5\tNA\t0\t1\t1\n"


@pytest.fixture
def table_of(tmp_path):
    def write(text):
        path = tmp_path / "presentations.tsv"
        path.write_text(text)
        return path

    return write


def test_ids_stay_text_and_aborted_becomes_a_flag(table_of):
    table = read_presentations(table_of(HEADER + ROWS))
    assert table.stimulus_id.tolist() == ["007", "NA"]
    assert table.aborted.tolist() == [False, True]
    assert table.onset_s.tolist() == [0.3, 0.5]


def test_a_written_table_reads_back_equal(table_of, tmp_path):
    table = read_presentations(table_of(HEADER + ROWS))
    write_presentations(table.astype({"aborted": int}), tmp_path / "again.tsv")
    assert read_presentations(tmp_path / "again.tsv").equals(table)
    assert (tmp_path / "again.tsv").read_text() == HEADER + ROWS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty, expected a header onset_s"),
        (HEADER, "holds no presentation"),
        ("onset_s\tstimulus_id\n0.3\ta\n", "column trial, position, aborted is missing"),
        (HEADER + "0.3\ta\t0\t0\tyes\n", "column 'aborted' holds 'yes' in line 2.*expected 0 or 1"),
        (HEADER + "nan\ta\t0\t0\t0\n", "column 'onset_s' holds 'nan' in line 2"),
        (HEADER + "0.3\t\t0\t0\t0\n", "column 'stimulus_id' holds '' in line 2"),
        (HEADER + "0.3\ta\t0.5\t0\t0\n", "column 'trial' holds '0.5'.*a whole number"),
        (HEADER + "0.5\ta\t0\t0\t0\n0.3\tb\t0\t1\t0\n",
         "onset_s 0.3 in line 3 does not come after"),
    ],
)
def test_bad_tables_are_refused(table_of, text, message):
    with pytest.raises(ValueError, match=message):
        read_presentations(table_of(text))


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"none\.tsv: not found"):
        read_presentations(tmp_path / "none.tsv")


def test_repetitions_are_numbered_in_the_order_of_rows():
    assert number_repetitions(["a", "b", "a", "a", "b", "c"]).tolist() == [0, 0, 1, 2, 1, 0]


def test_unknown_stimuli_are_named_with_the_nearest_known():
    check_known_stimuli(["hvm-1"], ["hvm-1", "hvm-2"], "table")
    with pytest.raises(ValueError, match=r"table: 2 stimulus ids .*first: hmv-1, x;.*: hvm-1"):
        check_known_stimuli(["hmv-1", "x", "hvm-2"], ["hvm-1", "hvm-2", "dog"], "table")


def test_a_table_for_sync_pulses_may_lack_onsets_and_have_codes(table_of):
    path = table_of("code\tstimulus_id\ttrial\tposition\taborted\n7\ta\t0\t0\t0\n7\tb\t0\t1\t1\n")
    table = read_presentations(path, COLUMNS[1:], ("onset_s", "code"))
    assert list(table) == ["stimulus_id", "trial", "position", "aborted", "code"]
    assert table.code.tolist() == [7, 7]
    path.write_text(path.read_text().replace("7\tb", "\tb"))
    with pytest.raises(ValueError, match="column 'code' holds '' in line 3"):
        read_presentations(path, COLUMNS[1:], ("code",))


def test_lines_are_those_of_the_file_and_blank_ones_at_its_end_are_none(table_of):
    assert len(read_presentations(table_of(HEADER + ROWS + "\n\n"))) == 2
    with pytest.raises(ValueError, match="column 'onset_s' holds '' in line 3"):
        read_presentations(table_of(HEADER + ROWS.replace("\n", "\n\n", 1)))
    with pytest.raises(ValueError, match="holds no presentation"):
        read_presentations(table_of(HEADER + "\n"))
