"""Compiled modules import nothing of the package; import-linter checks the rest."""

import re

import pytest
from helpers import SOURCE

CYTHON_SOURCES = sorted([*SOURCE.glob("*.pyx"), *SOURCE.glob("_*_parts/*.pxi")])


def test_cython_sources_are_found():
    assert {path.name for path in CYTHON_SOURCES} > {"_core.pyx", "exact.pxi"}


@pytest.mark.parametrize("path", CYTHON_SOURCES, ids=lambda path: path.name)
def test_compiled_modules_know_arrays_and_numbers_only(path):
    imports = r"^\s*(?:from|import|cimport)\s+(?:w2vfast\b|\.).*"
    assert not re.findall(imports, path.read_text(encoding="utf-8"), re.MULTILINE)
