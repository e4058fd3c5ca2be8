"""What README.md and the documentation show is what happens.

Each page's Python and shell blocks run in order, in one folder, as a reader runs them.
An `output` block is what the block before it prints; `...` is for what varies.  A
block that prints nothing has none.  A comment before a block says why it is not run:
`<!-- not run: installs the package -->`, or what it needs:
`<!-- needs: matplotlib -->`.
A page whose blocks all need more than a test has says so once:
`<!-- nothing runs on this page: ... -->`.
"""

import contextlib
import doctest
import importlib.util
import inspect
import io
import os
import re
import runpy
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers import CHILD_OPTIONS, ROOT

import w2vfast
import w2vfast.phrases

DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",  # included by docs/contributing.md
    *sorted(DOCS.rglob("*.md")),
]
CODE = {"python", "shell"}
OTHER = {"output", "text", "mermaid"}

FENCE = re.compile(
    r"(?:^(?P<indent>[ ]*)<!-- (?P<mark>not run|needs): (?P<why>[^\n]+?) -->\n\s*)?"
    r"^(?P<inner>[ ]*)```(?P<language>[^\n]*)\n(?P<body>.*?)^(?P=inner)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
NOTHING_RUNS = re.compile(r"<!-- nothing runs on this page: \S[^\n]*-->")


@dataclass
class Block:
    """One fenced block; `output` is what the page says it prints."""

    where: str
    line: int
    language: str
    body: str
    not_run: str = ""
    needs: tuple[str, ...] = ()
    output: str = ""


def read_blocks(text, where="page"):
    """Return the code blocks of a page; raise ValueError for what nobody can check."""
    blocks = []
    for match in FENCE.finditer(text):
        language = match["language"].split(" ")[0]
        line = text.count("\n", 0, match.start("inner")) + 1
        at = f"{where}, line {line}"
        body = re.sub(rf"^{match['inner']}", "", match["body"], flags=re.MULTILINE)
        if language == "output":
            if not blocks or blocks[-1].output or not body.strip(" .\n"):
                message = f"{at}: output of which block, or of what?"
                raise ValueError(message)
            blocks[-1].output = body
        elif language in CODE or match["mark"] == "not run":
            marked = {match["mark"]: match["why"]}
            needs = tuple(re.split(r",\s*", marked.get("needs", "")))
            reason = marked.get("not run", "")
            needs = needs if needs != ("",) else ()
            blocks.append(Block(where, line, language, body, reason, needs))
        elif language not in OTHER:
            message = f"{at}: {language!r} is neither run nor marked as not run"
            raise ValueError(message)
    if NOTHING_RUNS.search(text):
        blocks = []
    return blocks


def check_output(block, printed):
    """Compare what a block printed with what its page shows."""
    same = doctest.OutputChecker().check_output(
        *(re.sub(r"[ ]+$", "", t, flags=re.M) for t in (block.output, printed)),
        doctest.ELLIPSIS,
    )
    assert same, (
        f"{block.where}, line {block.line} shows\n{block.output}\nbut it prints\n"
        f"{printed}"
    )


def run_python_block(block, names):
    # Empty lines before it, so that a traceback shows the line of the page.
    source = "\n" * block.line + block.body
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, block.where, "exec"), names)
    check_output(block, printed.getvalue())


def run_shell_block(block, folder):
    # The `w2vfast` of this Python, also where none is installed.
    programs = folder / ".programs"
    programs.mkdir(exist_ok=True)
    program = programs / "w2vfast"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m w2vfast "$@"\n')
    program.chmod(0o755)
    environment = CHILD_OPTIONS["env"]
    path = os.pathsep.join([str(programs), environment["PATH"]])
    done = subprocess.run(
        ["sh", "-e", "-c", block.body],
        cwd=folder,
        env={**environment, "PATH": path, "COLUMNS": "80"},
        # Reports go to standard error; a page that shows them gets them.
        stderr=subprocess.STDOUT if block.output else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    check_output(block, done.stdout)


def run_page(blocks, folder):
    names = {"__name__": "__main__"}
    for block in blocks:
        missing = [need for need in block.needs if not importlib.util.find_spec(need)]
        if block.not_run or missing:
            continue
        if block.language == "python":
            run_python_block(block, names)
        else:
            run_shell_block(block, folder)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the reader's folder, with the small text."""
    text = runpy.run_path(str(DOCS / "_scripts" / "small_text.py"))["small_text"]()
    Path(tmp_path / "corpus.txt").write_text(text, "utf-8", newline="\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.skipif(shutil.which("sh") is None, reason="shell blocks need a shell")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_prints_what_the_page_shows(page, folder):
    run_page(read_blocks(page.read_text("utf-8"), page.name), folder)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("```python\nprint(1)\n```\n", id="output that is not shown"),
        pytest.param(
            "```python\nprint(1)\n```\n\n```output\n2\n```\n", id="other output"
        ),
        pytest.param(
            "```shell\necho a b\n```\n\n```output\na ... c\n```\n", id="of a command"
        ),
        pytest.param("```shell\nfalse\n```\n", id="a command that fails"),
    ],
)
def test_a_page_that_shows_something_else_fails(text, tmp_path):
    blocks = read_blocks(text)
    with pytest.raises(AssertionError):
        run_page(blocks, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("```\nls\n```\n", id="no language"),
        pytest.param("```bash\nls\n```\n", id="a language that is not run"),
        pytest.param("```output\n1\n```\n", id="output of no block"),
        pytest.param("```python\nprint(1)\n```\n```output\n...\n```\n", id="anything"),
    ],
)
def test_a_block_that_cannot_be_checked_is_an_error(text):
    with pytest.raises(ValueError, match="line"):
        read_blocks(text)


def test_a_marked_block_is_not_run(tmp_path):
    text = "<!-- not run: needs a week -->\n```python\nraise ValueError\n```\n"
    (block,) = read_blocks(text)
    assert block.not_run == "needs a week"
    run_page([block], tmp_path)


def test_every_public_name_is_in_the_reference():
    pages = (DOCS / "reference").glob("*.md")
    described = set(
        re.findall(
            r"^::: (\S+)$", "\n".join(p.read_text("utf-8") for p in pages), re.MULTILINE
        )
    )
    in_phrases = set(w2vfast.phrases.__all__)
    expected = {f"w2vfast.phrases.{name}" for name in in_phrases} | {
        f"w2vfast.{name}"
        for name in w2vfast.__all__
        if name not in in_phrases and name != "__version__"
    }
    # Public, but not a name of the package, as it needs scikit-learn.
    expected.add("w2vfast.vectorizer.W2VVectorizer")
    assert described == expected


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site once, as CI does: a warning is an error."""
    for need in ("mkdocs", "material", "mkdocstrings_handlers"):
        pytest.importorskip(need)
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env=CHILD_OPTIONS["env"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_loads_nothing_from_other_hosts(site):
    loads = re.compile(
        r"""<(?:script|img|iframe)\b[^>]*\bsrc=["']?(?:https?:)?//[^>]*>"""
        r"""|<link\b[^>]*\bhref=["']?(?:https?:)?//[^>]*>"""
    )
    pages = list(Path(site).rglob("*.html"))
    assert pages
    for page in pages:
        assert not loads.search(page.read_text("utf-8")), page


def test_every_public_method_is_in_the_reference(site):
    pages = (Path(site) / "reference").rglob("*.html")
    html = "\n".join(page.read_text("utf-8") for page in pages)
    classes = [
        value
        for name in w2vfast.__all__
        if isinstance(value := getattr(w2vfast, name), type)
    ]
    methods = {
        f"w2vfast.{owner.__name__}.{name}"
        for owner in classes
        for name, member in inspect.getmembers(owner)
        if not name.startswith("_") and callable(member) and member.__doc__
    }
    described = set(re.findall(r'id="w2vfast\.(?:phrases\.)?([\w.]+)"', html))
    assert len(methods) > 50
    missing = {
        name
        for name in methods
        if name.removeprefix("w2vfast.") not in described
        and not hasattr(BaseException, name.rpartition(".")[2])
    }
    assert not missing


def test_the_reference_of_the_command_line_has_the_flags(site):
    page = (Path(site) / "reference" / "command-line" / "index.html").read_text("utf-8")
    assert "-min-count" in page
    assert "--questions" in page
