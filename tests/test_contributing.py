"""CONTRIBUTING.md describes the source tree as it is, and names what exists."""

import re
import sys

import pytest
from helpers import ROOT, load_script

PAGE = ROOT / "CONTRIBUTING.md"
SCRIPTS = ROOT / "docs" / "_scripts"

pytestmark = pytest.mark.skipif(not SCRIPTS.exists(), reason="docs/ is not here")

# Made by a command, or part of another project.
NOT_IN_THE_TREE = {".venv/bin/activate", "build/cython", "Misc/"}


@pytest.fixture(scope="module")
def text():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder_tree():
    return load_script(SCRIPTS / "folder_tree.py")


def commands(text):
    """Yield the lines of shell blocks and the commands between backticks."""
    for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL):
        yield from block.splitlines()
    for line in re.sub(r"```.*?```", "", text, flags=re.DOTALL).splitlines():
        yield from (code for code in re.findall(r"`([^`]+)`", line) if " " in code)


def test_page_has_at_most_150_lines(text):
    assert len(text.splitlines()) <= 150


def test_folder_tree_is_that_of_the_source(text, folder_tree):
    shown = folder_tree.BLOCK.search(text)
    expected = shown[1] + folder_tree.folder_tree() + shown[2]
    assert shown[0] == expected, "run: python docs/_scripts/folder_tree.py --update"


def test_folder_tree_lists_sources_and_nothing_else(folder_tree, tmp_path):
    package = tmp_path / "package"
    for name in ("inner/__init__.py", "inner/module.py", "_parts/loop.h", "top.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).touch()
    for name in ("built.so", "inner/.hidden", "__pycache__/top.pyc"):
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).touch()

    tree = folder_tree.folder_tree(package)
    assert [line.split() for line in tree.splitlines()] == [
        ["package/"],
        ["top"],
        ["inner/", "module"],
        ["_parts/", "loop.h"],
    ]


def packages_of_the_map(text):
    table = text.split("[start:packages]")[1].split("[end:packages]")[0]
    return re.findall(r"^\| `(\w+)`", table, re.MULTILINE)


def test_every_package_is_in_the_map(text):
    package = ROOT / "w2vfast"
    found = {path.parent.name for path in package.glob("*/__init__.py")}
    found |= {path.stem for path in package.glob("*.py")}
    found |= {path.stem for path in package.glob("*.pyx")}
    assert sorted(packages_of_the_map(text)) == sorted(found - {"__init__", "__main__"})


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib needs Python 3.11")
def test_imports_go_down_the_map(text):
    order = {name: place for place, name in enumerate(packages_of_the_map(text))}
    edges = load_script(SCRIPTS / "import_graph.py").read_imports()
    upwards = {
        (name, target)
        for name, targets in edges.items()
        for target in targets
        if order[target] < order[name]
    }
    assert upwards == set()


def test_named_paths_exist(text):
    codes = re.findall(r"`([^`\n]+)`", text) + list(commands(text))
    paths = {
        word.strip("\"'").rstrip(".,;:")
        for code in codes
        for word in code.split()
        if re.fullmatch(r"[\w./-]+/[\w./-]*", word) and not word.startswith("./")
    }
    assert len(paths) > 15
    for path in sorted(paths - NOT_IN_THE_TREE):
        exists = (ROOT / path).exists() or (ROOT / "w2vfast" / path).exists()
        assert exists, path


def test_named_extras_markers_and_hooks_exist(text):
    tomllib = pytest.importorskip("tomllib")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = settings["project"]["optional-dependencies"]
    named = re.findall(r"\[([a-z,]+)\]\"", text)
    assert named
    assert {name for group in named for name in group.split(",")} <= set(extras)

    markers = settings["tool"]["pytest"]["ini_options"]["markers"]
    known = {marker.split(":")[0] for marker in markers}
    assert set(re.findall(r"`-m (\w+)`", text)) <= known

    if "pre-commit" in text:
        assert (ROOT / ".pre-commit-config.yaml").exists()


def test_named_commands_accept_their_arguments(text):
    """Scripts are named with flags that they have."""
    scripts = {}
    for command in commands(text):
        found = re.search(r"python ((?:benchmarks|docs)/\S+\.py)(.*)", command)
        if found:
            flags = re.findall(r"--[\w-]+", found[2])
            scripts.setdefault(found[1], set()).update(flags)
    assert scripts
    for path, flags in scripts.items():
        source = (ROOT / path).read_text(encoding="utf-8")
        assert all(f'"{flag}"' in source for flag in flags), (path, flags)


def test_environment_variables_are_read_somewhere(text):
    sources = [ROOT / "setup.py", *(ROOT / "w2vfast").rglob("*.py")]
    sources += [*(ROOT / "w2vfast").rglob("*.pyx"), ROOT / "tests" / "mpi_jobs.py"]
    code = "".join(path.read_text(encoding="utf-8") for path in sources)
    named = set(re.findall(r"W2VFAST_\w+", text))
    assert named
    assert all(name in code for name in named)


@pytest.mark.skipif(sys.platform == "win32", reason="the file's mode says it")
def test_ci_script_can_be_run():
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
