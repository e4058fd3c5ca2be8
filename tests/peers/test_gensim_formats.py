"""Files between w2vfast, gensim and fastText, read by these programs themselves."""

import os

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec

pytestmark = pytest.mark.peer
WORDS = ["the", "of", "月", "non\u00a0breaking", "under_score", "1.5", 'quo"te']
DIM = 12


@pytest.fixture
def wv():
    # Small, large and negative numbers, some written with exponents.
    rng = np.random.default_rng(1)
    scale = 10.0 ** rng.integers(-12, 12, (len(WORDS), DIM))
    vectors = (rng.normal(size=(len(WORDS), DIM)) * scale).astype(np.float32)
    return KeyedVectors(WORDS, vectors)


# --- gensim -----------------------------------------------------------------------


@pytest.fixture
def gensim():
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    return models.KeyedVectors


# gensim leaves the file open when it looks for the number of lines.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("suffix", [".txt", ".vec", ".bin", ".glove"])
@pytest.mark.parametrize("compressed", ["", ".gz", ".bz2"])
def test_gensim_reads_what_is_saved(tmp_path, gensim, wv, suffix, compressed):
    path = tmp_path / f"vectors{suffix}{compressed}"
    wv.save(path)
    theirs = gensim.load_word2vec_format(
        str(path), binary=suffix == ".bin", no_header=suffix == ".glove"
    )
    assert theirs.index_to_key == WORDS
    assert np.array_equal(theirs.vectors, wv.vectors)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("v.txt", True),
        ("v.txt", False),
        ("v.vec.gz", True),
        ("v.bin", True),
        ("v.glove", False),
        ("v", True),
        ("v", False),
    ],
)
def test_what_gensim_writes_is_loaded(tmp_path, gensim, wv, name, header):
    theirs = gensim(DIM)
    theirs.add_vectors(WORDS, wv.vectors)
    theirs.save_word2vec_format(
        str(tmp_path / name), binary=".bin" in name, write_header=header
    )
    loaded = KeyedVectors.load(tmp_path / name)
    assert loaded.index_to_key == WORDS
    assert np.array_equal(loaded.vectors, wv.vectors)


def test_text_keeps_the_64_bits_of_gensims_vectors(tmp_path, gensim):
    vectors = np.random.default_rng(1).normal(size=(len(WORDS), DIM))
    theirs, ours = gensim(DIM, dtype=np.float64), KeyedVectors(WORDS, vectors)
    theirs.add_vectors(WORDS, vectors)
    for name, table in (("theirs", theirs), ("ours", ours)):
        table.save_word2vec_format(str(tmp_path / name))
        for kind in (gensim, KeyedVectors):
            path = str(tmp_path / name)
            found = kind.load_word2vec_format(path, datatype=np.float64)
            assert np.array_equal(found.vectors, vectors)


def test_the_limit_reads_tags_that_gensim_writes_twice_once(tmp_path, gensim):
    del gensim
    from gensim.models.doc2vec import Doc2Vec, TaggedDocument

    texts = [TaggedDocument(["a", "b"], [n]) for n in range(3)]
    tags = Doc2Vec(texts, min_count=1, vector_size=2, epochs=1).dv
    path = str(tmp_path / "tags")
    tags.save_word2vec_format(path)
    with pytest.raises(ValueError, match="set a limit of 3"):
        KeyedVectors.load_word2vec_format(path)
    found = KeyedVectors.load_word2vec_format(path, limit=3)
    assert found.index_to_key == ["0", "1", "2"]
    assert np.array_equal(found.vectors, tags.vectors)


def test_both_kinds_of_binary_file_are_recognised(tmp_path, gensim, wv):
    # The C program and this package write a newline after each row, gensim does not.
    theirs = gensim(DIM)
    theirs.add_vectors(WORDS, wv.vectors)
    theirs.save_word2vec_format(str(tmp_path / "gensim.bin"), binary=True)
    wv.save(tmp_path / "c.bin")
    sizes = [(tmp_path / f"{by}.bin").stat().st_size for by in ("c", "gensim")]
    assert sizes[0] == sizes[1] + len(WORDS)
    for by in ("c", "gensim"):
        loaded = KeyedVectors.load(tmp_path / f"{by}.bin")
        assert np.array_equal(loaded.vectors, wv.vectors)
        theirs = gensim.load_word2vec_format(str(tmp_path / f"{by}.bin"), binary=True)
        assert np.array_equal(theirs.vectors, wv.vectors)


SENTENCES = [["the", "of", "月"], ["of", "月", "b"], ["the", "b"]] * 20
SAVED = {
    "as it is": {},
    "protocol 2": {"pickle_protocol": 2},
    "protocol 5": {"pickle_protocol": 5},
    "arrays beside it": {"sep_limit": 0},
}


@pytest.mark.parametrize("options", SAVED.values(), ids=SAVED)
@pytest.mark.parametrize("hs", [0, 1])
def test_what_gensim_saves_for_itself_is_read_if_asked_for(tmp_path, options, hs):
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    model = models.Word2Vec(SENTENCES, min_count=1, vector_size=DIM, hs=hs)
    model.save(str(tmp_path / "model"), **options)
    model.wv.save(str(tmp_path / "vectors.kv"), **options)
    for name in ("model", "vectors.kv"):
        with pytest.raises(ValueError, match="a pickle, as gensim's save writes"):
            KeyedVectors.load(tmp_path / name)
        loaded = KeyedVectors.load(tmp_path / name, kind="gensim")
        assert loaded.index_to_key == model.wv.index_to_key
        assert np.array_equal(loaded.vectors, model.wv.vectors)
        assert loaded.counts.tolist() == model.wv.expandos["count"].tolist()


@pytest.mark.parametrize("options", SAVED.values(), ids=SAVED)
@pytest.mark.parametrize("sg", [0, 1])
def test_a_model_of_gensim_predicts_the_same_and_is_trained_on(tmp_path, options, sg):
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    settings = {"min_count": 1, "vector_size": DIM, "sg": sg, "window": 3, "epochs": 9}
    theirs = models.Word2Vec(SENTENCES, sample=0, ns_exponent=0.5, **settings)
    theirs.save(str(tmp_path / "model"), **options)
    ours = Word2Vec.load(tmp_path / "model", kind="gensim")
    assert np.array_equal(ours.syn1neg, theirs.syn1neg)
    assert {name: getattr(ours, name) for name in settings} == settings
    expected = theirs.predict_output_word(["the", "月"])
    found = ours.predict_output_word(["the", "月"])
    assert [word for word, _ in found] == [word for word, _ in expected]
    assert np.allclose([p for _, p in found], [p for _, p in expected])
    assert ours.train(SENTENCES)[1] == 9 * sum(map(len, SENTENCES))


@pytest.mark.parametrize("suffix", [".gz", ".bz2"])
@pytest.mark.parametrize("options", [{}, {"sep_limit": 0}], ids=["one", "several"])
def test_what_gensim_saves_compressed_is_read(tmp_path, gensim, wv, suffix, options):
    theirs = gensim(DIM)
    theirs.add_vectors(WORDS, wv.vectors)
    theirs.save(str(tmp_path / f"v{suffix}"), **options)
    loaded = KeyedVectors.load(tmp_path / f"v{suffix}", kind="gensim")
    assert np.array_equal(loaded.vectors, wv.vectors)


def test_a_fasttext_of_gensim_is_an_error_with_the_remedy(tmp_path, gensim):
    del gensim
    from gensim.models import FastText

    path = str(tmp_path / "fasttext")
    FastText([["a", "b"]], min_count=1, vector_size=2, bucket=9, workers=1).save(path)
    for load in (KeyedVectors.load, Word2Vec.load):
        with pytest.raises(ValueError, match=r"is a FastText.*wv\.save_word2vec_form"):
            load(path, kind="gensim")


def test_vectors_of_gensim_without_counts_have_none(tmp_path, gensim, wv):
    theirs = gensim(DIM)
    theirs.add_vectors(WORDS, wv.vectors)
    theirs.save(str(tmp_path / "vectors"))
    loaded = KeyedVectors.load(tmp_path / "vectors", kind="gensim")
    assert loaded.index_to_key == WORDS
    assert loaded.counts is None


# Files of older versions, which gensim's own tests load.  gensim itself does not read
# those below 0.13.4 any more.
OLD = [
    *("old_keyedvectors_320.dat", "model-from-gensim-3.8.0.w2v", "word2vec_3.3"),
    *("word2vec_old", "word2vec_old_sep"),
    *(f"old_w2v_models/w2v_{n}.mdl" for n in ("0.13.4", "1.0.0", "1.0.1", "2.0.0")),
    *(f"old_w2v_models/w2v_{n}.mdl" for n in ("2.1.0", "2.2.0", "2.3.0", "3.0.0")),
    *(f"old_w2v_models/w2v_{n}.mdl" for n in ("3.1.0", "3.2.0", "3.3.0", "3.4.0")),
]
OLDEST = [
    *("w2v-lee-v0.12.0", "word2vec_pre_kv_py2", "word2vec_pre_kv_py3"),
    *("word2vec_pre_kv_py3_4", "word2vec_pre_kv_sep_py2", "word2vec_pre_kv_sep_py3"),
    *("word2vec_pre_kv_sep_py3_4", "old_w2v_models/w2v_0.12.0.mdl"),
]


def old_file(name):
    utils = pytest.importorskip("gensim.test.utils", reason="gensim is not installed")
    path = utils.datapath(name)
    if not os.path.exists(path):
        pytest.skip(f"this gensim has no {name}")
    return path


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", OLD)
def test_files_of_older_versions_are_read_as_gensim_does(name, gensim):
    path = old_file(name)
    models = pytest.importorskip("gensim.models")
    is_model = not name.endswith(".dat")
    theirs = models.Word2Vec.load(path).wv if is_model else gensim.load(path)
    loaded = KeyedVectors.load(path, kind="gensim")
    assert loaded.index_to_key == theirs.index_to_key
    assert np.array_equal(loaded.vectors, theirs.vectors)
    assert loaded.counts.tolist() == [
        theirs.get_vecattr(word, "count") for word in theirs.index_to_key
    ]
    if is_model:
        model = Word2Vec.load(path, kind="gensim")
        assert np.array_equal(model.syn1neg, models.Word2Vec.load(path).syn1neg)


def test_words_of_a_fasttext_of_gensim_3_are_read():
    one, separate = (
        KeyedVectors.load(old_file(name), kind="gensim")
        for name in ("fasttext_old", "fasttext_old_sep")
    )
    assert (len(one), one.vector_size) == (12, 100)
    assert one.index_to_key[one.counts.argmax()] == "system"
    assert separate.index_to_key == one.index_to_key
    assert np.array_equal(separate.vectors, one.vectors)


@pytest.mark.filterwarnings("ignore:.*inner nodes")
@pytest.mark.parametrize("name", OLDEST)
def test_the_oldest_files_are_read(name):
    loaded = KeyedVectors.load(old_file(name), kind="gensim")
    assert len(loaded) >= 3
    assert loaded.counts.min() >= 1
    assert np.abs(loaded.vectors).max() > 0
    assert len(Word2Vec.load(old_file(name), kind="gensim").wv) == len(loaded)


# --- fastText ---------------------------------------------------------------------


@pytest.fixture
def fasttext():
    return pytest.importorskip("fasttext", reason="fasttext is not installed")


def supervised(fasttext, tmp_path, vectors):
    """Return a fastText model that starts from given vectors and learns nothing."""
    text = tmp_path / "text"
    text.write_text("".join(f"__label__x {word}\n" for word in WORDS), "utf-8")
    # Each thread initialises a tenth of the matrix (DenseMatrix::uniform).  With fewer
    # than ten threads the row of "</s>", which the file lacks, is uninitialised.
    options = {"lr": 0.0, "epoch": 1, "thread": 10, "verbose": 0}
    return fasttext.train_supervised(
        str(text), pretrainedVectors=str(vectors), dim=DIM, **options
    )


def test_fasttext_starts_from_our_vectors(tmp_path, fasttext, wv):
    wv.save(tmp_path / "vectors.vec")
    model = supervised(fasttext, tmp_path, tmp_path / "vectors.vec")
    for word in WORDS:
        assert np.array_equal(model.get_word_vector(word), wv[word]), word


def test_fasttext_starts_from_text_in_the_format_of_the_c_program(tmp_path, fasttext):
    values = np.arange(DIM * len(WORDS), dtype=np.float32).reshape(-1, DIM) / 8
    wv = KeyedVectors(WORDS, values, c_text=True)
    wv.save(tmp_path / "vectors.vec")
    model = supervised(fasttext, tmp_path, tmp_path / "vectors.vec")
    for word in WORDS:
        assert np.array_equal(model.get_word_vector(word), wv[word]), word


def test_the_vec_file_of_fasttext_is_loaded(tmp_path, fasttext, wv):
    wv.save(tmp_path / "vectors.vec")
    model = supervised(fasttext, tmp_path, tmp_path / "vectors.vec")
    words = model.get_words()
    # The module has no function for it; the program (FastText::saveVectors) writes a
    # header and rows of five digits, each value with a space after it.
    lines = [f"{len(words)} {DIM}\n"]
    for word in words:
        values = "".join(f"{x:.5g} " for x in model.get_word_vector(word))
        lines.append(f"{word} {values}\n")
    (tmp_path / "theirs.vec").write_text("".join(lines), "utf-8")
    loaded = KeyedVectors.load(tmp_path / "theirs.vec")
    assert loaded.index_to_key == words
    assert "</s>" in words
    for word in WORDS:
        np.testing.assert_allclose(loaded[word], wv[word], rtol=5e-5)


def test_a_model_of_fasttext_is_recognised(tmp_path, fasttext, wv):
    wv.save(tmp_path / "vectors.vec")
    model = supervised(fasttext, tmp_path, tmp_path / "vectors.vec")
    model.save_model(str(tmp_path / "model.bin"))
    with pytest.raises(ValueError, match="a fastText model, which cannot be read"):
        KeyedVectors.load(tmp_path / "model.bin")
