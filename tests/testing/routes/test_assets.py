"""Uploading, downloading and serving files."""

from __future__ import annotations

import asyncio
import base64
import struct
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import aiohttp
import pytest
import pytest_asyncio

from beeper_async.testing import Simulator

pytestmark = pytest.mark.asyncio

Api = Callable[..., Awaitable[tuple[int, Any]]]
Json = dict[str, Any]

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 480) + b"\x08\x06\0\0\0rest"
MB = 2**20


class Http:
    """A client that shows everything about an answer."""

    def __init__(self, sim: Simulator, session: aiohttp.ClientSession) -> None:
        self.sim = sim
        self.session = session

    async def serve(self, url: str, **headers: str) -> tuple[int, aiohttp.ClientResponse, bytes]:
        target = f"{self.sim.url}/v1/assets/serve"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(target, params={"url": url}, headers=named) as response:
            return response.status, response, await response.read()

    async def upload(self, data: Any, name: str = "a b.txt", **texts: str) -> Json:
        form = aiohttp.FormData(quote_fields=False)
        for field, value in texts.items():
            form.add_field(field, value)
        form.add_field("file", data, filename=name, content_type="application/x-wrong")
        return await self.upload_form(form)

    async def upload_form(self, form: aiohttp.FormData | bytes, **headers: str) -> Json:
        target = f"{self.sim.url}/v1/assets/upload"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.post(target, data=form, headers=named) as response:
            assert response.status == 200, await response.text()
            found: Json = await response.json()
            return found


@pytest_asyncio.fixture
async def http(sim: Simulator) -> AsyncIterator[Http]:
    headers = {"Authorization": f"Bearer {sim.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        yield Http(sim, session)


def on_disk(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


# -- uploading --------------------------------------------------------------------------------


async def test_the_way_of_a_file(sim: Simulator, api: Api, http: Http, mum: Json) -> None:
    upload = await http.upload(PNG, "cat.png")
    path = f"/v1/chats/{mum['id']}/messages"
    body = {"text": "look", "attachment": {"uploadID": upload["uploadID"]}}
    _, sent = await api("POST", path, body)
    _, message = await api("GET", f"{path}/{sent['pendingMessageID']}")
    (attachment,) = message["attachments"]
    url = attachment.pop("id")
    assert url.startswith("mxc://")
    assert message["type"] == "IMAGE"
    assert attachment == {
        "type": "img",
        "mimeType": "image/png",
        "fileName": "cat.png",
        "fileSize": len(PNG),
        "size": {"width": 640, "height": 480},
    }
    status, response, data = await http.serve(url)
    assert (status, data, response.content_type) == (200, PNG, "image/png")
    assert response.headers["X-Beeper-Desktop-Version"] == sim.app_version
    status, answer = await api("POST", "/v1/assets/download", {"url": url})
    assert (status, set(answer)) == (200, {"srcURL"})
    assert on_disk(answer["srcURL"]).read_bytes() == PNG
    assert (await http.serve(answer["srcURL"]))[2] == PNG


async def test_what_an_upload_answers(http: Http) -> None:
    answer = await http.upload(PNG, "cat.png")
    assert answer == {
        "uploadID": answer["uploadID"],
        "srcURL": answer["srcURL"],
        "fileName": "cat.png",
        "mimeType": "image/png",
        "fileSize": len(PNG),
        "width": 640,
        "height": 480,
    }
    assert on_disk(answer["srcURL"]).name == "cat.png"
    named = await http.upload(b"hi", "x.txt", fileName="../../é b.txt", mimeType="text/x-odd")
    assert (named["fileName"], named["mimeType"]) == ("../../é b.txt", "text/x-odd")
    assert on_disk(named["srcURL"]).name == "é b.txt"
    assert on_disk(named["srcURL"]).parent.parent == on_disk(answer["srcURL"]).parent.parent
    form = b'--B\r\nContent-Disposition: form-data; name="file"\r\n\r\n\0\1\2\xff\r\n--B--'
    nameless = await http.upload_form(form, Content_Type="multipart/form-data; boundary=B")
    assert nameless["mimeType"] == "application/octet-stream"
    assert nameless["fileName"].endswith(".bin")
    assert (await http.upload("héllo".encode()))["mimeType"] == "text/plain"
    assert (await http.upload(b""))["fileSize"] == 0


async def test_any_bytes_survive_the_form(http: Http) -> None:
    tricky = b"\r\n--x\r\n\r\n--" + bytes(range(256)) * 700 + b"\r\n--\r\n\r"
    upload = await http.upload(tricky)
    assert upload["fileSize"] == len(tricky)
    assert on_disk(upload["srcURL"]).read_bytes() == tricky


async def test_base64(api: Api, http: Http) -> None:
    path = "/v1/assets/upload/base64"
    body = {"content": base64.b64encode(PNG).decode(), "fileName": "a b.png"}
    status, answer = await api("POST", path, body)
    assert status == 200
    assert (answer["fileName"], answer["mimeType"], answer["width"]) == (
        "a b.png",
        "image/png",
        640,
    )
    assert (await http.serve(answer["srcURL"]))[2] == PNG
    _, answer = await api("POST", path, {"content": "aGk="})
    assert answer["fileName"].endswith(".txt")
    for bad in ({}, {"content": ""}, {"content": 5}, {"content": "a"}, {"content": "!!!!"}):
        status, error = await api("POST", path, bad)
        assert status == 400, bad
        assert error["details"]["issues"][0]["path"] == ["body", "content"]
    assert (await api("POST", path, raw=b"{"))[0] == 400


async def test_a_file_can_be_too_large(sim: Simulator, api: Api, http: Http) -> None:
    sim.world.assets.max_bytes = 10
    assert await http.upload(b"x" * 11) == {"error": "file too large"}
    assert await http.upload(b"x" * MB) == {"error": "file too large"}
    body = {"content": base64.b64encode(b"x" * 11).decode()}
    assert await api("POST", "/v1/assets/upload/base64", body) == (200, {"error": "file too large"})
    kept = await http.upload(b"x" * 10)
    assert kept["fileSize"] == 10
    folder = on_disk(kept["srcURL"]).parent
    assert list(folder.parent.iterdir()) == [folder], "nothing is left of the others"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=B", b""),
        ("multipart/form-data; boundary=B", b"--B--\r\n"),
        (
            "multipart/form-data; boundary=B",
            b'--B\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--B--\r\n',
        ),
        (
            "multipart/form-data; boundary=B",
            b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n1\r\n',
        ),
    ],
)
async def test_broken_forms(sim: Simulator, http: Http, content_type: str, body: bytes) -> None:
    headers = {"Content-Type": content_type}
    target = f"{sim.url}/v1/assets/upload"
    async with http.session.post(target, data=body, headers=headers) as response:
        assert response.status == 400
        assert {"message", "code"} <= set(await response.json())
    assert sim.world.assets.upload("up_00000001") is None


async def chunks(count: int) -> AsyncIterator[bytes]:
    block = bytes(MB)
    for _ in range(count):
        yield block


async def test_big_files_stay_out_of_memory(sim: Simulator, http: Http) -> None:
    tracemalloc.start()
    try:
        upload = await http.upload(chunks(40), "big.bin")
        assert upload["fileSize"] == 40 * MB
        target = f"{sim.url}/v1/assets/serve"
        params = {"url": upload["srcURL"]}
        async with http.session.get(target, params=params) as response:
            sizes = [len(chunk) async for chunk in response.content.iter_any()]
        assert sum(sizes) == 40 * MB
        assert tracemalloc.get_traced_memory()[1] < 15 * MB
    finally:
        tracemalloc.stop()
    recorded = sim.requests[0]
    assert recorded.body_size > 40 * MB
    assert len(recorded.body) == 65_536
    assert b'filename="big.bin"' in recorded.body


async def test_small_uploads_are_recorded_whole(sim: Simulator, api: Api, http: Http) -> None:
    await http.upload(b"hello", mimeType="text/plain")
    (request,) = sim.requests
    assert request.body_size == len(request.body) == int(request.headers["Content-Length"])
    assert request.body.index(b'name="mimeType"') < request.body.index(b"hello")
    await api("POST", "/v1/assets/upload/base64", {"content": "aGk="})
    assert sim.requests[1].json == {"content": "aGk="}


async def test_planned_answers_to_uploads(sim: Simulator, http: Http) -> None:
    target = f"{sim.url}/v1/assets/upload"
    sim.respond_next(status=502, before=True)
    async with http.session.post(target, data=chunks(2)) as response:
        assert response.status == 502
    assert sim.requests[0].body_size == 2 * MB
    sim.drop_next(method="POST")
    with pytest.raises(aiohttp.ClientConnectionError):
        await http.upload(b"x")
    assert sim.world.assets.upload("up_00000001") is not None, "the effect stays"


async def test_an_upload_that_breaks_off_leaves_nothing(
    sim: Simulator, http: Http, caplog: pytest.LogCaptureFixture
) -> None:
    kept = await http.upload(b"x")
    folder = on_disk(kept["srcURL"]).parent
    address = urlsplit(sim.url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(
        b"POST /v1/assets/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer demo-token\r\n"
        b"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 900\r\n\r\n"
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf'
    )
    await writer.drain()
    while len(list(folder.parent.iterdir())) < 2:  # noqa: ASYNC110 - nothing tells of an arrival
        await asyncio.sleep(0.01)
    writer.close()
    await writer.wait_closed()
    while len(sim.requests) < 2:  # noqa: ASYNC110 - nothing tells of an arrival
        await asyncio.sleep(0.01)
    assert list(folder.parent.iterdir()) == [folder]
    assert "failed in the simulator" not in caplog.text


async def test_tokens_scopes_and_unknown_uploads(sim: Simulator, api: Api, mum: Json) -> None:
    assert (await api("POST", "/v1/assets/upload", raw=b"x", token="no"))[0] == 401
    path = f"/v1/chats/{mum['id']}/messages"
    status, error = await api("POST", path, {"attachment": {"uploadID": "nope"}})
    assert (status, error["details"]) == (404, {"uploadID": "nope"})
    sim.scopes = ("read",)
    for path in ("/v1/assets/upload", "/v1/assets/upload/base64"):
        assert (await api("POST", path, {}))[0] == 403
    assert (await api("POST", "/v1/assets/download", {"url": "mxc://a/b"}))[0] == 200


async def test_files_go_when_the_simulator_stops() -> None:
    async with Simulator() as sim:
        headers = {"Authorization": f"Bearer {sim.token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            upload = await Http(sim, session).upload(b"x")
        root = on_disk(upload["srcURL"]).parent.parent
        assert root.exists()
    assert not root.exists()
    async with sim:
        assert sim.world.assets.upload(upload["uploadID"]) is None


# -- downloading and serving ------------------------------------------------------------------


def hedgehog(sim: Simulator, mum: Json) -> Json:
    found: Json = sim.world.messages[mum["id"]][-1]["attachments"][0]
    return found


async def test_received_files_can_be_read(sim: Simulator, api: Api, http: Http, mum: Json) -> None:
    attachment = hedgehog(sim, mum)
    status, response, data = await http.serve(attachment["id"])
    assert status == 200
    assert len(data) == attachment["fileSize"] == 248_113
    assert response.content_type == "image/jpeg"
    assert data.startswith(b"\xff\xd8\xff")
    assert (await http.serve(attachment["id"]))[2] == data
    _, answer = await api("POST", "/v1/assets/download", {"url": attachment["id"]})
    assert on_disk(answer["srcURL"]).name == "hedgehog.jpg"


async def test_failed_downloads_say_so_with_status_200(api: Api) -> None:
    path = "/v1/assets/download"
    for url in ("mxc://x/y", "localmxc://x/y", "file:///etc/passwd", "https://x/y"):
        status, answer = await api("POST", path, {"url": url})
        assert (status, set(answer)) == (200, {"error"}), url
    assert await api("POST", path, {"url": "mxc://x/y"}) == (200, {"error": "media not found"})
    for body in ({}, {"url": ""}, {"url": 5}):
        assert (await api("POST", path, body))[0] == 400


async def test_refused_serving(sim: Simulator, api: Api) -> None:
    for query in ("", "?url=", "?url=https://x/y"):
        assert (await api("GET", f"/v1/assets/serve{query}"))[0] == 400
    for url in ("mxc://x/y", "file:///etc/passwd"):
        status, error = await api("GET", f"/v1/assets/serve?url={quote(url)}")
        assert (status, error["details"]) == (404, {"url": url})
    sim.scopes = ("write",)
    assert (await api("GET", "/v1/assets/serve?url=mxc://x/y"))[0] == 403


async def test_ranges(http: Http) -> None:
    data = bytes(range(256)) * 2000
    url = (await http.upload(data))["srcURL"]
    size = len(data)
    for given, start, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=5-9", 5, 10),
        (f"bytes=300000-{size * 2}", 300_000, size),
        ("bytes=511990-", 511_990, size),
        ("bytes=-7", size - 7, size),
        (f"bytes=-{size * 2}", 0, size),
    ):
        status, response, found = await http.serve(url, Range=given)
        assert (status, found) == (206, data[start:end]), given
        assert response.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
        assert response.headers["Content-Length"] == str(end - start)
    for given in (f"bytes={size}-", "bytes=-0", "bytes=9-5", "bytes=x-y", "bytes=-"):
        status, response, found = await http.serve(url, Range=given)
        assert status == 416, given
        assert response.headers["Content-Range"] == f"bytes */{size}"
        assert b'"code"' in found
    for given in ("bytes=0-1,4-5", "lines=1-2"):
        assert (await http.serve(url, Range=given))[0] == 200
    empty = (await http.upload(b""))["srcURL"]
    assert (await http.serve(empty))[2] == b""
    assert (await http.serve(empty, Range="bytes=0-"))[0] == 416


async def test_etags(http: Http) -> None:
    url = (await http.upload(b"0123456789"))["srcURL"]
    other = (await http.upload(b"9876543210"))["srcURL"]
    _, response, _ = await http.serve(url)
    assert response.headers["Accept-Ranges"] == "bytes"
    etag = response.headers["ETag"]
    assert etag != (await http.serve(other))[1].headers["ETag"]
    for given in (etag, f"W/{etag}", f'"a", {etag}', "*"):
        status, response, found = await http.serve(url, If_None_Match=given)
        assert (status, found) == (304, b""), given
        assert response.headers["ETag"] == etag
    assert (await http.serve(url, If_None_Match='"a"'))[0] == 200
    resumed = await http.serve(url, Range="bytes=4-", If_Range=etag)
    assert (resumed[0], resumed[2]) == (206, b"456789")
    changed = await http.serve(url, Range="bytes=4-", If_Range='"older"')
    assert (changed[0], changed[2]) == (200, b"0123456789")


async def test_odd_types_are_not_served_as_such(http: Http) -> None:
    upload = await http.upload(b"x", mimeType="text/html\r\nX-Evil: 1")
    status, response, _ = await http.serve(upload["srcURL"])
    assert status == 200
    assert response.content_type == "application/octet-stream"
    assert "X-Evil" not in response.headers


async def test_old_apps_have_fewer_asset_calls(sim: Simulator, api: Api) -> None:
    sim.app_version = "4.2.498"
    assert (await api("POST", "/v1/assets/download", {"url": "mxc://x/y"}))[0] == 200
    assert (await api("POST", "/v1/assets/upload/base64", {"content": "aGk="}))[0] == 404
    assert (await api("POST", "/v1/assets/upload", raw=b"x"))[0] == 404
    sim.app_version = "4.2.508"
    assert (await api("POST", "/v1/assets/upload/base64", {"content": "aGk="}))[0] == 200
    assert (await api("GET", "/v1/assets/serve"))[0] == 404
    sim.app_version = "4.2.509"
    assert (await api("GET", "/v1/assets/serve"))[0] == 400
