"""How a client is set up: from arguments, then from the environment, then defaults."""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import evolve, field, frozen
from yarl import URL

from .._omit import Omit, omit
from .._response import ResponseInfo
from .._version import __version__
from ..errors import ConfigurationError, MissingTokenError
from .bodies import ACCEPTED_ENCODINGS
from .query import query_pairs

DEFAULT_BASE_URL: Final = "http://localhost:23373"
DEFAULT_MAX_RETRIES: Final = 2
DEFAULT_MAX_DECOMPRESSED: Final = 100 * 1024 * 1024

OnResponse = Callable[[ResponseInfo], object]


@frozen
class Timeout:
    """How long an attempt may take, in seconds; None is for ever."""

    total: float | None = 30.0
    """From sending the request to the last byte of the answer."""
    connect: float | None = 5.0
    """For the connection alone."""


DEFAULT_TIMEOUT: Final = Timeout()


class Token:
    """An access token that shows itself nowhere: not in a repr, a log line or a pickle."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the token itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "Token(***)"

    def __reduce__(self) -> Any:
        raise TypeError("An access token is not pickled; make a new client in the other process.")


@frozen
class Options:
    """The settings of a client. Made by `read_options`, changed by `changed`."""

    token: Token | None
    base_url: str
    timeout: Timeout = DEFAULT_TIMEOUT
    max_retries: int = DEFAULT_MAX_RETRIES
    max_decompressed: int = DEFAULT_MAX_DECOMPRESSED
    default_headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    default_query: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    extra_body: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    on_response: OnResponse | None = field(default=None, repr=False)

    def headers(self, *, auth: bool) -> dict[str, str]:
        """Return the headers that every request carries."""
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": ACCEPTED_ENCODINGS,
            "User-Agent": f"beeper-async/{__version__}",
        }
        if auth and self.token is not None:
            headers["Authorization"] = f"Bearer {self.token.reveal()}"
        headers.update(self.default_headers)
        if not auth:
            headers = {name: v for name, v in headers.items() if name.lower() != "authorization"}
        return headers

    def query(self) -> list[tuple[str, str]]:
        """Return the parameters that every request carries, as pairs."""
        return query_pairs((name, name, value) for name, value in self.default_query.items())


def read_options(
    *,
    access_token: str | None = None,
    base_url: str | None = None,
    timeout: float | Timeout | None | Omit = omit,
    max_retries: int = DEFAULT_MAX_RETRIES,
    max_decompressed: int = DEFAULT_MAX_DECOMPRESSED,
    default_headers: Mapping[str, str] | None = None,
    default_query: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Options:
    """Put the settings together: an argument wins over the environment, that over the default."""
    env = os.environ if environ is None else environ
    token = access_token or env.get("BEEPER_ACCESS_TOKEN")
    if not token:
        raise MissingTokenError(
            "There is no access token. Make one in Beeper Desktop under Settings, Developers, "
            "Approved connections (the plus button), then set BEEPER_ACCESS_TOKEN or hand it in as "
            "access_token."
        )
    url = base_url or env.get("BEEPER_BASE_URL") or env.get("BEEPER_DESKTOP_BASE_URL")
    custom = _header_lines(env.get("BEEPER_CUSTOM_HEADERS", ""))
    return Options(
        token=Token(_checked_token(token)),
        base_url=_checked_url(url or DEFAULT_BASE_URL),
        timeout=DEFAULT_TIMEOUT if isinstance(timeout, Omit) else _timeout(timeout),
        max_retries=_checked_retries(max_retries),
        max_decompressed=_checked_size(max_decompressed),
        default_headers=_checked_headers(custom | dict(default_headers or {})),
        default_query=dict(default_query or {}),
    )


def changed(
    options: Options,
    *,
    access_token: str | None = None,
    base_url: str | None = None,
    timeout: float | Timeout | None | Omit = omit,
    max_retries: int | Omit = omit,
    max_decompressed: int | Omit = omit,
    default_headers: Mapping[str, str] | None = None,
    default_query: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
    on_response: OnResponse | None | Omit = omit,
) -> Options:
    """Return options with some settings changed; headers, query and body are added to."""
    changes: dict[str, Any] = {}
    if access_token is not None:
        changes["token"] = Token(_checked_token(access_token))
    if base_url is not None:
        changes["base_url"] = _checked_url(base_url)
        if access_token is None and _origin(changes["base_url"]) != _origin(options.base_url):
            raise ConfigurationError(
                "A token is only sent to the host it was given for: with another base_url hand in "
                "its access_token too."
            )
    if not isinstance(timeout, Omit):
        changes["timeout"] = _timeout(timeout)
    if not isinstance(max_retries, Omit):
        changes["max_retries"] = _checked_retries(max_retries)
    if not isinstance(max_decompressed, Omit):
        changes["max_decompressed"] = _checked_size(max_decompressed)
    if default_headers is not None:
        merged = {**options.default_headers, **default_headers}
        changes["default_headers"] = _checked_headers(merged)
    if default_query is not None:
        changes["default_query"] = {**options.default_query, **default_query}
    if extra_body is not None:
        changes["extra_body"] = {**options.extra_body, **extra_body}
    if not isinstance(on_response, Omit):
        changes["on_response"] = on_response
    return evolve(options, **changes)


def _timeout(value: float | Timeout | None) -> Timeout:
    if isinstance(value, Timeout):
        return value
    if value is None:
        return Timeout(total=None)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ConfigurationError(
            "timeout must be seconds above 0, a Timeout, or None for no limit."
        )
    return Timeout(total=float(value), connect=min(float(value), 5.0))


def _checked_retries(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigurationError("max_retries must be 0 or more; 0 switches repeats off.")
    return value


def _checked_size(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError("max_decompressed must be bytes, 1 or more.")
    return value


def _checked_token(token: str) -> str:
    """Refuse only what a header can't carry; which tokens are valid is for the app to say."""
    token = token.strip()
    if not re.fullmatch(r"[\x20-\x7e]+", token):
        raise ConfigurationError(
            "The access token holds a character that an HTTP header can't carry: a line break, a "
            "control character or one outside of ASCII."
        )
    return token


def _checked_url(url: str) -> str:
    """Return the URL without a slash at its end; a path in it is kept."""
    text, parts = str(url).strip(), URL()
    try:
        parts = URL(text)
        labels = (parts.raw_host or "").rstrip(".").split(".")
        usable = parts.scheme in ("http", "https") and all(labels) and parts.port != 0
        usable = usable and not re.search(r"[\s%]", text)
    except (ValueError, UnicodeError):
        usable = False
    if not usable:
        raise ConfigurationError(
            f"base_url must look like {DEFAULT_BASE_URL}, with http or https and a host."
        )
    if parts.query_string or parts.fragment or parts.user or parts.password:
        raise ConfigurationError("base_url must have no user, query or fragment.")
    return str(parts).rstrip("/")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _header_lines(text: str) -> dict[str, str]:
    """Read BEEPER_CUSTOM_HEADERS: one `Name: value` a line."""
    headers: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ConfigurationError(
                f"BEEPER_CUSTOM_HEADERS: line {number} is not of the form `Name: value`."
            )
        headers[name.strip()] = value.strip()
    return headers


def _checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise ConfigurationError(f"{name!r} can't be the name of a header.")
        if not isinstance(value, str) or re.search(r"[\r\n\0]", value):
            raise ConfigurationError(f"The header {name} has a value that can't be sent.")
    return dict(headers)
