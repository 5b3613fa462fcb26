"""Where bytes lie: files, zip members, and everything that can be wrong with them."""

import hashlib
import os
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fer_classic import sources
from fer_classic.errors import FerClassicError, UnreadableImage
from fer_classic.sources import (
    BytesSource,
    FileSource,
    MissingSource,
    ZipSource,
    folder_files,
    is_image_name,
    read_same,
    zip_members,
)


def reason(source):
    with pytest.raises(UnreadableImage) as error:
        source.read()
    return str(error.value)


def write_zip(path, members, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return str(path)


def encrypted_zip(path):
    """A stored member with the flag that says it is encrypted."""
    data = bytearray(Path(write_zip(path, {"a.jpg": b"x" * 40})).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(data)
    return str(path)


def test_a_file_and_memory_give_their_bytes(tmp_path):
    path = tmp_path / "快乐 😀.jpg"
    path.write_bytes(b"abc")
    assert FileSource(str(path)).read() == b"abc"
    assert BytesSource(b"xyz").read() == b"xyz"
    assert reason(MissingSource("not there")) == "not there"


def test_a_file_is_read_again_only_if_it_is_the_same(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"one")
    digest = hashlib.sha256(b"one").hexdigest()
    assert read_same(FileSource(str(path)), digest) == b"one"
    path.write_bytes(b"two")
    with pytest.raises(UnreadableImage, match="it has changed since its face was found"):
        read_same(FileSource(str(path)), digest)
    path.unlink()
    with pytest.raises(UnreadableImage, match="No such file"):
        read_same(FileSource(str(path)), digest)


def test_a_file_that_vanishes(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"abc")
    source = FileSource(str(path))
    assert source.read() == b"abc"
    path.unlink()
    assert reason(source) == "cannot be read: No such file or directory"


def test_a_folder_called_like_an_image(tmp_path):
    (tmp_path / "x.jpg").mkdir()
    assert reason(FileSource(str(tmp_path / "x.jpg"))) == "not a regular file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.jpg")
    assert reason(FileSource(str(tmp_path / "x.jpg"))) == "not a regular file"


def test_links_that_lead_nowhere(tmp_path):
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "gone.jpg").symlink_to("nothing.jpg")
    message = reason(FileSource(str(tmp_path / "loop.jpg")))
    assert message == "cannot be read: Too many levels of symbolic links"
    message = reason(FileSource(str(tmp_path / "gone.jpg")))
    assert message == "cannot be read: No such file or directory"


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="permissions do not bind this user",
)
def test_a_file_that_may_not_be_read(tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"abc")
    (tmp_path / "x.jpg").chmod(0)
    assert (
        reason(FileSource(str(tmp_path / "x.jpg"))) == "cannot be read: Permission denied"
    )


def test_a_huge_file_is_not_read(tmp_path):
    with open(tmp_path / "huge.jpg", "wb") as file:
        file.truncate(sources.MAX_BYTES + 1)  # sparse: takes no room on the disk
    assert reason(FileSource(str(tmp_path / "huge.jpg"))) == "larger than 512 MiB"


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip_members_give_their_bytes(tmp_path, compression):
    members = {"b/快乐.jpg": b"1" * 99, "a.jpg": b"2", "😀 x.png": b""}
    path = write_zip(tmp_path / "a.zip", members, compression=compression)
    assert zip_members(path) == sorted(members)
    assert {m: ZipSource(path, m).read() for m in members} == members


def test_hidden_members_and_folders_are_left_out(tmp_path):
    names = ("a.jpg", ".b.jpg", "__MACOSX/._a.jpg", "x/__MACOSX/y.jpg", ".git/c.jpg", "d/")
    path = write_zip(tmp_path / "a.zip", dict.fromkeys(names, b""))
    assert zip_members(path) == ["a.jpg"]


def test_member_names_without_the_flag_for_utf_8(tmp_path):
    """As macOS writes them: UTF-8, but the archive does not say so."""
    path = tmp_path / "mac.zip"
    data = Path(write_zip(path, {"快乐.jpg": b"1", "plain.jpg": b"2"})).read_bytes()
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.index(mark) + offset
        assert struct.unpack_from("<H", data, start)[0] & 0x800
        data = data[:start] + b"\0\0" + data[start + 2 :]
    path.write_bytes(data)
    assert zip_members(path) == ["plain.jpg", "快乐.jpg"]
    assert ZipSource(str(path), "快乐.jpg").read() == b"1"


def test_member_names_with_backslashes(tmp_path):
    data = Path(write_zip(tmp_path / "a.zip", {"x/y.jpg": b"1"})).read_bytes()
    (tmp_path / "a.zip").write_bytes(data.replace(b"x/y.jpg", b"x\\y.jpg"))
    assert zip_members(tmp_path / "a.zip") == ["x/y.jpg"]
    assert ZipSource(str(tmp_path / "a.zip"), "x/y.jpg").read() == b"1"


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04" + b"\0" * 50])
def test_a_file_that_is_no_archive(tmp_path, data):
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with pytest.raises(FerClassicError) as error:
        zip_members(path)
    assert str(error.value) == (
        f"{path} cannot be read as a zip archive: it is damaged or no zip."
    )


def test_an_archive_that_is_not_there(tmp_path):
    with pytest.raises(FerClassicError) as error:
        zip_members(tmp_path / "no.zip")
    assert str(error.value) == (
        f"{tmp_path / 'no.zip'} cannot be read as a zip archive: No such file or directory."
    )


def test_a_truncated_archive(tmp_path):
    path = tmp_path / "a.zip"
    write_zip(path, {"a.jpg": b"x" * 1000})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(FerClassicError, match="it is damaged or no zip"):
        zip_members(path)


def test_a_damaged_member_leaves_the_others(tmp_path):
    path = tmp_path / "a.zip"
    write_zip(path, {"a.jpg": b"aaaa" * 50, "b.jpg": b"bbbb" * 50})
    data = bytearray(path.read_bytes())
    data[data.index(b"aaaa") + 7] ^= 1
    path.write_bytes(data)
    assert reason(ZipSource(str(path), "a.jpg")) == (
        "cannot be unpacked: Bad CRC-32 for file 'a.jpg'"
    )
    assert ZipSource(str(path), "b.jpg").read() == b"bbbb" * 50


def test_an_encrypted_member(tmp_path):
    message = reason(ZipSource(encrypted_zip(tmp_path / "a.zip"), "a.jpg"))
    assert message.startswith("cannot be unpacked: ")
    assert "is encrypted, password required" in message


def test_a_member_that_claims_to_be_huge(tmp_path):
    path = tmp_path / "a.zip"
    data = bytearray(Path(write_zip(path, {"a.jpg": b"x"})).read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, sources.MAX_BYTES + 1)
    path.write_bytes(data)
    assert reason(ZipSource(str(path), "a.jpg")) == "unpacks to more than 512 MiB"


def test_an_archive_that_vanishes_or_changes(tmp_path):
    path = tmp_path / "a.zip"
    write_zip(path, {"a.jpg": b"old"})
    source = ZipSource(str(path), "a.jpg")
    assert source.read() == b"old"
    write_zip(path, {"a.jpg": b"new"})
    os.utime(path, ns=(1, 1))
    assert source.read() == b"new"
    path.unlink()
    assert reason(source).startswith("cannot be unpacked: [Errno 2] No such file")


def test_files_of_a_folder_are_sorted_by_their_whole_path(tmp_path):
    names = [
        "b/1.jpg",
        "a/z.txt",
        "a.jpg",
        "a b/😀.png",
        ".hidden/x.jpg",
        "c/.x.jpg",
        "愤怒.jpg",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    files, closed = folder_files(tmp_path)
    assert files == ["a b/😀.png", "a.jpg", "a/z.txt", "b/1.jpg", "愤怒.jpg"]
    assert closed == []


def test_links_to_folders_are_followed_once(tmp_path):
    (tmp_path / "set" / "sub").mkdir(parents=True)
    (tmp_path / "set" / "sub" / "a.jpg").write_bytes(b"")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.jpg").write_bytes(b"")
    (tmp_path / "set" / "sub" / "up").symlink_to(tmp_path / "set")
    (tmp_path / "set" / "self").symlink_to(".")
    (tmp_path / "set" / "linked").symlink_to(tmp_path / "outside")
    files, closed = folder_files(tmp_path / "set")
    assert files == ["linked/b.jpg", "sub/a.jpg"]
    assert closed == []


def test_folders_that_cannot_be_listed_are_told(tmp_path):
    """A folder whose whole path is longer than the system takes."""
    code = "import os\nfor name in 25 * ['d' * 200]: os.mkdir(name); os.chdir(name)"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    (tmp_path / "a.jpg").write_bytes(b"")
    files, closed = folder_files(tmp_path)
    assert files == ["a.jpg"]
    assert len(closed) == 1
    assert closed[0].endswith("ddd: File name too long")


@pytest.mark.parametrize("name", ["a.jpg", "b/A.JPEG", "x.Tiff", "a.b.webp", "😀.gif"])
def test_image_names(name):
    assert is_image_name(name)


@pytest.mark.parametrize("name", ["a.txt", "jpg", ".jpg", "a.jpg.part", "a.svg", ""])
def test_other_names(name):
    assert not is_image_name(name)
