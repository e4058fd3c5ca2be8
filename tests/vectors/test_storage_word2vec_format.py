"""gensim's methods for the C program's format: save, load and intersect."""

import pickle

import numpy as np
import pytest
from helpers import GOLDEN

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.formats import row_buffer

WORDS = ["king", "queen", "man", "woman", "King", "apple"]
PEER_WORDS = [*WORDS, "月", "non\u00a0breaking", "form\x0bfeed", "under_score"]
SENTENCES = [["a", "b", "c", "a", "d"], ["b", "a", "c"]] * 20


@pytest.fixture
def wv():
    vectors = np.random.default_rng(1).normal(size=(len(WORDS), 6)).astype(np.float32)
    return KeyedVectors(WORDS, vectors, counts=[60, 50, 40, 30, 20, 10])


# --- save and load ----------------------------------------------------------------


@pytest.mark.parametrize("binary", [False, True])
def test_vectors_and_counts_survive_a_round_trip(tmp_path, wv, binary):
    wv.save_word2vec_format(tmp_path / "out", tmp_path / "vocab", binary=binary)
    again = KeyedVectors.load_word2vec_format(
        tmp_path / "out", tmp_path / "vocab", binary=binary
    )
    assert again.index_to_key == wv.index_to_key
    assert np.array_equal(again.vectors, wv.vectors)
    assert np.array_equal(again.counts, wv.counts)
    assert (tmp_path / "vocab").read_text().startswith("king 60\nqueen 50\n")


@pytest.mark.parametrize("binary", [False, True])
def test_binary_may_be_decided_by_the_file(tmp_path, wv, binary):
    wv.save_word2vec_format(tmp_path / "out", binary=binary)
    loaded = KeyedVectors.load_word2vec_format(tmp_path / "out", binary=None, limit=2)
    assert loaded.index_to_key == WORDS[:2]
    assert np.array_equal(loaded.vectors, wv.vectors[:2])
    assert loaded.counts is None


@pytest.mark.parametrize(
    ("trained", "c_text", "line"),
    [
        (False, None, b"a 0.5 1\n"),
        (True, None, b"a 0.500000 1.000000 \n"),
        (True, False, b"a 0.5 1\n"),
        (False, True, b"a 0.500000 1.000000 \n"),
    ],
)
def test_c_text_defaults_to_how_the_vectors_were_trained(
    tmp_path, trained, c_text, line
):
    wv = KeyedVectors(["a"], np.float32([[0.5, 1]]), c_text=trained)
    for copy in (wv, pickle.loads(pickle.dumps(wv))):
        copy.save_word2vec_format(tmp_path / "out", c_text=c_text)
        assert (tmp_path / "out").read_bytes() == b"1 2\n" + line


@pytest.mark.parametrize("header", [True, False])
def test_the_header_may_be_omitted(tmp_path, wv, header):
    wv.save_word2vec_format(tmp_path / "out", write_header=header)
    assert (tmp_path / "out").read_bytes().startswith(b"6 6\n") == header
    loaded = KeyedVectors.load_word2vec_format(tmp_path / "out", no_header=not header)
    assert np.array_equal(loaded.vectors, wv.vectors)


def test_datatype_and_unicode_errors(tmp_path):
    (tmp_path / "file").write_bytes(b"1 2\n\xff 1 2\n")
    wv = KeyedVectors.load_word2vec_format(
        tmp_path / "file", unicode_errors="surrogateescape", datatype=np.float16
    )
    assert wv.index_to_key == ["\udcff"]
    assert wv.vectors.dtype == np.float16
    with pytest.raises(ValueError, match=r"line 2: the word .* is not UTF-8"):
        KeyedVectors.load_word2vec_format(tmp_path / "file")


def test_a_duplicate_word_is_kept_with_a_warning(tmp_path):
    (tmp_path / "file").write_bytes(b"3 1\na 1\nb 2\na 3\n")
    with pytest.warns(UserWarning, match="1 rows repeat a word, such as 'a'") as caught:
        wv = KeyedVectors.load_word2vec_format(tmp_path / "file")
    assert caught[0].filename == __file__  # the warning points at the caller
    assert wv["a"].tolist() == [1]
    assert len(wv) == 3


def test_the_counts_file_must_contain_every_word(tmp_path, wv):
    wv.save_word2vec_format(tmp_path / "out")
    (tmp_path / "vocab").write_bytes(b"</s> 7\nking 60\n")
    with pytest.raises(ValueError, match="has no count for 'queen'"):
        KeyedVectors.load_word2vec_format(tmp_path / "out", tmp_path / "vocab")
    loaded = KeyedVectors.load_word2vec_format(
        tmp_path / "out", tmp_path / "vocab", limit=1
    )
    assert loaded.counts.tolist() == [60]


def test_writing_a_counts_file_needs_counts(tmp_path):
    wv = KeyedVectors(["a"], [[1.0]])
    with pytest.raises(ValueError, match="needs counts"):
        wv.save_word2vec_format(tmp_path / "out", tmp_path / "vocab")
    assert list(tmp_path.iterdir()) == []


def test_a_compression_that_would_be_ignored_is_an_error(tmp_path, wv):
    with pytest.raises(ValueError, match=r"v\.txt\.zst' names a file that is not writ"):
        wv.save_word2vec_format(tmp_path / "v.txt.zst")


def test_vectors_and_counts_must_be_two_files(tmp_path, wv):
    (tmp_path / "link").symlink_to("out")
    for vocab in ("out", "link"):
        with pytest.raises(ValueError, match=r"fvocab is the file of the vectors"):
            wv.save_word2vec_format(tmp_path / "out", tmp_path / vocab)
    assert not (tmp_path / "out").exists()


def test_no_vectors_are_written_if_the_counts_cannot_be(tmp_path, wv):
    with pytest.raises(FileNotFoundError, match="missing"):
        wv.save_word2vec_format(tmp_path / "out", tmp_path / "missing" / "vocab")
    assert not (tmp_path / "out").exists()


def test_counts_spell_words_as_the_vectors_do(tmp_path):
    wv = KeyedVectors(["new york"], np.ones((1, 2)), [3])
    paths = tmp_path / "out", tmp_path / "vocab"
    wv.save_word2vec_format(*paths, spaces="escape")
    assert paths[1].read_text() == "new\\x20york 3\n"
    assert KeyedVectors.load_word2vec_format(*paths).counts.tolist() == [3]


def test_binary_passed_as_fvocab_is_noticed(tmp_path, wv):
    with pytest.raises(TypeError, match="write binary=True"):
        wv.save_word2vec_format(tmp_path / "out", True)
    with pytest.raises(TypeError, match="write binary=True"):
        KeyedVectors.load_word2vec_format(tmp_path / "out", True)
    assert list(tmp_path.iterdir()) == []


def test_the_files_of_the_c_program_are_read():
    wv = KeyedVectors.load_word2vec_format(
        GOLDEN / "00_lines_sg_ns.bin", GOLDEN / "00_lines_sg_ns.vocab", binary=True
    )
    assert wv.index_to_key[:2] == ["</s>", "the"]
    assert (np.diff(wv.counts[1:]) <= 0).all()


# --- intersect --------------------------------------------------------------------


@pytest.fixture
def other():
    vectors = np.arange(18, dtype=np.float32).reshape(3, 6)
    return KeyedVectors(["man", "boy", "king"], vectors)


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("decided_by_file", [True, False])
def test_common_keys_take_the_vectors_of_the_file(
    tmp_path, wv, other, binary, decided_by_file
):
    other.save_word2vec_format(tmp_path / "file", binary=binary)
    before = wv.vectors.copy()
    taken = wv.intersect_word2vec_format(
        tmp_path / "file", binary=None if decided_by_file else binary
    )
    assert taken == 2
    assert wv["king"].tolist() == other["king"].tolist()
    assert wv["man"].tolist() == other["man"].tolist()
    assert np.array_equal(wv.vectors[[1, 3, 4, 5]], before[[1, 3, 4, 5]])
    assert wv.index_to_key == WORDS


def test_integer_keys_match_their_digits(tmp_path):
    KeyedVectors(["17"], [[1.0, 2]]).save_word2vec_format(tmp_path / "file")
    wv = KeyedVectors([4, 17], np.zeros((2, 2)))
    assert wv.intersect_word2vec_format(tmp_path / "file") == 1
    assert wv[17].tolist() == [1, 2]


@pytest.mark.parametrize("name", ["v.txt", "v.bin"])
def test_a_file_is_read_in_blocks(tmp_path, monkeypatch, name):
    monkeypatch.setattr(row_buffer, "BLOCK_BYTES", 100)
    vectors = np.random.default_rng(4).normal(size=(500, 6)).astype(np.float32)
    other = KeyedVectors([f"w{n}" for n in range(500)], vectors)
    other.save(tmp_path / name)
    wv = KeyedVectors(["w499", "w3", "w250"], np.zeros((3, 6), np.float32))
    assert wv.intersect_word2vec_format(tmp_path / name, binary=None) == 3
    assert np.array_equal(wv.vectors, vectors[[499, 3, 250]])


def test_without_common_keys_nothing_changes(tmp_path, wv):
    KeyedVectors(["x"], np.zeros((1, 6))).save_word2vec_format(tmp_path / "file")
    before = wv.vectors.copy()
    assert wv.intersect_word2vec_format(tmp_path / "file") == 0
    assert np.array_equal(wv.vectors, before)


def test_a_failed_intersection_changes_nothing(tmp_path, wv, other):
    before = wv.vectors.copy()
    KeyedVectors(["king"], [[1.0, 2]]).save_word2vec_format(tmp_path / "narrow")
    with pytest.raises(ValueError, match="vectors of 2 values, these have 6"):
        wv.intersect_word2vec_format(tmp_path / "narrow")
    other.save_word2vec_format(tmp_path / "file", binary=True)
    content = (tmp_path / "file").read_bytes()
    (tmp_path / "file").write_bytes(content[:-3])
    for error in (ValueError, EOFError):  # the latter is gensim's
        with pytest.raises(error, match="truncated"):
            wv.intersect_word2vec_format(tmp_path / "file", binary=True)
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=r"lockf must be 1\.0 \(train\) or 0\.0"):
        wv.intersect_word2vec_format(tmp_path / "file", 0.5, binary=True)
    assert np.array_equal(wv.vectors, before)


def test_a_model_trains_from_intersected_vectors(tmp_path):
    model = Word2Vec(vector_size=4, min_count=1, epochs=1, workers=1, progress=False)
    model.build_vocab(SENTENCES)
    KeyedVectors(["a"], np.full((1, 4), 5.0)).save_word2vec_format(tmp_path / "file")
    assert model.wv.intersect_word2vec_format(tmp_path / "file") == 1
    model.train(SENTENCES)
    assert (model.wv["a"] > 4).all()
    assert (np.abs(model.wv["b"]) < 2).all()


def test_intersected_vectors_can_be_frozen(tmp_path):
    model = Word2Vec(vector_size=4, min_count=1, sample=0, workers=1, progress=False)
    model.build_vocab(SENTENCES)
    KeyedVectors(["a"], np.full((1, 4), 5.0)).save_word2vec_format(tmp_path / "file")
    model.wv.intersect_word2vec_format(tmp_path / "file", lockf=0.0)
    before = model.wv["b"]
    model.train(SENTENCES)
    assert (model.wv["a"] == 5).all()
    assert (model.wv["b"] != before).any()
    model.wv.intersect_word2vec_format(tmp_path / "file", lockf=1.0)
    model.train(SENTENCES)
    assert (model.wv["a"] != 5).any()


# --- gensim -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def gensim_class():
    return pytest.importorskip(
        "gensim.models.keyedvectors", reason="gensim is not installed"
    ).KeyedVectors


@pytest.fixture
def ours():
    vectors = np.random.default_rng(2).normal(size=(len(PEER_WORDS), 20))
    return KeyedVectors(PEER_WORDS, vectors.astype(np.float32))


@pytest.mark.peer
@pytest.mark.parametrize("options", [{}, {"c_text": True}, {"binary": True}])
def test_gensim_loads_our_files(tmp_path, gensim_class, ours, options):
    ours.save_word2vec_format(tmp_path / "out", **options)
    binary = options.get("binary", False)
    theirs = gensim_class.load_word2vec_format(str(tmp_path / "out"), binary=binary)
    assert theirs.index_to_key == PEER_WORDS
    if "c_text" in options:
        assert theirs.vectors == pytest.approx(ours.vectors, abs=1e-6)
    else:
        assert np.array_equal(theirs.vectors, ours.vectors)


@pytest.mark.peer
def test_gensim_reads_our_counts(tmp_path, gensim_class, wv):
    wv.save_word2vec_format(tmp_path / "out", tmp_path / "vocab")
    theirs = gensim_class.load_word2vec_format(
        str(tmp_path / "out"), fvocab=str(tmp_path / "vocab")
    )
    assert [theirs.get_vecattr(word, "count") for word in WORDS] == wv.counts.tolist()


@pytest.mark.peer
@pytest.mark.parametrize(
    ("binary", "header"), [(False, True), (False, False), (True, True)]
)
def test_we_load_the_files_of_gensim(tmp_path, gensim_class, ours, binary, header):
    theirs = gensim_class(20)
    theirs.add_vectors(PEER_WORDS, ours.vectors)
    path = tmp_path / "out"
    theirs.save_word2vec_format(str(path), binary=binary, write_header=header)
    loaded = KeyedVectors.load_word2vec_format(
        path, binary=binary, no_header=not header
    )
    assert loaded.index_to_key == PEER_WORDS
    assert np.array_equal(loaded.vectors, ours.vectors)


# --- arguments of gensim ----------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf8", "UTF-8", "utf_8"])
def test_utf8_is_accepted_as_encoding(tmp_path, wv, encoding):
    wv.save_word2vec_format(tmp_path / "out")
    again = KeyedVectors.load_word2vec_format(tmp_path / "out", None, False, encoding)
    assert again.index_to_key == wv.index_to_key
    found = wv.intersect_word2vec_format(tmp_path / "out", encoding=encoding)
    assert found == len(wv)
    (tmp_path / "pairs").write_text("king\tqueen\t9\nman\tapple\t1\nking\tman\t5\n")
    assert wv.evaluate_word_pairs(tmp_path / "pairs", encoding=encoding)[2] == 0


@pytest.mark.parametrize("encoding", ["latin1", "no-such", None])
def test_another_encoding_is_refused_with_the_remedy(tmp_path, wv, encoding):
    wv.save_word2vec_format(tmp_path / "out")
    message = f"encoding must be 'utf8', got {encoding!r}.*iconv -f {encoding} -t utf8"
    for read in (KeyedVectors.load_word2vec_format, wv.intersect_word2vec_format):
        with pytest.raises(ValueError, match=message):
            read(tmp_path / "out", encoding=encoding)


def test_a_prefix_is_written_before_each_word(tmp_path, wv):
    wv.save_word2vec_format(tmp_path / "out", tmp_path / "vocab", prefix="en:")
    again = KeyedVectors.load_word2vec_format(tmp_path / "out", tmp_path / "vocab")
    assert again.index_to_key == [f"en:{word}" for word in WORDS]
    assert np.array_equal(again.counts, wv.counts)
    assert wv.index_to_key == WORDS


def test_arguments_that_change_no_file_are_accepted(tmp_path, wv):
    wv.save_word2vec_format(tmp_path / "plain")
    for sort_attr in ("count", None):
        options = {"total_vec": len(wv), "append": False, "sort_attr": sort_attr}
        wv.save_word2vec_format(tmp_path / "out", **options)
        assert (tmp_path / "out").read_bytes() == (tmp_path / "plain").read_bytes()


@pytest.mark.parametrize(
    "wrong", [{"total_vec": 7}, {"append": True}, {"sort_attr": "other"}]
)
def test_arguments_that_would_change_the_file_are_refused(tmp_path, wv, wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be"):
        wv.save_word2vec_format(tmp_path / "out", **wrong)
    assert list(tmp_path.iterdir()) == []


def test_words_with_spaces_are_escaped_on_request(tmp_path):
    wv = KeyedVectors(
        ["('1', '2')"], np.ones((1, 2), np.float32)
    )  # an edge of node2vec
    with pytest.raises(ValueError, match="spaces='escape'"):
        wv.save_word2vec_format(tmp_path / "v.txt")
    wv.save_word2vec_format(tmp_path / "v.txt", spaces="escape")
    loaded = KeyedVectors.load(tmp_path / "v.txt", spaces="escape")
    assert loaded.index_to_key == wv.index_to_key
    with pytest.raises(ValueError, match="spaces must be"):
        wv.save_word2vec_format(tmp_path / "v.txt", spaces="keep")
