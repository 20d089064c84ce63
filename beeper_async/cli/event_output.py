"""The ways to print what happens: JSON, lines for other programs, lines for people."""

import shutil
import sys
from collections.abc import Callable
from typing import Final

from . import output
from .event_text import Happening, wire_form
from .table import LinePrinter, line_printer
from .text import clean, pad, shorten, width
from .times import local

Printer = Callable[[Happening], None]

_TITLE: Final = 20
_LEGIBLE: Final = 8

_SENTENCES: Final = {
    "created": "{who}: {text}",
    "edited": "{who} edited: {text}",
    "deleted": "deleted: {who}: {text}",
    "reaction added": "{who} reacted {detail} to: {text}",
    "reaction removed": "{who} took back {detail} from: {text}",
    "status": "{who}: {text} [{detail}]",
    "changed": "changed: {who}: {text}",
}
_STYLES: Final = {"created": "", "deleted": "red", "edited": "yellow", "reaction added": "green"}


def printer(*, as_json: bool) -> Printer:
    """Choose what suits standard output."""
    if as_json:
        return print_json
    if not sys.stdout.isatty():
        return print_fields
    print_line = line_printer()
    return lambda happening: print_sentence(happening, print_line)


def print_json(happening: Happening) -> None:
    """Print a line of JSON, in UTF-8 whatever the terminal's encoding is."""
    output.print_json([output.json_of(wire_form(happening.event))])


def print_fields(happening: Happening) -> None:
    """Print fields separated by tabs. There is no other tab, for `clean` leaves none."""
    fields = (
        local(happening.time).isoformat(timespec="seconds"),
        happening.what,
        happening.chat,
        happening.who,
        happening.detail,
        happening.text,
        "recovered" if happening.is_recovered else "",
    )
    sys.stdout.write("\t".join(map(clean, fields)) + "\n")


def print_sentence(happening: Happening, print_line: LinePrinter) -> None:
    """Print a line for people, no wider than the terminal."""
    sentence = happening.what
    if happening.text or happening.who:
        sentence = _SENTENCES.get(happening.what, sentence).format(
            who=happening.who, detail=happening.detail, text=happening.text
        )
    if happening.is_recovered:
        sentence = f"(missed) {sentence}"
    time = f"{local(happening.time):%H:%M:%S}"
    title = pad(shorten(clean(happening.chat), _TITLE), _TITLE)
    room = shutil.get_terminal_size().columns - width(time) - _TITLE - 4
    cells = [time, title, shorten(clean(sentence), max(room, _LEGIBLE))]
    print_line(cells, ["dim", "bold", _STYLES.get(happening.what, "dim")])
