"""Compare the speed of the block update alone with the arithmetic limit of the core.

    python benchmarks/kernels.py
    python benchmarks/kernels.py --callgrind

The limit is the speed of independent multiply-adds of the same vectors, measured in the
same rounds.  Times are processor time, medians over rounds that measure every
instruction set and shape once.  Work is counted as 6 D C T operations a block (dot
products and two updates), without the zeros that pad rows to whole cache lines.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from common import compile_c, environment

SOURCE = Path(__file__).with_suffix(".c")
SHAPES = {  # name: (C inputs, T outputs)
    "SG-NEG K=5": (6, 6),
    "SG-NEG K=15": (6, 16),
    "SG-HS L=12": (6, 12),
    "CBOW-NEG K=5": (1, 6),
    "CBOW-HS L=12": (1, 12),
}
CACHES = {"L1": 24 << 10, "L2": 512 << 10}  # bytes of all rows
VECTOR = {"avx512": 16, "avx2": 8, "neon": 4, "generic": 4}  # floats
NO_AVX512 = "valgrind does not support AVX-512, which is skipped"
NO_VALGRIND = "--callgrind needs valgrind on the path"


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--isa", help="instruction sets, with commas; default: all")
    parser.add_argument("--sizes", default="100,200,300", help="D, with commas")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--operations", type=float, default=1e8, help="of a measurement, about (1e8)"
    )
    parser.add_argument(
        "--flags", default="-O3 -ffp-contract=off", help="of the compiler, CC or cc"
    )
    parser.add_argument(
        "--callgrind", action="store_true", help="count instructions, with valgrind"
    )
    parser.add_argument("--json", type=Path, help="append a JSON line for each shape")
    return parser.parse_args()


def run(program: Path, *arguments: object) -> str:
    """Run the driver; return what it prints."""
    command = [str(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def cases(isas: list[str], sizes: list[int], operations: float) -> list[dict]:
    """List the cases, with the number of blocks in a measurement."""
    found = []
    for isa, size, shape in itertools.product(isas, sizes, SHAPES):
        C, T = SHAPES[shape]
        case = {"isa": isa, "shape": shape, "C": C, "T": T, "D": size}
        blocks = max(1000, int(operations / (6 * size * C * T)))
        found.append({**case, "blocks": blocks})
    return found


def time_blocks(
    program: Path, found: list[dict], rounds: int, operations: float
) -> list[dict]:
    """Add to each case ns a block, GFLOP/s and the limit, medians over the rounds."""
    peaks: dict[str, list[float]] = {case["isa"]: [] for case in found}
    times: list[dict[str, list[float]]] = [{name: [] for name in CACHES} for _ in found]
    for _ in range(rounds):
        for isa, measured in peaks.items():
            chains = int(operations / (24 * VECTOR[isa]))
            taken, done = map(float, run(program, isa, "peak", chains).split())
            measured.append(done / taken / 1e9)
        for case, measured in zip(found, times, strict=True):
            shape = [case[key] for key in ("C", "T", "D")]
            for name, size in CACHES.items():
                printed = run(program, case["isa"], *shape, size, case["blocks"])
                taken = float(printed.split()[0])
                measured[name].append(taken / case["blocks"] * 1e9)
    lines = []
    for case, measured in zip(found, times, strict=True):
        line = {**case, "peak_gflops": statistics.median(peaks[case["isa"]])}
        for name, values in measured.items():
            line[f"{name}_ns"] = statistics.median(values)
            line[f"{name}_gflops"] = (
                6 * case["D"] * case["C"] * case["T"] / line[f"{name}_ns"]
            )
        lines.append(line)
    return lines


def print_times(lines: list[dict]) -> None:
    """Print a line for each case; a pair is one input with one output."""
    head = f"{'set':<8} {'shape':<13}{'C':>2}{'T':>3}{'D':>4}"
    for name in CACHES:
        head += f"  |{name + ' ns':>7}{'ns/pair':>8}{'GFLOP/s':>8}{'of peak':>8}"
    print(f"{head}  |   peak")
    for line in lines:
        text = "{isa:<8} {shape:<13}{C:>2}{T:>3}{D:>4}".format(**line)
        for name in CACHES:
            time, speed = line[f"{name}_ns"], line[f"{name}_gflops"]
            text += f"  |{time:>7.0f}{time / (line['C'] * line['T']):>8.1f}"
            text += f"{speed:>8.1f}{speed / line['peak_gflops']:>8.0%}"
        print(f"{text}  |{line['peak_gflops']:>7.1f}")


def instructions(program: Path, *arguments: object) -> int:
    """Count the instructions that the driver executes."""
    tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command = [*tool, str(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if not collected:
        message = f"callgrind printed no count: {done.stderr}"
        raise RuntimeError(message)
    return int(collected[1])


def count_blocks(program: Path, found: list[dict]) -> list[dict]:
    """Add to each case the instructions of one block, without those of the start-up."""
    lines = []
    for case in found:
        shape = [case[key] for key in ("isa", "C", "T", "D")]
        few, many = (
            instructions(program, *shape, CACHES["L1"], n_blocks)
            for n_blocks in (1000, 2000)
        )
        lines.append({**case, "instructions": (many - few) / 1000})
    return lines


def print_counts(lines: list[dict]) -> None:
    """Print a line for each case, with the multiply-adds that every kernel needs."""
    head = f"{'set':<8} {'shape':<13}{'C':>2}{'T':>3}{'D':>4}"
    print(f"{head}{'instructions':>14}{'multiply-adds':>15}{'ratio':>7}")
    for line in lines:
        products = 3 * line["C"] * line["T"] * -(-line["D"] // VECTOR[line["isa"]])
        text = "{isa:<8} {shape:<13}{C:>2}{T:>3}{D:>4}{instructions:>14.0f}"
        text = text.format(**line)
        print(f"{text}{products:>15}{line['instructions'] / products:>7.2f}")


def choose_sets(arguments: argparse.Namespace, available: list[str]) -> list[str]:
    """Return the instruction sets that were asked for, or all that can be measured."""
    isas = arguments.isa.split(",") if arguments.isa else available
    unknown = set(isas) - set(available)
    if unknown:
        message = f"--isa takes {', '.join(available)} here, got {', '.join(unknown)}"
        raise SystemExit(message)
    if arguments.callgrind:
        if not shutil.which("valgrind"):
            raise SystemExit(NO_VALGRIND)
        if "avx512" in isas:
            print(NO_AVX512)
            isas = [isa for isa in isas if isa != "avx512"] or ["avx2"]
    return isas


def main() -> None:
    """Measure and print the table."""
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        program = compile_c(SOURCE, folder, arguments.flags.split())
        *available, compiler = run(program).splitlines()
        isas = choose_sets(arguments, available)
        sizes = [int(size) for size in arguments.sizes.split(",")]
        found = cases(isas, sizes, arguments.operations)
        if arguments.callgrind:
            lines = count_blocks(program, found)
            print_counts(lines)
        else:
            lines = time_blocks(program, found, arguments.rounds, arguments.operations)
            print_times(lines)
    if arguments.json:
        about = environment()
        about.update(compiler=compiler, flags=arguments.flags)
        with arguments.json.open("a") as file:
            for line in lines:
                file.write(json.dumps({**line, **about}) + "\n")


if __name__ == "__main__":
    main()
