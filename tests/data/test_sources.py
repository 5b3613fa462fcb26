"""Where bytes lie: files, zip members, and everything that can be wrong with them."""

import hashlib
import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from fer_classic.data import sources
from fer_classic.data.dataset import read_dataset
from fer_classic.data.sources import (
    BytesSource,
    FileSource,
    MissingSource,
    ZipSource,
    folder_files,
    is_image_name,
    read_same,
    zip_members,
)
from fer_classic.errors import FerClassicError, UnreadableImage


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


# Archives that strangers packed


def lie(path, **fields):
    """Change fields of the first entry of an archive's directory."""
    places = {
        "flags": (8, "H"),
        "method": (10, "H"),
        "size": (24, "I"),
        "packed": (20, "I"),
    }
    places |= {"version": (6, "H")}
    data = bytearray(path.read_bytes())
    start = data.index(b"PK\x01\x02")
    for name, value in fields.items():
        offset, kind = places[name]
        struct.pack_into(f"<{kind}", data, start + offset, value)
    path.write_bytes(data)
    return str(path)


def peak_of(action):
    """Most bytes that were in use at once, beside those before."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_member_that_unpacks_to_many_times_its_size_is_not_unpacked(tmp_path):
    content = {"a.bmp": b"\0" * (sources.LARGE + 1)}
    path = write_zip(tmp_path / "a.zip", content, compression=zipfile.ZIP_DEFLATED)
    assert os.path.getsize(path) < sources.LARGE / sources.MAX_RATIO

    def read():
        assert reason(ZipSource(path, "a.bmp")) == (
            "unpacks to more than 200 times its size, as no photograph does"
        )

    assert peak_of(read) < 1 << 20


def test_a_small_picture_of_one_colour_is_no_bomb(tmp_path):
    content = {"a.bmp": b"\0" * (1 << 20)}
    path = write_zip(tmp_path / "a.zip", content, compression=zipfile.ZIP_DEFLATED)
    assert len(ZipSource(path, "a.bmp").read()) == 1 << 20


def test_an_archive_of_too_many_names_is_refused_before_they_are_read(
    tmp_path, monkeypatch
):
    path = write_zip(tmp_path / "a.zip", {f"{i}.jpg": b"" for i in range(50)})
    assert len(sources.zip_members(path)) == 50
    sources.close_archives()
    monkeypatch.setattr(sources, "MAX_DIRECTORY", 50 * 46)  # of empty names
    with pytest.raises(FerClassicError) as error:
        sources.zip_members(path)
    assert "lists its files in 2590 bytes; at most 2300 are read" in str(error.value)
    assert str(error.value).endswith("Unpack it, and name the folder.")


def test_a_member_larger_than_its_header_says_takes_no_memory(tmp_path):
    """Its 128 MB are packed in 128 kB, and its header says 10 bytes."""
    path = tmp_path / "a.zip"
    write_zip(path, {"a.jpg": b"\0" * (128 << 20)}, compression=zipfile.ZIP_DEFLATED)
    lie(path, size=10)

    def read():
        assert reason(ZipSource(str(path), "a.jpg")) == (
            "cannot be unpacked: Bad CRC-32 for file 'a.jpg'"
        )

    assert peak_of(read) < 1 << 20


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_bound_are_refused(tmp_path, method):
    path = write_zip(tmp_path / "a.zip", {"a.jpg": b"x" * 99}, compression=method)
    assert reason(ZipSource(path, "a.jpg")) == (
        "cannot be unpacked: it is not packed by deflate, as zip archives mostly are"
    )


def test_an_archive_whose_members_lie_over_each_other_is_refused(tmp_path, monkeypatch):
    """Of many members each is harmless: together they would take hours."""
    monkeypatch.setattr(sources, "LARGE_ARCHIVE", 1 << 20)
    path = tmp_path / "a.zip"
    write_zip(path, {"a.jpg": b"\0" * (1 << 20)}, compression=zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entries = [data[start:end].replace(b"a.jpg", b"%05d" % i) for i in range(50)]
    tail = bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, 50, 50, sum(map(len, entries)))
    path.write_bytes(data[:start] + b"".join(entries) + tail)
    with pytest.raises(FerClassicError) as error:
        zip_members(path)
    assert str(error.value) == (
        f"{path} unpacks from {path.stat().st_size} bytes to {50 << 20}, more than 200 "
        "times its size, as no photographs do: it is refused. If it is meant, unpack it, "
        "and name the folder."
    )


def test_a_member_whose_header_says_more_than_there_is(tmp_path):
    path = tmp_path / "a.zip"
    write_zip(path, {"a.jpg": b"x" * 50, "b.jpg": b"y"})
    lie(path, size=9_000, packed=9_000)
    assert "cannot be unpacked: " in reason(ZipSource(str(path), "a.jpg"))
    assert ZipSource(str(path), "b.jpg").read() == b"y"


@pytest.mark.parametrize(
    "fields", [{"version": 235}, {"method": 98}, {"flags": 0x800 | 1}, {"flags": 0x40}]
)
def test_archives_of_other_kinds_are_a_sentence(tmp_path, fields):
    path = write_zip(tmp_path / "a.zip", {"a.jpg": b"x" * 50})
    lie(tmp_path / "a.zip", **fields)
    try:
        assert zip_members(path) == ["a.jpg"]
    except FerClassicError as error:
        assert str(error).endswith("as a zip archive: it is damaged or no zip.")
        return
    assert "version" not in fields
    if fields != {"flags": 0x40}:
        assert "cannot be unpacked: " in reason(ZipSource(path, "a.jpg"))


def test_a_name_that_is_no_text_is_a_sentence(tmp_path):
    path = tmp_path / "a.zip"
    data = Path(write_zip(path, {"é.jpg": b"x"})).read_bytes()
    path.write_bytes(data.replace("é".encode(), b"\xff\xfe"))
    with pytest.raises(FerClassicError, match="it is damaged or no zip"):
        zip_members(path)


def test_a_name_that_an_archive_holds_twice_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    data = Path(write_zip(path, {"a.jpg": b"1", "b.jpg": b"2"})).read_bytes()
    path.write_bytes(data.replace(b"b.jpg", b"a.jpg"))
    with pytest.raises(FerClassicError) as error:
        zip_members(path)
    assert str(error.value) == (
        f"{path} holds 1 name(s) more than once, such as 'a.jpg': which file is meant is "
        "unclear. Unpack it, and name the folder."
    )
    data = Path(write_zip(path, {"x/a.jpg": b"1", "x_a.jpg": b"2"})).read_bytes()
    path.write_bytes(data.replace(b"x_a.jpg", b"x\\a.jpg"))
    os.utime(path, ns=(2, 2))
    with pytest.raises(FerClassicError, match=r"more than once, such as 'x/a\.jpg'"):
        zip_members(path)


def test_names_that_lead_elsewhere_are_names_and_nothing_more(tmp_path):
    """No member is ever written, so its name leads nowhere."""
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(b"outside")
    (tmp_path / "in").mkdir()
    names = ["../outside.jpg", str(outside), "a/../../outside.jpg", "C:\\x.jpg", "a\nb.jpg"]
    path = write_zip(tmp_path / "in" / "a.zip", dict.fromkeys(names, b"own"))
    assert sorted(n.replace("\\", "/") for n in names) == zip_members(path)
    assert {ZipSource(path, name).read() for name in zip_members(path)} == {b"own"}
    assert outside.read_bytes() == b"outside" and len(list(tmp_path.rglob("*"))) == 3


def test_a_name_ends_at_a_nul(tmp_path):
    path = tmp_path / "a.zip"
    data = Path(write_zip(path, {"a.jpg_b.txt": b"x"})).read_bytes()
    path.write_bytes(data.replace(b"a.jpg_b", b"a.jpg\0b"))
    assert zip_members(path) == ["a.jpg"]


def test_a_link_in_an_archive_is_not_followed(tmp_path):
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    link = zipfile.ZipInfo("link.jpg")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, str(tmp_path / "secret.jpg"))
    content = ZipSource(str(tmp_path / "a.zip"), "link.jpg").read()
    assert content == str(tmp_path / "secret.jpg").encode()


def test_an_archive_in_an_archive_is_not_opened(tmp_path):
    inner = Path(write_zip(tmp_path / "in.zip", {"a.jpg": b"x"})).read_bytes()
    path = write_zip(tmp_path / "a.zip", {"in.zip": inner, "b.jpg": b"y"})
    samples = read_dataset(path)
    assert samples.names == ("b.jpg",)
    path = write_zip(tmp_path / "c.zip", {"in.zip": inner})
    with pytest.raises(FerClassicError, match="No image in"):
        read_dataset(path)


def test_a_path_with_a_nul_is_a_reason():
    assert reason(FileSource("/tmp/a\0b.jpg")) == "cannot be read: embedded null byte"
