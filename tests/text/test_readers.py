"""gensim's readers: their sentences, and reading their files directly."""

import gzip
import io
import os
import random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from w2vfast import LineSentence, PathLineSentences, Text8Corpus, Word2Vec
from w2vfast.errors import ParameterTypeError
from w2vfast.text import corpus
from w2vfast.text.sources import ReaderSource, SentenceSource, sentence_source

# All white space, prefixes of its UTF-8 bytes, similar characters, bytes that are not
# UTF-8, sentence ends, and words.
SPACES = [chr(c) for c in range(0x110000 >> 4) if chr(c).isspace()]
PIECES = [*(space.encode() for space in SPACES), b" ", b"\n", b"\r\n", b"</s>", b"a"]
PIECES += [b"\xc2", b"\xe2\x80", b"\xe2\x80\x8b", b"\xe1\x9a", b"\xe3\x80\x81", b"\xff"]
PIECES += [b"bb", "月".encode(), b"word", b"\0", b"\x1b", b"\xe2\x81\xa0", b"\xc2\xa1"]
odd_text = st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join)
lengths = st.sampled_from([1, 2, 3, 7, 10_000])


@pytest.fixture
def file(tmp_path):
    """Return a function that writes bytes to a file and returns its path."""

    def write(data, name="text"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


def test_each_line_is_a_sentence_and_blank_lines_are_ignored(file):
    text = "the cat\n\n  \n a\u3000dog\u00a0sat \r\nend".encode()
    sentences = LineSentence(file(text))
    expected = [["the", "cat"], ["a", "dog", "sat"], ["end"]]
    assert list(sentences) == expected
    assert list(sentences) == expected  # again from the start


def test_a_long_line_is_split(file):
    path = file(b"a b c d e\nf g\n")
    assert list(LineSentence(path, max_sentence_length=2)) == [
        ["a", "b"],
        ["c", "d"],
        ["e"],
        ["f", "g"],
    ]


def test_a_sentence_end_ends_a_sentence(file):
    assert list(LineSentence(file(b"a b </s> c\n</s>\n"))) == [["a", "b"], ["c"]]


def test_limit_is_a_number_of_lines(file):
    path = file(b"a\n\nb\nc\n")
    assert list(LineSentence(path, limit=3)) == [["a"], ["b"]]


def test_an_open_file_is_read_from_its_start():
    for opened in (io.BytesIO(b"a b\nc\n"), io.StringIO("a b\nc\n")):
        sentences = LineSentence(opened)
        assert list(sentences) == list(sentences) == [["a", "b"], ["c"]]


def test_a_compressed_file_is_decompressed(file):
    path = file(gzip.compress(b"a b\n"), "text.gz")
    assert list(LineSentence(path)) == [["a", "b"]]


def test_the_files_of_a_folder_are_read_in_order_of_name(file, tmp_path):
    file(b"b\nbb\n", "2.txt")
    file(gzip.compress(b"a\naa\n"), "1.txt.gz")
    file(b"hidden\n", ".3.txt")
    (tmp_path / "sub").mkdir()
    sentences = PathLineSentences(tmp_path)
    assert list(sentences) == [["a"], ["aa"], ["b"], ["bb"]]
    assert list(PathLineSentences(tmp_path, limit=1)) == [["a"], ["b"]]
    assert list(PathLineSentences(tmp_path / "2.txt")) == [["b"], ["bb"]]
    assert list(PathLineSentences(os.fsencode(tmp_path))) == list(sentences)
    assert [path[-5:] for path in sentences.input_files] == ["xt.gz", "2.txt"]


def test_text8_is_split_independently_of_lines(file):
    path = file(b"a b\nc d  e\n")
    sentences = Text8Corpus(path, max_sentence_length=2)
    assert list(sentences) == [["a", "b"], ["c", "d"], ["e"]]
    assert list(Text8Corpus(path)) == [["a", "b", "c", "d", "e"]]


def test_text8_words_are_not_split_between_chunks(file):
    words = [f"word{i}é" for i in range(20_000)]
    path = file(" ".join(words).encode())
    assert [word for piece in Text8Corpus(path) for word in piece] == words


@pytest.mark.parametrize("reader", [LineSentence, Text8Corpus])
def test_a_max_sentence_length_below_1_is_an_error(reader, file):
    with pytest.raises(
        ValueError, match="max_sentence_length must be at least 1 word, got 0"
    ):
        reader(file(b"a\n"), max_sentence_length=0)


def test_a_missing_file_is_an_error_with_its_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        list(LineSentence(tmp_path / "missing"))
    with pytest.raises(ValueError, match="missing' is neither a file nor a folder"):
        PathLineSentences(tmp_path / "missing")


# ---- files read directly -----------------------------------------------------------


def encoded(source, **options):
    vocab, stream = corpus.encode(source, min_count=1, **options)
    counts = vocab.counts.tolist()
    return vocab.words, counts, stream.ids.tolist(), stream.n_sentences, stream.n_words


@given(odd_text, lengths, st.integers(1, 3), st.sampled_from([1, 5, 1 << 20]))
@example(b"a\xe2\x80 bb \xe2\x80", 2, 1, 1 << 20)
@example(b"a </s>\nbb word a\n\nbb", 2, 2, 1)
def test_reading_a_file_directly_equals_iterating(
    tmp_path_factory, data, length, workers, block_bytes
):
    path = tmp_path_factory.mktemp("text") / "text"
    path.write_bytes(b"w " + data)
    for reader in (LineSentence, Text8Corpus):
        sentences = reader(path, max_sentence_length=length)
        source = sentence_source(sentences)
        assert type(source) is ReaderSource
        options = {"workers": workers, "block_bytes": block_bytes}
        assert encoded(source, **options) == encoded(SentenceSource(sentences))


def test_reading_a_folder_directly_equals_iterating(file, tmp_path):
    file(b"a b\nb c", "1.txt")
    file(gzip.compress(b"c d\n" * 5), "2.txt.gz")
    sentences = PathLineSentences(tmp_path)
    source = sentence_source(sentences)
    assert type(source) is ReaderSource
    assert encoded(source) == encoded(SentenceSource(sentences))


def test_pruned_words_count_for_max_sentence_length(file):
    rng = random.Random(1)
    words = [f"w{rng.randrange(50)}" for _ in range(500)]
    sentences = LineSentence(file(" ".join(words).encode()), max_sentence_length=7)
    options = {"max_vocab_size": 10, "min_count": 1}
    with pytest.warns(UserWarning, match="pruned"):
        vocab, stream = corpus.encode(sentence_source(sentences), **options)
    with pytest.warns(UserWarning, match="pruned"):
        expected, iterated = corpus.encode(SentenceSource(sentences), **options)
    assert vocab.words == expected.words
    np.testing.assert_array_equal(stream.ids, iterated.ids)


@pytest.mark.parametrize("reader", [LineSentence, Text8Corpus])
def test_a_model_equals_that_of_the_sentences(reader, file):
    rng = random.Random(5)
    lines = [[f"w{rng.randrange(40)}" for _ in range(9)] for _ in range(300)]
    path = file("\n".join(map(" ".join, lines)).encode())
    options = {"vector_size": 8, "epochs": 1, "workers": 1, "progress": False}
    read = Word2Vec(reader(path, max_sentence_length=4), **options)
    iterated = Word2Vec(list(reader(path, max_sentence_length=4)), **options)
    assert read.wv.index_to_key == iterated.wv.index_to_key
    assert read.corpus_count == iterated.corpus_count
    np.testing.assert_array_equal(read.wv.vectors, iterated.wv.vectors)


def test_the_ids_of_an_equal_reader_are_reused(file):
    path = file(b"a b c\n" * 20)
    model = Word2Vec(vector_size=4, workers=1, progress=False)
    model.build_vocab(LineSentence(path))
    kept = model._cache.corpus
    model.train(LineSentence(path))
    assert model._cache.corpus is kept
    model.train(LineSentence(path, max_sentence_length=2))
    assert model._cache.corpus is not kept


def test_exact_mode_uses_the_words_of_the_reader(file):
    path = file("a\u00a0b c\n".encode() * 20)
    options = {"vector_size": 4, "epochs": 1, "progress": False, "mode": "exact"}
    assert "b" in Word2Vec(LineSentence(path), **options).wv
    assert "b" not in Word2Vec(corpus_file=path, **options).wv


class Shouting(LineSentence):
    def __iter__(self):
        return ([word.upper() for word in words] for words in super().__iter__())


@pytest.mark.parametrize(
    "make",
    [
        Shouting,
        lambda path: LineSentence(path, limit=10),
        lambda path: LineSentence(open(path, "rb")),  # noqa: SIM115
    ],
    ids=["subclass", "limit", "open file"],
)
def test_subclasses_limits_and_open_files_are_iterated(make, file):
    sentences = make(file(b"a b\n" * 20))
    source = sentence_source(sentences)
    assert type(source) is SentenceSource
    words = encoded(source)[0]
    assert words == (["</s>", "A", "B"] if make is Shouting else ["</s>", "a", "b"])
    if hasattr(sentences.source, "close"):
        sentences.source.close()


@pytest.mark.parametrize("reader", [LineSentence, PathLineSentences, Text8Corpus])
@pytest.mark.parametrize("given", [["a b"], None, {"text": ["a b"]}, 3])
def test_a_source_that_is_no_path_is_an_error_at_once(reader, given):
    with pytest.raises(ParameterTypeError, match="must be the path of a file or fold"):
        reader(given)
