"""Files: read whether compressed or not, written completely or not at all."""

import bz2
import errno
import gzip
import importlib
import io
import lzma
import os
import stat
import subprocess
import sys
import threading
import time
from unittest.mock import Mock

import pytest
from helpers import posix_only, run_python

from w2vfast.system import files
from w2vfast.system.files import (
    InputFile,
    check_output,
    folder_files,
    open_output,
    open_regular,
)
from w2vfast.system.leftovers import remove_leftovers


def only_file_in(folder):
    (path,) = folder.iterdir()
    return path


# --- output files -----------------------------------------------------------------


def test_output_appears_only_when_the_block_ends(tmp_path):
    path = tmp_path / "out"
    with open_output(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert only_file_in(tmp_path) == path


def test_output_reaches_the_disk_before_its_name(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, name=name, real=real: (calls.append(name), real(*a))
        )
    with open_output(tmp_path / "out") as file:
        file.write(b"new")
    assert calls == ["fsync", "replace"]


def test_another_writer_does_not_take_a_finished_file_for_a_leftover(
    tmp_path, monkeypatch
):
    replace = os.replace

    def replace_later(source, target):
        remove_leftovers(str(tmp_path))  # as another writer does before it begins
        replace(source, target)

    monkeypatch.setattr(os, "replace", replace_later)
    with open_output(tmp_path / "out") as file:
        file.write(b"new")
    assert only_file_in(tmp_path).read_bytes() == b"new"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "out"
    path.write_bytes(b"old")

    def fail():
        with open_output(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_bytes() == b"old"
    assert only_file_in(tmp_path) == path


@posix_only
def test_an_existing_file_keeps_its_mode(tmp_path):
    path = tmp_path / "out"
    path.write_bytes(b"old")
    path.chmod(0o640)
    with open_output(path) as file:
        file.write(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes() == b"new"


@posix_only
def test_a_new_file_has_the_mode_of_the_umask(tmp_path):
    path = tmp_path / "out"
    before = os.umask(0o027)
    try:
        with open_output(path) as file:
            file.write(b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@posix_only
@pytest.mark.parametrize("dangling", [False, True])
def test_a_link_stays_and_its_target_is_replaced(tmp_path, dangling):
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" / "target"
    if not dangling:
        target.write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to("there/target")
    with open_output(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert only_file_in(tmp_path / "there") == target


@pytest.mark.parametrize("use", [open_output, check_output])
def test_a_missing_directory_is_named(tmp_path, use):
    path = tmp_path / "missing" / "out"
    with pytest.raises(FileNotFoundError, match=r"cannot create files in .*missing"):
        enter(use(path))


def enter(manager):
    if manager is not None:
        with manager:
            pass


@posix_only
@pytest.mark.parametrize("use", [open_output, check_output])
def test_a_directory_or_file_without_write_permission_is_refused(tmp_path, use):
    folder = tmp_path / "closed"
    folder.mkdir()
    path = folder / "out"
    path.write_bytes(b"old")
    path.chmod(0o444)
    if os.access(path, os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(PermissionError, match="not writable"):
        enter(use(path))
    path.chmod(0o644)
    folder.chmod(0o555)
    try:
        with pytest.raises(PermissionError, match="cannot create files in"):
            enter(use(path))
    finally:
        folder.chmod(0o755)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(
    "use",
    [open_output, check_output, open_regular, lambda path: InputFile(str(path), "")],
)
def test_a_folder_is_no_file(tmp_path, use):
    with pytest.raises(IsADirectoryError, match="a folder, and a file is meant"):
        enter(use(tmp_path))


def test_checking_an_output_changes_nothing(tmp_path):
    path = tmp_path / "out"
    check_output(path)
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"old")
    check_output(path)
    assert only_file_in(tmp_path).read_bytes() == b"old"


@posix_only
def test_a_fifo_is_written_directly(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    received = []
    reader = threading.Thread(target=lambda: received.append(path.read_bytes()))
    reader.start()
    with open_output(path) as file:
        file.write(b"through")
    reader.join(10)
    assert received == [b"through"]
    assert stat.S_ISFIFO(path.stat().st_mode)


@posix_only
def test_a_fifo_to_which_nobody_writes_is_an_error_that_names_it(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "WRITER_SECONDS", 0.05)
    path = tmp_path / "fifo"
    os.mkfifo(path)
    with pytest.raises(TimeoutError, match=r"no program has written .*/fifo'"):
        InputFile(str(path), "fifo")


@posix_only
def test_a_writer_of_a_fifo_may_be_slow(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "WRITER_SECONDS", 0.05)
    path = tmp_path / "fifo"
    os.mkfifo(path)

    def write():
        with open(path, "wb", buffering=0) as pipe:
            for part in (b"", b"a", b"b"):
                time.sleep(0.1)
                pipe.write(part)

    writer = threading.Thread(target=write)
    writer.start()
    with InputFile(str(path), "fifo") as file:
        assert file.readall() == b"ab"
    writer.join(10)


@posix_only
def test_a_closed_descriptor_is_no_output():
    descriptor = os.open(os.devnull, os.O_WRONLY)
    check_output(f"/dev/fd/{descriptor}")
    os.close(descriptor)
    with pytest.raises(OSError, match=r"it is closed\. .*: '/dev/fd/") as caught:
        check_output(f"/dev/fd/{descriptor}")
    assert caught.value.errno == errno.EBADF


STDOUT_SCRIPT = """
    import sys
    from w2vfast.system.files import open_output
    print("before")
    with open_output(sys.argv[1]) as file:
        file.write(b"middle\\n")
    print("after")
"""


@posix_only
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "link"])
def test_standard_output_is_written_in_place(tmp_path, name):
    # A shell's >> appends; opening /dev/stdout by name would truncate the file.
    if name == "link":
        name = tmp_path / "link"
        name.symlink_to("/dev/stdout")
    path = tmp_path / "log"
    path.write_bytes(b"old\n")
    with path.open("ab") as log:
        pipes = {"stdout": log, "stderr": subprocess.PIPE, "capture_output": False}
        run_python(STDOUT_SCRIPT, arguments=[str(name)], **pipes)
    assert path.read_bytes() == b"old\nbefore\nmiddle\nafter\n"


@posix_only
def test_standard_output_as_a_pipe():
    done = run_python(STDOUT_SCRIPT, arguments=["/dev/stdout"])
    assert done.stdout == "before\nmiddle\nafter\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_device_is_an_error():
    with (
        pytest.raises(OSError, match=r"No space left .*: '/dev/full'"),
        open_output("/dev/full") as file,
    ):
        file.write(b"x" * 100)


FULL_DISK_SCRIPT = """
    import resource, sys
    from w2vfast.system.files import open_output
    # A file size limit fails a write like a full disk, with another error number.
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
    try:
        with open_output(sys.argv[1]) as file:
            for _ in range(100):
                file.write(b"x" * 1000)
    except OSError as error:
        print(error.filename)
"""


@posix_only
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "out"
    path.write_bytes(b"old")
    done = run_python(FULL_DISK_SCRIPT, arguments=[str(path)])
    assert done.stdout.strip() == str(path)
    assert path.read_bytes() == b"old"
    assert only_file_in(tmp_path) == path


# --- input files ------------------------------------------------------------------


def zstd_bytes(data):
    try:
        zstd = importlib.import_module("compression.zstd")  # Python 3.14
    except ImportError:
        zstd = pytest.importorskip("backports.zstd")
    return zstd.compress(data)


COMPRESS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd_bytes,
}
LONG_TEXT = b"".join(b"word%d of %d\n" % (n * n % 997, n) for n in range(20_000))


@pytest.fixture(params=COMPRESS)
def compress(request):
    return COMPRESS[request.param]


def read(file, name="text"):
    with InputFile(file, name) as opened:
        return io.BufferedReader(opened).read()


def test_compressed_files_are_recognised_by_their_first_bytes(tmp_path, compress):
    (tmp_path / "any.name").write_bytes(compress(LONG_TEXT))
    assert read(str(tmp_path / "any.name")) == LONG_TEXT
    assert read(io.BytesIO(compress(b""))) == b""


def test_concatenated_compressed_streams_are_one_text(compress):
    assert read(io.BytesIO(compress(b"a b ") + compress(b"c\n"))) == b"a b c\n"


@pytest.mark.parametrize(
    "content", [b"", b"a", b"BZh9 x\n", b"\x1f\x8b x\n", b"a b\r\nc\n" * 10]
)
def test_plain_files_are_read_unchanged(content):
    assert read(io.BytesIO(content)) == content


def test_truncated_compressed_data_is_an_error_with_the_name(compress):
    data = compress(LONG_TEXT)[:-30]
    with pytest.raises(ValueError, match=r"^corpus: the compressed data is cut off"):
        read(io.BytesIO(data), "corpus")


def test_damaged_compressed_data_is_an_error_with_the_name(compress):
    data = bytearray(compress(LONG_TEXT))
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    with pytest.raises(ValueError, match=r"^corpus: the compressed data is cut off or"):
        read(io.BytesIO(data), "corpus")


def test_a_disk_error_is_not_reported_as_damaged_data(compress):
    class BadDisk(io.BytesIO):
        def readinto(self, buffer):
            if self.tell() > 10:
                raise OSError(errno.EIO, "bad disk")
            return super().readinto(buffer[:1])

    with pytest.raises(OSError, match="bad disk"):
        read(BadDisk(compress(LONG_TEXT)))


@pytest.mark.skipif(
    not os.path.exists("/proc/self/mem"), reason="needs a file that cannot be read"
)
def test_a_disk_error_names_the_file():
    with pytest.raises(OSError, match="/proc/self/mem"):
        InputFile("/proc/self/mem", "text")


def test_a_disk_error_in_the_middle_names_the_file(tmp_path, monkeypatch):
    (tmp_path / "text").write_bytes(b"text")
    with InputFile(str(tmp_path / "text"), "text") as file:
        failed = OSError(errno.EIO, "bad disk")
        monkeypatch.setattr(file._raw, "readinto", Mock(side_effect=failed))
        with pytest.raises(OSError, match=r"bad disk: .*text"):
            file.readall()


def test_zstd_without_a_package_names_what_to_install(monkeypatch):
    for name in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ValueError, match=r'pip install "w2vfast\[zstd\]"'):
        read(io.BytesIO(b"\x28\xb5\x2f\xfd...."))


def test_a_missing_input_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(str(tmp_path / "missing"))


def test_taken_counts_the_bytes_on_disk(tmp_path):
    data = gzip.compress(LONG_TEXT)
    (tmp_path / "text.gz").write_bytes(data)
    with InputFile(str(tmp_path / "text.gz"), "text.gz") as file:
        while file.read(1 << 16):
            pass
        assert file.taken == len(data) < len(LONG_TEXT)


def test_a_given_file_is_left_open():
    given = io.BytesIO(b"a b\n")
    read(given)
    assert not given.closed


@posix_only
def test_a_pipe_that_does_not_block_is_waited_for():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)

    def write():
        os.write(writing, b"a b")
        os.close(writing)

    writer = threading.Timer(0.1, write)
    writer.start()
    with open(reading, "rb", buffering=0) as pipe:
        assert read(pipe) == b"a b"
    writer.join()


@posix_only
def test_the_size_of_a_file_is_known_if_it_is_plain_and_regular(tmp_path):
    (tmp_path / "plain").write_bytes(b"12345")
    (tmp_path / "packed").write_bytes(gzip.compress(b"12345"))
    for name, size in (("plain", 5), ("packed", None), ("/dev/null", None)):
        path = str(tmp_path / name)
        with InputFile(path, path) as file:
            assert file.plain_size == size


def test_files_of_a_folder_are_sorted_and_hidden_ones_are_ignored(tmp_path):
    for name in ("b.txt", "a.txt", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "c").mkdir()
    expected = [str(tmp_path / name) for name in ("a.txt", "b.txt")]
    assert folder_files(str(tmp_path)) == expected


# --- compressed output ------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "opener"),
    [
        *[(".gz", gzip.open), (".bz2", bz2.open), (".xz", lzma.open)],
        *[(".GZ", gzip.open), (".Bz2", bz2.open), (".XZ", lzma.open)],
    ],
)
def test_the_suffix_selects_the_compression(tmp_path, suffix, opener):
    path, again = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    for name in (path, again):
        with open_output(name) as file:
            file.write(b"text\n")
    assert path.read_bytes() == again.read_bytes()  # no name, no time
    with opener(path) as file:
        assert file.read() == b"text\n"
