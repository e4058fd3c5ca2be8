"""The picture of the architecture shows the imports that the code has."""

import sys
from xml.etree import ElementTree

import pytest
from helpers import ROOT, load_script

SCRIPT = ROOT / "docs" / "_scripts" / "import_graph.py"

pytestmark = [
    pytest.mark.skipif(not SCRIPT.exists(), reason="the documentation is not here"),
    pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib needs Python 3.11"),
]


@pytest.fixture(scope="module")
def script():
    return load_script(SCRIPT)


@pytest.fixture(scope="module")
def edges(script):
    return script.read_imports()


@pytest.fixture(scope="module")
def layers(script, edges):
    return script.read_layers(edges)


@pytest.fixture(scope="module")
def picture(script, edges, layers):
    return ElementTree.fromstring(script.draw(edges, layers))


def found(picture, tag):
    return picture.iter("{http://www.w3.org/2000/svg}" + tag)


def test_imports_are_those_that_grimp_finds(script, edges):
    grimp = pytest.importorskip("grimp", reason="comes with import-linter")
    graph = grimp.build_graph("w2vfast", exclude_type_checking_imports=True)
    expected = {name: set() for name in edges}
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            top, target = (f"{name}.".split(".")[1] for name in (importer, imported))
            if top in edges and target in edges and top != target:
                expected[top].add(target)

    # grimp does not know compiled modules.
    assert {name: edges[name] - set(script.COMPILED) for name in edges} == expected


def test_compiled_modules_are_imported_and_import_nothing(edges):
    assert "_core" in edges["training"]
    assert "_text" in edges["text"]
    assert edges["_core"] == edges["_text"] == set()


def test_type_checking_imports_do_not_count(script, tmp_path):
    (tmp_path / "low.py").touch()
    (tmp_path / "high.py").write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from w2vfast import low\n"
    )
    assert script.read_imports(tmp_path) == {"low": set(), "high": set()}

    (tmp_path / "high.py").write_text("def load():\n    from w2vfast.low import x\n")
    assert script.read_imports(tmp_path) == {"low": set(), "high": {"low"}}


def test_every_package_is_in_a_layer_and_every_import_goes_down(edges, layers):
    level = {name: number for number, row in enumerate(layers) for name in row}
    assert level.keys() == edges.keys()
    for name, targets in edges.items():
        assert all(level[name] < level[target] for target in targets), name


def test_imports_implied_by_a_chain_are_not_drawn(script):
    edges = {"a": {"b", "c"}, "b": {"c"}, "c": set()}
    assert script.drawn(edges) == {"a": {"b"}, "b": {"c"}, "c": set()}


def test_imports_of_the_base_are_not_drawn(script):
    edges = {"a": {"b", "system"}, "b": {"errors"}, "system": {"errors"}}
    assert script.drawn({**edges, "errors": set()}) == {"a": {"b"}, "b": set()}


def test_picture_shows_each_package_and_each_direct_import(script, edges, picture):
    boxes = [text.text for text in found(picture, "text")]
    assert sorted(boxes) == sorted(edges)
    arrows = {
        title.text for title in found(picture, "title") if " imports " in title.text
    }
    drawn = script.drawn(edges)
    assert arrows == {f"{a} imports {b}" for a in drawn for b in drawn[a]}


def test_boxes_lie_inside_the_picture_and_do_not_overlap(script, picture):
    boxes = [
        [float(box.get(name)) for name in ("x", "y", "width")]
        for box in found(picture, "rect")
    ]
    assert len(boxes) > 10
    for x, y, width in boxes:
        assert x >= 0
        assert x + width <= script.WIDTH
        assert all(
            other[1] != y or other[0] >= x + width or other[0] + other[2] <= x
            for other in boxes
            if other != [x, y, width]
        )


def test_hook_replaces_both_comments(script):
    page = script.on_page_markdown("# A\n<!-- import graph -->\n<!-- import table -->")
    assert "<svg" in page
    assert "| `errors` | nothing of the package |" in page
    assert "<!--" not in page
    assert script.on_page_markdown("plain text") == "plain text"
