"""`w2vfast train --checkpoint`: flags, messages, and runs that go on."""

import pytest

from w2vfast.checkpoint.folder import CheckpointFolder


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run"


def test_a_run_goes_on_to_the_same_vectors(corpus, output, folder, train, capsys):
    assert train(corpus, output) == 0
    whole = output.read_bytes()
    flags = ("--checkpoint", folder, "--checkpoint-every", "1kwords")
    assert train(corpus, output, *flags) == 0
    assert len(CheckpointFolder(folder).names()) == 2
    output.unlink()
    (folder / CheckpointFolder(folder).names()[-1] / "syn0.npy").unlink()
    capsys.readouterr()
    assert train(corpus, output, *flags, "--resume") == 0
    assert output.read_bytes() == whole
    printed = capsys.readouterr().err
    assert "syn0.npy is missing or damaged" in printed
    assert "Resuming from" in printed
    assert "tokens are done; written in" in printed


def test_a_file_in_place_of_the_folder_is_an_error(corpus, output, failure):
    line = failure("-train", corpus, "-output", output, "--checkpoint", corpus)
    assert line.startswith("w2vfast: error: --checkpoint must be a folder, got ")
    assert "There is a file of this name. Name another folder" in line


def test_a_folder_without_a_name_is_a_usage_error(corpus, output, train, capsys):
    assert train(corpus, output, "--checkpoint", "") == 2
    assert (
        "--checkpoint must be the name of a folder, got ''" in capsys.readouterr().err
    )


def test_a_checkpoint_that_is_not_written_is_an_error_that_quiet_runs_print(
    corpus, output, folder, train, capsys, monkeypatch
):
    def full(self, checkpoint):
        raise OSError(28, "No space left on device", self.path)

    monkeypatch.setattr(CheckpointFolder, "add", full)
    assert train(corpus, output, "--checkpoint", folder, "--quiet") == 0
    assert "a checkpoint could not be written" in capsys.readouterr().err


def test_each_checkpoint_is_printed_unless_nothing_is(
    corpus, output, folder, train, capsys
):
    assert train(corpus, output, "--checkpoint", folder, "--quiet") == 0
    assert capsys.readouterr().err == ""
    assert train(corpus, output, "--checkpoint", folder / "b", "-debug", 1) == 0
    assert capsys.readouterr().err.count("Checkpoint") == 1
    assert len(CheckpointFolder(folder / "b").names()) == 1


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--resume"], "--resume needs --checkpoint, the folder."),
        (["--checkpoint-every", "1h"], "--checkpoint-every needs --checkpoint"),
        (
            ["--checkpoint", "c", "--checkpoint-every", "5m"],
            "--checkpoint-every must be a time such as '10min'",
        ),
        (
            ["--checkpoint", "c", "--checkpoint-every="],
            "got ''. Without --checkpoint-every: a checkpoint every 10min.",
        ),
        (["--checkpoint"], "--checkpoint needs a value: folder for checkpoints"),
    ],
)
def test_wrong_flags_are_usage_errors(corpus, output, train, capsys, flags, said):
    assert train(corpus, output, *flags) == 2
    assert said in capsys.readouterr().err
    assert not output.exists()


def test_refusals_spell_parameters_as_flags(corpus, output, folder, train, capsys):
    flags = ("--checkpoint", folder, "-debug", 0)
    assert train(corpus, output, *flags) == 0
    assert train(corpus, output, *flags) == 1
    assert "Give --resume to go on from it, or name another" in capsys.readouterr().err
    assert train(corpus, output, *flags, "--resume", "-window", 9, "-hs", 1) == 1
    printed = capsys.readouterr().err
    assert "-window 5 then, -window 9 now, -hs 0 then, -hs 1 now." in printed
    assert train(corpus, output, *flags, "--resume", "--deterministic") == 1
    printed = capsys.readouterr().err
    assert ": no --deterministic then, --deterministic now." in printed
