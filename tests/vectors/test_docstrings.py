"""The reference of KeyedVectors: its examples run, its parameters are all described."""

import doctest
import inspect
import re

import pytest

from w2vfast.vectors import keyedvectors
from w2vfast.vectors.keyedvectors import KeyedVectors

METHODS = {
    name: method
    for name, method in inspect.getmembers(KeyedVectors)
    if not name.startswith("_") and callable(method)
}


def described_parameters(method):
    """Return the names in the section Parameters of a docstring."""
    section = re.search(
        r"^Parameters\n-+\n(.*?)(?=^\w+\n-+$|\Z)",
        inspect.getdoc(method),
        re.MULTILINE | re.DOTALL,
    )
    names = re.findall(
        r"^(?:\*\*)?(\w[\w, ]*) : ", section.group(1) if section else "", re.M
    )
    return [name for group in names for name in group.split(", ")]


def test_examples_give_what_they_show(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(keyedvectors)
    assert result.failed == 0
    assert result.attempted >= 12


@pytest.mark.parametrize("name", ["most_similar", "save", "load"])
def test_the_most_used_methods_have_examples(name):
    assert "Examples\n--------\n>>> " in inspect.getdoc(METHODS[name])


@pytest.mark.parametrize("name", METHODS)
def test_every_parameter_is_described_in_order(name):
    parameters = [
        parameter
        for parameter in inspect.signature(METHODS[name]).parameters
        if parameter not in ("self", "cls")
    ]
    assert described_parameters(METHODS[name]) == parameters
