"""Messages: silent unless configured; plain lines for the command line."""

import logging
import sys

from helpers import run_python

from w2vfast.system.log import lines_on_stderr, logger


def test_the_package_is_silent_unless_logging_is_configured():
    code = """
        import w2vfast
        model = w2vfast.Word2Vec([["a", "b"]] * 9, min_count=1, sample=0)
        model.train([["a", "unknown"], ["a", "b"]])
    """
    done = run_python(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    configured = "import logging; logging.basicConfig(level=logging.INFO)\n"
    done = run_python(configured + "\n".join(line[8:] for line in code.splitlines()))
    assert "INFO:w2vfast:1 of 4 occurrences of words in the text (25.0%)" in done.stderr


def test_lines_have_the_prefix_of_their_level(capsys):
    with lines_on_stderr(logging.INFO, {logging.WARNING: "warning: "}):
        logger.debug("hidden")
        logger.info("%d words", 5)
        logger.warning("100 %")
    logger.warning("after the block")
    assert capsys.readouterr().err == "5 words\nwarning: 100 %\n"


def test_the_level_is_restored():
    before = logger.level
    with lines_on_stderr(logging.INFO, {}):
        logger.setLevel(logging.ERROR)
    assert logger.level == before
    assert [type(handler) for handler in logger.handlers] == [logging.NullHandler]


def test_a_missing_or_closed_standard_error_is_ignored(monkeypatch):
    class Closed:
        def write(self, _):
            raise BrokenPipeError

    for stderr in (None, Closed()):
        monkeypatch.setattr(sys, "stderr", stderr)
        with lines_on_stderr(logging.INFO, {}):
            logger.info("nobody reads this")
