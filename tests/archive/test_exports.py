"""Exports of an archive, read by something else than what wrote them."""

from __future__ import annotations

import csv
import json
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from beeper_async import InvalidInputError
from beeper_async.archive import ArchiveInUseError, ChatNotArchivedError, ExportFormat
from beeper_async.archive.exports import output
from beeper_async.archive.exports.job import Job

from .stored import HOSTILE, NAMES, Shelf, hostile

FORMATS: tuple[ExportFormat, ...] = ("jsonl", "csv", "markdown", "html")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0"
    "000003010100c9fe92ef0000000049454e44ae426082"
)
PHOTO = {"type": "img", "id": "mxc://local/photo", "fileName": "beach.png", "mimeType": "image/png"}


@pytest.fixture
def shelf(tmp_path: Path) -> Any:
    with Shelf(tmp_path / "archive") as shelf:
        yield shelf


def everything(out: Path) -> list[Path]:
    return [out] if out.is_file() else sorted(out.rglob("*"))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def rows(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(2_000_000)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_jsonl_holds_what_was_received_and_what_became_of_it(shelf: Shelf, tmp_path: Path) -> None:
    chat = shelf.chat("Choir")
    edited = shelf.message(chat, "first", attachments=[PHOTO], archive="a field of that name")
    deleted, vanished = shelf.message(chat, "gone"), shelf.message(chat, "away")
    sha256 = shelf.file("mxc://local/photo", PNG)
    shelf.next_run()
    shelf.store(chat, {**edited, "text": "second", "editedTimestamp": "2026-05-05T12:00:00Z"})
    shelf.delete(chat, deleted)
    shelf.mark(vanished)
    report = shelf.archive.export("jsonl", tmp_path / "out.jsonl")
    assert (report.chats, report.messages) == (1, 3)
    one, two, three = lines(tmp_path / "out.jsonl")
    assert one["message"] == {
        **edited,
        "text": "second",
        "editedTimestamp": "2026-05-05T12:00:00Z",
    }
    assert one["archive"]["chat"] == {"id": chat, "title": "Choir", "network": "WhatsApp"}
    (version,) = one["archive"]["versions"]
    assert (version["kind"], version["message"]) == ("edited", edited)
    (file,) = one["archive"]["files"]
    assert (file["name"], file["state"], file["sha256"]) == ("beach.png", "have", sha256)
    assert (shelf.archive.folder / file["path"]).read_bytes() == PNG
    assert two["message"]["isDeleted"] is True
    assert two["archive"]["deleted"] == "2026-02-02T02:40:00.002000Z"
    assert two["archive"]["versions"][0]["message"] == deleted
    assert [one["archive"]["vanished"] is None for one in (one, two, three)] == [True, True, False]


def test_csv_is_read_by_others_and_runs_nothing(tmp_path: Path) -> None:
    with hostile(tmp_path / "archive") as shelf:
        shelf.archive.export("csv", tmp_path / "out.csv")
        content = (tmp_path / "out.csv").read_bytes()
        assert content.startswith(b"chat_id,chat,network,message_id,time,")
        assert content.endswith(b"\r\n")
        found = rows(tmp_path / "out.csv")
        assert len(found) == len(NAMES) * len(HOSTILE) + 4
        cells = [cell for row in found for cell in row.values()]
        assert [cell for cell in cells if cell.lstrip(" ")[:1] in set("=+-@\t\r\n")] == []
        texts = {row["text"] for row in found}
        assert "'@SUM(1)" in texts
        assert "'+1+cmd|' /C calc'!A0" in texts
        assert 'quotes " and ; and , and\r\nlines\rand\ttabs' in texts


def test_markdown_shows_hostile_texts_as_text(tmp_path: Path) -> None:
    with hostile(tmp_path / "archive") as shelf:
        shelf.archive.export("markdown", tmp_path / "out", time_zone=UTC)
    pages = sorted((tmp_path / "out").iterdir())
    assert len(pages) == len(NAMES) + 1
    for page in pages:
        tokens = MarkdownIt("commonmark").parse(page.read_text("utf-8"))
        inline = [child.type for token in tokens for child in token.children or []]
        kinds = {token.type for token in tokens} | set(inline)
        assert not kinds & {"html_block", "html_inline", "link_open", "image", "fence", "hr"}
        assert not kinds & {"code_block", "code_inline", "ordered_list_open"}
        levels = [token.tag for token in tokens if token.type == "heading_open"]
        assert levels == ["h1", "h2"]


def test_markdown_reads_like_a_chat(shelf: Shelf, tmp_path: Path) -> None:
    chat = shelf.chat("Choir *practice*")
    first = shelf.message(chat, "<b>Eight</b>\nor nine?", attachments=[PHOTO])
    shelf.message(
        chat,
        "Nine",
        senderName="Tomas",
        linkedMessageID=first["id"],
        timestamp="2026-05-06T23:30:00Z",
        reactions=[{"id": "1", "participantID": "@ana:local", "reactionKey": "👍"}],
    )
    shelf.message(chat, "{{sender}} reacted", type="REACTION", linkedMessageID=first["id"])
    shelf.message(chat, "hidden", isHidden=True)
    shelf.archive.export("markdown", tmp_path / "out", time_zone=UTC)
    assert (tmp_path / "out" / "Choir _practice_.md").read_text("utf-8") == (
        "# Choir \\*practice\\*\n"
        "\n## 2026-05-05\n"
        "\n**Ana** 10:00\n\nEight\\\nor nine?\n\n- beach.png\n\n"
        "\n## 2026-05-06\n"
        "\n**Tomas** 23:30\n\n> Ana: Eight or nine?\n\nNine\n\n👍\n\n"
    )


@pytest.mark.parametrize("format", FORMATS)
def test_only_the_owner_can_read_an_export(tmp_path: Path, format: ExportFormat) -> None:
    before = os.umask(0)
    try:
        with hostile(tmp_path / "archive") as shelf:
            shelf.file("mxc://local/0", PNG)
            shelf.archive.export(format, tmp_path / "out")
    finally:
        os.umask(before)
    for path in (tmp_path / "out", *everything(tmp_path / "out")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
        assert path.resolve().is_relative_to((tmp_path / "out").resolve())


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_that_is_stopped_leaves_what_was_there(
    shelf: Shelf, tmp_path: Path, format: ExportFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = shelf.chat("Choir")
    for number in range(5):
        shelf.message(chat, f"number {number}")
    out = tmp_path / "out"
    shelf.archive.export(format, out)
    before = {path: path.read_bytes() for path in everything(out) if path.is_file()}
    shelf.message(chat, "later")
    read = Job.counted

    def stops(self: Job, *args: Any) -> Any:
        for number, entry in enumerate(read(self, *args)):
            if number == 3:
                raise KeyboardInterrupt
            yield entry

    monkeypatch.setattr(Job, "counted", stops)
    with pytest.raises(KeyboardInterrupt):
        shelf.archive.export(format, out)
    assert {path: path.read_bytes() for path in everything(out) if path.is_file()} == before
    monkeypatch.undo()
    assert shelf.archive.export(format, out).messages == 6


KILLED = """
import os, signal, sys
from beeper_async.archive import Archive
from beeper_async.archive.exports.job import Job

def dies(self, *args, read=Job.counted):
    for number, entry in enumerate(read(self, *args)):
        if number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        yield entry

Job.counted = dies
Archive.open(sys.argv[1]).export(sys.argv[2], sys.argv[3])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGKILL")
@pytest.mark.parametrize("format", FORMATS)
def test_an_export_that_is_killed_leaves_no_half_file(
    shelf: Shelf, tmp_path: Path, format: ExportFormat
) -> None:
    chat = shelf.chat("Choir")
    for number in range(5):
        shelf.message(chat, f"number {number}")
    out = tmp_path / "out"
    command = [sys.executable, "-c", KILLED, str(shelf.archive.folder), format, str(out)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert [path for path in tmp_path.rglob("*") if path.name.startswith(".")] != []
    assert [path for path in everything(out) if path.is_file() and path.name[0] != "."] == []
    assert not out.is_file()
    assert shelf.archive.export(format, out).messages == 5
    assert [path for path in tmp_path.rglob("*") if path.name.startswith(".")] == []


def test_what_a_killed_export_left_does_not_stay(shelf: Shelf, tmp_path: Path) -> None:
    shelf.message(shelf.chat(), "hello")
    (tmp_path / ".out.jsonl.part").write_text("x" * 10_000)
    shelf.archive.export("jsonl", tmp_path / "out.jsonl")
    assert len(lines(tmp_path / "out.jsonl")) == 1
    assert not (tmp_path / ".out.jsonl.part").exists()


def test_two_exports_to_one_place_do_not_mix(shelf: Shelf, tmp_path: Path) -> None:
    shelf.message(shelf.chat(), "hello")
    with output.private_file(tmp_path / "out.jsonl") as file:
        file.write("the first one\n")
        with pytest.raises(ArchiveInUseError, match="Another export"):
            shelf.archive.export("jsonl", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text() == "the first one\n"


def test_an_export_is_narrowed_by_chats_times_and_deletions(shelf: Shelf, tmp_path: Path) -> None:
    two, one = shelf.chat("Two"), shelf.chat("One")
    deleted = shelf.message(one, "deleted", timestamp="2026-01-01T00:00:00Z")
    shelf.message(one, "kept", timestamp="2026-01-02T00:00:00Z")
    shelf.message(two, "other", timestamp="2026-01-03T00:00:00Z")
    shelf.delete(one, deleted)
    out = tmp_path / "out.jsonl"

    def exported(**options: Any) -> list[str | None]:
        shelf.archive.export("jsonl", out, **options)
        return [line["message"]["text"] for line in lines(out)]

    assert exported() == [None, "kept", "other"]
    assert exported(deleted="restore") == ["deleted", "kept", "other"]
    assert exported(deleted="hide") == ["kept", "other"]
    assert exported(chats=["Two"]) == ["other"]
    assert exported(chats=[two, "2"]) == [None, "kept", "other"]
    assert exported(since="2026-01-02T00:00:00Z", until="2026-01-03T00:00:00Z") == ["kept"]
    assert exported(chats=[]) == []


def test_names_of_pages_stay_the_same_in_narrower_exports(shelf: Shelf, tmp_path: Path) -> None:
    _, _, third = (shelf.chat(title) for title in ("Ana", "ana", "ANA"))
    shelf.archive.export("markdown", tmp_path / "all")
    shelf.archive.export("markdown", tmp_path / "one", chats=[third])
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == [
        "ANA (3).md",
        "Ana.md",
        "ana (2).md",
    ]
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["ANA (3).md"]


def test_invalid_exports_are_refused(shelf: Shelf, tmp_path: Path) -> None:
    export: Any = shelf.archive.export
    with pytest.raises(InvalidInputError, match="format"):
        export("pdf", tmp_path / "out")
    with pytest.raises(InvalidInputError, match="chats"):
        export("csv", tmp_path / "out", chats="Choir")
    with pytest.raises(ChatNotArchivedError):
        export("csv", tmp_path / "out", chats=["Choir"])
    for inside in (
        shelf.archive.folder,
        shelf.archive.folder / "files",
        shelf.archive.folder / "x",
    ):
        with pytest.raises(InvalidInputError, match="inside"):
            export("html", inside)
    assert not (tmp_path / "out").exists()
