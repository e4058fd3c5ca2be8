"""Who may import whom; without this test every module would soon know every other."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "w2vfast"

# A module may import these siblings, and nothing else of the package.
ALLOWED = {
    "_core": "",
    "_text": "",
    "params": "",
    "vocab": "",
    "sampling": "",
    "huffman": "",
    "softmaxcost": "",
    "neighbours": "",
    "evaluation": "neighbours",
    "progress": "",
    "callbacks": "",
    "files": "",
    "folder": "files",
    "decimals": "",
    "spelling": "",
    "rows": "_text spelling",
    "arrays": "files spelling",
    "formats": "files decimals spelling rows",
    "exports": "files folder decimals spelling arrays",
    "suffixes": "files folder spelling formats arrays exports",
    "sentences": "files",
    "sources": "files sentences",
    "crew": "",
    "idstore": "_text",
    "counting": "_text files crew idstore sources",
    "growth": "vocab",
    "corpus": "_text vocab growth crew idstore sources counting",
    "timeline": "",
    "scorers": "",
    "joining": "_text progress crew sources corpus",
    "phrases": "_text files params scorers sources joining",
    "word2phrase": "_text files",
    "copies": "",
    "trainer": "_core copies sampling timeline",
    "classes": "_core files",
    "keytable": "neighbours",
    "keyfiles": "files spelling formats suffixes keytable",
    "keyedvectors": "neighbours evaluation keytable keyfiles",
    "probabilities": "huffman neighbours",
    "scoring": "neighbours sources probabilities",
    "outputs": "params huffman sources keyedvectors probabilities scoring",
    "initvectors": "suffixes keytable",
    "freezing": "keytable",
    "grownnodes": "",
    "grownweights": "trainer grownnodes",
    "gensimnames": "params",
    "model": (
        "gensimnames params vocab growth sampling huffman softmaxcost files folder "
        "progress callbacks sources corpus trainer grownweights keyedvectors outputs "
        "initvectors freezing"
    ),
    "wordmap": "neighbours",
    "labels": "",
    "fonts": "",
    "plotting": "fonts labels wordmap",
    "mappage": "files neighbours wordmap",
    "demo": "model",
    "phrasecommand": (
        "_text files params scorers progress sources joining word2phrase"
    ),
    "printouts": "neighbours evaluation",
    "tools": (
        "classes files suffixes evaluation keytable keyedvectors mappage phrasecommand "
        "plotting printouts wordmap"
    ),
    "cli": "params files softmaxcost classes model demo tools",
    "__init__": (
        "_core params callbacks sentences sources keyedvectors phrases trainer model "
        "plotting mappage"
    ),
    "__main__": "cli",
}
PYTHON_MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))
CYTHON_SOURCES = sorted([*PACKAGE.glob("*.pyx"), *PACKAGE.glob("*.pxi")])


def is_type_checking(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def import_nodes(node):
    """Yield the imports below a node, also those inside functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif is_type_checking(child):
            for other in child.orelse:
                yield from import_nodes(other)
        else:
            yield from import_nodes(child)


def imported_names(node):
    """Yield dotted names, e.g. w2vfast.params.TrainParams."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    module = f"w2vfast.{node.module or ''}" if node.level else node.module
    yield from (f"{module}.{alias.name}".replace("..", ".") for alias in node.names)


def siblings_of(source):
    for node in import_nodes(ast.parse(source)):
        for name in imported_names(node):
            package, *rest = name.split(".")
            if package == "w2vfast" and rest and rest[0] in ALLOWED:
                yield rest[0]


@pytest.mark.parametrize(
    ("source", "siblings"),
    [
        ("import w2vfast.vocab", ["vocab"]),
        ("from w2vfast import __version__, model", ["model"]),
        ("from w2vfast.params import TrainParams", ["params"]),
        ("from . import corpus", ["corpus"]),
        ("from .trainer import Trainer", ["trainer"]),
        ("def f():\n    from w2vfast import _core", ["_core"]),
        ("if TYPE_CHECKING:\n    from w2vfast import model\nelse:\n    import os", []),
        ("import numpy\nfrom os import path", []),
    ],
)
def test_the_reader_of_imports_sees_every_form(source, siblings):
    assert list(siblings_of(source)) == siblings


def test_every_module_has_its_place():
    compiled = {path.stem for path in PACKAGE.glob("*.pyx")}
    assert set(ALLOWED) == set(PYTHON_MODULES) | compiled


@pytest.mark.parametrize("module", PYTHON_MODULES)
def test_a_module_imports_only_what_lies_below_it(module):
    source = (PACKAGE / f"{module}.py").read_text(encoding="utf-8")
    assert set(siblings_of(source)) <= set(ALLOWED.get(module, "").split())


@pytest.mark.parametrize("path", CYTHON_SOURCES, ids=lambda path: path.name)
def test_compiled_modules_know_arrays_and_numbers_only(path):
    imports = r"^\s*(?:from|import|cimport)\s+(?:w2vfast\b|\.).*"
    assert not re.findall(imports, path.read_text(encoding="utf-8"), re.MULTILINE)
