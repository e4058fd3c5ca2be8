"""`w2vfast train`: its defaults, its outputs, what it prints, and failing runs."""

import os
import re
import subprocess

import numpy as np
import pytest
from helpers import posix_only, run_cli

from w2vfast import Recording
from w2vfast.cli.main import main
from w2vfast.cli.train import Request
from w2vfast.vectors.keyedvectors import KeyedVectors

# --- requests ---------------------------------------------------------------


def test_the_defaults_are_those_of_the_c_program():
    request = Request(["-train", "a", "-output", "b"])
    params = request.params
    assert (params.sg, params.hs, params.negative, params.epochs) == (0, 0, 5, 5)
    assert (params.vector_size, params.window, params.min_count) == (100, 5, 5)
    assert (params.sample, params.start_alpha) == (1e-3, 0.05)
    assert (request.binary, request.n_classes, request.verbosity) == (None, 0, 2)
    assert (params.mode, params.workers) == ("fast", None)


def test_cbow_zero_is_skip_gram_with_its_alpha():
    params = Request(["-train", "a", "-output", "b", "-cbow", "0"]).params
    assert params.sg is True
    assert params.start_alpha == 0.025


@pytest.mark.parametrize("flag", ["-output", "-save-vocab"])
def test_an_input_is_not_overwritten(flag, corpus, capsys):
    before = corpus.read_bytes()
    assert main(["train", "-train", str(corpus), flag, str(corpus)]) == 2
    assert "is read and would be overwritten" in capsys.readouterr().err
    assert corpus.read_bytes() == before


# --- runs that fail ---------------------------------------------------------


def test_a_missing_text_is_named(tmp_path, output, failure):
    missing = tmp_path / "missing.txt"
    assert str(missing) in failure("-train", missing, "-output", output)
    assert list(output.parent.iterdir()) == []


def test_an_empty_text_fails(tmp_path, output, failure):
    empty = tmp_path / "empty.txt"
    empty.touch()
    failure("-train", empty, "-output", output)
    assert list(output.parent.iterdir()) == []


def test_too_high_a_min_count_names_the_most_frequent_word(corpus, output, failure):
    arguments = ["-train", corpus, "-output", output, "-min-count", 100000]
    line = failure(*arguments)
    assert re.search(r"most frequent: 'w\d+', \d+\)", line)
    assert "at least -min-count 100000 times" in line
    assert line.endswith("Lower -min-count, or give more text.")


@pytest.mark.parametrize("flag", ["-output", "-save-vocab"])
def test_a_missing_folder_is_found_before_the_text_is_read(
    flag, tmp_path, failure, monkeypatch
):
    monkeypatch.setattr(
        "w2vfast.model.Word2Vec", lambda **_: pytest.fail("the text was read")
    )
    target = tmp_path / "no" / "vectors.txt"
    line = failure("-train", tmp_path / "absent.txt", flag, target)
    assert str(target.parent) in line


def test_a_folder_is_no_output(corpus, tmp_path, failure):
    line = failure("-train", corpus, "-output", tmp_path)
    assert "it is a folder" in line


def test_a_folder_of_vectors_is_replaced_but_no_other(corpus, tmp_path, train, failure):
    folder = tmp_path / "v.kv"
    for _ in range(2):
        assert train(corpus, folder, "--quiet") == 0
    assert len(KeyedVectors.load(folder)) == 50
    (folder / "notes").touch()
    line = failure("-train", corpus, "-output", folder, "-iter", 10**9)
    assert "contains 'notes'" in line


def test_a_folder_for_sentence_transformers_is_replaced_but_no_other_folder(
    corpus, tmp_path, train, failure
):
    pytest.importorskip("safetensors", reason="the format .hf needs safetensors")
    folder = tmp_path / "v.hf"
    for _ in range(2):
        assert train(corpus, folder, "--quiet") == 0
    assert (folder / "modules.json").exists()
    (folder / "notes").touch()
    line = failure("-train", corpus, "-output", folder, "-iter", 10**9)
    assert "contains 'notes'" in line


def test_a_vocabulary_whose_compression_would_be_ignored_is_an_error(
    corpus, tmp_path, train, capsys
):
    vocab = tmp_path / "words.zst"
    for outputs in ([], ["-output", tmp_path / "v.txt"]):
        command = ["train", "-train", corpus, "-save-vocab", vocab, *outputs]
        assert main(list(map(str, command))) == 2
        error = capsys.readouterr().err
        assert f"-save-vocab '{vocab}' names a file that is not written" in error


@pytest.mark.parametrize("name", ["v.txt.zst", "v.npz.gz", "v.zst"])
def test_a_compression_that_would_be_ignored_is_an_error(
    name, corpus, output, tmp_path, train, capsys
):
    assert train(corpus, tmp_path / name) == 2
    assert "names a file that is not written" in capsys.readouterr().err
    # As C does.
    for path in (output, tmp_path / "v.txt.zst"):
        assert train(corpus, path, "--mode", "exact", "--quiet") == 0
    assert (tmp_path / "v.txt.zst").read_bytes() == output.read_bytes()


def test_a_bad_vocabulary_file_is_named_with_its_line(
    corpus, output, tmp_path, failure
):
    vocab = tmp_path / "bad.vocab"
    vocab.write_text("</s> 300\nw1 many\n")
    line = failure("-train", corpus, "-output", output, "-read-vocab", vocab)
    assert "bad.vocab" in line
    assert "line 2" in line


@posix_only
def test_a_full_disk_leaves_the_old_file_and_nothing_else(corpus, output, small):
    import resource

    output.write_text("old")

    def small_files_only():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    files = ["-train", corpus, "-output", output]
    done = run_cli("train", *files, *small, preexec_fn=small_files_only)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "w2vfast: error: " in done.stderr
    assert output.read_text() == "old"
    assert list(output.parent.iterdir()) == [output]


# --- runs that succeed ------------------------------------------------------


def test_text_vectors_can_be_read_back(corpus, output, train):
    assert train(corpus, output, "--quiet") == 0
    vectors = KeyedVectors.load_word2vec_format(output)
    assert vectors.vectors.shape == (50, 4)
    assert list(output.parent.iterdir()) == [output]


def test_binary_vectors_are_the_same_numbers(corpus, output, tmp_path, train):
    binary = tmp_path / "vectors.bin"
    assert train(corpus, output, "--quiet") == 0
    assert train(corpus, binary, "--quiet", "-binary", 1) == 0
    from_text = KeyedVectors.load_word2vec_format(output)
    from_binary = KeyedVectors.load_word2vec_format(binary, binary=True)
    assert from_text.index_to_key == from_binary.index_to_key
    np.testing.assert_array_equal(from_text.vectors, from_binary.vectors)


def test_the_seed_reaches_the_training(corpus, output, tmp_path, train):
    other = tmp_path / "other.txt"
    assert train(corpus, output, "--quiet", "--seed", 5) == 0
    assert train(corpus, other, "--quiet", "--seed", 6) == 0
    assert output.read_bytes() != other.read_bytes()
    assert train(corpus, other, "--quiet", "--seed", 5) == 0
    assert output.read_bytes() == other.read_bytes()


def test_the_bytes_of_deterministic_runs_do_not_depend_on_threads(
    corpus, output, tmp_path, train
):
    other = tmp_path / "other.txt"
    assert train(corpus, output, "--quiet", "--deterministic", "-threads", 1) == 0
    assert train(corpus, other, "--quiet", "--deterministic", "-threads", 3) == 0
    assert output.read_bytes() == other.read_bytes()


def test_classes_are_written_instead_of_vectors(corpus, output, train):
    assert train(corpus, output, "--quiet", "-classes", 3) == 0
    lines = [line.split() for line in output.read_text().splitlines()]
    assert len({word for word, _ in lines}) == 50
    assert {int(number) for _, number in lines} <= {0, 1, 2}


def test_more_classes_than_words_are_refused_before_the_training(
    corpus, output, train, capsys
):
    assert train(corpus, output, "-classes", 60) == 1
    printed = capsys.readouterr().err
    assert "-classes must be at most the number of words, 50, got 60" in printed
    assert "Training" not in printed


def test_exact_mode_writes_more_classes_than_words_as_c_does(corpus, output, train):
    exact = ["--quiet", "--mode", "exact", "-classes", 60]
    assert train(corpus, output, *exact) == 0
    numbers = [int(line.split()[1]) for line in output.read_text().splitlines()]
    assert len(numbers) == 51  # `</s>`, too
    assert max(numbers) < 60


def test_save_vocab_alone_writes_the_vocabulary_and_stops(corpus, tmp_path, capsys):
    vocab = tmp_path / "vocab.txt"
    flags = ["-train", str(corpus), "-save-vocab", str(vocab), "-min-count", "1"]
    assert main(["train", *flags]) == 0
    lines = vocab.read_text().splitlines()
    assert lines[0] == "</s> 300"
    assert len(lines) == 51
    assert "Training" not in capsys.readouterr().err


def test_read_vocab_decides_which_words_have_vectors(corpus, output, tmp_path, train):
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("</s> 300\nw7 60\nw9 60\nw1 60\n")
    assert train(corpus, output, "--quiet", "-read-vocab", vocab) == 0
    vectors = KeyedVectors.load_word2vec_format(output)
    assert sorted(vectors.index_to_key) == ["w1", "w7", "w9"]


@pytest.mark.parametrize(
    "flags", [["--quiet"], ["-debug", 0], ["--quiet", "-debug", 2]]
)
def test_quiet_runs_print_nothing(flags, corpus, output, capfd, train):
    assert train(corpus, output, *flags) == 0
    assert capfd.readouterr() == ("", "")


def test_a_summary_without_progress(corpus, output, capfd, train):
    assert train(corpus, output, "-debug", 1) == 0
    printed = capfd.readouterr()
    assert printed.out == ""
    assert [line.split()[0] for line in printed.err.splitlines()] == [
        "Vocabulary:",
        "Training",
        "Trained",
        "Trained",
    ]
    assert "Vocabulary: 50 words, which occur 3,000 times." in printed.err
    assert "alpha 0.05" in printed.err


def test_progress_is_a_few_lines_where_nobody_watches(corpus, output, capfd, train):
    assert train(corpus, output) == 0
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "\r" not in printed.err
    first = [line.split(":")[0] for line in printed.err.splitlines()]
    assert first[:3] == [
        "reading",
        "Vocabulary",
        "Training CBOW, negative sampling (5)",
    ]
    assert first[3].startswith("epoch 1/1 alpha ")
    assert "3,300 tokens (100%), " in printed.err.splitlines()[3]
    assert first[4].startswith("Trained by 1 thread")
    assert first[5].startswith("Trained in ")


@posix_only
def test_progress_is_a_bar_on_a_terminal(corpus, output):
    import fcntl
    import pty
    import struct
    import termios

    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    files = ["-train", corpus, "-output", output]
    pipes = {"stdout": subprocess.PIPE, "stderr": end, "capture_output": False}
    done = run_cli("train", *files, "-min-count", 1, **pipes)
    os.close(end)
    printed = os.read(terminal, 1 << 16).decode()
    os.close(terminal)
    assert done.returncode == 0
    assert "epoch 5/5" in printed
    assert "\r" in printed


@posix_only
def test_standard_input_and_output(corpus, output, train, small):
    files = ["-train", "-", "-output", "/dev/stdout"]
    with corpus.open() as text:
        done = run_cli("train", *files, *small, stdin=text)
    assert done.returncode == 0, done.stderr
    assert train(corpus, output, "--quiet") == 0
    assert done.stdout == output.read_text()


def test_warnings_spell_parameters_as_flags(corpus, output, tmp_path, train, capsys):
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("</s> 10\nw7 10\nw9 10\n")
    flags = ["-read-vocab", vocab, "-debug", 1, "--mode", "exact"]
    assert train(corpus, output, *flags, "-sample", 0) == 0
    (warning,) = re.findall("^w2vfast: warning: .*", capsys.readouterr().err, re.M)
    assert "or use --mode fast, to train on all of it." in warning


def test_too_short_a_training_gives_advice(tmp_path, train, capsys):
    text = tmp_path / "text"
    lines = (
        "the king and the queen drink tea in the palace\n"
        "the man and the woman work in the field\n"
    )
    flags = ["-cbow", 0, "-sample", 0, "-debug", 1]
    text.write_text(lines * 100)
    assert train(text, tmp_path / "v.txt", *flags) == 0
    advice = r"are alike \(mean cosine 0\.\d\d\).*: raise -iter, or give more text\."
    assert re.search(advice, capsys.readouterr().err)
    text.write_text(lines * 5000)
    assert train(text, tmp_path / "v.txt", *flags) == 0
    assert "are alike" not in capsys.readouterr().err


# --- tokenizers -------------------------------------------------------------


def test_tokenize_splits_the_text_into_words(tmp_path, train):
    text, output = tmp_path / "text", tmp_path / "v.txt"
    text.write_text("The cat, the CAT!\n" * 30)
    assert train(text, output, "--tokenize", "simple", "--quiet") == 0
    assert sorted(KeyedVectors.load(output).index_to_key) == ["cat", "the"]


def test_flags_set_the_simple_tokenizer(tmp_path, train):
    text, output = tmp_path / "text", tmp_path / "vectors"
    text.write_text("Un café à Zürich!\n" * 20, "utf-8")
    flags = ["--remove-accents", "--min-length", 1, "--max-length", 5, "--quiet"]
    assert train(text, output, "--tokenize", "simple", *flags) == 0
    assert sorted(KeyedVectors.load(output).index_to_key) == ["a", "cafe", "un"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--remove-accents"], "--remove-accents is for --tokenize simple. Give it"),
        (
            ["--tokenize", "characters", "--min-length", 1],
            "--min-length is for --tokenize simple",
        ),
        (
            ["--tokenize", "simple", "--min-length", -1],
            "--min-length must be at least 0, got -1",
        ),
        (
            ["--tokenize", "simple", "--min-length", 9, "--max-length", 5],
            "--max-length must be at least 9, got 5",
        ),
    ],
)
def test_flags_of_the_simple_tokenizer_are_checked(
    flags, message, corpus, output, train, capsys
):
    assert train(corpus, output, *flags) == 2
    assert message in capsys.readouterr().err


def test_another_tokenizer_is_a_usage_error(corpus, output, train, capsys):
    assert train(corpus, output, "--tokenize", "words") == 2
    accepted = "one of whitespace, simple, characters, got 'words'"
    assert accepted in capsys.readouterr().err
    assert train(corpus, output, "--tokenize", "simple", "--mode", "exact") == 1
    assert "--mode fast" in capsys.readouterr().err


# --- the format of the vectors ----------------------------------------------


@pytest.mark.parametrize("name", ["v.bin", "v.bin.gz", "v.npz", "v.txt", "v", "v.1"])
def test_the_name_of_the_output_decides_where_no_flag_does(
    name, corpus, tmp_path, train, capsys
):
    output = tmp_path / name
    assert train(corpus, output, "-debug", 1) == 0
    assert "warning" not in capsys.readouterr().err
    assert KeyedVectors.load(output).vectors.shape == (50, 4)
    assert main(["distance", str(output), "w7"]) == 0
    starts_as_text = output.read_bytes().startswith(b"50 4\nw")
    assert starts_as_text == (name in ("v.txt", "v", "v.1", "v.bin"))
    if name == "v.bin":
        KeyedVectors.load_word2vec_format(output, binary=True)


@pytest.mark.parametrize(
    ("name", "flags", "kinds"),
    [
        ("v.bin", ["-binary", 0], "of kind binary, and will be text"),
        ("v.txt", ["-binary", 1], "of kind text, and will be binary"),
        ("v.npz", ["-binary", 1], "of kind npz, and will be binary"),
        ("v.bin", ["--mode", "exact"], "of kind binary, and will be text"),
    ],
)
def test_a_name_that_the_flags_contradict_gives_a_warning(
    name, flags, kinds, corpus, tmp_path, train, capsys
):
    output = tmp_path / name
    assert train(corpus, output, "-debug", 1, *flags) == 0
    assert kinds in capsys.readouterr().err
    binary = "binary" in kinds.partition("will be")[2]
    KeyedVectors.load_word2vec_format(output, binary=binary)


def test_exact_mode_writes_text_whatever_the_name(corpus, output, tmp_path, train):
    named = tmp_path / "v.bin"
    for path in (output, named):
        assert train(corpus, path, "--mode", "exact", "--quiet") == 0
    assert named.read_bytes() == output.read_bytes()


def test_classes_are_text_whatever_the_name(corpus, tmp_path, train, capsys):
    assert train(corpus, tmp_path / "c.bin", "-classes", 3, "-debug", 1) == 0
    assert "warning" not in capsys.readouterr().err
    assert len((tmp_path / "c.bin").read_text().splitlines()) == 50


# --- recordings -------------------------------------------------------------


def test_a_training_is_recorded(corpus, output, small):
    path = output.parent / "run.npz"
    arguments = ["train", "-train", str(corpus), "-output", str(output), *small]
    assert main([*arguments, "--record", str(path), "--record-words", "w3,w1"]) == 0
    recording = Recording.load(path)
    assert recording.words == ["w3", "w1"]
    expected = KeyedVectors.load(output)[["w3", "w1"]]
    np.testing.assert_allclose(recording.frames[-1], expected, atol=1e-6)


def test_recording_does_not_change_the_vectors(corpus, output, small):
    arguments = ["train", "-train", str(corpus), "-output", str(output), *small]
    assert main(arguments) == 0
    plain = output.read_bytes()
    assert main([*arguments, "--record", str(output.parent / "run.npz")]) == 0
    assert output.read_bytes() == plain


def test_an_unknown_word_to_record_is_an_error_before_the_training(
    corpus, output, failure
):
    path = output.parent / "run.npz"
    arguments = ["-train", corpus, "-output", output, "--record", path]
    line = failure(*arguments, "--record-words", "w1,w99")
    assert "1 of 2 words to record have no vector: 'w99'" in line
    assert "; did you mean 'w9'? Leave them out, or lower -min-count." in line
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["-save-vocab", "v", "--record", "r.npz"], "--record needs a training"),
        (["-output", "o", "--record-words", "a"], "needs --record, the file"),
        (["-output", "o", "--record", "r.txt"], "must be the name of a file that ends"),
    ],
)
def test_a_recording_without_its_training_or_file_is_wrong_usage(
    flags, message, corpus, capsys
):
    assert main(["train", "-train", str(corpus), *flags]) == 2
    assert message in capsys.readouterr().err


def test_a_training_that_had_ended_is_not_recorded(corpus, output, small, capsys):
    path, folder = output.parent / "run.npz", output.parent / "checkpoints"
    arguments = ["train", "-train", str(corpus), "-output", str(output), *small]
    arguments += ["--checkpoint", str(folder)]
    assert main(arguments) == 0
    assert main([*arguments, "--resume", "--record", str(path)]) == 0
    assert "The training had ended before" in capsys.readouterr().err
    assert not path.exists()


def test_two_outputs_are_not_one_file(corpus, output, capsys):
    output = output.with_suffix(".npz")
    arguments = ["train", "-train", str(corpus), "-output", str(output)]
    for flag in ("--record", "--checkpoint"):
        assert main([*arguments, flag, str(output)]) == 2
        assert f"-output and {flag} are both" in capsys.readouterr().err
    assert not output.exists()


def test_record_words_without_a_word_is_wrong_usage(corpus, output, capsys):
    arguments = ["train", "-train", str(corpus), "-output", str(output)]
    path = str(output.parent / "run.npz")
    assert main([*arguments, "--record", path, "--record-words", ","]) == 2
    assert "--record-words names no word, got ','" in capsys.readouterr().err
