"""Tables of docs/reliability.md that the tests write."""

import os
from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def hold_to(name: str, table: Iterable[str]) -> None:
    """Compare a table with the page, or write it there if WRITE_DOCS is set."""
    text = PAGE.read_text("utf-8")
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    written = f"{before}{begin}\n{''.join(table)}\n{end}{after}"
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(written, "utf-8")
    else:
        message = "docs/reliability.md is stale: WRITE_DOCS=1 python -m pytest tests/reliability"
        assert written == text, message
