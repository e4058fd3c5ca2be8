"""Put the command line's own help into its reference page.

MkDocs runs this file as a hook.  In a page, the comment ``<!-- command help -->`` is
replaced by a section for each command with what its ``--help`` prints, so the page
cannot differ from the program.  To see it without MkDocs:

    python docs/_scripts/command_help.py
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MARK = "<!-- command help -->"
COLUMNS = "84"  # of the blocks of the site at desktop width
# The installed package; the source folder, which may not be compiled, only without one.
PROGRAM = f"""\
import sys
sys.path.append({str(ROOT)!r})
from w2vfast.cli.main import main
sys.exit(main())
"""
COMMAND = re.compile(r"^ {4}w2vfast (\w+)", re.M)


def help_of(*command: str) -> str:
    """Return what the program prints for these words and ``--help``."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *command, "--help"],
        cwd=tempfile.gettempdir(),
        env={**os.environ, "COLUMNS": COLUMNS},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def commands() -> list[str]:
    """Return the commands that have flags, in the order of the program's help."""
    names = dict.fromkeys(COMMAND.findall(help_of()))
    return [name for name in names if name != "demo"]


def sections() -> str:
    """Return the Markdown: one heading and one block for each command."""
    parts = [f"```text\n{help_of()}```\n"]
    for name in commands():
        parts.append(f"## {name}\n\n```text\n{help_of(name)}```\n")
    return "\n".join(parts)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """MkDocs hook: replace the mark."""
    return markdown.replace(MARK, sections()) if MARK in markdown else markdown


if __name__ == "__main__":
    sys.stdout.write(sections())
