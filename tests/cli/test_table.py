"""A row of a table is one line, whatever is in it and however narrow the terminal is."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from beeper_async.cli.table import Column, Table
from beeper_async.cli.text import clean, width

Row = tuple[str, str, str, str]
texts = st.text(max_size=60).map(clean)
rows = st.tuples(st.text("0123456789", max_size=6), texts, texts, texts)


def columns_of_table() -> list[Column[Row]]:
    return [
        Column("ID", "", lambda row: row[0], rank=2),
        Column("CHAT", "", lambda row: row[1], share=30),
        Column("NETWORK", "", lambda row: row[2], most=15, rank=1),
        Column("TEXT", "", lambda row: row[3], least=20, share=70),
    ]


@given(st.lists(rows, min_size=1, max_size=8), st.lists(rows, max_size=8), st.integers(30, 200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_row_is_one_line(
    monkeypatch: pytest.MonkeyPatch, first: list[Row], second: list[Row], columns: int
) -> None:
    output = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setenv("COLUMNS", str(columns))
        patch.setenv("NO_COLOR", "1")
        patch.setattr(sys, "stdout", output)
        table = Table(columns_of_table())
        table.print(first)
        # Only what is never cut may be wider on a later page than on the first.
        table.print([row for row in second if len(row[0]) <= max(len(row[0]) for row in first)])
    lines = output.getvalue().split("\n")[:-1]
    assert len(lines) >= 1 + len(first)
    assert all(width(line) <= columns for line in lines)


@pytest.mark.parametrize(
    ("columns", "headings"),
    [(80, "ID CHAT NETWORK TEXT"), (50, "CHAT NETWORK TEXT"), (40, "CHAT TEXT")],
)
def test_columns_of_little_use_are_left_out_first(
    columns: int, headings: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = io.StringIO()
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", output)
    Table(columns_of_table()).print([("123456", "a" * 30, "n" * 12, "t" * 90)])
    assert output.getvalue().splitlines()[0].split() == headings.split()


def test_nothing_is_printed_for_no_items(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    table = Table(columns_of_table())
    table.print([])
    assert output.getvalue() == ""
