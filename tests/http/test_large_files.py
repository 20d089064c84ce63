"""A file of the largest size goes up and down without ever being in memory."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from beeper_async.testing import Simulator

SIZE = 500_000_000
ROOM = 100_000_000

PROGRAM = """
import asyncio, json, re, sys
from pathlib import Path
from beeper_async import AsyncBeeperDesktop

def peak():
    # Not getrusage: its figure is inherited from the process that started this one.
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) * 1024

async def main(source, target):
    async with AsyncBeeperDesktop() as client:
        chat = (await client.chats.list(limit=1)).items[0]
        start = peak()
        upload = await client.assets.upload(file=source)
        after_upload = peak()
        sent = await client.messages.send(chat.id, attachment={"upload_id": upload.upload_id})
        message = await client.messages.retrieve(sent.pending_message_id, chat_id=chat.id)
        asset = message.attachments[0].id
        await client.assets.serve(url=asset).write_to(target)
        print(json.dumps([upload.file_size, after_upload - start, peak() - start]))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_half_a_gigabyte_goes_up_and_down_in_little_memory(sim: Simulator, tmp_path: Path) -> None:
    source, target = tmp_path / "big.bin", tmp_path / "back.bin"
    with source.open("wb") as file:
        file.truncate(SIZE - 8)
        file.seek(0, os.SEEK_END)
        file.write(b"the end.")
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(source), str(target)],
        env={**os.environ, "BEEPER_ACCESS_TOKEN": sim.token, "BEEPER_BASE_URL": sim.url},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    size, up, both = json.loads(result.stdout)
    print(f"peak above start: {up / 1e6:.0f} MB after upload, {both / 1e6:.0f} MB after both")
    assert size == SIZE
    assert target.stat().st_size == SIZE
    with target.open("rb") as file:
        file.seek(-8, os.SEEK_END)
        assert file.read() == b"the end."
    assert up < ROOM
    assert both < ROOM
