"""Array maps: positions survive both formats; what cannot be a map is refused by name."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from italign.recordings.array_map import default_map, place_channels, read_array_map

HEADER = "\n".join([
    "// Auto generated mapfile", "//", "//   row - 0 based row from bottom to top",
    "Cerebus mapping for array 13966-24    SN: 1025-001496", "//col\trow\tbank\telec\tlabel\t", ""])


def write_cmp(path, rows):
    lines = ["\t".join(map(str, row)) + "\t" for row in rows]
    path.write_text(HEADER + "\r\n".join(lines) + "\n\t\t\t\t\t\n")
    return path


def write_tsv(path, table):
    table.to_csv(path, sep="\t", index=False)
    return path


def test_cmp_channels_are_electrode_ids_not_labels(tmp_path):
    # Three lines of the map of a real Utah array, whose labels count otherwise than its wiring.
    rows = [(0, 8, "C", 1, "elec96"), (9, 9, "A", 3, "elec68"), (8, 0, "C", 32, "elec9")]
    table = read_array_map(write_cmp(tmp_path / "array.CMP", rows))
    assert table.to_numpy().tolist() == [[3, 9, 9], [65, 8, 0], [96, 0, 8]]


def test_both_formats_tell_the_same(tmp_path):
    grid = [(column, row) for column in range(10) for row in range(10)][2:98]
    order = np.random.default_rng(0).permutation(96)
    rows = [(*grid[k], "ABC"[electrode // 32], electrode % 32 + 1, f"elec{k}")
            for k, electrode in enumerate(order)]
    table = pd.DataFrame({"column": [c for c, _ in grid], "channel": order + 1,
                          "row": [r for _, r in grid], "label": "more columns are left out"})
    from_cmp = read_array_map(write_cmp(tmp_path / "array.cmp", rows))
    from_tsv = read_array_map(write_tsv(tmp_path / "array.tsv", table))
    pd.testing.assert_frame_equal(from_cmp, from_tsv)
    placed = place_channels(order + 1, from_tsv, "session s")
    np.testing.assert_array_equal(placed[["column", "row"]], grid)


@given(st.sets(st.integers(0, 1000), min_size=1, max_size=130))
def test_default_map_gives_each_channel_its_own_cell_of_the_smallest_square(channels):
    table = default_map(channels)
    assert table["channel"].tolist() == sorted(channels)
    side = int(np.ceil(np.sqrt(len(channels))))
    assert (table["row"] * side + table["column"]).tolist() == list(range(len(channels)))
    assert table["column"].max() < side and table["row"].max() < side


@pytest.mark.parametrize(("text", "message"), [
    ("", "is empty, expected a header channel, row, column"),
    ("channel\trow\tcolumn\n", "holds no electrode"),
    ("channel\trow\n1\t2\n", "column column is missing"),
    ("channel\trow\tcolumn\n1\t0\t0\n2\t-1\t0\n", "'row' holds '-1' in line 3"),
    ("channel\trow\tcolumn\n1\t0\t0.5\n", "'column' holds '0.5' in line 2"),
    ("channel\trow\tcolumn\n1\t0\t0\n1\t0\t1\n", "channel 1 occurs more than once"),
    ("channel\trow\tcolumn\n1\t0\t0\n2\t0\t0\n", "row 0, column 0 occurs more than once"),
])
def test_bad_tables_are_refused(text, message, tmp_path):
    path = tmp_path / "array.tsv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        read_array_map(path)
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


@pytest.mark.parametrize("line", ["0 8 Z 1 elec96", "0 8 AB 1", "0 8 A 33", "0 8 A 0", "0 8 A"])
def test_bad_lines_of_a_cmp_are_refused(line, tmp_path):
    with pytest.raises(ValueError, match=f"line 6, '{line}', is no electrode"):
        read_array_map(write_cmp(tmp_path / "array.cmp", [line.split()]))


def test_missing_maps_and_unplaced_channels_are_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no electrode"):
        read_array_map(write_cmp(tmp_path / "empty.cmp", []))
    with pytest.raises(ValueError, match=r"none\.tsv: not found"):
        read_array_map(tmp_path / "none.tsv")
    with pytest.raises(ValueError, match=r"session s: 2 channels have no position .*first: 7, 9; "
                                         "it holds 4 channels, 0 to 3"):
        place_channels([1, 9, 7], default_map(range(4)), "session s")
