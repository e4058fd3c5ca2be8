"""Public docstrings follow numpydoc: every parameter, result and error is described."""

import importlib
import inspect

import pytest

numpydoc_validate = pytest.importorskip("numpydoc.validate")

# numpydoc's codes that are not asked for, and why.
NOT_CHECKED = {
    "ES01": "a summary may be all there is to say",
    "EX01": "examples are in the guides, where tests run them",
    "GL01": "the summary begins on the line of the quotes",
    "GL08": "inherited magic methods; ruff's D rules ask for all others",
    "PR06": "types may be words",
    "RT02": "named results are clearer",
    "SA01": "the reference links related names",
    "SS05": "wrong for words like 'Cosines'",
    "SS06": "ruff's D rules check summaries",
    "YD01": "generators document what they yield under Returns",
}
MODULES = ["w2vfast", "w2vfast.phrases"]


def public_objects():
    """Yield dotted names of public classes, their public methods, and functions."""
    for module in MODULES:
        for name in importlib.import_module(module).__all__:
            thing = getattr(importlib.import_module(module), name)
            if not callable(thing):
                continue
            home = f"{thing.__module__}.{thing.__qualname__}"
            yield home
            if inspect.isclass(thing):
                for member, value in vars(thing).items():
                    is_method = callable(value) or isinstance(
                        value, classmethod | staticmethod | property
                    )
                    if is_method and not member.startswith("_"):
                        yield f"{home}.{member}"


PUBLIC = sorted(set(public_objects()))


def test_public_names_are_found():
    assert "w2vfast.model.Word2Vec.train" in PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_docstring_is_complete(name):
    found = numpydoc_validate.validate(name)
    errors = [code for code in found["errors"] if code[0] not in NOT_CHECKED]
    if found["docstring"].count("\n") == 0:
        # One line that begins with "Return" describes its result.
        errors = [code for code in errors if code[0] != "RT01"]
    # Word2Vec takes **unknown only to name the right argument in its error.
    errors = [code for code in errors if "**unknown" not in code[1]]
    assert errors == []
