"""Any source becomes the same stream: against a twin in plain Python."""

import bz2
import copy
import errno
import gzip
import importlib
import io
import json
import lzma
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from helpers import GOLDEN, run_python
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from odd_texts import odd_bytes
from text_reference import chosen, collapsed, encoded

from w2vfast import Word2Vec
from w2vfast.system import threads
from w2vfast.text import corpus, idstore
from w2vfast.text.corpus import encode
from w2vfast.text.sources import IdCorpus, file_source, sentence_source
from w2vfast.text.vocab import Vocab
from w2vfast.text.vocab_file import read_vocab, write_vocab

pytestmark = pytest.mark.filterwarnings("ignore:.*has carriage returns but no newline")
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files and signals")


def result(source, **options):
    """Everything that encoding gives, as lists."""
    options = {"min_count": 1, **options}
    vocab, stream = encode(source, **options)
    assert stream.ids.dtype == np.int32
    assert vocab.counts.dtype == np.int64
    ids = stream.ids.tolist()
    return vocab.words, vocab.counts.tolist(), ids, stream.n_sentences, stream.n_words


def text(*files):
    """A source of files that are not on disk."""
    return file_source([io.BytesIO(file) for file in files])


# Random text that is sure to have a word.
odd_text = odd_bytes.map(lambda data: b"w " + data)

# ---- text --------------------------------------------------------------------------

block_sizes = st.one_of(st.integers(1, 40), st.just(corpus.BLOCK_BYTES))
any_workers = st.integers(1, 5)


@given(st.lists(odd_text, min_size=1, max_size=3), any_workers, block_sizes)
@example([b"a\r\nb\r\n", b"c"], 3, 2)
@example([b"", b"\n\n", b"x" * 300 + b" y"], 2, 7)
def test_text_is_the_twins_for_any_workers_and_blocks(files, workers, block_bytes):
    found = result(text(*files), workers=workers, block_bytes=block_bytes)
    assert found == encoded(files)


@given(
    st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"ee", b"\n", b"</s>"])),
    any_workers,
    st.integers(1, 20),
    st.integers(1, 4),
    st.sampled_from([None, 1, 2, 3]),
)
def test_min_count_and_max_final_vocab_cut_as_the_twin_does(
    words, workers, block_bytes, min_count, max_final_vocab
):
    data = b" ".join(words)
    options = {"min_count": min_count, "max_final_vocab": max_final_vocab}
    expected = encoded([data], **options)
    assume(len(expected[0]) > 1)
    found = result(text(data), workers=workers, block_bytes=block_bytes, **options)
    assert found == expected


@given(odd_text, any_workers, block_sizes)
@example(b"\n\n a \n\n</s> </s>\n b", 2, 3)
def test_exact_text_is_the_twins_for_any_workers_and_blocks(data, workers, block_bytes):
    found = result(text(data), exact=True, workers=workers, block_bytes=block_bytes)
    assert found == encoded([data], exact=True)


@pytest.mark.parametrize("size", range(1, 12))
def test_blocks_may_end_within_a_character_a_crlf_or_a_word(size):
    data = "月 é\r\nwörter\r\n\r\n酒酒酒酒酒酒 x".encode()
    vocab, stream = encode(text(data), min_count=1, block_bytes=size, workers=2)
    names = [vocab.words[id] for id in stream.ids]
    expected = ["月", "é", "</s>", "wörter", "</s>", "酒酒酒酒酒酒", "x", "</s>"]
    assert names == expected


def test_a_word_longer_than_many_blocks_is_one_word():
    word = "y" * 1_000_003
    vocab, stream = encode(
        text(f"a {word} b\n".encode()), min_count=1, block_bytes=100, workers=3
    )
    assert vocab.words == ["</s>", "a", word, "b"]
    assert stream.ids.tolist() == [1, 2, 3, 0]


def test_ties_are_in_order_of_first_occurrence_for_any_workers():
    numbers = np.random.default_rng(3).permutation(5000)
    data = b" ".join(b"w%d" % n for n in [*numbers, *numbers[::-1]])
    expected = ["</s>", *(f"w{n}" for n in numbers)]
    for workers in range(1, 6):
        vocab, _ = encode(text(data), min_count=1, workers=workers, block_bytes=256)
        assert vocab.words == expected


def test_the_last_word_counts_in_fast_mode_and_is_lost_in_exact_mode():
    data = b"a b\nc"
    assert encode(text(data), min_count=1)[0].words == ["</s>", "a", "b", "c"]
    assert encode(text(data), min_count=1, exact=True)[0].words == ["</s>", "a", "b"]


def test_files_do_not_share_words_and_sentences():
    vocab, stream = encode(text(b"a", b"b", b"", b"c d"), min_count=1)
    assert vocab.words == ["</s>", "a", "b", "c", "d"]
    assert stream.ids.tolist() == [1, 0, 2, 0, 3, 4, 0]


@given(odd_text, any_workers, st.integers(1, 40), st.booleans(), st.data())
def test_a_given_vocabulary_drops_other_words(data, workers, block, exact, more):
    words, _, ids, n_sentences, n_words = encoded([data], exact=exact)
    names = ["</s>", *more.draw(st.permutations(words[1:])), "other"]
    names = names[: more.draw(st.integers(2, len(names)))]
    known = Vocab(names, np.arange(len(names), dtype=np.int64))
    kept = [words[id] for id in ids if words[id] in names]
    options = {"vocab": known, "exact": exact, "workers": workers, "block_bytes": block}
    if not set(kept) - {"</s>"}:
        with pytest.raises(ValueError, match="no word of"):
            encode(text(data), **options)
        return
    vocab, stream = encode(text(data), **options)
    assert vocab is known
    rows = [names.index(word) for word in kept]
    assert stream.ids.tolist() == (rows if exact else collapsed(rows))
    assert (stream.n_sentences, stream.n_words) == (n_sentences, n_words)


def test_exact_mode_looks_sentence_ends_up_like_words():
    no_end = Vocab(["b", "a"], np.array([1, 2]))
    _, stream = encode(text(b"a b\nc a\n"), vocab=no_end, exact=True)
    assert stream.ids.tolist() == [1, 0, 1]
    late_end = Vocab(["b", "</s>", "a"], np.array([1, 1, 2]))
    _, stream = encode(text(b"a b\nc a\n"), vocab=late_end, exact=True)
    assert stream.ids.tolist() == [2, 0, 1, 2, 1]


def test_of_equal_words_in_a_vocabulary_the_first_has_the_id():
    twice = Vocab(["</s>", "a", "b", "a"], np.array([0, 3, 2, 1]))
    _, stream = encode(text(b"b a\n"), vocab=twice, exact=True)
    assert stream.ids.tolist() == [2, 1, 0]


# ---- the C program -----------------------------------------------------------------


def golden_cases():
    return json.loads((GOLDEN / "cases.json").read_text())


@pytest.mark.parametrize("case", golden_cases(), ids=lambda case: case["name"])
@pytest.mark.parametrize("workers", [1, 3])
def test_exact_vocabularies_are_the_c_programs_bytes(case, workers):
    options = case["options"]
    min_count = options["min-count"]
    path = GOLDEN / "corpora" / case["corpus"]
    vocab, stream = encode(
        path, exact=True, min_count=min_count, workers=workers, block_bytes=1000
    )
    if "read-vocab" in options:
        with open(GOLDEN / options["read-vocab"], "rb") as file:
            vocab = read_vocab(file, "v", min_count=min_count, exact=True)
        vocab, stream = encode(path, exact=True, vocab=vocab, workers=workers)
    else:
        assert np.bincount(stream.ids).tolist() == vocab.counts.tolist()
    written = io.BytesIO()
    write_vocab(written, vocab)
    assert written.getvalue() == (GOLDEN / f"{case['name']}.vocab").read_bytes()


@pytest.mark.peer
@pytest.mark.skipif(not shutil.which("word2vec"), reason="no word2vec on the PATH")
@settings(max_examples=60)
@given(odd_bytes, st.integers(0, 3), any_workers, st.integers(1, 64))
def test_exact_vocabularies_are_those_of_the_program(data, min_count, workers, block):
    try:
        vocab, _ = encode(
            text(data),
            exact=True,
            min_count=min_count,
            workers=workers,
            block_bytes=block,
        )
    except ValueError:  # nothing but sentence ends, which C leaves undefined
        assert not encoded([data], exact=True, min_count=min_count)[0][1:]
        return
    written = io.BytesIO()
    write_vocab(written, vocab)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "text").write_bytes(data)
        command = ["word2vec", "-train", "text", "-save-vocab", "vocab", "-debug", "0"]
        command += ["-threads", "1", "-min-count", str(min_count)]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
        assert (place / "vocab").read_bytes() == written.getvalue()


# ---- files -------------------------------------------------------------------------


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes(b"a b a\nb c\n" * 50)
    return path


def test_paths_of_all_kinds_are_one_file(lines):
    expected = encoded([lines.read_bytes()])
    for path in (str(lines), lines, os.fsencode(lines), [lines]):
        assert result(file_source(path)) == expected
    assert result(str(lines)) == result(lines) == expected


def test_a_directory_and_a_glob_are_their_files_sorted(tmp_path):
    for name in ("b.txt", "a.txt", "c.log", ".hidden"):
        (tmp_path / name).write_text(name)
    (tmp_path / "sub.txt").mkdir()
    words = ["</s>", "a.txt", "b.txt", "c.log"]
    assert result(file_source(tmp_path))[0] == words
    assert result(file_source(tmp_path / "*.txt"))[0] == words[:3]
    several = [tmp_path / "c*", tmp_path / "a.txt"]
    assert result(file_source(several))[0] == ["</s>", "c.log", "a.txt"]


def test_a_file_may_be_called_like_a_pattern(tmp_path):
    path = tmp_path / "a[1]*.txt"
    if os.name != "posix":
        pytest.skip("needs POSIX file names")
    path.write_text("x")
    assert result(file_source(path))[0] == ["</s>", "x"]


@pytest.mark.parametrize("name", ["none.txt", "none/*.txt", "empty"])
def test_missing_files_are_file_not_found_with_the_name(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=name.replace("*", r"\*")):
        file_source(tmp_path / name)


@posix
def test_a_file_that_cannot_be_read_is_known_at_once(lines):
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
def test_what_is_no_file_is_a_type_error(given_file):
    with pytest.raises(TypeError, match=r"corpus_file must be a path.*sentences="):
        file_source(given_file)


@pytest.mark.parametrize("data", [b"", b" \t\n\r\n  ", b"</s>\n"])
@pytest.mark.parametrize("exact", [False, True])
def test_text_without_words_is_an_error(tmp_path, data, exact):
    path = tmp_path / "blank.txt"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"blank\.txt' holds no words"):
        encode(path, exact=exact)


@pytest.mark.parametrize("exact", [False, True])
def test_no_word_often_enough_names_the_most_frequent(exact):
    message = r"min_count=5 .*most frequent: 'b', 3.*Lower min_count"
    with pytest.raises(ValueError, match=message):
        encode(text(b"a b c b\nb c "), exact=exact)


def test_exact_mode_reads_one_file(lines):
    with pytest.raises(ValueError, match=r"one file.*got 2"):
        encode(file_source([lines, lines]), exact=True)


def test_exact_mode_refuses_more_words_than_the_c_program_keeps(monkeypatch):
    monkeypatch.setattr(corpus, "EXACT_MAX_WORDS", 3)
    encode(text(b"a b "), exact=True, min_count=1)
    with pytest.raises(ValueError, match="3 distinct words"):
        encode(text(b"a b c "), exact=True, min_count=1)


def test_carriage_returns_without_newlines_earn_a_warning(tmp_path):
    path = tmp_path / "mac.txt"
    path.write_bytes(b"a b\rc\rd")
    with pytest.warns(UserWarning, match=r"mac\.txt.*carriage returns but no newline"):
        assert result(path, block_bytes=2)[0] == ["</s>", "a", "bcd"]


def test_carriage_returns_beside_newlines_earn_none():
    result(text(b"a\r\nb\r\n", b"a\n", b""), block_bytes=2)


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


@pytest.fixture(params=COMPRESS)
def compress(request):
    return COMPRESS[request.param]


def long_text():
    return b"".join(b"word%d of %d\n" % (n * n % 997, n) for n in range(20_000))


def test_compressed_files_are_known_by_their_first_bytes(tmp_path, compress):
    data = long_text()
    path = tmp_path / "any.name"
    path.write_bytes(compress(data))
    assert result(path, workers=2, block_bytes=1000) == encoded([data])


def test_compressed_members_one_after_the_other_are_one_text(tmp_path, compress):
    path = tmp_path / "two"
    path.write_bytes(compress(b"a b ") + compress(b"c\n"))
    assert result(path)[0] == ["</s>", "a", "b", "c"]


@pytest.mark.parametrize("workers", [1, 3])
def test_compressed_data_that_is_cut_off_is_an_error(tmp_path, compress, workers):
    path = tmp_path / "short"
    path.write_bytes(compress(long_text())[:-30])
    with pytest.raises(ValueError, match="short': the compressed data is cut off"):
        encode(path, workers=workers, block_bytes=4096)


def test_compressed_data_that_is_damaged_is_an_error(tmp_path, compress):
    data = bytearray(compress(long_text()))
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path = tmp_path / "damaged"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="damaged': the compressed data is"):
        encode(path, min_count=1)


def test_a_disk_that_fails_under_compressed_data_is_not_its_damage():
    class BadDisk(io.BytesIO):
        def readinto(self, buffer):
            if self.tell() > 10:
                raise OSError(errno.EIO, "bad disk")
            return super().readinto(buffer[:1])

    with pytest.raises(OSError, match="bad disk"):
        encode(file_source(BadDisk(gzip.compress(long_text()))))


def test_text_may_begin_like_a_compressed_file():
    assert result(text(b"BZh9 x\n"))[0] == ["</s>", "BZh9", "x"]
    assert result(text(b"\x1f\x8b x\n"))[0] == ["</s>", "\x1f\udc8b", "x"]


def test_zstd_without_its_package_says_what_to_install(tmp_path, monkeypatch):
    for name in ("backports.zstd", "compression.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    path = tmp_path / "t.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd....")
    with pytest.raises(ValueError, match=r'pip install "w2vfast\[zstd\]"'):
        encode(path)


# ---- pipes and standard input ------------------------------------------------------


@posix
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
    assert result(file_source(path), workers=2) == encoded([data])
    writer.join()


@posix
def test_a_compressed_pipe_that_comes_in_drops_is_read():
    read, write = os.pipe()
    data = gzip.compress(b"a b\nc a")

    def drip():
        with open(write, "wb", buffering=0) as pipe:
            for k in range(len(data)):
                pipe.write(data[k : k + 1])

    writer = threading.Thread(target=drip)
    writer.start()
    with open(read, "rb", buffering=0) as pipe:
        assert result(file_source(pipe)) == encoded([b"a b\nc a"])
    writer.join()


@posix
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
        assert result(file_source(pipe)) == encoded([b"a b\n"])
    writer.join()


STDIN = """
    from w2vfast.text import corpus
    from w2vfast.text import sources
    source = sources.file_source("-")
    vocab, stream = corpus.encode(source, min_count=1, workers=2)
    print(vocab.words, stream.ids.tolist(), source.identity(), source.total)
"""


def test_a_minus_is_standard_input():
    done = run_python(STDIN, input="a b\nc")
    assert done.stdout == "['</s>', 'a', 'b', 'c'] [1, 2, 0, 3, 0] ('-',) None\n"


INTERRUPTED = """
    import os, signal, threading, time
    from w2vfast.text import corpus
    from w2vfast.text import sources
    signal.signal(signal.SIGINT, signal.default_int_handler)  # even if started with &
    os.chdir(PLACE)
    def interrupt():
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=interrupt, daemon=True).start()
    start = time.monotonic()
    try:
        source = sources.file_source("-")
        corpus.encode(source, workers=4, memory_limit=0, cache_dir=".")
    except KeyboardInterrupt:
        print("interrupted", time.monotonic() - start < 2, os.listdir("."))
"""


@posix
def test_an_interrupt_ends_a_read_that_would_wait_for_ever(tmp_path):
    read, write = os.pipe()
    try:
        code = INTERRUPTED.replace("PLACE", repr(str(tmp_path)))
        done = run_python(code, stdin=read, timeout=60)
    finally:
        os.close(read)
        os.close(write)
    assert done.stdout == "interrupted True []\n"
    assert done.stderr == ""
    assert done.returncode == 0


# ---- sentences ---------------------------------------------------------------------

tokens = st.sampled_from(["a", "b", "c", "é", "</s>", "a long token that goes on"])


@given(st.lists(st.lists(tokens, max_size=12), max_size=12), st.integers(2, 9))
def test_sentences_are_lines_of_text(sentences, block_bytes):
    data = "".join("\t".join(s).replace(" ", "_") + "\n" for s in sentences).encode()
    given_sentences = [[t.replace(" ", "_") for t in s] for s in sentences]
    for exact in (False, True):
        expected = encoded([data], exact=exact)
        if not expected[4]:
            continue
        options = {"exact": exact, "block_bytes": block_bytes, "workers": 3}
        assert result(given_sentences, **options) == expected


def test_any_iterable_is_a_corpus():
    class Corpus:
        def __iter__(self):
            return iter([("a", "b"), ["c"]])

    class OldStyle:
        def __getitem__(self, k):
            return [["a", "b"], ["c"]][k]

    expected = encoded([b"a b\nc\n"])
    for sentences in (
        Corpus(),
        OldStyle(),
        (s for s in [["a", "b"], ["c"]]),
        map(str.split, ["a b", "c"]),
        [iter(["a", "b"]), {"c": 1}],
        [np.array(["a", "b"]), np.array(["c"], dtype=object)],
        [[b"a", b"b"], [b"c"]],
    ):
        assert result(sentence_source(sentences)) == expected


def test_a_spent_generator_says_so():
    sentences = (s for s in [["a"]])
    assert result(sentences)[0] == ["</s>", "a"]
    with pytest.raises(ValueError, match="generator that was already consumed"):
        encode(sentences)


@pytest.mark.parametrize("sentences", ["the cat", b"the cat", Path("text")])
def test_a_str_is_no_corpus(sentences):
    message = r"sentences must be .*\[\['the', 'cat'\], \['a', 'dog'\]\].*corpus_file="
    with pytest.raises(TypeError, match=message):
        sentence_source(sentences)


@pytest.mark.parametrize("sentence", ["the cat sat", b"the cat", 17, None])
def test_a_str_is_no_sentence(sentence):
    message = r"sentence 1 is .*\[\['the', 'cat', 'sat'\]\], not \['the cat sat'\]"
    with pytest.raises(TypeError, match=message):
        encode([["fine"], sentence])


def test_what_cannot_be_walked_is_no_corpus():
    with pytest.raises(TypeError, match=r"iterable of token lists.*got 17"):
        sentence_source(17)


def test_an_error_of_the_users_iterable_is_raised_as_it_is():
    def sentences():
        yield ["a"]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        encode(sentences())


def test_lists_of_integers_have_integer_words():
    vocab, stream = encode([[7, 0], [7, 2**40]], min_count=1)
    assert vocab.words == ["</s>", 7, 0, 2**40]
    assert stream.ids.tolist() == [1, 2, 0, 1, 3, 0]


# ---- arrays of ids -----------------------------------------------------------------

DTYPES = [np.int8, np.int32, np.int64, np.uint8, np.uint32, np.uint64, ">i4", ">i8"]
node_lists = st.lists(st.lists(st.integers(0, 9), max_size=8), min_size=1, max_size=20)


def twin_of(sentences, exact=False):
    """What lists of integers give, by way of text."""
    data = "".join(" ".join(map(str, s)) + "\n" for s in sentences).encode()
    words, *rest = encoded([data], exact=exact)
    return (["</s>", *map(int, words[1:])], *rest)


@given(node_lists, any_workers, st.integers(1, 30), st.booleans())
def test_arrays_of_all_forms_are_the_lists_they_hold(
    sentences, workers, block_bytes, exact
):
    expected = twin_of(sentences, exact)
    assume(expected[4])
    options = {"workers": workers, "block_bytes": block_bytes, "exact": exact}
    assert result(sentences, **options) == expected
    flat = [id for sentence in sentences for id in [*sentence, -1]]
    assert result(np.array(flat), **options) == expected
    if sentences[-1]:  # the last separator may be missing
        assert result(np.array(flat[:-1]), **options) == expected
    padded = np.full((len(sentences), 9), -1, dtype=np.int32)
    for row, sentence in zip(padded, sentences, strict=True):
        row[: len(sentence)] = sentence
    assert result(padded, **options) == expected
    indptr = np.cumsum([0, *map(len, sentences)])
    ids = np.array([id for sentence in sentences for id in sentence], dtype=np.int32)
    assert result((indptr, ids), **options) == expected
    assert result(IdCorpus(ids, indptr=indptr), **options) == expected


@pytest.mark.parametrize("dtype", DTYPES)
def test_integer_types_are_taken_or_converted(dtype):
    ids = np.array([[3, 0, 99], [3, 99, 99]], dtype=dtype)
    expected = (["</s>", 3, 0], [2, 2, 1], [1, 2, 0, 1, 0], 2, 3)
    assert result(IdCorpus(ids, padding=99)) == expected
    strided = np.repeat(ids, 2, axis=1)[:, ::2]
    strided.flags.writeable = False
    assert result(IdCorpus(strided, padding=99)) == expected
    flat = np.array([3, 0, 99, 3], dtype=dtype)
    assert result(IdCorpus(flat, separator=99)) == expected


def test_ids_above_32_bits_are_words():
    ids = np.array([2**31, 2**63 - 1, 2**31])
    assert result(ids)[0] == ["</s>", 2**31, 2**63 - 1]
    assert result(ids.astype(np.uint64))[0] == ["</s>", 2**31, 2**63 - 1]
    with pytest.raises(ValueError, match=f"got {2**63}"):
        encode(np.array([2**63], dtype=np.uint64))


@pytest.mark.parametrize("workers", [1, 2])
def test_another_negative_id_is_an_error_with_its_place(workers):
    ids = np.arange(1000)
    ids[777] = -2
    with pytest.raises(ValueError, match=r"got -2 at position 777\..*separator="):
        encode(ids, workers=workers, block_bytes=100)
    with pytest.raises(ValueError, match=r"got -2 at position 777\..*padding="):
        encode(ids.reshape(100, 10), workers=workers, block_bytes=100)
    with pytest.raises(ValueError, match=r"got -2 at position 777\."):
        encode((np.array([0, 1000]), ids), workers=workers, block_bytes=100)


def test_without_a_separator_an_array_is_one_sentence():
    assert result(IdCorpus(np.array([1, 2, 1]), separator=None))[2] == [1, 2, 1, 0]


@pytest.mark.parametrize(
    "array", [np.array([1.0, 2.0]), np.array([True]), np.array([[1j]])]
)
def test_arrays_of_other_types_are_a_type_error(array):
    with pytest.raises(TypeError, match=r"integers, got .*astype\(np.int64\)"):
        sentence_source(array)


def test_ids_that_are_no_array_are_a_type_error():
    with pytest.raises(TypeError, match="integers, got list"):
        IdCorpus([1, 2])


@pytest.mark.parametrize("shape", [(), (1, 1, 1)])
def test_arrays_of_other_shapes_are_an_error(shape):
    with pytest.raises(ValueError, match="1-D or 2-D array, got"):
        sentence_source(np.zeros(shape, dtype=np.int32))


@pytest.mark.parametrize("indptr", [[0, 2], [1, 3], [0, 2, 1, 3], [], [[0, 3]]])
def test_a_wrong_indptr_is_an_error(indptr):
    indptr = np.array(indptr, dtype=np.int64)
    with pytest.raises(ValueError, match="from 0 to the number of ids"):
        IdCorpus(np.array([1, 2, 3]), indptr=indptr)


def test_a_separator_must_be_an_integer_of_64_bits():
    with pytest.raises(ValueError, match="separator must be in"):
        IdCorpus(np.array([1]), separator=2**63)
    with pytest.raises(TypeError):
        IdCorpus(np.array([1]), separator=1.5)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty_arrays_are_an_empty_corpus(shape):
    with pytest.raises(ValueError, match="array of ids holds no words"):
        encode(np.zeros(shape, dtype=np.int32))


def test_an_array_is_not_copied():
    ids = np.arange(10)
    assert IdCorpus(ids).ids is ids


def test_a_vocabulary_of_words_fits_no_array_of_ids():
    words = Vocab(["</s>", "1", "2"], np.array([1, 1, 1]))
    with pytest.raises(ValueError, match=r"\(integers\).*'1', '2'"):
        encode(np.array([1, 2]), vocab=words)
    numbers = Vocab(["</s>", 1, 2], np.array([1, 1, 1]))
    assert encode(np.array([2, 1]), vocab=numbers)[1].ids.tolist() == [2, 1, 0]


# ---- pruning -----------------------------------------------------------------------


def test_pruning_warns_with_what_was_lost_and_does_not_depend_on_workers():
    data = b"a a a b c d a b e f a b g b\n" * 3
    expected = None
    for workers in (1, 3):
        with pytest.warns(UserWarning, match=r"pruned \d+ words, which occur \d+ ti"):
            found = result(text(data), max_vocab_size=3, workers=workers, block_bytes=8)
        expected = expected or found
        assert found == expected
    words, counts, ids, _, n_words = found
    assert words[:2] == ["</s>", "a"]
    assert len(words) <= 4
    assert n_words == 42
    assert np.bincount(ids)[1:].tolist() == counts[1:]


@pytest.mark.filterwarnings("ignore:max_vocab_size=2 pruned 1 words")
def test_a_pruned_word_is_chosen_by_no_min_count():
    words = result(text(b"a a b b c"), max_vocab_size=2, min_count=0)[0]
    assert words == ["</s>", "a", "b"]


def test_nothing_is_pruned_below_the_limit():
    assert result(text(b"a b c"), max_vocab_size=3) == encoded([b"a b c"])


# ---- where ids go ------------------------------------------------------------------


@given(odd_text, any_workers, st.integers(0, 400))
def test_ids_are_the_same_in_a_file(data, workers, memory_limit):
    found = result(
        text(data), workers=workers, block_bytes=16, memory_limit=memory_limit
    )
    assert found == encoded([data])


def test_ids_above_the_limit_go_to_a_file_in_the_cache_directory(tmp_path, monkeypatch):
    places = []
    real = tempfile.TemporaryFile

    def spy(**options):
        places.append(options["dir"])
        return real(**options)

    monkeypatch.setattr(tempfile, "TemporaryFile", spy)
    data = b"a b c d\n" * 1000
    _, stream = encode(text(data), cache_dir=tmp_path, memory_limit=20_000)
    assert places == []
    stream.close()
    _, stream = encode(text(data), cache_dir=tmp_path, memory_limit=19_999)
    assert places == [str(tmp_path)]
    assert stream.ids.size == 5000
    stream.ids[0] = 7  # can be written to
    stream.close()
    assert list(tmp_path.iterdir()) == []


def test_closing_leaves_no_ids():
    with encode(text(b"a"), min_count=1)[1] as stream:
        ids = stream.ids
    assert stream.ids.size == 0
    assert ids.tolist() == [1, 0]


@posix
@pytest.mark.parametrize("source", ["text", "sentences"])
@pytest.mark.parametrize("workers", [1, 3])
def test_the_file_is_gone_after_an_error(tmp_path, source, workers):
    def lines():
        yield from [["a", "b"]] * 1000
        raise ZeroDivisionError

    class Broken(io.BytesIO):
        def readinto(self, buffer):
            if self.tell() > 5000:
                raise ZeroDivisionError
            return super().readinto(buffer[:100])

    broken = lines() if source == "sentences" else file_source(Broken(b"a b\n" * 5000))
    before = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else None
    with pytest.raises(ZeroDivisionError):
        encode(
            broken, cache_dir=tmp_path, memory_limit=0, workers=workers, block_bytes=64
        )
    assert list(tmp_path.iterdir()) == []
    if before is not None:
        assert os.listdir("/proc/self/fd") == before


class FullDisk(io.RawIOBase):
    def write(self, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("workers", [1, 3])
def test_a_full_disk_is_an_error_that_says_what_to_do(tmp_path, monkeypatch, workers):
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **options: FullDisk())
    with pytest.raises(OSError, match=r"No space left.*set cache_dir") as caught:
        encode(
            text(b"a b\n" * 1000),
            cache_dir=tmp_path,
            memory_limit=100,
            workers=workers,
            block_bytes=64,
        )
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(tmp_path)


def test_writes_that_stop_short_are_continued(monkeypatch):
    real = tempfile.TemporaryFile

    class Short:
        def __init__(self, **options):
            self._file = real(**options)
            self.fileno, self.truncate = self._file.fileno, self._file.truncate
            self.close = self._file.close

        def write(self, data):
            return self._file.write(data[:7])

    monkeypatch.setattr(tempfile, "TemporaryFile", Short)
    data = b"a b c\nb\n" * 100
    assert result(text(data), memory_limit=0, block_bytes=64) == encoded([data])


def test_a_missing_cache_directory_is_an_error(tmp_path):
    with pytest.raises(OSError, match="set cache_dir") as caught:
        encode(text(b"a"), min_count=1, cache_dir=tmp_path / "no", memory_limit=0)
    assert caught.value.errno == errno.ENOENT


def test_the_default_limit_is_a_share_of_the_memory():
    assert 0 < idstore.default_limit() < 1 << 50


# ---- progress and threads ----------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 3])
def test_progress_is_told_on_the_calling_thread(tmp_path, monkeypatch, workers):
    monkeypatch.setattr(threads, "POLL_SECONDS", 0.001)
    path = tmp_path / "text"
    path.write_bytes(long_text())
    calls = []

    def progress(done, total):
        calls.append((done, total, threading.get_ident()))

    encode(path, workers=workers, block_bytes=1000, progress=progress)
    size = path.stat().st_size
    assert {call[1:] for call in calls} == {(size, threading.get_ident())}
    assert calls[-1][0] == size
    assert len(calls) > 2


def test_progress_counts_bytes_on_disk_sentences_or_values(tmp_path):
    calls = []

    def last(source):
        encode(source, min_count=1, progress=lambda *call: calls.append(call))
        return calls[-1]

    path = tmp_path / "text.gz"
    path.write_bytes(gzip.compress(long_text()))
    size = path.stat().st_size
    assert last(file_source([path, path])) == (2 * size, 2 * size)
    assert file_source(path).unit == "B"
    assert last(text(b"a b")) == (3, None)
    assert last([["a"], ["b"]]) == (2, 2)
    assert last(iter([["a"], ["b"]])) == (2, None)
    assert last(np.array([[1, 2], [3, 4]])) == (4, 4)


@pytest.mark.parametrize("workers", [1, 4])
def test_an_error_in_progress_stops_the_work(workers):
    class Endless(io.RawIOBase):
        def readinto(self, buffer):
            if self.closed:
                return 0
            buffer[:1] = b" "
            return 1

    def progress(done, total):
        raise ZeroDivisionError

    before = threading.active_count()
    options = {"workers": workers, "block_bytes": 99, "progress": progress}
    with Endless() as endless:
        with pytest.raises(ZeroDivisionError):
            encode(file_source(endless), **options)
        assert threading.active_count() == before


def test_a_helpers_error_reaches_the_caller_and_stops_all():
    class Slow(io.BytesIO):
        """Fails on the helper's turn, whichever thread has it."""

        def readinto(self, buffer):
            if threading.current_thread() is not threading.main_thread():
                message = "helper"
                raise RuntimeError(message)
            time.sleep(0.005)
            return super().readinto(buffer[:8])

    endless = file_source(Slow(b"a b c d\n" * 100_000))
    before = threading.active_count()
    with pytest.raises(RuntimeError, match="helper"):
        encode(endless, workers=3, block_bytes=8)
    assert threading.active_count() == before


def test_a_crew_of_none_is_an_error():
    with pytest.raises(ValueError, match="workers must be 1 or more, got 0"):
        encode([["a"]], workers=0)


# ---- identity ----------------------------------------------------------------------


def test_the_same_files_unchanged_are_the_same_corpus(tmp_path, monkeypatch):
    path = tmp_path / "text"
    path.write_text("a b")
    monkeypatch.chdir(tmp_path)
    known = file_source(path).identity()
    assert known == file_source("text").identity()
    assert hash(known) == hash(file_source("text").identity())
    assert known != file_source([path, path]).identity()
    os.utime(path, ns=(1, 1))
    assert known != file_source(path).identity()
    known = file_source(path).identity()
    path.write_text("a b c")
    os.utime(path, ns=(1, 1))
    assert known != file_source(path).identity()


def test_the_same_object_is_the_same_corpus():
    sentences = [["a"]]
    known = sentence_source(sentences).identity()
    assert known == sentence_source(sentences).identity()
    assert known != sentence_source([["a"]]).identity()
    assert known != file_source(io.BytesIO()).identity()
    sentences.append(["b"])
    assert known != sentence_source(sentences).identity()


def test_the_same_arrays_read_in_another_way_are_another_corpus():
    ids, indptr = np.array([1, 2]), np.array([0, 2])
    known = sentence_source(ids).identity()
    assert known == IdCorpus(ids).identity()
    assert known != IdCorpus(ids, separator=2).identity()
    assert known != IdCorpus(ids.copy()).identity()
    assert (
        IdCorpus(ids, indptr=indptr).identity()
        == sentence_source((indptr, ids)).identity()
    )


def test_an_identity_does_not_keep_a_generator_alive_or_take_its_place():
    sentences = (s for s in [["a"]])
    known = sentence_source(sentences).identity()
    assert known == sentence_source(sentences).identity()
    del sentences
    assert known != copy.copy(known)
    again = sentence_source(s for s in [["a"]]).identity()
    assert known != again


def test_an_identity_can_be_copied_and_sent_but_is_then_unknown():
    known = sentence_source([["a"]]).identity()
    assert pickle.loads(pickle.dumps(known)) is None
    assert copy.deepcopy([known]) == [None]


@posix
def test_a_named_pipe_has_no_identity_and_standard_input_equals_itself(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert file_source(tmp_path / "pipe").identity() is None
    assert file_source("-").identity() == file_source("-").identity()


def test_counts_do_not_depend_on_where_a_sentence_is_cut():
    data = long_text()
    words = data.split()
    one_line = b" ".join(words)
    vocab, stream = encode(text(one_line), min_count=3, workers=3, block_bytes=512)
    kept = chosen(words, 3)
    assert vocab.counts[1:].tolist() == [count for _, count in kept]
    assert stream.ids.size == sum(count for _, count in kept) + 1


@pytest.mark.parametrize("token", [None, float("nan"), ["a"]])
def test_token_that_is_no_word_is_called_by_its_type(token):
    with pytest.raises(TypeError, match=type(token).__name__):
        encode([["a", token, "b"]], min_count=1)


def test_memory_limit_below_zero_is_refused():
    with pytest.raises(ValueError, match="memory_limit must be at least 0"):
        encode([["a", "b"]], min_count=1, memory_limit=-1)


def test_a_limit_that_leaves_no_word_is_refused():
    with (
        pytest.warns(UserWarning, match="pruned"),
        pytest.raises(ValueError, match="max_vocab_size=1 pruned every word"),
    ):
        Word2Vec([["a", "b"]] * 9, min_count=1, max_vocab_size=1)
