"""The built package: compiled modules, stubs, data files and side effects of import."""

import ast
import importlib
import importlib.machinery
import importlib.metadata
import inspect
import os
import re
import shutil
from pathlib import Path

import pytest
from helpers import SOURCE, load_script, run_cli, run_python

import w2vfast

PACKAGE = Path(w2vfast.__file__).parent
COMPILED = ["_core", "_text"]


def load(name):
    return importlib.import_module(f"w2vfast.{name}")


@pytest.mark.parametrize("name", COMPILED)
def test_the_compiled_module_is_loaded(name):
    suffixes = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    assert load(name).__file__.endswith(suffixes)


def test_an_import_does_not_change_subnormal_arithmetic():
    done = run_python(
        """
        import numpy as np
        import w2vfast, w2vfast.model, w2vfast._core, w2vfast._text

        tiny = np.finfo(np.float32).tiny
        assert tiny / np.float32(2) > 0, "results are flushed to zero"
        assert np.float32(1e-45) * np.float32(2**100) > 0, "inputs are treated as zero"
        """
    )
    assert done.returncode == 0, done.stderr


def test_an_import_needs_nothing_but_numpy_and_tqdm():
    done = run_python(
        """
        import sys

        before = set(sys.modules)
        import w2vfast, w2vfast.model, w2vfast.cli.main

        names = {name.partition(".")[0] for name in set(sys.modules) - before}
        names -= set(sys.stdlib_module_names)
        print(*sorted(name for name in names if "cython" not in name))
        """
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= {"numpy", "tqdm", "w2vfast"}


def test_help_and_usage_errors_do_not_import_numpy():
    done = run_python(
        """
        import sys
        from w2vfast.cli.main import main

        assert main(["--help"]) == 0
        assert main(["train", "-train", "a", "-output", "b", "-size", "0"]) == 2
        assert "numpy" not in sys.modules
        """
    )
    assert done.returncode == 0, done.stderr


def test_the_installed_version_is_the_one_in_the_source():
    try:
        version = importlib.metadata.version("w2vfast")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("run from a source folder, not installed")
    assert version == w2vfast.__version__


def stub_definitions(name):
    tree = ast.parse((PACKAGE / f"{name}.pyi").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.AnnAssign) and not is_alias(node):
            yield node.target.id, node


def is_alias(node):
    # A name of a type, which the stub alone has.
    return ast.unparse(node.annotation) == "TypeAlias"


@pytest.mark.parametrize("name", COMPILED)
def test_the_stub_names_what_the_compiled_module_has(name):
    module = load(name)
    own = {key for key, value in vars(module).items() if is_own(module, value)}
    stubbed = dict(stub_definitions(name))
    assert sorted(key for key in stubbed if not hasattr(module, key)) == []
    assert sorted(own - set(stubbed)) == []


def is_own(module, value):
    # Names that Cython adds to every module begin with two underscores.
    name = getattr(value, "__name__", "__")
    defined_in = getattr(value, "__module__", None)
    return defined_in == module.__name__ and not name.startswith("__")


@pytest.mark.parametrize("name", COMPILED)
def test_the_stub_has_the_parameters_of_the_compiled_functions(name):
    module = load(name)
    for key, node in stub_definitions(name):
        if isinstance(node, ast.FunctionDef):
            arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            in_stub = [argument.arg for argument in arguments]
            assert list(inspect.signature(getattr(module, key)).parameters) == in_stub


def test_the_package_ships_its_data_and_type_marker():
    assert (PACKAGE / "py.typed").exists()
    assert (PACKAGE / "data" / "tang.txt.xz").stat().st_size <= 1_000_000


@pytest.mark.parametrize(
    "code",
    [
        "from w2vfast import Word2Vec",
        "import w2vfast; w2vfast.build_info()",
        "from w2vfast.text.corpus import encode",
    ],
)
def test_the_source_folder_tells_that_it_is_not_compiled(code, tmp_path):
    shutil.copytree(
        SOURCE, tmp_path / "w2vfast", ignore=shutil.ignore_patterns("*.so", "*.pyd")
    )
    done = run_python(code, cwd=tmp_path, env={**os.environ, "PYTHONPATH": ""})
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: the compiled modules of w2vfast are not in")
    assert last.endswith("or build them here: pip install -e .")


@pytest.mark.parametrize("arguments", [["--version"], ["demo"]])
def test_the_command_line_of_the_source_folder_tells_it_too(arguments, tmp_path):
    shutil.copytree(
        SOURCE, tmp_path / "w2vfast", ignore=shutil.ignore_patterns("*.so", "*.pyd")
    )
    done = run_cli(*arguments, cwd=tmp_path, env={**os.environ, "PYTHONPATH": ""})
    assert done.returncode == 1
    assert done.stderr.startswith("w2vfast: error: the compiled modules of w2vfast")


def test_the_build_names_its_compiler_flags_and_commit():
    info = w2vfast.build_info()
    assert info["compiler"].split()[0] in {"gcc", "clang", "Visual"}
    flags = info["flags"].split()
    assert "-ffp-contract=off" in flags or "/fp:precise" in flags
    assert not {"-ffast-math", "-Ofast", "-march=native"} & set(flags)
    assert info["commit"]


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_code_uses_no_index_from_the_end(name):
    """Without `wraparound`, -1 is another place in each version of CPython."""
    sources = [SOURCE / f"{name}.pyx", *(SOURCE / f"{name}_parts").glob("*.pxi")]
    for source in sources:
        found = re.findall(r"\w\[-[0-9]", source.read_text(encoding="utf-8"))
        assert found == [], source


@pytest.mark.parametrize("name", COMPILED)
def test_the_docstring_of_a_compiled_module_lists_its_parts(name):
    text = (SOURCE / f"{name}.pyx").read_text(encoding="utf-8")
    listed = re.findall(r"(?m)^(\w+\.pxi) ", text)
    included = re.findall(rf'(?m)^include "{name}_parts/(.*)"', text)
    assert sorted(listed) == sorted(included)


@pytest.mark.parametrize("force", [False, True])
def test_a_forced_build_translates_again_what_is_not_older(
    force, monkeypatch, tmp_path
):
    """So that a build for debugging has the checks of arrays that others lack."""
    pytest.importorskip("setuptools.modified")
    monkeypatch.setattr("setuptools.setup", lambda **_: None)
    monkeypatch.chdir(SOURCE.parent)
    setup = load_script(SOURCE.parent / "setup.py")
    monkeypatch.setattr(setup, "TRANSLATED", str(tmp_path))
    commands = []
    monkeypatch.setattr(setup.subprocess, "run", lambda c, **_: commands.append(c))
    ((made, translate),) = setup.translations(setup.extension("_text"), force).items()
    Path(made).touch()
    translate()
    assert len(commands) == force
