"""The test kit with pytest-asyncio, with the plugin of anyio, and with unittest alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from beeper_async.testing import BotTest, Simulator

BOT = """
    import asyncio
    import os
    import unittest

    from beeper_async import AsyncBeeperDesktop, Bot, Ctx
    from beeper_async.testing import BotTest

    bot = Bot()

    @bot.command()
    async def ping(ctx: Ctx) -> None:
        await ctx.reply("pong")
"""

PYTEST = """
    import pytest

    @pytest.mark.{mark}
    async def test_pong(beeper_app: BotTest) -> None:
        ana = beeper_app.person("Ana")
        async with beeper_app.running(bot):
            ana.says("/ping")
            assert await ana.hears() == "pong"

    @pytest.mark.{mark}
    async def test_wrong(beeper_app: BotTest) -> None:
        ana = beeper_app.person("Ana")
        async with beeper_app.running(bot):
            ana.says("/pong")
            await ana.hears()

    def test_blocking(beeper_app: BotTest) -> None:
        assert beeper_app.person("Ana").transcript() == "(nothing)"
"""

ANYIO = """
    @pytest.fixture
    def anyio_backend() -> str:
        return "asyncio"
"""

UNITTEST = """
    class Tests(unittest.IsolatedAsyncioTestCase):
        async def test_pong(self) -> None:
            with BotTest() as app:
                ana = app.person("Ana")
                async with app.running(bot):
                    ana.says("/ping")
                    self.assertEqual(await ana.hears(), "pong")

        async def test_wrong(self) -> None:
            with BotTest() as app:
                ana = app.person("Ana")
                async with app.running(bot):
                    ana.says("/pong")
                    await ana.hears()
"""

PLAIN = """
    import sys

    async def main() -> None:
        with BotTest() as app:
            ana = app.person("Ana")
            async with app.running(bot):
                ana.says("/ping")
                print(await ana.hears())

    asyncio.run(main())
    print("pytest" in sys.modules)
"""


LOOPS = "asyncio_default_fixture_loop_scope = function\n"


def child(folder: Path, source: str, *command: str) -> str:
    """Run a file of tests in a Python of its own; return what it prints."""
    (folder / "test_child.py").write_text(dedent(BOT) + dedent(source), "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n" + LOOPS, "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", *command],
        cwd=folder,
        env=os.environ | {"PYTHONUTF8": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("mark", "more", "plugins"),
    [
        ("asyncio", "", ["-p", "no:anyio"]),
        ("anyio", ANYIO, ["-p", "no:asyncio", "-W", "ignore::pytest.PytestConfigWarning"]),
        ("anyio", ANYIO, []),
    ],
    ids=["pytest-asyncio", "anyio", "both"],
)
def test_pytest(tmp_path: Path, mark: str, more: str, plugins: list[str]) -> None:
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", *plugins]
    source = dedent(PYTEST.format(mark=mark)) + dedent(more)
    printed = child(tmp_path, source, "-m", "pytest", *options, "test_child.py")
    assert "2 passed" in printed, printed
    assert "1 failed" in printed, printed
    assert "The bot has sent nothing more to Ana. What was said there:\n" in printed
    assert "Ana: /pong" in printed


def test_unittest(tmp_path: Path) -> None:
    printed = child(tmp_path, UNITTEST, "-m", "unittest", "test_child")
    assert "Ran 2 tests" in printed, printed
    assert "FAILED (failures=1)" in printed, printed
    assert "AssertionError: The bot has sent nothing more to Ana. What was said there:" in printed


def test_without_any_runner_and_without_pytest(tmp_path: Path) -> None:
    assert child(tmp_path, PLAIN, "test_child.py").split() == ["pong", "False"]


def test_the_plugin_loads_next_to_nothing(tmp_path: Path) -> None:
    program = """
        import sys
        import beeper_async.testing.kit.plugin
        heavy = ["aiohttp", "orjson", "cattrs", "beeper_async.client", "beeper_async.bots.bot"]
        print([name for name in heavy if name in sys.modules])
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(program)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_environment_points_to_the_simulated_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEEPER_ACCESS_TOKEN", "real")
    monkeypatch.setenv("BEEPER_DESKTOP_BASE_URL", "http://localhost:1")
    monkeypatch.setenv("BEEPER_PROFILE", "home")
    before = dict(os.environ)
    with BotTest(Simulator(chats=0)) as app:
        assert os.environ["BEEPER_BASE_URL"] == app.sim.url
        assert os.environ["BEEPER_ACCESS_TOKEN"] == app.sim.token
        assert os.environ["BEEPER_PROFILE"] == ""
        assert "BEEPER_DESKTOP_BASE_URL" not in os.environ
    assert dict(os.environ) == before
