"""Print the folder tree of w2vfast/ that CONTRIBUTING.md shows, or update it there.

python docs/_scripts/folder_tree.py            prints the tree
python docs/_scripts/folder_tree.py --update   writes it into CONTRIBUTING.md
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "w2vfast"
PAGE = ROOT / "CONTRIBUTING.md"
BLOCK = re.compile(r"(<!-- folder tree[^>]*-->\n```text\n).*?(```\n)", re.DOTALL)

# Built or cached, so not part of the source.
NOT_SOURCE = {".so", ".pyd", ".pyc", ".c"}
WIDTH, NAME_WIDTH = 150, 14


def folder_tree(package: Path = PACKAGE) -> str:
    """List the files of a package, one folder a line; `.py` is left out of names."""
    lines = [f"{package.name}/"]
    lines += _line("", package)
    folders = (path for path in package.iterdir() if path.is_dir())
    for folder in sorted(folders, key=lambda path: path.name.lstrip("_")):
        if folder.name != "__pycache__":
            lines += _line(f"{folder.name}/", folder)
    return "\n".join(lines) + "\n"


def _line(name: str, folder: Path) -> list[str]:
    files = [path for path in folder.iterdir() if _is_source(path)]
    names = sorted(path.name.removesuffix(".py") for path in files)
    start = f"  {name:{NAME_WIDTH}}"
    return textwrap.wrap(
        " ".join(names),
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_on_hyphens=False,
        break_long_words=False,
    )


def _is_source(path: Path) -> bool:
    if not path.is_file() or path.name.startswith("."):
        return False
    return path.suffix not in NOT_SOURCE and path.name != "__init__.py"


def main() -> None:
    """Print or update the tree."""
    if "--update" not in sys.argv[1:]:
        sys.stdout.write(folder_tree())
        return
    page = PAGE.read_text(encoding="utf-8")
    page = BLOCK.sub(lambda match: match[1] + folder_tree() + match[2], page)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
