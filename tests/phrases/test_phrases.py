"""Phrases: counted, scored and joined; against a twin in plain Python."""

import copy
import gzip
import json
import math
import pickle
import random

import pytest
from helpers import run_cli, run_python
from hypothesis import example, given
from hypothesis import strategies as st
from phrases_reference import (
    WORDS,
    connectors,
    counted,
    delimiters,
    joined,
    score,
    sentences_of_words,
)

from w2vfast import FrozenPhrases, LineSentence, Phrases, Word2Vec
from w2vfast.cli.main import main
from w2vfast.phrases import (
    ENGLISH_CONNECTOR_WORDS,
    joining,
    npmi_scorer,
    original_scorer,
)

# Few words, so that pairs repeat; some hold the delimiter, are long or not ASCII.
scorings = st.sampled_from([("default", 0.5), ("default", 3.0), ("npmi", 0.1)])


@pytest.fixture
def new_york():
    """Sentences in which only new york stands together often."""
    rng = random.Random(3)
    names = [f"w{i}" for i in range(30)]
    sentences = []
    for _ in range(300):
        words = rng.choices(names, k=8)
        sentences.append([*words[:4], "new", "york", *words[4:]])
        sentences.append(["new", rng.choice(names), "york"])
    return sentences


# ---- counting ----------------------------------------------------------------------


@given(sentences_of_words, connectors, delimiters, st.integers(1, 3))
def test_counts_are_the_twins(sentences, connector_words, delimiter, workers):
    phrases = Phrases(
        sentences,
        connector_words=connector_words,
        delimiter=delimiter,
        workers=workers,
    )
    counts, n_words = counted(sentences, connector_words, delimiter)
    assert dict(phrases.vocab.items()) == counts
    assert len(phrases.vocab) == len(counts)
    assert phrases.corpus_word_count == n_words


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_counts_do_not_depend_on_where_threads_meet(workers, monkeypatch):
    monkeypatch.setattr(joining, "CHUNK_IDS", 7)
    monkeypatch.setattr(joining, "ROUND_IDS", 50)
    rng = random.Random(workers)
    sentences = [rng.choices(WORDS, k=rng.choice([1, 3, 40])) for _ in range(60)]
    connector_words = {"of", "the"}
    phrases = Phrases(sentences, connector_words=connector_words, workers=workers)
    assert dict(phrases.vocab) == counted(sentences, connector_words)[0]


@given(sentences_of_words, sentences_of_words, connectors)
def test_learning_twice_is_learning_from_both(first, second, connector_words):
    phrases = Phrases(first, connector_words=connector_words, workers=1)
    phrases.add_vocab(second)
    both = Phrases(first + second, connector_words=connector_words, workers=1)
    assert dict(phrases.vocab) == dict(both.vocab)
    assert phrases.corpus_word_count == both.corpus_word_count


def test_very_long_words_and_candidates_are_counted_whole():
    long = "y" * 30_000
    sentences = [[long, *["of"] * 9000, long, "a"] * 3]
    phrases = Phrases(sentences, connector_words={"of"}, workers=1)
    assert dict(phrases.vocab) == counted(sentences, {"of"})[0]


def test_joined_text_that_looks_like_a_sentence_end_is_counted():
    phrases = Phrases([["<", "s>"]] * 3, delimiter="/", workers=1)
    assert phrases.vocab["</s>"] == 3


def test_a_sentence_end_parts_two_sentences():
    phrases = Phrases([["a", "b", "</s>", "c"]], workers=1)
    assert dict(phrases.vocab) == {"a": 1, "b": 1, "c": 1, "a_b": 1}


def test_the_vocabulary_is_a_dictionary_that_does_not_change():
    vocab = Phrases([["a", "b"]], workers=1).vocab
    assert vocab["a_b"] == 1
    assert vocab.get("b_a", 0) == 0
    assert "a" in vocab
    assert 7 not in vocab
    assert sorted(vocab) == ["a", "a_b", "b"]
    with pytest.raises(KeyError):
        vocab["nothing"]
    with pytest.raises(TypeError):
        vocab["a"] = 2


@pytest.mark.parametrize("workers", [1, 3])
def test_pruning_keeps_what_is_frequent(workers, monkeypatch):
    monkeypatch.setattr(joining, "ROUND_IDS", 1000)
    monkeypatch.setattr(joining, "CHUNK_IDS", 64)
    rng = random.Random(1)
    sentences = [[f"w{rng.randrange(2000)}", "new", "york"] for _ in range(3000)]
    phrases = Phrases(sentences, max_vocab_size=500, workers=workers)
    assert len(phrases.vocab) <= 500
    assert phrases.vocab["new_york"] == 3000
    one = Phrases(sentences, max_vocab_size=500, workers=1)
    assert dict(phrases.vocab) == dict(one.vocab)


def test_learning_twice_prunes_both_together():
    phrases = Phrases(max_vocab_size=10, workers=1)
    for k in range(5):
        phrases.add_vocab([["a", "b", f"w{k}"], ["a", "b"]])
        assert len(phrases.vocab) <= 10
    assert phrases.vocab["a_b"] == 10


def test_what_was_pruned_may_come_back():
    phrases = Phrases([["a", "a"], ["b", "b", "b"]], max_vocab_size=1, workers=1)
    assert len(phrases.vocab) <= 1
    phrases.max_vocab_size = 100
    phrases.add_vocab([["a", "a"]])
    assert phrases.vocab["a_a"] == 1


# ---- scoring -----------------------------------------------------------------------


def test_the_default_score_is_that_of_mikolov_et_al():
    assert original_scorer(10, 20, 9, 1000, 5, 10**6) == (9 - 5) / (10 * 20) * 1000
    assert original_scorer(0, 20, 0, 1000, 5, 10**6) == -math.inf


def test_npmi_is_one_for_words_that_only_stand_together_and_0_for_chance():
    assert npmi_scorer(8, 8, 8, 0, 1, 1024) == 1.0
    assert npmi_scorer(32, 32, 1, 0, 1, 1024) == 0.0
    assert npmi_scorer(8, 8, 3, 0, 4, 1024) == -math.inf
    assert npmi_scorer(8, 8, 0, 0, 0, 1024) == -math.inf


@given(sentences_of_words, connectors, scorings, delimiters)
@example([["a", "b"], ["a_b", "c"], ["a", "b_c"]], frozenset(), ("default", 0.1), "_")
def test_sentences_are_joined_as_by_the_twin(
    sentences, connector_words, rule, delimiter
):
    scoring, threshold = rule
    options = {
        "min_count": 1,
        "threshold": threshold,
        "scoring": scoring,
        "delimiter": delimiter,
        "connector_words": connector_words,
    }
    phrases = Phrases(sentences, workers=1, **options)
    counts, n_words = counted(sentences, connector_words, delimiter)

    def score_of(words):
        return score(counts, n_words, words, delimiter, scoring, 1)

    for sentence in sentences:
        expected = joined(sentence, connector_words, delimiter, score_of, threshold)
        assert phrases[sentence] == expected
        for word, found in phrases.analyze_sentence(sentence):
            # A word, or a phrase with its score; the scorers are the kernel's twins.
            assert found is None or found > threshold, word


@given(sentences_of_words, scorings, delimiters)
@example([["b_", "a"], ["b", "_a"], ["b", "_a"]], ("default", 0.5), "__")
def test_the_kernel_scores_as_the_functions_in_python(sentences, rule, delimiter):
    scoring, threshold = rule
    scorer = {"default": original_scorer, "npmi": npmi_scorer}[scoring]
    options = {"min_count": 1, "threshold": threshold, "workers": 1}
    options["delimiter"] = delimiter
    by_name = Phrases(sentences, scoring=scoring, **options)
    by_call = Phrases(sentences, scoring=lambda **given: scorer(**given), **options)
    assert by_name.export_phrases() == by_call.export_phrases()
    assert by_name.find_phrases(sentences) == by_call.find_phrases(sentences)


def test_a_scoring_function_is_called_by_gensims_keywords():
    def scorer(
        worda_count, wordb_count, bigram_count, len_vocab, min_count, corpus_word_count
    ):
        given = (worda_count, wordb_count, bigram_count)
        calls.append((*given, len_vocab, min_count, corpus_word_count))
        return 100.0

    calls = []
    phrases = Phrases([["a", "b", "b"]], min_count=2, scoring=scorer)
    assert phrases[["a", "b"]] == ["a_b"]
    assert calls == [(1, 2, 1, 4, 2, 3)]


def test_export_scores_the_first_and_last_part_between_delimiters():
    sentences = [["a_b", "c"]] * 3 + [["a", "x"], ["x", "c"]]
    phrases = Phrases(sentences, min_count=1, threshold=0.1, workers=1)
    counts, _ = counted(sentences)
    assert phrases.vocab["a_b_c"] == 3
    expected = (3 - 1) / (counts["a"] * counts["c"]) * len(counts)
    assert phrases.export_phrases()["a_b_c"] == expected


def test_phrases_are_exported_best_first(new_york):
    phrases = Phrases(new_york, min_count=1, threshold=0.01).export_phrases()
    assert list(phrases.values()) == sorted(phrases.values(), reverse=True)
    assert next(iter(phrases)) == "new_york"


# ---- joining -----------------------------------------------------------------------


def test_words_that_stand_together_are_joined(new_york):
    phrases = Phrases(new_york, threshold=0.5)
    assert phrases[["in", "new", "york", "new"]] == ["in", "new_york", "new"]
    assert phrases[["york", "new"]] == ["york", "new"]
    assert list(phrases.find_phrases([["new", "york"]])) == ["new_york"]
    assert phrases.score_candidate("york", "new", []) == (None, None)
    assert phrases.score_candidate("new", "york", [])[0] == "new_york"


def test_connector_words_stand_inside_phrases_only():
    words = ["the", "bank", "of", "the", "america", "of"]
    sentences = [[*words, str(i)] for i in range(40)]
    phrases = Phrases(sentences, threshold=1, connector_words=ENGLISH_CONNECTOR_WORDS)
    for model in (phrases, phrases.freeze()):
        assert model[words] == ["the", "bank_of_the_america", "of"]
        others = ["bank", "america", "of", "bank"]
        assert model[others] == others


def test_frozen_phrases_join_as_those_they_were_made_of(new_york):
    phrases = Phrases(new_york, min_count=1, threshold=0.1)
    frozen = phrases.freeze()
    assert frozen.phrasegrams == phrases.export_phrases()
    assert list(frozen[new_york]) == list(phrases[new_york])
    assert list(frozen.analyze_sentence(["new", "york"])) == [
        ("new_york", frozen.phrasegrams["new_york"])
    ]
    frozen.threshold = 10**9
    assert frozen[["new", "york"]] == ["new", "york"]


def test_a_corpus_is_joined_lazily_and_again(new_york):
    phrases = Phrases(new_york, threshold=0.5)
    corpus = [["new", "york"], [], ["york"]]
    stream = phrases[corpus]
    assert list(stream) == [["new_york"], [], ["york"]]
    corpus.append(["new", "york"])
    assert list(stream)[-1] == ["new_york"]
    once = phrases[iter(corpus)]
    assert len(list(once)) == 4
    assert list(once) == []
    assert phrases[(word for word in ("new", "york"))] == ["new_york"]
    assert phrases[[]] == []


def test_a_second_pass_gives_longer_phrases():
    sentences = [[str(i), "new", "york", "times", str(i + 1)] for i in range(60)]
    options = {"min_count": 1, "threshold": 2}
    bigram = Phrases(sentences, **options)
    trigram = Phrases(bigram[sentences], **options)
    found = trigram[bigram[["the", "new", "york", "times"]]]
    assert found == ["the", "new_york_times"]


def test_joined_sentences_train_a_model(new_york):
    phrases = Phrases(new_york, threshold=0.5)
    model = Word2Vec(
        phrases[new_york], vector_size=4, epochs=1, workers=1, progress=False
    )
    assert "new_york" in model.wv


# ---- files -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["phrases.json", "phrases.json.gz"])
@given(sentences_of_words, connectors)
def test_saved_phrases_come_back(name, tmp_path_factory, sentences, connector_words):
    path = tmp_path_factory.mktemp("saved") / name
    phrases = Phrases(
        sentences,
        2,
        0.125,
        max_vocab_size=1000,
        connector_words=connector_words,
        workers=1,
    )
    for model in (phrases, phrases.freeze()):
        model.save(path)
        loaded = Phrases.load(path)
        assert type(loaded) is type(model)
        for field in ("min_count", "threshold", "delimiter", "scoring"):
            assert getattr(loaded, field) == getattr(model, field)
        assert loaded.connector_words == connector_words
        assert list(loaded[sentences]) == list(model[sentences])
        assert model.find_phrases(sentences) == loaded.find_phrases(sentences)
    phrases.save(path)
    loaded = FrozenPhrases.load(path)  # of either class, as in gensim
    assert dict(loaded.vocab) == dict(phrases.vocab)
    assert loaded.max_vocab_size == 1000
    assert loaded.corpus_word_count == phrases.corpus_word_count
    loaded.add_vocab([["a", "b"]])
    assert loaded.vocab["a_b"] == phrases.vocab["a_b"] + 1


def test_many_phrases_come_back(tmp_path):
    phrases = Phrases([[str(i) for i in range(50_000)]])
    phrases.save(tmp_path / "phrases.json")
    assert dict(Phrases.load(tmp_path / "phrases.json").vocab) == dict(phrases.vocab)


def test_the_file_is_json(tmp_path):
    path = tmp_path / "phrases.json.gz"
    Phrases([["a", "\udcff"]]).save(path)
    found = json.loads(gzip.decompress(path.read_bytes()))
    assert found["entries"] == {"a": 1, "\udcff": 1, "a_\udcff": 1}


def test_copies_and_pickles_count_on_their_own():
    phrases = Phrases([["a", "b"]])
    for other in (copy.deepcopy(phrases), pickle.loads(pickle.dumps(phrases))):
        other.add_vocab([["a", "b"]])
        assert other.vocab["a_b"] == 2
    assert phrases.vocab["a_b"] == 1


def test_a_scoring_function_of_ones_own_is_given_again(tmp_path):
    path = tmp_path / "phrases.json"
    Phrases([["a", "b"]], scoring=lambda **counts: 11.0).save(path)
    with pytest.raises(ValueError, match="load\\(path, scoring=function\\)"):
        Phrases.load(path)
    loaded = Phrases.load(path, scoring=lambda **counts: 11.0)
    assert loaded[["a", "b"]] == ["a_b"]


SAVED = (
    b'{"format": "w2vfast phrases", "version": 1, "kind": "FrozenPhrases", '
    b'"min_count": 5, "threshold": 10, "delimiter": "_", "scoring": "default", '
    b'"connector_words": [], "entries": {"a_b": 11.5}}'
)


def test_files_of_this_version_stay_readable(tmp_path):
    path = tmp_path / "phrases.json"
    path.write_bytes(SAVED)
    assert FrozenPhrases.load(path).find_phrases([["a", "b"]]) == {"a_b": 11.5}


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"\x80\x04pickle", "no file of phrases: it is not JSON"),
        (b"[]", "Phrases.save writes one"),
        (b'{"format": "w2vfast phrases"}', "damaged: it has no connector_words, "),
        (SAVED.replace(b'"version": 1', b'"version": 2'), "later version of w2vfast"),
    ],
)
def test_another_file_is_refused(content, match, tmp_path):
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=match):
        Phrases.load(path)


# ---- what is refused ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"min_count": 0}, "min_count must be above 0, got 0"),
        ({"threshold": 0}, "threshold must be above 0 for scoring='default', got 0"),
        ({"threshold": math.nan}, "threshold must be above 0"),
        ({"scoring": "npmi"}, "threshold must be in -1 to 1 .* got 10.0"),
        ({"scoring": "pmi"}, "'default', 'npmi' or a function, got 'pmi'"),
        ({"scoring": lambda worda_count: 1}, "lacks wordb_count, bigram_count"),
        ({"delimiter": ""}, "delimiter must be a string, not empty"),
        ({"max_vocab_size": 0}, "max_vocab_size must be at least 1, got 0"),
        ({"workers": 0}, "workers must be 1 or more, or None, got 0"),
    ],
)
def test_a_wrong_value_is_named_with_what_would_do(options, match):
    with pytest.raises(ValueError, match=match):
        Phrases(**options)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: Phrases(connector_words="of the"), "must be a set of words"),
        (lambda: Phrases(connector_words=[1]), "must be strings, got 1"),
        (lambda: Phrases(scoring=3), "or a function, got 3"),
        (lambda: Phrases("text.txt"), "iterable of token lists"),
        (lambda: Phrases(["a b"]), "a sentence is a list of tokens"),
        (lambda: Phrases([[1, 2]]), "phrases are made of words, got integers"),
        (lambda: Phrases([["a", "b"]])["a b"], "Split it first"),
        (lambda: Phrases([["a", "b"]])[["a", 1]], "each a str; got 1 of type int"),
    ],
)
def test_a_wrong_type_is_named_with_what_would_do(call, match):
    with pytest.raises(TypeError, match=match):
        call()


def test_a_corpus_without_words_is_an_error():
    with pytest.raises(ValueError, match="holds no words"):
        Phrases([])


def test_gensims_argument_without_effect_says_so():
    with pytest.warns(UserWarning, match="progress_per=5 has no effect"):
        Phrases(progress_per=5)


# ---- the command line --------------------------------------------------------------


def cli_text(*arguments):
    assert main(["phrases", "--quiet", *map(str, arguments)]) == 0


@given(sentences_of_words, connectors, scorings, st.integers(1, 3))
def test_the_command_writes_what_python_joins(
    tmp_path_factory, sentences, connector_words, rule, threads
):
    folder = tmp_path_factory.mktemp("text")
    scoring, threshold = rule
    options = {"min_count": 1, "threshold": threshold, "scoring": scoring}
    (folder / "text").write_text("\n".join(map(" ".join, sentences)), "utf-8")
    cli_text(
        *("-train", folder / "text", "-output", folder / "out", "-min-count", 1),
        *("-threshold", threshold, "--scoring", scoring, "--threads", threads),
        *("--connector-words", ",".join(connector_words)),
    )
    phrases = Phrases(sentences, connector_words=connector_words, **options)
    expected = [" ".join(words) for words in phrases[sentences] if words]
    assert (folder / "out").read_text("utf-8").split("\n") == [*expected, ""]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_command_writes_the_same_wherever_rounds_end(
    threads, tmp_path, monkeypatch, new_york
):
    text = tmp_path / "text"
    text.write_text("\n".join(map(" ".join, new_york)))
    flags = ["-train", text, "-threshold", 0.5, "--threads", threads]
    flags += ["--connector-words", "w1 w2 w3"]
    cli_text(*flags, "-output", tmp_path / "whole")
    monkeypatch.setattr(joining, "ROUND_IDS", 13)
    monkeypatch.setattr(joining, "CHUNK_IDS", 5)
    cli_text(*flags, "-output", tmp_path / "rounds")
    whole = (tmp_path / "whole").read_text()
    assert "new_york" in whole
    assert (tmp_path / "rounds").read_text() == whole


def test_a_pipe_is_read_and_written(new_york):
    text = "\n".join(map(" ".join, new_york))
    done = run_cli(
        *("phrases", "-train", "-", "-output", "-", "-threshold", 0.5), input=text
    )
    assert done.returncode == 0
    assert done.stdout.count("new_york") == 300
    assert "joined 300 times. Wrote /dev/stdout." in done.stderr


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("-threshold 0", "threshold must be above 0"),
        ("--scoring npmi", "must be in -1 to 1"),
        ("--mode exact --scoring npmi", "--scoring is for --mode fast"),
        ("--mode exact --threads 2", "--threads is for --mode fast"),
        ("--threads 0", "--threads must be at least 1, got 0"),
        ("--min-count 1 --min-count 2", "given more than once"),
        ("-output text", "Name two files"),
    ],
)
def test_wrong_flags_are_wrong_usage(flags, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text("a b\n")
    output = [] if "-output" in flags else ["-output", "out"]
    assert main(["phrases", "-train", "text", *output, *flags.split()]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_debug_0_says_nothing(tmp_path, capsys):
    (tmp_path / "text").write_text("a b\n")
    files = ["-train", tmp_path / "text", "-output", tmp_path / "out"]
    assert main(["phrases", *map(str, files), "-debug", "0"]) == 0
    assert capsys.readouterr() == ("", "")


def test_gensims_names_are_here():
    done = run_python(
        """
        from w2vfast import Word2Vec, KeyedVectors, Phrases, LineSentence
        from w2vfast import PathLineSentences, Text8Corpus, CallbackAny2Vec
        from w2vfast.phrases import Phrases, Phraser, FrozenPhrases
        from w2vfast.phrases import ENGLISH_CONNECTOR_WORDS
        from w2vfast.phrases import npmi_scorer, original_scorer
        """
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interrupt_leaves_all_counts_as_they_were(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    phrases = Phrases([["a", "b"]])
    monkeypatch.setattr(joining, "_count_pairs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        phrases.add_vocab([["a", "b"]])
    assert dict(phrases.vocab) == {"a": 1, "b": 1, "a_b": 1}
    assert phrases.corpus_word_count == 2


def test_importing_the_names_loads_what_they_need_only():
    done = run_python(
        """
        import sys
        from w2vfast import LineSentence
        assert "w2vfast.phrases" not in sys.modules
        from w2vfast import ENGLISH_CONNECTOR_WORDS, FrozenPhrases, Phrases
        from w2vfast.phrases import Phraser
        assert Phraser is FrozenPhrases
        """
    )
    assert done.stderr == ""


def test_a_file_is_learnt_from_by_its_reader(tmp_path, new_york):
    path = tmp_path / "text"
    path.write_text("\n".join(map(" ".join, new_york)))
    assert dict(Phrases(LineSentence(path)).vocab) == dict(Phrases(new_york).vocab)
