"""Help texts that fit the terminal, with sections of their own."""

import shutil
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import click

_LEAST: Final = 30
_MOST: Final = 80
_NARROW: Final = 50
_SHORT_TERM: Final = 10


class Section(NamedTuple):
    """A part of a help text below the options.

    Args:
        title: Heading, without a colon.
        intro: A paragraph, wrapped to the terminal.
        terms: Pairs of a term and its explanation. Explanations are wrapped.
        lines: Lines to copy, such as examples. They are not wrapped: at most 38 characters.
    """

    title: str
    intro: str = ""
    terms: Sequence[tuple[str, str]] = ()
    lines: Sequence[str] = ()


class Formatter(click.HelpFormatter):
    """Fits narrow terminals too; click's own takes at least 50 columns."""

    def __init__(
        self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None
    ) -> None:
        if width is None:
            columns = shutil.get_terminal_size().columns
            width = max(min(columns, max_width or _MOST), _LEAST) - 2
        super().__init__(indent_increment, width, max_width)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage, on one line if it fits; click's own wants 20 columns for `args`."""
        line = f"{prefix or 'Usage: '}{prog} {args}".rstrip()
        if len(line) <= self.width:
            self.write(f"{line}\n")
        else:
            super().write_usage(prog, args, prefix)

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write terms and explanations; on a narrow terminal a long term has its own line."""
        most = min(col_max, _SHORT_TERM) if self.width < _NARROW else col_max
        super().write_dl(rows, most, col_spacing)

    def write_sections(self, sections: Sequence[Section]) -> None:
        """Write the sections, one below the other."""
        for title, intro, terms, lines in sections:
            with self.section(title):
                if intro:
                    self.write_text(intro)
                if terms:
                    self.write_dl(terms)
                for line in lines:
                    self.write(f"{'':{self.current_indent}}{line}\n")


class Context(click.Context):
    """The context of each command; it writes help with our formatter."""

    formatter_class: type[click.HelpFormatter] = Formatter


class Command(click.Command):
    """A command with sections in its help.

    Args:
        sections: What comes below the options, in this order.
    """

    context_class: type[click.Context] = Context

    def __init__(self, *args: Any, sections: Sequence[Section] = (), **settings: Any) -> None:
        settings.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(*args, **settings)
        self.sections = sections

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; an error names this command, which click forgets for some."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections."""
        if isinstance(formatter, Formatter):
            formatter.write_sections(self.sections)
