"""The command `w2vfast plan`."""

import re

import pytest
from helpers import ROOT, run_cli

from w2vfast.distributed.cost_plan import (
    THREAD_GAINS,
    WORDS_TIMES_DIM,
    Job,
    cost_of,
    thread_gain,
)

JOB = Job(1e10, 1_000_000, 100, 5, "sg-neg", 4, 16, 1e10)


def planned(*arguments):
    done = run_cli("plan", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_short_text_needs_one_machine():
    assert "2 machines are slower than one" in planned("--words", "17M", "--nodes", "2")
    assert planned("--words", "17M", "--nodes", "1").endswith(
        "One machine takes 1.9 s.\n"
    )
    assert "one may be enough" in planned("--words", "20G", "--nodes", "8")


def test_many_machines_are_compared_with_one():
    text = planned(
        *("--words", "5T", "--nodes", "16", "--threads", "32", "--link", "25Gb")
    )
    assert "5,000,000,000,000 words, 5 epochs" in text
    assert "16 machines are 1" in text


def test_one_epoch_and_one_thread_are_told_in_the_singular():
    text = planned("--words", "1G", "--epochs", "1", "--threads", "1")
    assert "words, 1 epoch, " in text
    assert ", 1 thread each\n" in text


def test_machines_that_mostly_wait_are_advised_against():
    text = planned("--words", "1T", "--nodes", "16", "--link", "1Gb")
    assert "use fewer, or a faster link" in text


@pytest.mark.parametrize("value", ["0", "-3", "many", "1..5", "1e400"])
def test_what_is_no_number_is_an_error_that_shows_the_form(value):
    done = run_cli("plan", f"--words={value}")
    assert done.returncode != 0
    assert f"as 3e6 or 3M, got {value!r}" in done.stderr


def test_traffic_and_time_follow_from_words_rows_and_machines():
    cost = cost_of(JOB)
    # 5 epochs at 200 / 100 of the measured speed, on 4 machines of 16 threads each.
    assert cost.train_seconds == pytest.approx(5e10 / (1.955e6 * 2 * 4 * 11.35))
    full = 5 * 2 * 1_000_000 * 100 * 4 * 2 * 3 / 4  # bytes of five full merges
    assert full < cost.sent_bytes < 10 * full
    assert cost.send_seconds == pytest.approx(8 * cost.sent_bytes / 0.85e10)
    assert cost_of(JOB._replace(link=2e10)).send_seconds == cost.send_seconds / 2


@pytest.mark.parametrize("mode", WORDS_TIMES_DIM)
def test_threads_gain_the_less_the_more_there_are(mode):
    """Between the numbers of the table, and beyond its end, too."""
    assert thread_gain(mode, 1) == 1
    assert thread_gain(mode, 32) == THREAD_GAINS[mode][5]
    numbers = 1, 2, 3, 8, 16, 24, 128
    gains = [thread_gain(mode, threads) for threads in numbers]
    assert gains == sorted(set(gains))
    shares = [gain / threads for gain, threads in zip(gains, numbers, strict=True)]
    assert shares == sorted(shares, reverse=True)
    assert thread_gain(mode, 256) == thread_gain(mode, 128)


def test_the_gain_of_threads_is_told_where_there_are_several():
    assert "32 threads are taken to be 14.0 times as fast as one" in planned(
        *("--words", "1G", "--mode", "cbow-neg", "--threads", "32")
    )
    assert "are taken to be" not in planned("--words", "1G", "--threads", "1")


def test_two_machines_merge_cbow_with_negative_sampling_less_often():
    two = JOB._replace(words=1e8, nodes=2)
    cbow, skipgram = (cost_of(two._replace(mode=f"{m}-neg")) for m in ("cbow", "sg"))
    assert cbow.merges < skipgram.merges
    assert cbow.sent_bytes < 0.8 * skipgram.sent_bytes


@pytest.mark.parametrize(
    ("mode", "words_of_guide"),
    [
        ("sg-hs", "(skip-gram with hierarchical softmax)"),
        ("cbow-hs", "(CBOW with it)"),
        ("sg-neg", "(negative sampling)"),
        ("cbow-neg", "(negative sampling)"),
    ],
)
def test_a_second_machine_pays_from_as_many_words_as_the_guide_says(
    mode, words_of_guide
):
    """To the nearest ten million."""
    guide = (ROOT / "docs" / "guides" / "many-machines.md").read_text("utf-8")
    [pays_from] = re.findall("a second machine .* pays from (.*) on\\.", guide)
    [millions] = re.findall(
        rf"(\d+) million(?: words)? {re.escape(words_of_guide)}", pays_from
    )

    def gain(words):
        one, two = (
            cost_of(Job(words, 10**6, 300, 5, mode, nodes, 32, 1e10)).seconds
            for nodes in (1, 2)
        )
        return one - two

    assert gain((int(millions) - 5) * 1e6) < 0 < gain((int(millions) + 5) * 1e6)


def test_memory_is_the_estimate_and_the_rows_of_the_last_merge():
    alone, several = cost_of(JOB._replace(nodes=1)), cost_of(JOB)
    matrices = 2 * 1_000_001 * 112 * 4
    assert several.memory_bytes - alone.memory_bytes == matrices
    assert alone.sent_bytes == alone.merges == 0


@pytest.mark.parametrize("flag", ["--nodes", "--threads", "--epochs", "--size"])
def test_parts_of_machines_are_an_error(flag):
    done = run_cli("plan", "--words", "1G", flag, "2.5")
    assert done.returncode != 0
    assert "expected a whole number, got '2.5'" in done.stderr
