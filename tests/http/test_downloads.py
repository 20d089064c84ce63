"""Parts of files: which bytes are asked for, and which are given, whatever the app sends."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from attrs import define, field

from beeper_async import InvalidInputError, RequestInfo, ResponseInfo
from beeper_async._http.downloads import AsyncDownload
from beeper_async._http.incoming import StreamedResponse
from beeper_async._http.request import Request

pytestmark = pytest.mark.asyncio

CONTENT = b"0123456789"


@define
class App:
    """Serves `CONTENT` in chunks of 3 bytes, as a part if it is asked for one and can."""

    parts: bool = True
    tells_length: bool = True
    asked: list[str | None] = field(factory=list[str | None])

    def download(self) -> AsyncDownload:
        return AsyncDownload(self.stream, Request("x", "GET", "/x", bytes), "mxc://x/1")

    @asynccontextmanager
    async def stream(self, request: Request[bytes]) -> AsyncGenerator[StreamedResponse]:
        wanted = request.headers.get("Range")
        self.asked.append(wanted)
        content, status, first = CONTENT, 200, "0"
        if wanted is not None and self.parts:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            content, status = CONTENT[int(first) : int(last or 99) + 1], 206
        headers = {"Content-Length": str(len(content))} if self.tells_length else dict[str, str]()
        if status == 206:
            headers["Content-Range"] = f"bytes {first}-{int(first) + len(content) - 1}/10"
        response = ResponseInfo(RequestInfo("x", "GET", "x"), status, headers, 0.0, 0)
        yield StreamedResponse(response, self.chunks(content))

    async def chunks(self, content: bytes) -> AsyncGenerator[bytes]:
        for start in range(0, len(content), 3):
            yield content[start : start + 3]


apps = pytest.mark.parametrize("parts", [True, False])
lengths = pytest.mark.parametrize("tells_length", [True, False])


@apps
@lengths
@pytest.mark.parametrize(
    ("start", "stop", "header"),
    [
        (0, None, None),
        (0, 1, "bytes=0-0"),
        (1, None, "bytes=1-"),
        (2, 9, "bytes=2-8"),
        (3, 6, "bytes=3-5"),
        (4, 5, "bytes=4-4"),
        (9, 20, "bytes=9-19"),
        (0, 10, "bytes=0-9"),
    ],
)
async def test_each_part_is_the_same_whatever_the_app_does(
    parts: bool, tells_length: bool, start: int, stop: int | None, header: str | None
) -> None:
    app = App(parts, tells_length)
    told: list[tuple[int, int | None]] = []
    read = await app.download().read(
        start=start, stop=stop, progress=lambda done, total: told.append((done, total))
    )
    assert read == CONTENT[start:stop]
    assert app.asked == [header]
    done = [number for number, _ in told]
    assert done == sorted(set(done))
    assert done[-1] == len(read)
    wanted = None if stop is None else stop - start
    knows = tells_length or (parts and header is not None)  # a part says how much there is
    assert {total for _, total in told} == {len(read) if knows else wanted}


@apps
async def test_no_chunk_is_empty(parts: bool) -> None:
    chunks = [chunk async for chunk in App(parts).download().iter_bytes(start=4, stop=6)]
    assert b"".join(chunks) == CONTENT[4:6]
    assert b"" not in chunks


async def test_a_part_behind_the_end_has_nothing() -> None:
    assert await App(parts=False).download().read(start=10) == b""


@pytest.mark.parametrize(("start", "stop"), [(-1, None), (0, 0), (5, 5), (5, 4), (0, -1)])
async def test_parts_that_make_no_sense_are_refused(start: int, stop: int | None) -> None:
    app = App()
    with pytest.raises(InvalidInputError, match="start must be 0 or more"):
        await app.download().read(start=start, stop=stop)
    assert app.asked == []


async def test_a_download_may_be_awaited_and_read_twice() -> None:
    app = App()
    download = app.download()
    assert await download is download
    assert [await download.read(), await download.read()] == [CONTENT] * 2
    assert app.asked == [None, None]


@pytest.mark.parametrize(("length", "number"), [("5", 5), ("", None), ("-5", None), ("5x", None)])
async def test_the_length_of_a_response(length: str, number: int | None) -> None:
    response = ResponseInfo(RequestInfo("x", "GET", "x"), 206, {"Content-Length": length}, 0.0, 0)
    streamed = StreamedResponse(response, App().chunks(b""))
    assert (streamed.length, streamed.info.status_code) == (number, 206)
