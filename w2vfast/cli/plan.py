"""The command `w2vfast plan`: what a training on several machines would take."""

from __future__ import annotations

import argparse
import math
import re

from w2vfast.cli.flags import Parser
from w2vfast.distributed.cost_plan import (
    WORDS_TIMES_DIM,
    Cost,
    Job,
    cost_of,
    thread_gain,
)
from w2vfast.errors import counted

ENOUGH_SECONDS = 6 * 3600  # a training of this time needs no second machine
LEAST_GAIN = 0.6  # of the machines' number, below which fewer are advised
_UNITS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


def plan(arguments: list[str]) -> None:
    """Print time, memory, traffic and merges, and whether one machine is enough."""
    job = Job(**vars(_parser().parse_args(arguments)))
    cost, alone = cost_of(job), cost_of(job._replace(nodes=1))
    print(report(job, cost, alone))


def _parser() -> argparse.ArgumentParser:
    """Return a parser whose options are the attributes of a `Job`."""
    parser = Parser(
        "plan",
        description="Estimate what a training on several machines takes, from speeds "
        "that were measured on one (AVX-512; give --speed for yours).",
    )
    add = parser.add_argument
    add(
        "--words", type=_number, required=True, help="words of the text, as 10e9 or 10G"
    )
    add(
        "--vocab",
        type=_whole_number,
        default=10**6,
        help="words of the vocabulary (1M)",
    )
    add("--size", type=_whole_number, default=100, help="length of a vector (100)")
    add("--epochs", type=_whole_number, default=5, help="passes over the text (5)")
    modes = ", ".join(WORDS_TIMES_DIM)
    add(
        "--mode",
        choices=list(WORDS_TIMES_DIM),
        default="sg-neg",
        metavar="MODE",
        help=f"{modes} (sg-neg)",
    )
    add("--nodes", type=_whole_number, default=2, help="machines (2)")
    add("--threads", type=_whole_number, default=16, help="threads of each (16)")
    add("--link", type=_bits, default=10e9, help="bits a second, as 25Gb (10Gb)")
    add("--speed", type=_number, help="words a second of one thread, if you know it")
    return parser


def _number(text: str) -> float:
    match = re.fullmatch(r"([0-9.]+(?:e[0-9]+)?)([kMGT]?)", text)
    try:
        value = float(match[1]) * _UNITS[match[2]] if match else 0.0
    except ValueError:
        value = 0.0
    if not 1 <= value < math.inf:
        message = f"expected a number of at least 1, as 3e6 or 3M, got {text!r}"
        raise argparse.ArgumentTypeError(message)
    return value


def _whole_number(text: str) -> int:
    value = _number(text)
    if value != int(value):
        message = f"expected a whole number, got {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(value)


def _bits(text: str) -> float:
    return _number(re.sub(r"b(it)?(/s|ps)?$", "", text))


def report(job: Job, cost: Cost, alone: Cost) -> str:
    """Return the estimate as lines of text.

    Parameters
    ----------
    job : Job
    cost, alone : Cost
        Of the job, and of the same job on one machine.
    """
    rate = job.words * job.epochs / cost.seconds
    epochs, threads = counted(job.epochs, "epoch"), counted(job.threads, "thread")
    lines = [
        f"{job.words:,.0f} words, {epochs}, {job.mode}, {job.vocab:,} x {job.size}:",
        f"  machines   {job.nodes}, {threads} each",
        f"  time       {_time(cost.seconds)}, {rate / 1e6:,.1f} million words/s "
        f"(training {_time(cost.train_seconds)}, merges {_time(cost.merge_seconds)}, "
        f"sending {_time(cost.send_seconds)})",
        f"  one alone  {_time(alone.seconds)}",
        f"  memory     {cost.memory_bytes / 1e9:,.1f} GB for each machine, and "
        f"{4 * job.words / job.nodes / 1e9:,.1f} GB for its part of the text, or a "
        "file of that size",
        f"  traffic    {cost.sent_bytes / 1e9:,.1f} GB sent by each machine",
        f"  merges     {cost.merges:,}",
    ]
    if job.threads > 1:
        lines.append(
            f"{threads} are taken to be {thread_gain(job.mode, job.threads):.1f} times "
            "as fast as one, which is a prediction for more than two."
        )
    return "\n".join([*lines, _advice(job, cost, alone)])


def _advice(job: Job, cost: Cost, alone: Cost) -> str:
    gain, of_one = alone.seconds / cost.seconds, _time(alone.seconds)
    if job.nodes == 1:
        return f"One machine takes {of_one}."
    if gain < 1:
        return f"{job.nodes} machines are slower than one, which takes {of_one}."
    if alone.seconds <= ENOUGH_SECONDS:
        return (
            f"{job.nodes} machines are {gain:.1f} times as fast as one, which takes "
            f"{of_one}: one may be enough."
        )
    if gain < LEAST_GAIN * job.nodes:
        return (
            f"{job.nodes} machines are only {gain:.1f} times as fast as one: use "
            "fewer, or a faster link."
        )
    return f"{job.nodes} machines are {gain:.1f} times as fast as one."


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.1f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.1f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"
