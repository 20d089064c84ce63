"""The blocking archive does what the async one does."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from beeper_async.archive import ArchiveInUseError, Progress, Report
from beeper_sync import BeeperDesktop, ClientUseError
from beeper_sync.archive import Archive

from ..blocking.programs import needs_signals, run_client
from .app import App
from .judge import differences
from .world import World


def client_of(app: App) -> BeeperDesktop:
    return BeeperDesktop(base_url=app.url, access_token=app.token, max_retries=0)


def test_a_world_that_changes_between_runs(tmp_path: Path) -> None:
    world = World(chats=10, messages=400, seed=1)
    seen: list[Progress] = []
    with App(world) as app, client_of(app) as client, Archive.open(tmp_path) as archive:
        report = archive.update(client, progress=seen.append)
        assert (report.counts.new, report.exit_code) == (400, 0)
        assert seen[-1].phase == "done"
        assert seen[-1].counts == report.counts
        app.call(lambda: world.change(100))
        archive.update(client)
        assert differences(tmp_path, world) == {}
        chat = archive.chats()[0]
        assert len(list(archive.messages(chat))) == chat.messages
        archive.forget(chat)
        assert chat.id not in [one.id for one in archive.chats()]
    with pytest.raises(ClientUseError), client_of(app) as client:
        archive.update(client)


def test_two_threads(tmp_path: Path) -> None:
    world = World(chats=10, messages=400, seed=2)
    refused: list[Exception] = []
    reports: list[Report] = []
    with App(world) as app, client_of(app) as client, Archive.open(tmp_path) as archive:

        def update() -> None:
            try:
                reports.append(archive.update(client))
            except ArchiveInUseError as error:
                refused.append(error)

        threads = [threading.Thread(target=update) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert reports
        assert len(reports) + len(refused) == 2
        assert differences(tmp_path, world) == {}


@needs_signals
def test_ctrl_c_ends_a_run_and_the_next_one_continues(tmp_path: Path) -> None:
    world = World(chats=20, messages=2000, seed=3)
    code = f"""
        import os, signal
        from beeper_sync import BeeperDesktop
        from beeper_sync.archive import Archive

        def interrupt(progress):
            if progress.counts.pages > 20:
                os.kill(os.getpid(), signal.SIGINT)

        try:
            with BeeperDesktop() as client, Archive.open({str(tmp_path)!r}) as archive:
                archive.update(client, progress=interrupt)
        except KeyboardInterrupt:
            print("interrupted")
        """
    with App(world) as app:
        code_, output, errors = run_client(app, code)
        assert (code_, output, errors) == (0, "interrupted\n", "")
        with client_of(app) as client, Archive.open(tmp_path) as archive:
            report = archive.update(client)
        assert report.resumed
        assert differences(tmp_path, world) == {}
