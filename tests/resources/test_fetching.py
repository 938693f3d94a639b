"""Files come from mirrors or from HTTP, whole and with their hash, or the message says what to do.

The server is a thread on this machine; nothing here needs a network.
"""

import csv
import hashlib
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from italign.resources import download, mirrors
from italign.resources.registry import describe_files, find_dataset
from tests.resources.http_server import serve

CONTENT = bytes(range(256)) * 800
ROOT = Path(__file__).parents[2]
COLUMNS = (ROOT / "resources" / "datasets.tsv").read_text().splitlines()[0].split("\t")

@pytest.fixture(autouse=True)
def local(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv(mirrors.VARIABLE, raising=False)
    monkeypatch.setattr(download, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(download.download, "__defaults__", (0.001,))


@pytest.fixture
def server():
    with serve(CONTENT) as running:
        yield running


@pytest.fixture
def fetch(tmp_path, load_script):
    """Fetch one made-up dataset with the rule's script."""
    script = load_script("resources", "fetch_file").fetch_file
    registry = tmp_path / "datasets.tsv"

    def run(folders=(), **row):
        entry = dict.fromkeys(COLUMNS, "") | {
            "name": "thing", "filename": "file.bin", "licence": "CC0", "citation": "We 2023",
            "access": "public" if row.get("url") else "private"} | row
        with registry.open("w", newline="") as handle:
            table = csv.DictWriter(handle, COLUMNS, delimiter="\t", quoting=csv.QUOTE_NONE)
            table.writeheader()
            table.writerow(entry)
        target = tmp_path / "out" / "file.bin"
        script(file=str(target), dataset="thing", mirrors=list(map(str, folders)),
               registry=str(registry))
        return target.read_bytes()

    run.part = tmp_path / "out" / "file.bin.part"
    run.part.parent.mkdir()
    return run


def digest(kind, content=CONTENT):
    return hashlib.new(kind, content).hexdigest()


def put(folder, content=CONTENT):
    folder.mkdir(parents=True)
    (folder / "file.bin").write_bytes(content)
    return folder


@pytest.mark.parametrize("given", [{"sha256": digest("sha256")}, {"sha256": digest("sha256")[:8]},
                                   {"sha1": digest("sha1")}, {"md5": digest("md5")}])
def test_mirror_serves_the_file_whose_hash_matches(tmp_path, fetch, caplog, given):
    put(tmp_path / "wrong", b"something else")
    put(tmp_path / "right" / "deep" / "down")
    caplog.set_level(logging.INFO)
    assert fetch([tmp_path / "wrong", tmp_path / "right"], **given) == CONTENT
    assert "licence CC0; cite We 2023" in caplog.text and "is not taken" in caplog.text


def test_mirrors_of_the_environment_are_searched_too(tmp_path, fetch, monkeypatch):
    monkeypatch.setenv(mirrors.VARIABLE, f"{tmp_path / 'none'}:{put(tmp_path / 'env')}")
    assert fetch(sha1=digest("sha1")) == CONTENT


def test_mirror_comes_before_the_network(tmp_path, fetch, server):
    assert fetch([put(tmp_path / "m")], sha1=digest("sha1"), url=server.url) == CONTENT
    assert not server.requests


def test_download(fetch, server):
    assert fetch(sha256=digest("sha256"), url=server.url) == CONTENT
    assert server.requests == [None] and not fetch.part.exists()


def test_download_goes_on_where_it_broke_off(fetch, server):
    server.cut, server.busy = [70_000, 50_000], 2
    assert fetch(sha256=digest("sha256"), url=server.url) == CONTENT
    assert server.requests == [None, None, None, "bytes=70000-", "bytes=120000-"]


def test_next_run_resumes_the_part(fetch, server):
    fetch.part.write_bytes(CONTENT[:1000])
    assert fetch(sha1=digest("sha1"), url=server.url) == CONTENT
    assert server.requests == ["bytes=1000-"]


@pytest.mark.parametrize("has_ranges", [True, False])
@pytest.mark.parametrize("n_bytes", [1000, len(CONTENT), len(CONTENT) + 10])
def test_part_of_another_version_is_started_again(fetch, server, n_bytes, has_ranges):
    server.has_ranges = has_ranges
    fetch.part.write_bytes(bytes(n_bytes))
    assert fetch(sha1=digest("sha1"), url=server.url) == CONTENT


def test_another_hash_is_refused(fetch, server):
    with pytest.raises(ValueError, match=f"sha1 is {digest('sha1')}, expected {'0' * 40}: .*"
                                         "elsewhere and put it into a folder named in"):
        fetch(sha1="0" * 40, url=server.url)
    assert not any(fetch.part.parent.iterdir())


def test_missing_address_is_said_at_once(fetch, server):
    server.status = 404
    with pytest.raises(ConnectionError, match=r"file.bin: the server answers 404 Not Found \(after "
                                              r"0 bytes\).*download file.bin by hand and put it"):
        fetch(sha1=digest("sha1"), url=server.url)
    assert len(server.requests) == 1


def test_no_network_is_said_with_the_bytes_so_far(fetch):
    fetch.part.write_bytes(CONTENT[:1234])
    with serve(CONTENT) as server:
        url = server.url
    with pytest.raises(ConnectionError, match=r"ConnectionRefused.*after 1,234 bytes"):
        fetch(sha1=digest("sha1"), url=url)
    assert fetch.part.read_bytes() == CONTENT[:1234]


def test_server_that_stays_busy_ends_the_tries(fetch, server):
    server.busy = 100
    with pytest.raises(ConnectionError, match="503 Service Unavailable"):
        fetch(sha1=digest("sha1"), url=server.url)
    assert len(server.requests) == download.N_TRIES


def test_private_file_says_whom_to_ask(tmp_path, fetch):
    put(tmp_path / "m", b"other")
    with pytest.raises(ValueError, match="file.bin is private: ask the authors; put it into a "
                                         "folder named in resources.mirrors or ITALIGN_MIRRORS"
                                         r" \(searched: .*m\)\n.*sha1 is .*, expected "):
        fetch([tmp_path / "m"], obtain="the authors", sha1=digest("sha1"))


def test_private_file_without_a_published_hash_is_taken_from_a_mirror(tmp_path, fetch, caplog):
    caplog.set_level(logging.INFO)
    assert fetch([put(tmp_path / "m")], obtain="the authors") == CONTENT
    assert f"sha256 {digest('sha256')} (its source published none" in caplog.text
    put(tmp_path / "copy")
    assert fetch([tmp_path / "m", tmp_path / "copy"], obtain="the authors") == CONTENT
    put(tmp_path / "n", b"other")
    with pytest.raises(ValueError, match="2 different files of one name"):
        fetch([tmp_path / "m", tmp_path / "n"], obtain="the authors")


def test_script_takes_mirrors_from_the_config_and_the_registry_as_an_input(tmp_path, fetch):
    """Neither is a param: another value of one of them re-runs nothing."""
    fetch([put(tmp_path / "m")])  # writes the registry, too
    job = {"input": {"registry": str(tmp_path / "datasets.tsv")},
           "output": {"file": str(tmp_path / "again.bin")}, "params": {"dataset": "thing"},
           "config": {"resources": {"mirrors": [str(tmp_path / "m")]}}, "rule": "fetch_file",
           "log": [str(tmp_path / "log")], "threads": 1}
    script = ROOT / "workflow" / "scripts" / "resources" / "fetch_file.py"
    code = (f"import runpy, types; given = types.SimpleNamespace(**{job}); "
            f"runpy.run_path({str(script)!r}, {{'snakemake': given}}, '__main__')")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    assert (tmp_path / "again.bin").read_bytes() == CONTENT


def test_unknown_dataset_gets_near_matches():
    with pytest.raises(ValueError, match=r"did you mean .*hvm-public-table"):
        find_dataset(ROOT / "resources" / "datasets.tsv", "hvm-public-tables")


def test_the_registry_is_read_with_the_standard_library_alone():
    code = ("import sys; import italign.resources.registry, italign.models._regions; "
            "sys.exit(bool({'numpy', 'torch', 'pandas', 'xarray'} & set(sys.modules)))")
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_files_are_described_by_their_names():
    licence, citation = describe_files(["x/SachiMajajHong2015.h5", "y/cornet_s-1d3f7974.pth"],
                                       ROOT / "resources" / "datasets.tsv")
    assert licence == "not stated; GPL-3.0"
    assert citation == "Dapello, Kar et al. 2023 ICLR; Kubilius et al. 2019 NeurIPS"
    assert describe_files(["z/mine.csv"], ROOT / "resources" / "datasets.tsv") == (
        "not stated", "mine.csv (not registered)")
