"""Run gensim's own tests on w2vfast: ``python tests/gensim_own_tests.py``.

Copies two test files of the installed gensim to a temporary folder, changes the lines
that import what is tested, and runs them.  Needs gensim, testfixtures and pytest.
"""

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

# File: {line of gensim's file: the line in the copy}.
IMPORTS = {
    "test_keyedvectors.py": {
        "from gensim.models.keyedvectors import KeyedVectors, REAL, "
        "pseudorandom_weak_vector": "from numpy import float32 as REAL\n"
        "from gensim.models.keyedvectors import pseudorandom_weak_vector\n"
        "from w2vfast import KeyedVectors",
        "import gensim.models.keyedvectors": "import gensim.test.utils, w2vfast\n"
        "gensim.models = w2vfast\n"
        "gensim.models.keyedvectors = w2vfast",
    },
    "test_word2vec.py": {
        "from gensim.models import word2vec, keyedvectors": "import w2vfast\n"
        "word2vec = keyedvectors = w2vfast",
    },
}
# Tests that are not counted.
PICKLES = [
    *("test", "test_load_old_model", "test_load_old_model_separates"),
    *("test_load_old_models_1_x", "test_load_old_models_2_x"),
    *("test_load_old_models_3_x", "test_persistence_backwards_compatible"),
]
PRIVATE = [  # _load_word2vec_format; scan_vocab and prepare_vocab, steps of build_vocab
    *("test_load_word2vec_format_basic", "test_load_word2vec_format_limit"),
    *("test_load_word2vec_format_space_stripping",),
    *("test_max_final_vocab", "test_total_word_count"),
]
OF_OTHER_MODULES = [  # which import gensim themselves
    "test_cython_line_sentence_works_with_filename",
    "test_word2vec_stand_alone_script",
]
LEFT_OUT = {*PICKLES, *PRIVATE, *OF_OTHER_MODULES}


class Outcome(NamedTuple):
    """Names of the tests of a file that passed and failed, without those left out."""

    passed: list[str]
    failed: list[str]
    skipped: list[str]
    left_out: list[str]

    @property
    def share(self):
        return len(self.passed) / (len(self.passed) + len(self.failed))


def installed_tests():
    """Return the folder of gensim's tests."""
    return Path(importlib.util.find_spec("gensim").origin).parent / "test"


def copied(name, folder):
    """Copy a test file with other imports; return its path."""
    text = (installed_tests() / name).read_text("utf-8")
    for theirs, ours in IMPORTS[name].items():
        if f"\n{theirs}\n" not in text:
            message = f"{name} of this gensim has no line {theirs!r}"
            raise ValueError(message)
        text = text.replace(f"\n{theirs}\n", f"\n{ours}\n")
    path = Path(folder) / name
    path.write_text(text, "utf-8")
    return path


def run(name):
    """Run a test file of gensim on w2vfast and return its `Outcome`."""
    with tempfile.TemporaryDirectory() as folder:
        path, report = copied(name, folder), Path(folder) / "report.xml"
        options = [f"--rootdir={folder}", "-c", "/dev/null", "-p", "no:cacheprovider"]
        options += ["-q", "--tb=short", "-W", "ignore", f"--junitxml={report}"]
        # The same w2vfast as here, which may not be installed.
        source = Path(importlib.util.find_spec("w2vfast").origin).parents[1]
        environment = {**os.environ, "PYTHONPATH": str(source)}
        command = [sys.executable, "-m", "pytest", path, *options]
        subprocess.run(command, cwd=folder, env=environment)
        return outcome_of(ElementTree.parse(report))


def outcome_of(report):
    """Return the `Outcome` that a JUnit report tells of."""
    found = Outcome([], [], [], [])
    for case in report.iter("testcase"):
        test, kinds = case.get("name"), {part.tag for part in case}
        if test in LEFT_OUT:
            found.left_out.append(test)
        elif "skipped" in kinds:
            found.skipped.append(test)
        else:
            is_wrong = kinds & {"failure", "error"}
            (found.failed if is_wrong else found.passed).append(test)
    return found


def main():
    lines = [f"gensim {importlib.metadata.version('gensim')}"]
    for name in IMPORTS:
        found = run(name)
        lines.append(
            f"{name}: {len(found.passed)} passed, {len(found.failed)} failed "
            f"({found.share:.1%}), {len(found.skipped)} skipped, "
            f"{len(found.left_out)} left out"
        )
        lines += [f"  failed: {test}" for test in found.failed]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
