"""Pages that explain the code name files and numbers that the code has."""

import re

import pytest
from helpers import ROOT

from w2vfast import _core, params
from w2vfast.training import cost, kernel_objects, replicas, spans

PARAMS = params.TrainParams()

PAGES = [
    *sorted((ROOT / "docs" / "how-it-works").glob("*.md")),
    *sorted((ROOT / "docs" / "benchmarks").glob("*.md")),
    ROOT / "benchmarks" / "README.md",
]

pytestmark = pytest.mark.skipif(
    not (ROOT / "docs").exists(), reason="the documentation is not here"
)


def named_files(text):
    """Yield what looks like a file or folder between backticks."""
    for code in re.findall(r"`([^`\n]+)`", text):
        if re.fullmatch(r"[\w.-]+/[\w./-]*|[\w-]+\.(?:jsonl|txt|py|c|h|pxi|pyx)", code):
            yield code


def exists(name):
    folders = ["", "benchmarks", "benchmarks/results", "w2vfast", "w2vfast/_core_parts"]
    return any((ROOT / folder / name).exists() for folder in folders)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_named_files_exist(page):
    # A text of the reader's own, and the C program's source.
    others = {"wiki100.txt", "wiki24.txt", "word2vec.c"}
    names = set(named_files(page.read_text(encoding="utf-8"))) - others
    assert [name for name in sorted(names) if not exists(name)] == []


def test_missing_files_would_be_noticed():
    text = "See `benchmarks/none.py`, `no_such.jsonl` and `w2vfast/params.py`."
    assert [exists(name) for name in named_files(text)] == [False, False, True]


def benchmark_commands(text):
    """Yield the script and the flags of each `python benchmarks/...` command."""
    joined = text.replace("\\\n", " ")
    for script, rest in re.findall(r"python (benchmarks/\w+\.py)([^\n`]*)", joined):
        yield script, re.findall(r"--[\w-]+", rest)


@pytest.mark.parametrize("page", PAGES[-2:], ids=lambda path: path.parent.name)
def test_commands_of_benchmarks_have_the_flags_that_are_shown(page):
    commands = list(benchmark_commands(page.read_text(encoding="utf-8")))
    assert len(commands) > 1
    for script, flags in commands:
        source = (ROOT / script).read_text(encoding="utf-8")
        unknown = [f for f in flags if f'"{f}"' not in source and f != "--help"]
        assert unknown == [], script


def test_every_benchmark_is_listed():
    folder = ROOT / "benchmarks"
    listed = set(named_files((folder / "README.md").read_text(encoding="utf-8")))
    scripts = {path.name for path in folder.iterdir() if path.suffix in {".py", ".c"}}
    assert scripts <= listed


def section(page, heading):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.search(rf"(?ms)^#+ {heading}$(.*?)(?=^#|\Z)", text)[1]


EXTRAS_FOR_WORK = {"test", "lint", "docs", "bench"}


def test_every_extra_is_explained():
    tomllib = pytest.importorskip("tomllib")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = set(settings["project"]["optional-dependencies"])
    architecture = section("how-it-works/architecture.md", "Dependencies")
    assert set(re.findall(r"`(\w+)`", architecture)) == extras
    install = section("get-started.md", "Install")
    rows = set(re.findall(r"(?m)^\| `(\w+)` \|", install))
    assert rows == extras - EXTRAS_FOR_WORK


def test_the_page_of_the_modes_lists_what_exact_mode_fixes():
    first = section("how-it-works/modes.md", "Exact mode").strip().split(". ")[0]
    listed = set(re.findall(r"`(\w+)`", first))
    assert listed == set(params._FIXED_IN_EXACT_MODE)


def number(pattern, text):
    """Return the only number that a pattern finds; commas separate thousands."""
    found = re.findall(pattern, text)
    assert len(found) == 1, f"{len(found)} matches of {pattern!r}"
    return float(found[0].replace(",", ""))


def kernel_constant(name):
    source = (ROOT / "w2vfast" / "_core.pyx").read_text(encoding="utf-8")
    return number(rf"(?m)^    {name} = (\d+)\b", source)


DIGITS = r"([\d,.]*\d)"


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        (f"1/{DIGITS} of the words so far", kernel_constant("RAMP_PERIODS")),
        (f"so far, between {DIGITS} and", replicas.FIRST_WORDS_BETWEEN_MERGES),
        (f"and {DIGITS} kept words of all", replicas.WORDS_BETWEEN_MERGES),
        (f"the {DIGITS} most frequent words and", replicas.REPLICATED_WORDS),
        (f"and the first {DIGITS} inner nodes", replicas.REPLICATED_NODES),
        (f"uses at least {DIGITS} times", kernel_constant("REPLICATE_USES")),
        (f"c = {DIGITS} for skip-gram", replicas.SKIPGRAM_TRANSPORT),
        (f"c = {DIGITS} for CBOW", replicas.CBOW_TRANSPORT),
        (f"c = {DIGITS} for hierarchical", replicas.PATH_TRANSPORT),
        (f"for them c is {DIGITS} times", replicas.OVERLAP_MARGIN),
        (f"one centre word in {DIGITS}", kernel_constant("CURVATURE_STRIDE")),
        (f"for {DIGITS} tries", kernel_constant("LOCK_TRIES")),
        (f"constant for each {DIGITS} ids", kernel_constant("ALPHA_STRETCH")),
        (f"N / {DIGITS} ids", spans.SPANS_WANTED),
        (f"but at least {DIGITS}", spans.SHORTEST_SPAN),
        (f"and at most {DIGITS}", spans.LONGEST_SPAN),
    ],
)
def test_numbers_of_threads_are_those_of_the_code(sentence, value):
    page = ROOT / "docs" / "how-it-works" / "threads.md"
    assert number(sentence, page.read_text(encoding="utf-8")) == value


@pytest.mark.parametrize(
    ("page", "sentence", "value"),
    [
        ("modes", f"fewer than {DIGITS} ids", kernel_objects.SHORT_TEXT),
        ("modes", f"{DIGITS} by default, counted before", PARAMS.max_sentence_length),
        ("modes", f"starts at {DIGITS} for CBOW", params.DEFAULT_ALPHA_CBOW),
        ("modes", f"CBOW and {DIGITS} for skip", params.DEFAULT_ALPHA_SKIP_GRAM),
        ("modes", f"fall to {DIGITS} of its start", params.ALPHA_FLOOR),
        ("modes", f"on every {DIGITS}th centre", kernel_constant("LOSS_STRIDE")),
        ("decisions", f"a pool for {DIGITS} centre", kernel_objects.POOL_CENTRES),
        ("block-update", f"about {DIGITS} centre", kernel_objects.POOL_CENTRES),
        ("block-update", f"up to {DIGITS}, or as", kernel_objects.FAR_POOL_CENTRES),
        ("block-update", f"it has, up to {DIGITS}", kernel_objects.MOST_POOL_CENTRES),
        ("block-update", f"of at most {DIGITS} words", cost.MOST_WORDS),
        ("block-update", f"with zeros to {DIGITS} floats", _core.LANES),
        ("block-update", rf"count\^{DIGITS} ", PARAMS.ns_exponent),
    ],
)
def test_numbers_are_those_of_the_code(page, sentence, value):
    path = ROOT / "docs" / "how-it-works" / f"{page}.md"
    assert number(sentence, path.read_text(encoding="utf-8")) == value
