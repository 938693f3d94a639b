"""Archives are read whole and in memory, or refused with the archive and the member."""

import io
import tarfile
from zipfile import ZipFile, ZipInfo

import pytest

from italign.resources.archives import archive_members, read_members

FILES = {"b/2.jpg": b"two" * 500, "a.jpg": b"", "b/1.jpg": bytes(range(256)) * 5}
KINDS = ["zip", "tar", "tgz", "tar.gz"]


def write_zip(path, members):
    with ZipFile(path, "w") as opened:
        opened.writestr("b/", "")
        for name, content in members:
            opened.writestr(ZipInfo(name), content)


def write_tar(path, members, extra=()):
    with tarfile.open(path, "w:gz" if str(path).endswith("gz") else "w") as opened:
        folder = tarfile.TarInfo("b")
        folder.type = tarfile.DIRTYPE
        opened.addfile(folder)
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            opened.addfile(info, io.BytesIO(content))
        for info in extra:
            opened.addfile(info)


@pytest.fixture(params=KINDS)
def pack(request, tmp_path):
    """Give a function: members -> path of an archive of each kind."""

    def run(members):
        path = tmp_path / f"images.{request.param}"
        (write_zip if request.param == "zip" else write_tar)(path, members)
        return path

    return run


def test_files_come_back_sorted_and_in_any_order_asked_for(pack):
    path = pack(FILES.items())
    assert archive_members(path) == ["a.jpg", "b/1.jpg", "b/2.jpg"]
    asked = ["b/2.jpg", "a.jpg", "b/1.jpg", "a.jpg"]
    assert list(read_members(path, asked)) == [FILES[name] for name in asked]


@pytest.mark.parametrize("name, words", [
    ("/etc/x.jpg", "'/etc/x.jpg' (absolute path)"), ("../x.jpg", "'../x.jpg' (path with ..)"),
    ("b/../../x", "'b/../../x' (path with ..)"), ("C:/x.jpg", "'C:/x.jpg' (drive letter)"),
    ("b\\x.jpg", "(backslash)"), ("a.jpg", "'a.jpg' (twice)"),
])
@pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile's own
def test_a_path_that_leads_out_is_refused(pack, name, words):
    path = pack([*FILES.items(), (name, b"x")])
    for read in (archive_members, lambda given: next(read_members(given, ["a.jpg"]))):
        with pytest.raises(ValueError, match="do not unpack this one") as error:
            read(path)
        assert str(path) in str(error.value) and words in str(error.value)


def test_harmless_dots_are_no_reason(pack):
    assert "./b/x..jpg" in archive_members(pack([("./b/x..jpg", b"x")]))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE,
                                  tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    info = tarfile.TarInfo("b/link")
    info.type, info.linkname = kind, "/etc/passwd"
    write_tar(tmp_path / "x.tar", FILES.items(), [info])
    with pytest.raises(ValueError, match=r"x.tar: member 'b/link' \(link or device\)"):
        archive_members(tmp_path / "x.tar")


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = ZipInfo("link")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    with ZipFile(tmp_path / "x.zip", "w") as opened:
        opened.writestr(info, "/etc/passwd")
    with pytest.raises(ValueError, match=r"x.zip: member 'link' \(link or device\)"):
        archive_members(tmp_path / "x.zip")


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.8, -30])
def test_an_archive_that_is_cut_short_is_refused(pack, kept):
    path = pack((name, content) for name, content in FILES.items())
    content = path.read_bytes()
    if path.suffix == ".tar":  # blocks of zeros at the end are padding
        content = content.rstrip(b"\0") + bytes(100)
    size = len(content)
    path.write_bytes(content[:int(kept * size) if isinstance(kept, float) else kept])
    with pytest.raises(ValueError, match=f"{path.name}: cannot be read as .*cut short, get it ag"):
        archive_members(path)


def test_a_tar_that_ends_between_two_members_is_refused(tmp_path):
    path = tmp_path / "x.tar"
    write_tar(path, FILES.items())
    with tarfile.open(path) as opened:
        last = opened.getmembers()[-1].offset
    path.write_bytes(path.read_bytes()[:last])
    with pytest.raises(ValueError, match=r"x.tar: cannot be read as .tar \(no end mark"):
        archive_members(path)


def test_a_changed_byte_of_a_zip_is_refused_with_the_member(tmp_path):
    path = tmp_path / "x.zip"
    write_zip(path, FILES.items())
    content = path.read_bytes()
    path.write_bytes(content.replace(b"twotwo", b"twOtwo", 1))
    with pytest.raises(ValueError, match=r"x.zip: member 'b/2.jpg' is broken \(Bad CRC-32"):
        list(read_members(path, ["a.jpg", "b/2.jpg"]))


def test_members_that_are_not_there_are_named(pack):
    with pytest.raises(ValueError, match=r"lacks 1 of 2 members asked for \(c.jpg\), holds a.jpg"):
        next(read_members(pack(FILES.items()), ["a.jpg", "c.jpg"]))


def test_other_kinds_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"x.rar: unknown kind of archive, expected .zip, .tar"):
        archive_members(tmp_path / "x.rar")
    (tmp_path / "x.zip").write_bytes(b"\x1f\x8b no zip" * 10)
    with pytest.raises(ValueError, match=r"x.zip: cannot be read as .zip"):
        archive_members(tmp_path / "x.zip")
