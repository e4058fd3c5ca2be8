"""The learning page as a file: names, texts of the user, what it may load."""

import re

import numpy as np
import pytest
from recordings import a_recording

from w2vfast import Recorder, save_learn_page
from w2vfast.cli.main import main
from w2vfast.learn.learn_page import MAX_SENTENCES, MAX_TOKENS


def test_the_page_is_one_small_file_that_may_load_nothing(tmp_path):
    path = tmp_path / "learn.html"
    assert save_learn_page(path) == 0
    text = path.read_text(encoding="utf-8")
    assert len(text) < 200_000
    assert "default-src 'none'" in text
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "{{" not in text


def test_a_text_of_the_user_is_in_the_page(tmp_path):
    path = tmp_path / "learn.html"
    assert save_learn_page(path, [["</script>", "b"], [], ["c"]]) == 2
    text = path.read_text(encoding="utf-8")
    assert r'const OWN_TEXT = "\u003c/script> b\nc";' in text


def test_a_large_text_is_cut(tmp_path):
    path = tmp_path / "learn.html"
    assert save_learn_page(path, [["a"]] * 2 * MAX_SENTENCES) == MAX_SENTENCES
    assert save_learn_page(path, [["a"] * 2 * MAX_TOKENS, ["b"]]) == 1
    assert path.read_text(encoding="utf-8").count("a a") < MAX_TOKENS


@pytest.mark.parametrize(
    ("name", "sentences", "error", "message"),
    [
        ("learn.png", None, ValueError, "whose name ends in .html"),
        ("learn.html", [], ValueError, "at least one token, got none"),
        ("learn.html", ["a b"], TypeError, r"sentence 0 is 'a b' \(str\)"),
        ("learn.html", "a b", TypeError, r"iterable of token lists.*got 'a b' \(str\)"),
        ("learn.html", Recorder(), TypeError, r"Give its recording: recorder\.rec"),
    ],
)
def test_wrong_arguments_are_refused(name, sentences, error, message, tmp_path):
    with pytest.raises(error, match=message):
        save_learn_page(tmp_path / name, sentences)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("sentences", "arguments"),
    [
        (None, {"tokenize": "simple"}),
        (None, {"column": "text"}),
        (a_recording(), {"corpus_file": "corpus.txt"}),
        (a_recording(), {"column": "text"}),
    ],
)
def test_arguments_about_a_text_need_one(sentences, arguments, tmp_path):
    with pytest.raises(TypeError, match=f"{next(iter(arguments))}= is for a text"):
        save_learn_page(tmp_path / "learn.html", sentences, **arguments)
    assert not list(tmp_path.iterdir())


def test_the_command_writes_the_page(tmp_path, capsys):
    text, page = tmp_path / "small.txt", tmp_path / "page.html"
    text.write_text("one two\nthree\n")
    assert main(["learn", "-o", str(page), "--train", str(text)]) == 0
    assert capsys.readouterr().out == f"Wrote {page}.\n"
    assert r'OWN_TEXT = "one two\nthree"' in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a caf\xe9", "takes UTF-8 text, got the token .* iconv -f LATIN1 -t UTF-8"),
        (b"\x7fELF\x02\xff\x00" * 9, "takes UTF-8 text, got the token"),
        (b"PK\x03\x04" + bytes(99), "is a zip archive, not UTF-8 text. Unpack it"),
        (b"2 3\na 0.5 0.1 1.5\nb 0.2 0.3 0.1\n", "is a file of vectors, not a text"),
        (b"\n \n", "at least one token, got none"),
    ],
)
def test_a_file_that_is_no_text_is_named(content, message, tmp_path, capsys):
    text, page = tmp_path / "small", tmp_path / "page.html"
    text.write_bytes(content)
    assert main(["learn", "-o", str(page), "--train", str(text)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("w2vfast: error: ")
    assert repr(str(text)) in line
    assert re.search(message, line)
    assert not page.exists()


def test_the_text_is_read_as_for_training(tmp_path, capsys):
    text, page = tmp_path / "t.txt", tmp_path / "page.html"
    text.write_text("\ufeffThe CAT sat.\n", encoding="utf-8")
    given = ["learn", "-o", str(page), "--train", str(text), "--tokenize", "simple"]
    assert main(given) == 0
    assert r'OWN_TEXT = "the cat sat"' in page.read_text(encoding="utf-8")
    assert main(["learn", "-o", str(page), "--tokenize", "simple"]) == 2
    assert "--train is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (np.array([[3, 4, -1]]), "3 4"),
        (np.array(["a b"]), "a b"),
        ([["new york", b"c", " "]], "new_york c"),
        ([["a", "</s>", "b"]], r"a\nb"),
        ({"text": ["a b"], "label": [1]}, "a b"),
    ],
)
def test_sentences_are_those_of_a_model(text, line, tmp_path):
    column = "text" if isinstance(text, dict) else None
    save_learn_page(tmp_path / "page.html", text, column=column)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert f'OWN_TEXT = "{line}";' in page


def test_the_text_is_not_overwritten(tmp_path, capsys):
    text = tmp_path / "page.html"
    text.write_text("a b\n")
    assert main(["learn", "-o", str(text), "--train", str(text)]) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert text.read_text() == "a b\n"


def test_one_page_has_one_name(tmp_path, capsys):
    names = [str(tmp_path / "a.html"), str(tmp_path / "b.html")]
    assert main(["learn", "-o", names[0], "--output", names[1]]) == 2
    expected = f"-o {names[0]} and --output {names[1]} both name the page. Leave one"
    assert expected in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
