"""The examples run in seconds with --small, and print the results that they promise.

The check of each example fails if nothing is learnt.  Comments give measured values;
the bounds are far from them, because results vary with several threads.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import CHILD_OPTIONS, EXAMPLES

SCRIPTS = sorted(path.stem for path in EXAMPLES.glob("*.py"))


def number_after(label, output):
    """Return the number that follows a label."""
    found = re.search(re.escape(label) + r"\s+([\d.]+)", output)
    assert found, f"{label!r} is not in\n{output}"
    return float(found[1])


def check_tang_poems(output, folder):
    # The two characters of one word are neighbours, and so are numbers.
    assert re.search(r"琵 [^\n]*?  琶 0\.\d\d", output)
    assert re.search(r"三 [^\n]*  [一二四五六七八九] 0\.\d\d", output)
    assert "春" in (folder / "map.html").read_text(encoding="utf-8")
    assert (folder / "map.png").exists() != ("no map.png: " in output)


def check_wikipedia_phrases(output, _):
    assert "琵_琶" in output
    assert output.count("630 of 630 questions (100%)") == 2
    # 47 % and 33 %; a random guess is correct once in 3,500 times.
    accuracies = re.findall(r"([\d.]+)% directions", output)
    assert len(accuracies) == 2
    assert min(map(float, accuracies)) > 15


def check_deepwalk(output, _):
    chance = number_after("expected by chance", output)
    in_graph = number_after("neighbours in the graph", output)
    assert (chance, in_graph) == (0.5, 0.859)  # properties of the graph
    assert number_after("nearest by the vectors", output) > 0.8  # 0.91 to 0.96


def check_continue_training(output, _):
    assert "identical bytes after loading: yes" in output
    before = number_after("earlier poems", output)
    assert before > 0.59  # 0.613
    # 0.634: it learns the later poems without forgetting the earlier ones.
    assert number_after("half the learning rate", output) > before + 0.01
    assert number_after("with new characters added", output) > before + 0.01  # 0.637
    assert number_after("added to the vocabulary:", output) == 539
    alone = number_after("only the later poems", output)
    initialised = number_after("initialised with earlier vectors", output)
    assert initialised > alone + 0.008  # 0.640 and 0.624
    assert number_after("all poems at once", output) > before + 0.02  # 0.648
    assert number_after("history of the model:", output) == 20


def check_choose_settings(output, _):
    rows = re.findall(r"window (\d) .* choose ([\d.]+) ± ([\d.]+)", output)
    assert len(rows) == 4
    shares = {window: [] for window, *_ in rows}
    for window, share, _deviation in rows:
        shares[window].append(float(share))
    # A single one may be rounded to 0.
    assert 0 < max(float(deviation) for *_, deviation in rows) < 0.01
    assert min(shares["2"]) > 0.59  # 0.613
    assert max(shares["2"]) + 0.005 < min(shares["5"])  # 0.627
    assert re.search(r"best: .*'window': 5", output)
    assert "one standard deviation of the difference below it" in output


# The other examples have a test file of their own.
CHECKS = {
    name.removeprefix("check_"): check
    for name, check in list(globals().items())
    if name.startswith("check_")
}


def test_every_example_is_tested_and_listed_in_the_readme():
    own = [s for s in SCRIPTS if (Path(__file__).parent / f"test_{s}.py").exists()]
    assert sorted({*CHECKS, *own}) == SCRIPTS
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[(\w+)\.py\]", listed, re.MULTILINE)) == SCRIPTS


@pytest.mark.parametrize("name", CHECKS)
def test_an_example_prints_the_results_that_it_promises(name, tmp_path):
    ran = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", "--small"],
        **CHILD_OPTIONS | {"cwd": tmp_path},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    CHECKS[name](ran.stdout, tmp_path)
