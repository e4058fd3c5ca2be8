"""Tokenizers: names and functions, for files and for strings."""

import pytest
from corpora import encode_all, in_memory

from w2vfast import SimpleTokenizer
from w2vfast.errors import ParameterError, ParameterTypeError, SettingsError
from w2vfast.text.corpus import encode
from w2vfast.text.sources import CorpusOptions, file_source, sentence_source
from w2vfast.text.tokenizers import tokenizer_of

TEXT = "The cat sat. A CAT\tsat!\r\n\nÉté 月酒 one\r\n"
LINES = ["The cat sat. A CAT\tsat!", "", "Été 月酒 one"]
TOKENS = {
    "whitespace": [["The", "cat", "sat.", "A", "CAT", "sat!"], ["Été", "月酒", "one"]],
    "simple": [["the", "cat", "sat", "cat", "sat"], ["été", "月酒", "one"]],
    "characters": [list("Thecatsat.ACATsat!"), list("Été月酒one")],
}


def options(tokenize):
    return CorpusOptions(tokenizer_of(tokenize, exact=False))


def split(tokenize):
    return tokenizer_of(tokenize, exact=False)


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("block_bytes", [1, 7, 1000])
def test_a_file_is_split_by_a_built_in_tokenizer(name, block_bytes, tmp_path):
    path = tmp_path / "text"
    path.write_bytes(TEXT.encode())
    source = file_source(path, options(name))
    found = encode_all(source, block_bytes=block_bytes, workers=3)
    assert found == encode_all(TOKENS[name])


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("block_bytes", [1, 7, 1000])
def test_strings_are_split_as_the_lines_of_a_file(name, block_bytes):
    source = sentence_source(iter(LINES), options(name))
    assert encode_all(source, block_bytes=block_bytes) == encode_all(TOKENS[name])


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("block_bytes", [1, 7, 1000])
def test_a_function_is_called_for_each_line_of_a_file(name, block_bytes, tmp_path):
    path = tmp_path / "text"
    path.write_bytes(TEXT.encode())
    lines = []

    def tokenize(line):
        lines.append(line)
        return split(name)(line)

    source = file_source(path, options(tokenize))
    found = encode_all(source, block_bytes=block_bytes, workers=2)
    assert found == encode_all(TOKENS[name])
    assert lines == [line for line in LINES if line]


def test_a_function_may_return_any_tokens_of_a_string():
    source = sentence_source(["a b|c", b"d"], options(lambda text: text.split("|")))
    assert encode_all(source) == encode_all([["a b", "c"], ["d"]])
    source = sentence_source(["3 4", "4"], options(lambda t: map(int, t.split())))
    assert encode_all(source) == encode_all([[3, 4], [4]])


def test_a_line_end_inside_a_string_ends_no_sentence():
    source = sentence_source(["a b\r\nc", "d"], options("whitespace"))
    assert encode_all(source) == encode_all([["a", "b", "c"], ["d"]])
    seen = []
    source = sentence_source(["a\nb"], options(lambda text: seen.append(text) or ["a"]))
    encode_all(source)
    assert seen == ["a\nb"]


def test_a_long_line_of_characters_is_read_in_blocks():
    data = "ACGT月".encode() * 10_000
    source = in_memory(data)
    source.tokenizer = split("characters")
    vocab, stream = encode(source, min_count=1, block_bytes=100, workers=2)
    assert vocab.words == ["</s>", "A", "C", "G", "T", "月"]
    assert stream.ids.tolist() == [1, 2, 3, 4, 5] * 10_000 + [0]


@pytest.mark.parametrize("tokenize", ["simple", str.split])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (["a", "b"], r"sentence 1 is \['a', 'b'\] \(list\).*need no tokenize="),
        (None, r"sentence 1 is missing: it is None.*dropna\(\)"),
        (float("nan"), r"sentence 1 is missing: it is nan"),
        ({"text": "a", "label": 1}, r"row of a table with the columns 'text', 'label'"),
    ],
)
def test_only_strings_are_split(tokenize, text, message):
    with pytest.raises(TypeError, match=message):
        encode(sentence_source(["fine", text], options(tokenize)))


def test_a_string_that_no_file_could_hold_is_an_error():
    with pytest.raises(ValueError, match="surrogate that represents no byte"):
        encode(sentence_source(["a \ud800"], options("simple")))


@pytest.mark.parametrize("returned", ["a b", b"a", 3, None])
def test_a_function_that_returns_no_tokens_is_an_error(returned):
    with pytest.raises(TypeError, match=r"must return the tokens.*for text 0"):
        encode(sentence_source(["a b"], options(lambda _: returned)))


@pytest.mark.parametrize("given", ["word", 3, ["simple"]])
def test_anything_else_is_no_tokenizer(given):
    message = "must be 'whitespace', 'simple', 'characters', a SimpleTokenizer or a f"
    with pytest.raises((TypeError, ValueError), match=message):
        tokenizer_of(given, exact=False)


def test_exact_mode_splits_at_white_space_only():
    assert tokenizer_of(None, exact=True) is None
    assert tokenizer_of("whitespace", exact=True).name == "whitespace"
    for tokenize in ("simple", str.split):
        with pytest.raises(SettingsError, match="takes no other tokenizer"):
            tokenizer_of(tokenize, exact=True)


@pytest.mark.parametrize("block_bytes", [1, 7, 1000])
def test_a_simple_tokenizer_splits_files_and_strings(block_bytes, tmp_path):
    tokenizer = SimpleTokenizer(remove_accents=True, min_length=1, max_length=3)
    expected = encode_all([["the", "cat", "sat", "a"], ["ete", "月酒", "one"]])
    path = tmp_path / "text"
    path.write_bytes("The cat sat. A\n\nÉté 月酒 one four\n".encode())
    source = file_source(path, options(tokenizer))
    assert encode_all(source, block_bytes=block_bytes, workers=3) == expected
    lines = path.read_text("utf-8").splitlines()
    source = sentence_source(lines, options(tokenizer))
    assert encode_all(source, block_bytes=block_bytes) == expected


def test_simple_tokenizers_of_equal_settings_are_equal():
    assert SimpleTokenizer() == SimpleTokenizer(False, 2.0, 15) == split("simple")
    assert hash(SimpleTokenizer(True)) == hash(SimpleTokenizer(remove_accents=True))
    assert SimpleTokenizer(min_length=3) != SimpleTokenizer()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"remove_accents": "yes"}, ParameterTypeError, "must be True or False"),
        ({"min_length": -1}, ParameterError, "min_length must be at least 0"),
        ({"min_length": "2"}, ParameterTypeError, "min_length must be a whole number"),
        ({"min_length": 5, "max_length": 4}, ParameterError, "max_length .*least 5"),
        ({"max_length": 0}, ParameterError, "max_length must be at least 2"),
    ],
)
def test_settings_of_a_simple_tokenizer_are_checked(settings, error, message):
    with pytest.raises(error, match=message):
        SimpleTokenizer(**settings)


@pytest.mark.parametrize("text", [b"a b", None, ["a"]])
def test_a_tokenizer_is_called_with_a_string(text):
    with pytest.raises(TypeError, match=r"a text of the type str, got "):
        SimpleTokenizer()(text)


def test_a_word_may_have_any_length():
    assert SimpleTokenizer(max_length=10**12)("a" * 10**5) == ["a" * 10**5]


def test_a_text_of_which_no_word_is_kept_is_an_error_that_says_so():
    with pytest.raises(ValueError, match="'simple' drops words of one letter"):
        encode(sentence_source(["a b", "c"], options("simple")))


def test_progress_is_in_bytes_of_a_file_and_in_strings(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(TEXT.encode())
    for tokenize in ("simple", str.split):
        for source in (
            file_source(path, options(tokenize)),
            sentence_source(LINES, options(tokenize)),
        ):
            reports = []
            encode(source, min_count=1, report=lambda *r, seen=reports: seen.append(r))
            assert reports[-1] == (source.total, source.total)


def test_another_tokenizer_gives_another_identity(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"a")
    for make, given in ((file_source, path), (sentence_source, LINES)):
        known = make(given, options("simple")).identity()
        assert known == make(given, options("simple")).identity()
        assert known != make(given, options("characters")).identity()
