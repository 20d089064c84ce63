"""The generator writes what is checked in, and refuses what it doesn't understand."""

import re
import textwrap
from pathlib import Path

import pytest

from beeper_sync import _generate, _generate_module
from beeper_sync._generate_module import SOURCE, GeneratorError, Module

HEAD = '''\
"""Things."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, TypeVar

from .._paging.page import AsyncCursorSearch
from .._paging.paginator import AsyncPaginator
from ..downloads import AsyncDownload
from ..models.chat import Chat
from ..omit import Omit, omit
from .base import AsyncResource

T = TypeVar("T")


class AsyncThingsResource(AsyncResource):
    """Manage things."""
'''
FIRST = HEAD.count("\n") + 2


def twin(body: str, head: str = HEAD) -> str:
    source = head + "\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"
    return Module(SOURCE / "resources" / "things.py", source).blocking()


def method(
    signature: str, docstring: str = "Do it.", body: str = "raise NotImplementedError"
) -> str:
    return f'{signature}\n    """{docstring}"""\n    {body}\n'


def test_the_written_files_are_what_the_generator_writes() -> None:
    stale = [str(p) for p, text in _generate.generate().items() if p.read_text("utf-8") != text]
    assert stale == [], "run `nox -s sync`"


def test_a_method_becomes_one_call() -> None:
    written = twin(
        method('async def do(self, é: str, *, how: Literal["a"] | Omit = omit) -> "list[Chat]":')
    )
    assert written.endswith(
        "class ThingsResource(SyncResource[AsyncThingsResource]):\n"
        '    """Manage things."""\n\n'
        '    def do(self, é: str, *, how: Literal["a"] | Omit = omit) -> "list[Chat]":\n'
        '        """Do it."""\n'
        "        return self._call(self._async.do, é, how=how)\n"
    )
    assert "from typing import Literal\n" in written
    assert "from beeper_async.models.chat import Chat\n" in written
    assert "Mapping" not in written


def test_a_listing_becomes_its_first_page() -> None:
    written = twin(method("def list(self) -> AsyncPaginator[Chat, AsyncCursorSearch[Chat]]:"))
    assert "    def list(self) -> SyncCursorSearch[Chat]:\n" in written
    assert "return self._page(SyncCursorSearch[Chat], listing)" in written
    assert "from ..paging import SyncCursorSearch\n" in written


@pytest.mark.parametrize("argument", ["self", "self._client", "self._caller"])
@pytest.mark.parametrize("decorator", ["property", "cached_property"])
def test_a_resource_below_whatever_it_is_made_of(argument: str, decorator: str) -> None:
    written = twin(
        method(
            f'@{decorator}\ndef parts(self) -> "AsyncPartsResource":',
            body="from .parts import AsyncPartsResource\n\n"
            f"    return AsyncPartsResource({argument})",
        )
    )
    assert '    def parts(self) -> "PartsResource":\n' in written
    assert "        from .parts import PartsResource\n" in written
    assert "        return PartsResource(self._client, self._async.parts)\n" in written
    assert "if TYPE_CHECKING:\n    from .parts import PartsResource\n" in written


def test_a_resource_of_the_same_module() -> None:
    written = twin(
        method(
            '@cached_property\ndef again(self) -> "AsyncThingsResource":',
            body="return AsyncThingsResource(self._caller)",
        )
    )
    assert "        return ThingsResource(self._client, self._async.again)\n" in written
    assert "TYPE_CHECKING" not in written


def test_a_download_and_an_alias() -> None:
    written = twin(
        method("def serve(self) -> AsyncDownload:") + "\nfetch = serve\n_kept: int = 1\n"
    )
    assert "    def serve(self) -> Download:\n" in written
    assert "return self._download(self._async.serve())" in written
    assert "    fetch = serve\n" in written


REFUSED = {
    "an unknown async class": (
        method("async def do(self, thing: AsyncThing) -> None:"),
        "beeper_sync has no class for AsyncThing",
    ),
    "a name from nowhere": (
        method("async def do(self, thing: Thing) -> None:"),
        "Thing is neither imported here nor a type variable",
    ),
    "a name from nowhere, quoted": (
        method('async def do(self, thing: "list[Thing]") -> None:'),
        "Thing is neither imported",
    ),
    "a module in a signature": (
        method("async def do(self, thing: models.Chat) -> None:"),
        "import the name itself",
    ),
    "no annotation": (method("async def do(self, thing) -> None:"), "thing has no annotation"),
    "no return annotation": (method("async def do(self):"), "no return annotation"),
    "star arguments": (method("async def do(self, *ids: str) -> None:"), "other than plain"),
    "keyword arguments": (method("async def do(self, **rest: Any) -> None:"), "other than plain"),
    "a plain method": (method("def do(self) -> Chat:"), "is not async; no blocking form of Chat"),
    "an async generator": (
        method("async def do(self) -> Chat:", body="yield"),
        "is an async generator",
    ),
    "a decorator": (method("@staticmethod\ndef do() -> None:"), "decorators of do"),
    "an async property": (method("@property\nasync def do(self) -> Chat:"), "can't be async"),
    "a cached value": (method("@cached_property\ndef do(self) -> Chat:"), "is cached"),
    "a busy sub-resource": (
        method(
            '@cached_property\ndef parts(self) -> "AsyncPartsResource":',
            body="client = self._client\n    return AsyncPartsResource(client)",
        ),
        "more than to import and make AsyncPartsResource",
    ),
    "a sub-resource from nowhere": (
        method(
            '@cached_property\ndef parts(self) -> "AsyncPartsResource":',
            body="return AsyncPartsResource(self._client)",
        ),
        "neither imported here nor of this module",
    ),
    "another sub-resource": (
        method(
            '@cached_property\ndef parts(self) -> "AsyncPartsResource":',
            body="from .other import AsyncOtherResource\n\n"
            "    return AsyncOtherResource(self._client)",
        ),
        "more than to import and make",
    ),
    "no docstring": ("async def do(self) -> None:\n    pass\n", "do: no docstring"),
    "a special method": (method("def __len__(self) -> int:"), "__len__ has no blocking form"),
    "a class attribute": ("limit: int = 3\n", "this member of a class is not understood"),
    "a quoted listing": (
        method('def do(self) -> "AsyncPaginator[Chat, AsyncCursorSearch[Chat]]":'),
        "must not be quoted",
    ),
    "asyncio in a docstring": (
        method("async def do(self) -> None:", "Use it with asyncio."),
        "the docstring still says 'asyncio'",
    ),
    "an unknown class in a docstring": (
        method("async def do(self) -> None:", "Makes an AsyncThing."),
        "beeper_sync has no class for AsyncThing",
    ),
}


@pytest.mark.parametrize(("body", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_understood_is_refused(body: str, problem: str) -> None:
    with pytest.raises(GeneratorError, match=re.escape(problem)) as caught:
        twin(body)
    place, line, _ = str(caught.value).split(":", 2)
    assert place == "beeper_async/resources/things.py"
    assert FIRST <= int(line) <= FIRST + body.count("\n")


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        ("LIMIT = 3\n" + HEAD, ":1: a public name that is no class"),
        ("def do() -> None: ...\n" + HEAD, ":1: a public name that is no class"),
        ("for _ in []: pass\n" + HEAD, ":1: a public name that is no class"),
        ("if TYPE_CHECKING:\n    X = 1\n" + HEAD, ":2: only imports"),
        (HEAD.replace("AsyncResource)", "Base)"), "is neither the client nor a resource"),
        (HEAD.replace("class AsyncThings", "class Things"), "is neither the client nor a resource"),
        (HEAD.replace("class Async", "@final\nclass Async"), "class decorators"),
        (HEAD.replace('"""Things."""', '"""Things for asyncio, but not quite."""'), "'asyncio'"),
        ('"""Nothing."""\n\n\nclass _Thing:\n    """Private."""\n', ":1: there is no class"),
    ],
)
def test_modules_that_are_not_understood_are_refused(head: str, problem: str) -> None:
    with pytest.raises(GeneratorError, match=re.escape(problem)):
        twin("", head)


def test_a_rule_that_matches_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_generate, "RULES", {*_generate_module.RULES, "an old wording"})
    with pytest.raises(GeneratorError, match="nothing matches the rule 'an old wording'"):
        _generate.generate()


def test_a_parameter_to_drop_has_to_be_alone_on_its_line() -> None:
    with pytest.raises(GeneratorError, match="session is not alone on its line"):
        twin(method("async def do(self, session: Any, n: int) -> None:"))


def test_an_odd_model_file_is_refused() -> None:
    path = SOURCE / "models" / "thing.py"
    assert _generate.model_names(path, "T = TypeVar('T')\nclass B: ...\nA: X = int\n_C = 1\n") == [
        *("A", "B"),
    ]
    with pytest.raises(GeneratorError, match=r"models/thing\.py:2: neither a model"):
        _generate.model_names(path, "class B: ...\ndef public(): ...\n")


def test_the_command_names_the_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(_generate, "RULES", {"old"})
    assert _generate.main() == 2
    assert "rule 'old'" in capsys.readouterr().err
