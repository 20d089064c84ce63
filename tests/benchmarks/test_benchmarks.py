"""The benchmarks do what they say. How fast is no matter here: nothing is timed.

Only our own contenders and the bare ones run, so this needs no official SDK.
"""

import asyncio
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import orjson
import pytest

from . import __main__ as program, compare, decoding, docs, pages, processes, table
from .bench import FLOOR, OFFICIAL, OURS, Bench, Cost, Go, Goal, Scenario
from .chart import svg
from .measuring import judge, measure, serving
from .results import About, Results
from .scenarios import EVERYTHING, SCENARIOS
from .slopes import SLOPES

FOREIGN = "official"
GROWS = "memory of 10,000 chats"
GOES = [
    (scenario, name)
    for scenario in EVERYTHING
    for name in scenario.contenders
    if not name.startswith(FOREIGN)
]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving() as port:
        yield port


@pytest.mark.parametrize(("scenario", "name"), GOES, ids=lambda part: getattr(part, "name", part))
def test_contender_does_what_its_scenario_says(scenario: Scenario, name: str, port: int) -> None:
    if scenario.name == GROWS and not Path("/proc/self/status").exists():
        pytest.skip("resident memory is read from /proc")
    with Bench(port) as bench:
        # It counts what it got, and raises if that is not what was to be done.
        cost = scenario.contenders[name](bench)()
        assert cost.wall > 0
        assert cost.cpu > 0 or scenario.waits


def test_a_contender_that_does_less_is_found_out() -> None:
    with Bench(0) as bench:
        for go in (
            bench.timed(lambda: 9, 10),
            bench.timed_async(lambda: asyncio.sleep(0, 9), 10),
        ):
            with pytest.raises(AssertionError, match="10 were to be done"):
                go()


def test_both_clocks_are_read_and_only_waiting_is_judged_by_the_wall() -> None:
    start = Cost(1.0, 10.0)
    assert Cost(3.0, 50.0).since(start, 2) == Cost(1.0, 20.0)
    samples = {OURS: [Cost(1.0, 9.0)], FLOOR: [Cost(4.0, 3.0)]}
    goal = Goal(FLOOR)
    assert judge(Scenario("x", {}), goal, samples).ratio == 4
    assert judge(Scenario("x", {}, waits=True), goal, samples).ratio == pytest.approx(1 / 3)


@pytest.mark.parametrize(("capabilities", "size"), [(False, 480), (True, 735)])
def test_decoded_page_is_of_the_size_and_content_that_is_said(
    capabilities: bool, size: int
) -> None:
    raw = decoding.page(capabilities=capabilities)
    assert len(raw) / 1000 == pytest.approx(size, rel=0.05)
    chats = decoding.ours(raw).items
    assert len({chat.id for chat in chats}) == decoding.CHATS
    for chat in chats:
        assert chat.preview.attachments[0].size.width == 1600
        assert chat.extra == {"futureField": {"level": 1}}
        assert (chat.capabilities is not None) == capabilities
    assert len({id(chat.capabilities) for chat in chats}) == (pages.KINDS if capabilities else 1)
    assert decoding.ours(raw).to_dict() == orjson.loads(raw)


@pytest.mark.parametrize("capabilities", [False, True])
def test_stock_cattrs_decodes_the_same_page_into_the_same_models(capabilities: bool) -> None:
    raw = decoding.page(capabilities=capabilities)
    assert decoding.stock(raw) == decoding.ours(raw)


def test_contenders_take_turns_and_the_first_round_does_not_count(port: int) -> None:
    turns: list[str] = []

    def go(name: str) -> Cost:
        turns.append(name)
        return Cost(float(len(turns)), 0.0)

    def contender(name: str) -> Callable[[Bench], Go]:
        return lambda _: partial(go, name)

    names = (OURS, OFFICIAL, FLOOR)
    goes = {name: contender(name) for name in names}
    samples = measure(Scenario("turns", goes), port, 2)
    assert turns == [OURS, OFFICIAL, FLOOR, OFFICIAL, FLOOR, OURS, FLOOR, OURS, OFFICIAL]
    counted = {name: [cost.cpu for cost in costs] for name, costs in samples.items()}
    assert counted == {OURS: [6, 8], OFFICIAL: [4, 9], FLOOR: [5, 7]}


@pytest.mark.parametrize(
    ("goal", "ratio", "must", "best"),
    [
        (Goal(OFFICIAL, 14, 17), 15.0, True, False),
        (Goal(OFFICIAL, 15, 15), 15.0, True, True),
        (Goal(OFFICIAL, 16, 20), 15.0, False, False),
        (Goal(FLOOR, 1.25, 1.12, faster=False), 1.2, True, False),
        (Goal(FLOOR, 1.1, 1.0, faster=False), 1.2, False, False),
        (Goal(FLOOR, faster=False), 1.2, None, None),
    ],
)
def test_verdict(goal: Goal, ratio: float, must: bool | None, best: bool | None) -> None:
    times = {OURS: [3.0, 6.0, 9.0], OFFICIAL: [30.0, 90.0, 270.0], FLOOR: [5.0, 4.0, 9.0]}
    samples = {name: [Cost(each, 1.0) for each in costs] for name, costs in times.items()}
    found = judge(Scenario("x", {}), goal, samples)
    assert found.ratio == pytest.approx(ratio)
    assert (found.must, found.goal) == (must, best)
    assert found.least <= found.ratio <= found.most


@pytest.fixture
def results() -> Results:
    """Return made-up results of everything."""
    found = Results(About.here(3))
    for scenario in EVERYTHING:
        found.samples[scenario.name] = {
            name: [Cost(each * n, 2 * each * n) for each in (0.001, 0.002, 0.0015)]
            for n, name in enumerate(scenario.contenders, 1)
        }
    return found


def test_results_outlast_a_file(results: Results, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    results.save(file)
    assert Results.load(file) == results
    ratios = json.loads(file.read_text("utf-8"))["ratios"]
    assert len(ratios) == sum(len(scenario.goals) for scenario in SCENARIOS)


def test_chart_shows_every_scenario(results: Results) -> None:
    drawn = ElementTree.fromstring(svg(results))
    shown = {element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")}
    rivals = (OFFICIAL, FLOOR)
    assert {s.name for s in SCENARIOS if any(n in s.contenders for n in rivals)} <= shown


def test_program_shows_and_draws_what_was_measured(
    results: Results,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    results.save(tmp_path / "results.json")
    chart = tmp_path / "chart.svg"
    arguments = ["--read", str(tmp_path / "results.json"), "--chart", str(chart)]
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    program.main()
    printed = capsys.readouterr().out
    for scenario in EVERYTHING:
        assert scenario.name.removeprefix("slope: ") in printed
    assert chart.read_text("utf-8") == svg(results)


class Terminal(io.StringIO):
    """Standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_terminal_shows_every_scenario_in_80_columns(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("rich")
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    table.show(results)
    shown, _, _ = terminal.getvalue().partition("Ratios")
    _, *lines = shown.splitlines()
    assert max(map(len, lines)) <= 80
    headings = [line.partition(":")[0] for line in lines if not line.startswith(" ")]
    assert headings == [scenario.name for scenario in SCENARIOS]
    missed = sum(row[-1].endswith(table.NO) for row in table.rows(results))
    assert sum(line.endswith("✗") for line in lines) == missed > 0


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def rows_of(text: str, headings: tuple[str, ...]) -> list[list[str]]:
    """Read the table with these headings."""
    lines = [cells(line) if line.startswith("|") else [] for line in text.splitlines()]
    start = lines.index(list(headings)) + 2
    return lines[start : lines.index([], start)]


def test_page_is_written_between_the_marks(results: Results, tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(docs.PAGE.read_text("utf-8"), "utf-8")
    docs.write(results, page=page)
    once = page.read_text("utf-8")
    docs.write(results, page=page)
    assert page.read_text("utf-8") == once
    for part in (0, 2):  # before and after the figures
        mark = (docs.BEGIN, docs.END)[part // 2]
        assert once.partition(mark)[part] == docs.PAGE.read_text("utf-8").partition(mark)[part]
    assert page.with_suffix(".svg").read_text("utf-8") == svg(results)
    shown = rows_of(once, table.HEADINGS)
    assert len(shown) == len(list(table.rows(results)))
    docs.write(results, results, page=page)
    twice = rows_of(page.read_text("utf-8"), docs.BESIDE_HEADINGS)
    assert [row[:3] for row in twice] == [[row[0], row[3], row[6]] for row in shown]
    assert all(row[2] == row[3] for row in twice)


def test_page_has_every_scenario_and_says_of_each_goal_whether_it_was_reached() -> None:
    text = docs.PAGE.read_text("utf-8")
    shown = rows_of(text, table.HEADINGS)
    wanted = [(s.name, goal.against) for s in SCENARIOS for goal in s.goals]
    assert [(row[0], row[3]) for row in shown] == wanted, "run `nox -s bench -- --docs`"
    goals = [goal for scenario in SCENARIOS for goal in scenario.goals]
    for goal, row in zip(goals, shown, strict=True):
        for number, cell in zip((goal.must, goal.goal), row[-2:], strict=True):
            words = (table.YES, f"**{table.NO.lower()}**")
            marks = [""] if number is None else [f"{number:g} x {word}" for word in words]
            assert cell in marks, row
    slopes = [row[0] for row in rows_of(text, table.SLOPE_HEADINGS)]
    assert slopes == [slope.name.removeprefix("slope: ") for slope in SLOPES]
    ElementTree.parse(docs.PAGE.with_suffix(".svg"))


def test_two_commits_take_turns_in_directories_of_their_own(port: int) -> None:
    if shutil.which("git") is None or not (processes.ROOT / ".git").exists():
        pytest.skip("needs the repository")
    scenario = next(one for one in SCENARIOS if one.name.startswith("to_json of a text"))
    with compare.checkout("HEAD") as directory:
        assert (directory / "beeper_async" / "client.py").exists()
        samples = compare.compare(scenario, directory, port, 3)
    assert not directory.exists()
    assert [len(costs) for costs in samples.values()] == [3, 3]
    assert all(cost.cpu > 0 for costs in samples.values() for cost in costs)


def test_a_comparison_says_how_many_times_as_fast_the_checkout_is() -> None:
    before, now = [Cost(4.0, 1.0), Cost(6.0, 1.0)], [Cost(2.0, 9.0), Cost(2.0, 9.0)]
    row = compare.row(SCENARIOS[0], {"before": before, compare.NOW: now})
    assert row[1:] == ("5000 ms", "2000 ms", "2.50 x", "2.00 to 3.00")
