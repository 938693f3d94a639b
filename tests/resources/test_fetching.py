"""Files come from mirrors or from HTTP, whole and with their hash, or the message says what to do.

The server is a thread on this machine; nothing here needs a network.
"""

import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

from italign.resources import download, mirrors
from italign.resources.registry import describe_files, find_dataset
from tests.resources.fetched import CONTENT, digest, failure, put
from tests.resources.http_server import serve

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server():
    with serve(CONTENT) as running:
        yield running


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
    with pytest.raises(ValueError, match=f"sha1 is {digest('sha1')}, expected {'0' * 40}: the file "
                                         "there is another one.*put a copy into a folder named in"):
        fetch(sha1="0" * 40, url=server.url)
    assert not any(fetch.part.parent.iterdir())


def test_missing_address_is_said_at_once(fetch, server):
    server.status = 404
    with pytest.raises(ConnectionError, match=r"file.bin: the server answers 404 Not Found \(after "
                                              r"0 bytes\); run again.*or put a copy into"):
        fetch(sha1=digest("sha1"), url=server.url)
    assert len(server.requests) == 1


def test_no_network_is_one_line_with_all_that_is_needed(tmp_path, fetch):
    """Connection refused: nobody listens at the port of a server that is gone."""
    fetch.part.write_bytes(CONTENT[:1234])
    with serve(CONTENT) as server:
        url = server.url
    (tmp_path / "m").mkdir()
    line = failure(fetch, [tmp_path / "m"], sha1=digest("sha1"), url=url, bytes="204800",
                   licence="CC BY-NC-SA 4.0")
    assert line.startswith(f"thing (file.bin, 204,800 bytes, licence CC BY-NC-SA 4.0): {url}: "
                           "ConnectionRefusedError: ")
    assert line.endswith("(after 1,234 bytes); run again, which goes on where it stopped, or put a "
                         "copy into a folder named in resources.mirrors or ITALIGN_MIRRORS "
                         f"(searched: {tmp_path / 'm'})")
    assert fetch.part.read_bytes() == CONTENT[:1234]


def test_no_name_server_is_one_line_too(fetch):
    line = failure(fetch, sha1=digest("sha1"), url="http://nowhere.invalid/file.bin")
    assert line.startswith("thing (file.bin, size not published, licence CC0): "
                           "http://nowhere.invalid/file.bin: gaierror: ")
    assert line.endswith("ITALIGN_MIRRORS (searched: no folder that is named as a mirror exists)")


def test_what_is_here_already_stays_when_a_fetch_fails(fetch):
    target = fetch.part.with_suffix("")
    target.write_bytes(b"made before")
    failure(fetch, sha1=digest("sha1"), url="http://nowhere.invalid/file.bin")
    assert target.read_bytes() == b"made before"


@pytest.mark.parametrize("content", [CONTENT[:-1], b"", CONTENT[:-1] + b"x"],
                         ids=["truncated", "empty", "changed"])
def test_a_wrong_file_of_a_mirror_is_named_where_nothing_else_helps(tmp_path, fetch, content):
    wrong = put(tmp_path / "m", content) / "file.bin"
    line = failure(fetch, [tmp_path / "m"], sha256=digest("sha256"),
                   url="http://nowhere.invalid/file.bin")
    assert (f"; refused {wrong}: sha256 is {digest('sha256', content)}, expected "
            f"{digest('sha256')})") in line
    assert not fetch.part.with_suffix("").exists()


def test_a_copy_that_came_out_otherwise_is_refused(tmp_path, fetch, monkeypatch):
    """A full or failing disk: the mirror's file is right, what lies here is not."""
    monkeypatch.setattr("italign.resources.fetching.shutil.copyfile",
                        lambda found, target: Path(target).write_bytes(CONTENT[:-1]))
    with pytest.raises(OSError, match=r"its copy differs \(sha256 is .*; run again"):
        fetch([put(tmp_path / "m")], sha256=digest("sha256"))
    assert not fetch.part.with_suffix("").exists()


def test_a_truncated_file_of_a_mirror_is_passed_over_for_the_network(tmp_path, fetch, server):
    put(tmp_path / "m", CONTENT[:1000])
    assert fetch([tmp_path / "m"], sha256=digest("sha256"), url=server.url) == CONTENT


def test_the_second_address_goes_on_where_the_first_broke_off(fetch, server):
    fetch.part.write_bytes(CONTENT[:1000])
    urls = f"http://nowhere.invalid/file.bin {server.url}"
    assert fetch(sha1=digest("sha1"), url=urls) == CONTENT
    assert server.requests == ["bytes=1000-"]


def test_both_addresses_are_in_the_line(fetch, server):
    server.status = 403
    line = failure(fetch, sha1=digest("sha1"), url=f"http://nowhere.invalid/a {server.url}")
    assert "http://nowhere.invalid/a: gaierror" in line and f"{server.url}: the server ans" in line


def test_a_file_is_known_by_its_older_names_too(tmp_path, fetch):
    folder = put(tmp_path / "m", name="image_dicarlo_thing.csv")
    names = "old.csv image_dicarlo_thing.csv"
    assert fetch([folder], sha1=digest("sha1"), known_as=names) == CONTENT


def test_server_that_stays_busy_ends_the_tries(fetch, server):
    server.busy = 100
    with pytest.raises(ConnectionError, match="503 Service Unavailable"):
        fetch(sha1=digest("sha1"), url=server.url)
    assert len(server.requests) == download.N_TRIES


def test_private_file_says_whom_to_ask(tmp_path, fetch):
    put(tmp_path / "m", b"other")
    assert re.fullmatch(
        r"thing \(file.bin, size not published, licence CC0\) is private: ask the authors; put a "
        r"copy into a folder named in resources.mirrors or ITALIGN_MIRRORS \(searched: .*m; "
        r"refused .*m/file.bin: sha1 is \w{40}, expected \w{40}\)",
        failure(fetch, [tmp_path / "m"], obtain="the authors", sha1=digest("sha1")))


def test_a_file_without_an_address_says_how_to_make_it(fetch):
    line = failure(fetch, access="mirror", obtain="git clone somewhere", sha1=digest("sha1"))
    assert "licence CC0) has no address: git clone somewhere; put a copy into a folder" in line


def test_a_public_file_without_a_hash_is_not_downloaded(fetch, server):
    assert "no hash of it is published" in failure(fetch, url=server.url)
    assert not server.requests


def test_private_file_without_a_published_hash_is_taken_from_a_mirror(tmp_path, fetch, caplog):
    caplog.set_level(logging.INFO)
    assert fetch([put(tmp_path / "m")], obtain="the authors") == CONTENT
    assert f"sha256 {digest('sha256')} (its source published none" in caplog.text
    put(tmp_path / "copy")
    assert fetch([tmp_path / "m", tmp_path / "copy"], obtain="the authors") == CONTENT
    put(tmp_path / "n", b"other")
    with pytest.raises(ValueError, match="2 different files of one name"):
        fetch([tmp_path / "m", tmp_path / "n"], obtain="the authors")


def run_job(tmp_path, mirror):
    """The rule's script as Snakemake runs it, in a process of its own."""
    job = {"input": {"registry": str(tmp_path / "datasets.tsv")},
           "output": {"file": str(tmp_path / "again" / "file.bin")}, "params": {"dataset": "thing"},
           "config": {"resources": {"mirrors": [str(mirror)]}}, "rule": "fetch_file",
           "log": [str(tmp_path / "log")], "threads": 1}
    script = ROOT / "workflow" / "scripts" / "resources" / "fetch_file.py"
    code = (f"import runpy, types; given = types.SimpleNamespace(**{job}); "
            f"runpy.run_path({str(script)!r}, {{'snakemake': given}}, '__main__')")
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)


def test_script_takes_mirrors_from_the_config_and_the_registry_as_an_input(tmp_path, fetch):
    """Neither is a param: another value of one of them re-runs nothing."""
    fetch([put(tmp_path / "m")])  # writes the registry, too
    assert run_job(tmp_path, tmp_path / "m").stderr == ""
    assert (tmp_path / "again" / "file.bin").read_bytes() == CONTENT


def test_a_job_shows_a_licence_on_the_console_once_and_logs_it_every_time(tmp_path, fetch):
    fetch([put(tmp_path / "m")], licence="not stated")
    line = "licence of thing (file.bin): not stated; cite We 2023; ask before you pass it on\n"
    for shown in (line, ""):
        assert run_job(tmp_path, tmp_path / "m").stderr == shown
        assert "licence not stated; cite We 2023" in (tmp_path / "log").read_text()


def test_a_job_that_fails_puts_one_line_on_the_console(tmp_path, fetch):
    failure(fetch, sha1="0" * 40, obtain="the authors")
    result = run_job(tmp_path, put(tmp_path / "m"))
    assert result.returncode == 1 and result.stderr.count("\n") == 1
    assert result.stderr.startswith("fetch_file: thing (file.bin, size not published, licence CC0) "
                                    "is private: ask the authors; put a copy into a folder named")
    assert f"refused {tmp_path / 'm' / 'file.bin'}: sha1 is" in result.stderr


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
