"""The command line's tools on files of vectors."""

import gzip
import json
import re
import sys

import numpy as np
import pytest
from recordings import a_recording

from w2vfast import KeyedVectors
from w2vfast.cli.main import TOOLS, main
from w2vfast.formats.registry import KINDS
from w2vfast.vectors.classes import kmeans_classes


@pytest.fixture
def vectors():
    rng = np.random.default_rng(5)
    keys = [f"w{i}" for i in range(60)]
    return KeyedVectors(keys, rng.standard_normal((60, 8), dtype=np.float32))


@pytest.fixture(params=["v.bin", "v.txt", "v.bin.gz"])
def path(request, tmp_path, vectors):
    path = tmp_path / request.param
    vectors.save_word2vec_format(path, binary=".bin" in path.name)
    return path


@pytest.mark.parametrize("tool", TOOLS)
def test_every_tool_has_its_own_help(tool, capsys):
    assert main([tool, "--help"]) == 0
    assert f"w2vfast {tool}" in capsys.readouterr().out


@pytest.mark.parametrize("tool", TOOLS)
def test_an_unknown_flag_is_wrong_usage(tool, capsys):
    assert main([tool, "--no-such-flag"]) == 2
    assert f"Try 'w2vfast {tool} --help'" in capsys.readouterr().err


def test_classes_are_those_of_the_function(path, vectors, tmp_path):
    output = tmp_path / "classes.txt"
    assert main(["classes", str(path), "5", "-o", str(output)]) == 0
    lines = [line.split() for line in output.read_text().splitlines()]
    assert [word for word, _ in lines] == vectors.index_to_key
    expected = kmeans_classes(vectors.vectors, 5)
    np.testing.assert_array_equal([int(number) for _, number in lines], expected)


def test_a_missing_file_is_reported_in_one_line(capsys):
    assert main(["classes", "missing.bin", "5"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("w2vfast: error: ")
    assert "missing.bin" in line


# --- convert ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["o.vec.gz", "o.bin", "o.glove", "o.npz", "o"])
def test_convert_writes_the_format_of_the_suffix(path, vectors, tmp_path, name):
    assert main(["convert", str(path), str(tmp_path / name)]) == 0
    loaded = KeyedVectors.load(tmp_path / name)
    assert loaded.index_to_key == vectors.index_to_key
    np.testing.assert_array_equal(loaded.vectors, vectors.vectors)


def test_commands_that_write_a_file_tell_so(path, tmp_path, capfd):
    output = tmp_path / "new.bin"
    assert main(["convert", str(path), str(output)]) == 0
    assert capfd.readouterr().err == f"Wrote {output}: 60 words.\n"
    assert main(["classes", str(path), "3", "-o", str(tmp_path / "c")]) == 0
    assert capfd.readouterr().err == f"Wrote {tmp_path / 'c'}: 60 words.\n"
    assert main(["classes", str(path), "3"]) == 0
    assert capfd.readouterr().err == ""


def test_convert_accepts_kinds_for_names_without_a_suffix(path, tmp_path):
    odd, text = tmp_path / "odd.name", tmp_path / "text.name"
    assert main(["convert", str(path), str(odd), "--to", "npz"]) == 0
    assert main(["convert", str(odd), str(text), "--from", "npz", "--to", "text"]) == 0
    assert text.read_bytes().startswith(b"60 8\nw0 ")


def test_convert_can_limit_the_words(path, tmp_path):
    output = tmp_path / "few.npz"
    assert main(["convert", str(path), str(output), "--limit", "7"]) == 0
    assert len(KeyedVectors.load(output)) == 7


def test_convert_keeps_counts_and_bytes_that_are_not_utf8(tmp_path):
    words = ["a", "\udcff"]
    kv = KeyedVectors(words, np.ones((2, 2), np.float32), [5, 3])
    kv.save(tmp_path / "v.npz")
    assert main(["convert", str(tmp_path / "v.npz"), str(tmp_path / "folder")]) == 0
    assert KeyedVectors.load(tmp_path / "folder").counts.tolist() == [5, 3]
    assert main(["convert", str(tmp_path / "folder"), str(tmp_path / "v.txt")]) == 0
    assert (tmp_path / "v.txt").read_bytes() == b"2 2\na 1 1\n\xff 1 1\n"
    assert main(["convert", str(tmp_path / "v.txt"), str(tmp_path / "w.bin")]) == 0
    assert b"\xff " in (tmp_path / "w.bin").read_bytes()


def test_convert_escapes_words_with_spaces_on_request(tmp_path, capsys):
    source, text = tmp_path / "glove.txt", tmp_path / "v.txt"
    source.write_bytes(b"the 1 2\nnew york 3 4\n")
    command = ["convert", str(source), str(text)]
    assert main(command) == 1
    assert "--in-spaces keep" in capsys.readouterr().err
    command += ["--in-spaces", "keep"]
    assert main(command) == 1
    assert "--spaces escape" in capsys.readouterr().err
    assert not text.exists()
    assert main([*command, "--spaces", "escape"]) == 0
    assert text.read_bytes() == b"2 2\nthe 1 2\nnew\\x20york 3 4\n"
    back = ["convert", str(text), str(tmp_path / "v.npz"), "--in-spaces", "escape"]
    assert main(back) == 0
    assert KeyedVectors.load(tmp_path / "v.npz").index_to_key == ["the", "new york"]


def test_a_failed_convert_leaves_the_old_file(path, tmp_path, capsys):
    output = tmp_path / "out.npz"
    output.write_bytes(b"old")
    damaged = tmp_path / "damaged.txt"
    damaged.write_bytes(b"2 2\na 1 2\nb 3\n")
    assert main(["convert", str(damaged), str(output)]) == 1
    assert (
        "damaged.txt, line 3: expected a word and 2 values" in capsys.readouterr().err
    )
    assert output.read_bytes() == b"old"
    assert main(["convert", str(path), str(tmp_path / "out.doc")]) == 2
    assert "Known suffixes are .bin" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_convert_writes_to_standard_output_if_told_the_kind(name, path, capfdbinary):
    command = ["convert", str(path), name]
    assert main([*command, "--to", "text"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"60 8\nw0 ")
    for to in ([], ["--to", "folder"]):
        assert main([*command, *to]) == 2
        assert b"needs --to text or binary or head" in capfdbinary.readouterr().err


@pytest.mark.parametrize("tool", ["classes", "phrases", "convert"])
def test_a_compression_that_would_be_ignored_is_an_error(tool, path, tmp_path, capsys):
    output = str(tmp_path / "out.zst")
    commands = {
        "classes": ["classes", str(path), "2", "-o", output],
        "phrases": ["phrases", "-train", str(path), "-output", output],
        "convert": ["convert", str(path), output, "--to", "text"],
    }
    assert main(commands[tool]) == 2
    assert "out.zst' names a file that is not written" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["v.gz", "v.npz.gz", "v.txt.xz"])
def test_a_format_that_is_not_compressed_does_not_go_to_a_compressed_name(
    name, path, tmp_path, capsys
):
    assert main(["convert", str(path), str(tmp_path / name), "--to", "npz"]) == 2
    assert "names a file that is not written" in capsys.readouterr().err
    assert not (tmp_path / name).exists()
    assert main(["convert", str(path), str(tmp_path / "v.gz"), "--to", "text"]) == 0
    assert gzip.decompress((tmp_path / "v.gz").read_bytes()).startswith(b"60 8\n")


def test_convert_refuses_a_place_before_it_reads_the_vectors(tmp_path, capsys):
    missing, folder = tmp_path / "missing.txt", tmp_path / "v.kv"
    folder.mkdir()
    (folder / "notes").touch()
    assert main(["convert", str(missing), str(folder)]) == 1
    assert "contains 'notes'" in capsys.readouterr().err


def test_classes_are_text_whatever_the_name_says(path, tmp_path):
    output = tmp_path / "tags.tsv.gz"
    assert main(["classes", str(path), "2", "-o", str(output)]) == 0
    assert len(gzip.decompress(output.read_bytes()).splitlines()) == 60


def test_classes_go_to_standard_output_by_its_short_name(path, capfdbinary):
    assert main(["classes", str(path), "2", "-o", "-"]) == 0
    assert len(capfdbinary.readouterr().out.splitlines()) == 60


def test_the_help_of_convert_names_every_kind(capsys):
    assert main(["convert", "--help"]) == 0
    text = capsys.readouterr().out
    for name, kind in KINDS.items():
        assert f"{', '.join(s or 'no suffix' for s in kind.suffixes)} " in text
        assert f" {name} " in text


# --- info -------------------------------------------------------------------------


def described(capsys, *arguments):
    assert main(["info", *map(str, arguments)]) == 0
    lines = capsys.readouterr().out.splitlines()
    return {line[:13].strip(): line[13:] for line in lines}


def test_info_describes_a_file(path, vectors, capsys):
    lines = described(capsys, path, "--words", 3)
    assert lines["file"] == str(path)
    assert lines["kind"] == ("text" if path.suffix == ".txt" else "binary")
    assert lines["shape"] == "60 words, 8 dimensions, float32"
    lengths = np.linalg.norm(vectors.vectors, axis=1)
    least, median, most = lengths.min(), np.median(lengths), lengths.max()
    expected = f"{least:.4g} least, {median:.4g} median, {most:.4g} greatest"
    assert lines["lengths"] == expected
    assert lines["not finite"] == lines["zeros"] == lines["repeated"] == "none"
    assert lines["first words"] == "w0 w1 w2"


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.npz", "v"])
def test_info_finds_damage(tmp_path, vectors, name, capsys):
    vectors.vectors[3, 1] = np.nan
    vectors.vectors[7, 2] = np.inf
    vectors.vectors[5] = 0
    vectors.index_to_key[9] = "w2"
    vectors.save(tmp_path / name)
    lines = described(capsys, tmp_path / name)
    assert lines["not finite"] == "2 of 60 rows, the first 'w3' (row 4)"
    assert lines["zeros"] == "1 of 60 rows, the first 'w5' (row 6)"
    assert lines["repeated"] == "1 of 60 rows, the first 'w2' (row 10)"
    assert "nan" not in lines["lengths"]


def test_info_prints_counts_if_they_are_stored(tmp_path, capsys):
    kv = KeyedVectors(["the", "\udcff"], np.ones((2, 2), np.float32), [5, 3])
    kv.save(tmp_path / "v.npz")
    assert described(capsys, tmp_path / "v.npz")["first words"] == "the (5) \ufffd (3)"


def test_info_of_an_empty_file(tmp_path, capsys):
    (tmp_path / "v.txt").write_bytes(b"0 3\n")
    lines = described(capsys, tmp_path / "v.txt")
    assert lines["shape"] == "0 words, 3 dimensions, float32"
    assert lines["lengths"] == "none"


def test_info_names_the_place_of_a_malformed_row(tmp_path, capsys):
    (tmp_path / "v.bin").write_bytes(b"2 2\na 12345678b 1234")
    assert main(["info", str(tmp_path / "v.bin")]) == 1
    assert "row 2 of 2, byte 14" in capsys.readouterr().err


# ---- plot ----------------------------------------------------------------------------


def page_words(path):
    """Return the words of a page's map."""
    text = path.read_text("utf-8")
    data = re.search(r'<script id="data"[^>]*>(.*?)</script>', text, re.S)[1]
    data = json.loads(data)
    return data["words"][: len(data["xy"]) // 2]


def test_plot_writes_a_page(path, vectors, tmp_path, capsys):
    page = tmp_path / "map.html"
    arguments = ["plot", str(path), "-o", str(page), "--top", "20", "--title", "1 < 2"]
    assert main([*arguments, "--neighbours", "3", "--seed", "5"]) == 0
    assert capsys.readouterr().out == f"Wrote {page}.\n"
    # The first word is short, and without counts taken for a frequent one.
    assert page_words(page) == vectors.index_to_key[1:21]
    assert main([*arguments, "--all"]) == 0
    assert page_words(page) == vectors.index_to_key[:20]
    assert "<title>1 &lt; 2</title>" in page.read_text("utf-8")


@pytest.mark.parametrize("form", ["w7, w3,w5,", "a file"])
def test_plot_reads_words_from_a_list_or_a_file(form, path, tmp_path):
    listed = form
    if form == "a file":
        listed = tmp_path / "words.txt"
        listed.write_text("w7\nw3 w5\n\n", encoding="utf-8-sig")
    page = tmp_path / "map.htm"
    assert main(["plot", str(path), "-o", str(page), "--words", str(listed)]) == 0
    assert page_words(page) == ["w3", "w5", "w7"]


def test_plot_warns_in_one_line_of_unknown_words(path, tmp_path, capsys):
    page = tmp_path / "map.html"
    assert main(["plot", str(path), "-o", str(page), "--words", "w1,no"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("w2vfast: warning: 1 of 2 words")


def test_plot_makes_a_film_of_a_recording(tmp_path, capsys):
    recording, film = tmp_path / "run.npz", tmp_path / "film.html"
    a_recording().save(recording)
    assert main(["plot", str(recording), "-o", str(film)]) == 0
    assert capsys.readouterr().out == f"Wrote {film}.\n"
    assert '"words":["king","北京","a b"]' in film.read_text("utf-8")
    assert main(["plot", str(recording), "-o", str(tmp_path / "film.png")]) == 2
    assert "is a recording, which becomes a page" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags", [["--words", "king"], ["--method", "tsne"], ["--all"], ["--title", "t"]]
)
def test_a_film_takes_no_flags_of_maps(flags, tmp_path, capsys):
    recording, film = tmp_path / "run.npz", tmp_path / "film.html"
    a_recording().save(recording)
    assert main(["plot", str(recording), "-o", str(film), *flags]) == 2
    assert f"{flags[0]} is for vectors, and {recording} is a" in capsys.readouterr().err
    assert not film.exists()


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_plot_draws_a_picture(kind, path, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    picture = tmp_path / f"map.{kind}"
    assert main(["plot", str(path), "-o", str(picture)]) == 0
    begin = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind]
    assert picture.read_bytes().startswith(begin)


def test_plot_without_matplotlib_is_refused_before_reading(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["plot", "missing.bin", "-o", str(tmp_path / "map.png")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("w2vfast: error: plots need matplotlib: pip install")
    assert not list(tmp_path.iterdir())


def test_a_failed_plot_leaves_the_old_file(path, tmp_path, capsys):
    page = tmp_path / "map.html"
    page.write_text("old")
    assert main(["plot", str(path), "-o", str(page), "--words", "no"]) == 1
    assert "none of the words ('no')" in capsys.readouterr().err
    assert page.read_text() == "old"
    assert main(["plot", "missing.bin", "-o", str(tmp_path / "no" / "map.html")]) == 1
    assert "missing.bin" not in capsys.readouterr().err  # the output is checked first


@pytest.mark.parametrize(
    "wrong", [[], ["-o", "map.html", "--method", "lda"], ["-o", "a.html", "--top", "x"]]
)
def test_plot_with_missing_or_wrong_options_is_wrong_usage(wrong, capsys):
    assert main(["plot", "v.bin", *wrong]) == 2
    assert "usage: w2vfast plot" in capsys.readouterr().err


def test_info_does_not_print_what_a_terminal_would_obey(tmp_path, capsysbinary):
    path = tmp_path / "v.npz"
    KeyedVectors(["a\x1b[2J", "b"], np.eye(2)).save(path)
    assert main(["info", str(path)]) == 0
    printed = capsysbinary.readouterr().out
    assert b"\x1b" not in printed
    assert "a\ufffd[2J".encode() in printed
