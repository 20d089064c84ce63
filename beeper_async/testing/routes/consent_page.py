"""The page on which the user allows a program what it requests, or does not."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title></head>
<body><main>
<h1>{title}</h1>
{content}
</main></body>
</html>
"""

_FORM = """<form method="post" action="{action}">
<input type="hidden" name="consent" value="{number}">
<p>Read messages, chats and accounts.</p>
{write}
<button id="approve" name="decision" value="approve">Approve</button>
<button id="deny" name="decision" value="deny">Deny</button>
</form>"""

_WRITE = (
    '<p><label><input type="checkbox" id="write" name="scope" value="write" checked>'
    " Allow sensitive actions</label></p>"
)


def consent_page(client: str, scopes: Sequence[str], action: str, number: str) -> str:
    """Write the page.

    Args:
        client: Name of the program.
        scopes: What it requests.
        action: Where the buttons lead.
        number: ID of what is decided.
    """
    write = _WRITE if "write" in scopes else ""
    form = _FORM.format(action=escape(action), number=escape(number), write=write)
    return _PAGE.format(title=f"Allow {escape(client)}?", content=form)


def problem_page(problem: str) -> str:
    """Write the page of a request that is wrong."""
    return _PAGE.format(title="This link does not work", content=f"<p>{escape(problem)}.</p>")
