"""Names that senders give to files: whatever they are, they are saved inside of the folder."""

import json
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, strategies as st

import beeper_sync
from beeper_async import AsyncBeeperDesktop, InvalidInputError, safe_file_name
from beeper_async._http.file_names import name_in_header, name_in_url, numbered_name
from tests.lying_server import Exchange, LyingServer

CASES: list[str] = [
    case["name"]
    for case in json.loads((Path(__file__).parents[1] / "cases/file_names.json").read_text("utf-8"))
]
OTHERS = [
    "a" * 300,
    "NUL",
    "com1.tar.gz",
    "x\ud83d.png",
    ".",
    " . ",
    "a:b",
    "-rf",
    "\u202e",
    "é" * 90,
]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "file"),
        ("", "file"),
        ("CON.txt", "_CON.txt"),
        ("con .txt", "_con .txt"),
        ("Lpt¹", "_Lpt¹"),
        ("a/b\\c.png", "a_b_c.png"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a.b\x00c", "a.bc"),
        ("end. . ", "end"),
        (".profile", "profile"),
        ("e\u0301.txt", "é.txt"),
        ("half \ud83d.txt", "half _.txt"),
        ("two\u2028lines", "two lines"),
        ("a" * 200 + ".jpeg", "a" * 115 + ".jpeg"),
        ("ф" * 100 + ".jpg", "ф" * 58 + ".jpg"),
        ("a." + "b" * 300, "a." + "b" * 118),
        ("x" + "\U0001f469\u200d" * 60 + ".png", "x" + "\U0001f469\u200d" * 15 + "\U0001f469.png"),
    ],
)
def test_a_name_is_made_safe(name: str, safe: str) -> None:
    assert safe_file_name(name) == safe


@given(st.text(st.characters(codec=None), max_size=300), st.integers(24, 255))
@example("CON" + " " * 300 + "x.txt", 24)
@example("\u200d" * 50 + ".jpg", 24)
@example("a\u0344" * 80, 24)
def test_every_name_is_safe(name: str, limit: int) -> None:
    safe = safe_file_name(name, limit)
    assert 0 < len(safe.encode()) <= limit
    assert safe == unicodedata.normalize("NFC", safe)
    assert not set(safe) & set('/\\:*?"<>|')
    assert not [c for c in safe if unicodedata.category(c) == "Cc"]
    assert safe == safe.strip().strip(".")
    assert safe.partition(".")[0].rstrip().upper() not in {"CON", "NUL", "COM1", "LPT9"}
    assert safe_file_name(safe, limit) == safe
    second = numbered_name(safe, 2, limit)
    assert second != safe
    assert len(second.encode()) <= limit


def test_the_extension_stays_when_a_number_is_added() -> None:
    assert numbered_name("a.jpg", 1) == "a.jpg"
    assert numbered_name("a.jpg", 2) == "a (2).jpg"
    assert numbered_name("b" * 116 + ".jpg", 12) == "b" * 111 + " (12).jpg"


def test_what_can_not_be_a_limit_or_a_name_is_refused() -> None:
    arguments: list[tuple[Any, ...]] = [("a", 23), ("a", True), (b"a",), ("a", 50.0)]
    for each in arguments:
        with pytest.raises(InvalidInputError):
            safe_file_name(*each)
    assert beeper_sync.safe_file_name is safe_file_name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename=a.jpg", "a.jpg"),
        ('attachment; filename="a b.jpg"', "a b.jpg"),
        ("attachment; filename*=UTF-8''%C3%A9.jpg", "é.jpg"),
        ("attachment", None),
        ("", None),
    ],
)
def test_a_name_is_read_from_the_header(header: str, name: str | None) -> None:
    assert name_in_header(header) == name


@given(st.text(st.characters(blacklist_characters="\r\n"), max_size=60))
def test_no_header_and_no_url_fails(text: str) -> None:
    name_in_header(f"attachment; {text}")
    name_in_header(f"attachment; filename*={text}")
    name_in_url(text)


def test_a_name_is_read_from_the_url() -> None:
    assert name_in_url("mxc://beeper.com/abc%20d") == "abc d"
    assert name_in_url("file:///home/me/x.png") == "x.png"
    assert name_in_url("mxc://[") == ""


@pytest.mark.asyncio
@pytest.mark.parametrize("way", ["header", "url"])
@pytest.mark.parametrize("name", CASES + OTHERS, ids=ascii)
async def test_a_download_into_a_folder_stays_in_it(
    client: AsyncBeeperDesktop, tmp_path: Path, name: str, way: str
) -> None:
    raw = quote(name, safe="", errors="surrogatepass")
    folder = tmp_path / "in"
    folder.mkdir()

    async def answer(exchange: Exchange) -> None:
        disposition = f"attachment; filename*=UTF-8''{raw}" if way == "header" else ""
        await exchange.answer("200 OK", b"content", Content_Disposition=disposition)

    with LyingServer(answer) as server:
        view = client.with_options(base_url=server.url, access_token="t")
        url = f"mxc://x/{raw if way == 'url' else 'abc'}"
        written: list[Path] = []
        for _ in range(2):
            download: Any = await view.assets.serve(url=url)
            result = download.write_to(folder)
            written.append(await result if hasattr(result, "__await__") else result)
    assert sorted(folder.iterdir()) == sorted(written)
    assert len(set(written)) == 2
    assert all(path.parent == folder and path.read_bytes() == b"content" for path in written)
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.asyncio
@pytest.mark.parametrize("name", CASES, ids=ascii)
async def test_a_name_that_is_used_as_it_is_works_or_is_refused(
    client: AsyncBeeperDesktop, tmp_path: Path, name: str
) -> None:
    """For those who join the folder and the name themselves; `Path.name` keeps them inside."""

    async def answer(exchange: Exchange) -> None:
        await exchange.answer("200 OK", b"content")

    with LyingServer(answer) as server:
        view = client.with_options(base_url=server.url, access_token="t")
        download: Any = await view.assets.serve(url="mxc://x/abc")
        target = tmp_path / Path(name).name
        try:
            result = download.write_to(target)
            written = await result if hasattr(result, "__await__") else result
        except InvalidInputError:
            assert server.requests == []
            assert list(tmp_path.iterdir()) == []
        else:
            assert written.read_bytes() == b"content"
            assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"content"]
