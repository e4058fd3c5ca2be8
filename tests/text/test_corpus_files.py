"""Files of text: paths, directories, patterns, compressed files, pipes and stdin."""

import gzip
import io
import os
import threading
import time

import pytest
from corpora import encode_all, long_text
from helpers import posix_only, run_python
from text_reference import reference_encoding

from w2vfast.text.corpus import encode
from w2vfast.text.sources import file_source


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes(b"a b a\nb c\n" * 50)
    return path


def test_a_path_may_be_str_bytes_path_or_a_list(lines):
    expected = reference_encoding([lines.read_bytes()])
    for path in (str(lines), lines, os.fsencode(lines), [lines]):
        assert encode_all(file_source(path)) == expected
    assert encode_all(str(lines)) == encode_all(lines) == expected


def test_directories_and_patterns_give_their_files_sorted(tmp_path):
    for name in ("b.txt", "a.txt", "c.log", ".hidden"):
        (tmp_path / name).write_text(name)
    (tmp_path / "sub.txt").mkdir()
    words = ["</s>", "a.txt", "b.txt", "c.log"]
    assert encode_all(file_source(tmp_path))[0] == words
    assert encode_all(file_source(tmp_path / "*.txt"))[0] == words[:3]
    several = [tmp_path / "c*", tmp_path / "a.txt"]
    assert encode_all(file_source(several))[0] == ["</s>", "c.log", "a.txt"]


def test_an_existing_file_is_not_taken_for_a_pattern(tmp_path):
    path = tmp_path / "a[1]*.txt"
    if os.name != "posix":
        pytest.skip("needs POSIX file names")
    path.write_text("x")
    assert encode_all(file_source(path))[0] == ["</s>", "x"]


@pytest.mark.parametrize("name", ["none.txt", "none/*.txt", "empty"])
def test_a_missing_file_is_an_error_with_its_name(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=name.replace("*", r"\*")):
        file_source(tmp_path / name)


@posix_only
def test_a_file_without_read_permission_is_an_error_at_once(lines):
    lines.chmod(0)
    user = os.geteuid()
    if user == 0:  # root reads everything
        os.seteuid(65534)
    try:
        with pytest.raises(PermissionError, match=r"lines\.txt"):
            file_source(lines)
    finally:
        os.seteuid(user)


def test_an_empty_list_of_files_is_an_error():
    with pytest.raises(ValueError, match="empty list"):
        file_source([])


@pytest.mark.parametrize("given_file", [17, None, [["a", "b"]], io.StringIO("a")])
def test_other_objects_than_files_are_a_type_error(given_file):
    with pytest.raises(TypeError, match=r"corpus_file must be a path.*sentences="):
        file_source(given_file)


def test_a_compressed_file_is_decompressed(tmp_path):
    data = long_text()
    path = tmp_path / "any.name"
    path.write_bytes(gzip.compress(data))
    assert encode_all(path, workers=2, block_bytes=1000) == reference_encoding([data])


@pytest.mark.parametrize("workers", [1, 3])
def test_truncated_compressed_data_is_an_error_with_the_name(tmp_path, workers):
    path = tmp_path / "short"
    path.write_bytes(gzip.compress(long_text())[:-30])
    with pytest.raises(ValueError, match="short': the compressed data is cut off"):
        encode(path, workers=workers, block_bytes=4096)


@posix_only
def test_a_named_pipe_is_read_to_its_end(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    data = b"a b\nc a"

    def write():
        with open(path, "wb", buffering=0) as pipe:
            for k in range(len(data)):
                pipe.write(data[k : k + 1])

    writer = threading.Thread(target=write)
    writer.start()
    assert encode_all(file_source(path), workers=2) == reference_encoding([data])
    writer.join()


@posix_only
def test_a_compressed_pipe_may_deliver_single_bytes():
    read, write = os.pipe()
    data = gzip.compress(b"a b\nc a")

    def drip():
        with open(write, "wb", buffering=0) as pipe:
            for k in range(len(data)):
                pipe.write(data[k : k + 1])

    writer = threading.Thread(target=drip)
    writer.start()
    with open(read, "rb", buffering=0) as pipe:
        assert encode_all(file_source(pipe)) == reference_encoding([b"a b\nc a"])
    writer.join()


@posix_only
def test_a_pipe_that_does_not_block_is_waited_for():
    read, write = os.pipe()
    os.set_blocking(read, False)

    def drip():
        for piece in (b"a ", b"b", b"\n"):
            time.sleep(0.03)
            os.write(write, piece)
        os.close(write)

    writer = threading.Thread(target=drip)
    writer.start()
    with open(read, "rb", buffering=0) as pipe:
        assert encode_all(file_source(pipe)) == reference_encoding([b"a b\n"])
    writer.join()


STDIN = """
    from w2vfast.text import corpus
    from w2vfast.text import sources
    source = sources.file_source("-")
    vocab, stream = corpus.encode(source, min_count=1, workers=2)
    print(vocab.words, stream.ids.tolist(), source.identity()[1:], source.total)
"""


def test_a_minus_is_standard_input():
    done = run_python(STDIN, input="a b\nc")
    assert done.stdout == "['</s>', 'a', 'b', 'c'] [1, 2, 0, 3, 0] ('-',) None\n"
