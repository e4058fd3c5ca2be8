"""C programs check the C headers: natively, with sanitizers, and emulated on arm64."""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from helpers import SOURCE

from w2vfast import _core

PROGRAMS = ["block_check.c", "exact_check.c", "transport_check.c", "window_check.c"]
CHECKS = Path(__file__).parent / "c"
KERNELS = SOURCE / "_core_parts" / "kernels.c"
BUILT_AS = ["-O3", "-ffp-contract=off"]  # as setup.py does
SANITIZED = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
ARM64_COMPILER, ARM64_EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64"


def local_compiler():
    """Return the command of a C compiler, or skip the test."""
    if sys.platform == "win32":
        pytest.skip("the checks need C11's aligned_alloc, which Windows lacks")
    named = [os.environ.get("CC"), sysconfig.get_config_var("CC")]
    for command in filter(None, [*named, "cc", "gcc", "clang"]):
        words = shlex.split(command)
        if shutil.which(words[0]):
            return words
    return pytest.skip("no C compiler: neither CC nor cc, gcc or clang on the path")


def run(command):
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False
    )


def build(compiler, folder, name, *sources_and_flags):
    program = folder / name
    done = run([*compiler, *sources_and_flags, "-o", program])
    assert done.returncode == 0, done.stderr
    return program


def run_checks(compiler, folder, *flags, runner=()):
    """Compile the kernels once and run all checks with them.

    Returns
    -------
    dict of set
        The instruction sets that each check calls right.
    """
    kernels = build(compiler, folder, "kernels.o", "-c", KERNELS, *flags)
    passed = {}
    for name in PROGRAMS:
        program = build(
            compiler, folder, name[:-2], CHECKS / name, kernels, *flags, "-lm"
        )
        done = run([*runner, program])
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        right = [line for line in done.stdout.splitlines() if "right" in line]
        passed[name] = {line.split(":")[0] for line in right}
    return passed


def test_every_instruction_set_agrees_with_plain_loops(tmp_path):
    passed = run_checks(local_compiler(), tmp_path, *BUILT_AS)
    assert passed == {name: set(_core.instruction_sets()) for name in PROGRAMS}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_kernels_stay_within_their_arrays_and_defined_behaviour(tmp_path):
    compiler = local_compiler()
    empty = tmp_path / "empty.c"
    empty.write_text("int main(void) { return 0; }\n")
    program = tmp_path / "empty"
    done = run([*compiler, *SANITIZED, empty, "-o", program])
    if done.returncode or run([program]).returncode:
        pytest.skip(f"{compiler[0]} has no address and undefined-behaviour sanitizers")
    flags = ["-O1", "-ffp-contract=off", "-DVARIANTS=1", *SANITIZED]
    passed = run_checks(compiler, tmp_path, *flags)
    assert passed == {name: set(_core.instruction_sets()) for name in PROGRAMS}


@pytest.mark.slow
@pytest.mark.emulated
@pytest.mark.timeout(1800)
def test_arm64_agrees_with_plain_loops(tmp_path):
    for tool in (ARM64_COMPILER, ARM64_EMULATOR):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not on the path (CONTRIBUTING.md, Set up)")
    flags = ["-static", *BUILT_AS, "-DVARIANTS=1"]
    passed = run_checks([ARM64_COMPILER], tmp_path, *flags, runner=[ARM64_EMULATOR])
    assert passed == {name: {"neon", "generic"} for name in PROGRAMS}


# Breaks kernels on purpose, to prove that the checks can fail.
BREAKS = {
    "a lane is added twice": ("block", "l[2] + l[3]", "l[2] + l[2]"),
    "a rough sigmoid": ("block", "fill(1.0f / 720.0f)", "fill(0.0f)"),
    "input counts ignored": (
        "block",
        "ISA(mul)(rate, load(b->input_counts + c))",
        "rate",
    ),
    "output counts of a single input ignored": (
        "block",
        "ISA(mul)(rate, load(b->output_counts + t))",
        "rate",
    ),
    "a single input whose later logits are lost": (
        "block",
        "store(b->logits + t, logit);",
        "if (k == 0) store(b->logits + t, logit);",
    ),
    "sums of the first inputs dropped": (
        "block",
        "is_first = is_all || c == 0",
        "is_first = 1",
    ),
    "inputs that do not see what earlier inputs changed": (
        "block",
        "corrected = fma_(fill(errors[d]), load(gram), corrected);",
        ";",
    ),
    "dot products of too few inputs": (
        "block",
        "ISA(block_dots)(&earlier);",
        ";",
    ),
    "a dot product of two inputs in the wrong place": (
        "block",
        "gram[l * stride + k] = totals[n];",
        "gram[k * stride + l] = totals[n];",
    ),
    "updates from the old outputs": (
        "block",
        "fma_(error[k], sum, new_targets[k][w]);",
        "fma_(error[k], load(output + w * VEC_LANES), new_targets[k][w]);",
    ),
    "a softmax whose inputs do not see what earlier inputs changed": (
        "block",
        "if (b->n_inputs > 1) ISA(softmax_correct_logits)(b);",
        "memcpy(b->logits, first_logits, (size_t)b->n_outputs * b->n_inputs * 4);",
    ),
    "a softmax that keeps its first normaliser": (
        "block",
        "ISA(softmax_log_sums)(b, b->logits);",
        ";",
    ),
    "a softmax without an observed output": (
        "block",
        "b->errors[c] += b->rates[c];",
        ";",
    ),
    "a softmax that counts values behind the last row": (
        "block",
        "logits[end + l] = -FLT_MAX;",
        "logits[end + l] = 0.0f;",
    ),
    "a softmax that sums one lane only": (
        "block",
        "for (int l = 0; l < G * C; l += C) sum",
        "for (int l = 0; l < 1; l += C) sum",
    ),
    "a softmax that ignores input counts": (
        "block",
        "b->rates[k] = b->alpha * b->input_counts[k % C];",
        "b->rates[k] = b->alpha;",
    ),
    "a repeated row that is listed twice": (
        "block",
        "if (rows[k] == row) {",
        "if (0) {",
    ),
    "a centre word in its own window": (
        "window",
        "ISA(mul)(scale, ISA(sub)(sum[k], settled))",
        "ISA(mul)(scale, sum[k])",
    ),
    "a centre word that lacks its updates": (
        "window",
        "store(settled_centre + at, settled);",
        ";",
    ),
    "a row that leaves without its updates": (
        "window",
        "store(target + at, settled);",
        ";",
    ),
    "a row that receives the updates of one of its places": (
        "window",
        "fma_(count, ISA(sub)(total, load(since)), load(row))",
        "add(ISA(sub)(total, load(since)), load(row))",
    ),
    "a frozen row that changes": (
        "window",
        "float *target = block_row(settled_row->target + i);",
        "float *target = block_row(settled_row->row + i);",
    ),
    "a row that stays in the sum": (
        "window",
        "sum[k] = fma_(weight, settled, sum[k]);",
        ";",
    ),
    "rows that enter and are not read": (
        "window",
        "sum[k] = add(sum[k], load(row + k * VEC_LANES));",
        "sum[k] = add(sum[k], fill(2.0f));",
    ),
    "a sum without the last update": (
        "window",
        "fma_(received, update, load(old_sum + k * VEC_LANES))",
        "load(old_sum + k * VEC_LANES)",
    ),
    "an update that is not scaled": (
        "window",
        "if (w->update_scale != 1.0f)",
        "if (0)",
    ),
    "a change that shrinks alike in all directions": (
        "transport",
        "ISA(add_row)(sum, h->dots[k], h->axes[k] + i, W);",
        ";",
    ),
    "a rest that does not shrink": (
        "transport",
        "(float)exp(-(double)strength * h->rest)",
        "1.0f",
    ),
    "axes that are left out too early": (
        "transport",
        "TRANSPORT_LEAST) n--;",
        "0.1f) n--;",
    ),
    "a sample without its weight": (
        "transport",
        "fill(weight * h->dots[k])",
        "fill(h->dots[k])",
    ),
    "axes that are not made orthogonal": (
        "transport",
        "sum[i] -= along * h->axes[j][i];",
        ";",
    ),
    "samples that count in full for ever": (
        "transport",
        "const float known = (float)(h->values[k] * h->n_blocks);",
        "const float known = (float)(h->values[k] * 2 * h->n_blocks);",
    ),
    "lost axes that the rest is not shared with": (
        "transport",
        "n_others += h->values[k] == 0.0f;",
        ";",
    ),
    "lost axes without their share of the rest": (
        "transport",
        "if (h->values[k] == 0.0f) h->values[k] = h->rest;",
        ";",
    ),
    "a band without its last row": (
        "transport",
        "if (row >> step > 0) {",
        "if (row >> step > 1) {",
    ),
    "bands that are not compared with the mean": (
        "transport",
        "(float)((h->band_traces[band] / mean + BAND_PRIOR)",
        "(float)((h->band_traces[band] + BAND_PRIOR)",
    ),
    "the updated row used for the error": (
        "exact",
        "add(sum[w], mul(factor, y));",
        "add(sum[w], mul(factor, add(y, mul(factor, column[w]))));",
    ),
    "columns summed in another order": (
        "exact",
        "ISA(pair_low)(ab, cd);\n    columns[1] = ISA(pair_high)(ab, cd);",
        "ISA(pair_high)(ab, cd);\n    columns[1] = ISA(pair_low)(ab, cd);",
    ),
    "a saturated node that is updated": (
        "exact",
        "if (active[first + t]) {",
        "if (1) {",
    ),
    "dot products of a row before its update": (
        "exact",
        "if (next && next != targets[c] &&",
        "if (next &&",
    ),
    "a repeated output treated as a distinct one": (
        "exact",
        "if (rows[s] == rows[t]) return t;",
        ";",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_the_checks_fail_on_a_broken_kernel(tmp_path, name):
    header, whole, broken = BREAKS[name]
    compiler = local_compiler()
    checks = tmp_path / "tests" / "_core" / "c"
    package = tmp_path / "w2vfast" / "_core_parts"
    shutil.copytree(CHECKS, checks)
    package.mkdir(parents=True)
    n_broken = 0
    for source in KERNELS.parent.glob("*.[ch]"):
        text = source.read_text(encoding="utf-8")
        n_broken += text.count(whole)
        (package / source.name).write_text(text.replace(whole, broken))
    assert n_broken == 1, "the kernel has changed: break another line"
    sources = [checks / f"{header}_check.c", package / "kernels.c"]
    flags = ["-DBLOCK_GENERIC", "-O0", "-ffp-contract=off"]
    done = run([build(compiler, tmp_path, "check", *sources, *flags, "-lm")])
    assert done.returncode == 1, done.stdout
    assert "should" in done.stdout
