"""After each run everything that the app serves is in the archive once, as it was last served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from beeper_async import AsyncBeeperDesktop
from beeper_async.archive import Archive, Report

from .app import App
from .judge import differences
from .world import World


async def update(app: App, folder: Path, **options: Any) -> Report:
    async with (
        AsyncBeeperDesktop(base_url=app.url, access_token=app.token, max_retries=0) as client,
        Archive.open(folder) as archive,
    ):
        return await archive.update(client, **options)


@pytest.mark.asyncio
@pytest.mark.parametrize("ends_quietly", [False, True])
@pytest.mark.parametrize("seed", range(3))
async def test_a_world_that_changes_between_runs(
    tmp_path: Path, seed: int, ends_quietly: bool
) -> None:
    world = World(chats=30, messages=1500, seed=seed)
    with App(world) as app:
        app.ends_quietly = ends_quietly
        report = await update(app, tmp_path)
        assert report.counts.new == 1500
        assert differences(tmp_path, world) == {}
        for night in range(4):
            world.change(150)
            if night % 2:
                world.remove_chat()
                world.add_chat(100 + night)
            report = await update(app, tmp_path)
            assert differences(tmp_path, world) == {}
            assert report.exit_code == 0
        again = await update(app, tmp_path)
        counts = again.counts
        assert (counts.new, counts.changed, counts.vanished, counts.back) == (0, 0, 0, 0)
