"""How a client is set up: from arguments, then from the environment, then defaults."""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from attrs import evolve, field, frozen
from yarl import URL

from .._omit import Omit, omit
from .._response import ResponseInfo
from .._version import __version__
from ..errors import ConfigurationError, InvalidInputError, MissingTokenError
from .bodies import ACCEPTED_ENCODINGS
from .query import encode_pairs, query_pairs
from .unreadable import OnUnreadable

DEFAULT_BASE_URL: Final = "http://localhost:23373"
DEFAULT_MAX_RETRIES: Final = 2
DEFAULT_MAX_RETRY_AFTER: Final = 60.0
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
_SHORTEST: Final = 0.001  # aiohttp takes 0 for no limit


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


class StoredAccess(NamedTuple):
    """A token that a login has stored, and the only base URL that it is sent to."""

    token: Token
    base_url: str


FindStored: TypeAlias = Callable[[str | None, Mapping[str, str]], StoredAccess | None]
"""Finds a stored token, given the base URL that was chosen, if one was, and the environment."""


@frozen
class Options:
    """The settings of a client. Made by `read_options`, changed by `changed`."""

    token: Token | None
    base_url: str
    timeout: Timeout = DEFAULT_TIMEOUT
    max_retries: int = DEFAULT_MAX_RETRIES
    max_retry_after: float | None = DEFAULT_MAX_RETRY_AFTER
    wait_for_app: float | None = None
    """Seconds that a call waits for an app that is away, or answers 429; None for no wait."""
    token_wins: bool = True
    """Whether the token was handed in, and so is sent even if there is an Authorization header."""
    max_decompressed: int = DEFAULT_MAX_DECOMPRESSED
    default_headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    default_query: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    extra_body: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)
    on_response: OnResponse | None = field(default=None, repr=False)
    on_unreadable: OnUnreadable = field(default="warn", repr=False)
    deadline: float | None = None
    """When the call as a whole has to be over, by `time.monotonic()`; None sets no such limit."""

    def attempt_timeout(self, now: float) -> Timeout:
        """Return how long an attempt may take that begins now."""
        if self.deadline is None:
            return self.timeout
        left, total = round(max(self.deadline - now, _SHORTEST), 3), self.timeout.total
        return evolve(self.timeout, total=left if total is None else min(left, total))

    def headers(self, *, auth: bool) -> dict[str, str]:
        """Return the headers that every request carries."""
        usual = {
            "Accept": "application/json",
            "Accept-Encoding": ACCEPTED_ENCODINGS,
            "User-Agent": f"beeper-async/{__version__}",
        }
        if auth and self.token is not None:
            usual["Authorization"] = f"Bearer {self.token.reveal()}"
        custom = self.default_headers
        if custom and (self.token_wins or not auth):
            custom = {n: value for n, value in custom.items() if n.lower() != "authorization"}
        return merged_headers(usual, custom) if custom else usual

    def query(self) -> list[tuple[str, str]]:
        """Return the parameters that every request carries, as pairs."""
        return query_pairs((name, name, value) for name, value in self.default_query.items())


def merged_headers(*layers: Mapping[str, str]) -> dict[str, str]:
    """Put headers together. The later of two wins, whatever the case of their names is."""
    merged = {name.lower(): (name, value) for layer in layers for name, value in layer.items()}
    return dict(merged.values())


def read_options(
    *,
    access_token: str | None = None,
    base_url: str | None = None,
    timeout: float | Timeout | None | Omit = omit,
    max_retries: int = DEFAULT_MAX_RETRIES,
    max_retry_after: float | None = DEFAULT_MAX_RETRY_AFTER,
    wait_for_app: float | None = None,
    max_decompressed: int = DEFAULT_MAX_DECOMPRESSED,
    default_headers: Mapping[str, str] | None = None,
    default_query: Mapping[str, Any] | None = None,
    on_unreadable: OnUnreadable = "warn",
    find_stored: FindStored | None = None,
    environ: Mapping[str, str] | None = None,
) -> Options:
    """Put the settings together: argument, environment, what a login has stored, default."""
    env = os.environ if environ is None else environ
    chosen_url = base_url or url_of_environment(env)
    url = checked_url(chosen_url) if chosen_url else None
    token, url = _access(access_token or env.get(TOKEN_VARIABLE), url, find_stored, env)
    custom = _header_lines(env.get("BEEPER_CUSTOM_HEADERS", ""))
    return Options(
        token=token,
        base_url=url,
        timeout=DEFAULT_TIMEOUT if isinstance(timeout, Omit) else _timeout(timeout),
        max_retries=_checked_retries(max_retries),
        max_retry_after=_checked_wait(max_retry_after),
        wait_for_app=_checked_patience(wait_for_app),
        token_wins=bool(access_token),
        default_headers=merged_headers(
            _checked_headers(custom), _checked_headers(default_headers or {})
        ),
        default_query=_checked_query(default_query or {}),
        on_unreadable=_checked_on_unreadable(on_unreadable),
        max_decompressed=_checked_size(max_decompressed),
    )


def options_without_token(
    base_url: str, *, timeout: float | None = None, environ: Mapping[str, str] | None = None
) -> Options:
    """Put together what calls need that carry no token, such as those of a login.

    Args:
        base_url: Where the app listens.
        timeout: Seconds for a whole attempt; None means the default.
        environ: The environment; None means that of the process.
    """
    env = os.environ if environ is None else environ
    headers = _checked_headers(_header_lines(env.get("BEEPER_CUSTOM_HEADERS", "")))
    return Options(
        token=None,
        base_url=checked_url(base_url),
        timeout=DEFAULT_TIMEOUT if timeout is None else _timeout(timeout),
        default_headers=headers,
    )


def _access(
    token: str | None, url: str | None, find_stored: FindStored | None, env: Mapping[str, str]
) -> tuple[Token, str]:
    """Choose the token, and where it is sent. A stored one goes nowhere else than it was made for.

    Args:
        token: What was handed in, or is in the environment.
        url: The base URL that was handed in, or is in the environment.
        find_stored: Finds a stored token; None looks for none.
        env: The environment.
    """
    if token:
        return Token(checked_token(token)), url or DEFAULT_BASE_URL
    stored = find_stored(url, env) if find_stored else None
    if stored is None:
        raise MissingTokenError(_HOW_TO_GET_IN)
    if url not in (None, stored.base_url):
        other = f"The stored token is for {stored.base_url}, not {url}."
        raise MissingTokenError(f"{other} {_HOW_TO_GET_IN}")
    return stored.token, stored.base_url


def url_of_environment(env: Mapping[str, str]) -> str | None:
    """Return the base URL that the environment names."""
    return env.get("BEEPER_BASE_URL") or env.get("BEEPER_DESKTOP_BASE_URL") or None


TOKEN_VARIABLE: Final = "BEEPER_ACCESS_TOKEN"  # noqa: S105 - the name, not a token
_HOW_TO_GET_IN: Final = (
    "There is no access token. Run `beeper-async login`, or make one in Beeper Desktop under "
    "Settings, Developers, Approved connections (the plus button), then set BEEPER_ACCESS_TOKEN or "
    "hand it in as access_token."
)


def changed(
    options: Options,
    *,
    access_token: str | None = None,
    base_url: str | None = None,
    timeout: float | Timeout | None | Omit = omit,
    max_retries: int | Omit = omit,
    max_retry_after: float | None | Omit = omit,
    wait_for_app: float | None | Omit = omit,
    max_decompressed: int | Omit = omit,
    default_headers: Mapping[str, str] | None = None,
    default_query: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
    on_response: OnResponse | None | Omit = omit,
    on_unreadable: OnUnreadable | Omit = omit,
) -> Options:
    """Return options with some settings changed; headers, query and body are added to."""
    changes: dict[str, Any] = {}
    if access_token is not None:
        changes["token"] = Token(checked_token(access_token))
        changes["token_wins"] = True
    if base_url is not None:
        changes["base_url"] = checked_url(base_url)
        if access_token is None and _origin(changes["base_url"]) != _origin(options.base_url):
            raise ConfigurationError(
                "A token is only sent to the host it was given for: with another base_url hand in "
                "its access_token too."
            )
    if not isinstance(timeout, Omit):
        changes["timeout"] = _timeout(timeout)
    if not isinstance(max_retries, Omit):
        changes["max_retries"] = _checked_retries(max_retries)
    if not isinstance(max_retry_after, Omit):
        changes["max_retry_after"] = _checked_wait(max_retry_after)
    if not isinstance(wait_for_app, Omit):
        changes["wait_for_app"] = _checked_patience(wait_for_app)
    if not isinstance(max_decompressed, Omit):
        changes["max_decompressed"] = _checked_size(max_decompressed)
    if default_headers is not None:
        added = _checked_headers(default_headers)
        changes["default_headers"] = merged_headers(options.default_headers, added)
    if default_query is not None:
        changes["default_query"] = {**options.default_query, **_checked_query(default_query)}
    if extra_body is not None:
        changes["extra_body"] = {**options.extra_body, **_checked_body(extra_body)}
    if not isinstance(on_response, Omit):
        if on_response is not None and not callable(on_response):
            raise ConfigurationError("on_response must be a function, or None.")
        changes["on_response"] = on_response
    if not isinstance(on_unreadable, Omit):
        changes["on_unreadable"] = _checked_on_unreadable(on_unreadable)
    return evolve(options, **changes)


def _timeout(value: float | Timeout | None) -> Timeout:
    given = value if isinstance(value, Timeout) else Timeout(total=value)
    for seconds in (given.total, given.connect):
        if seconds is not None and not (_is_number(seconds) and seconds > 0):
            raise ConfigurationError(
                "timeout must be seconds above 0, a Timeout of such, or None for no limit."
            )
    if isinstance(value, Timeout) or value is None:
        return given
    return Timeout(total=float(value), connect=min(float(value), 5.0))


def _is_number(value: Any) -> bool:
    """Whether a value is a number, and not what only counts as one: True and NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _checked_wait(value: float | None) -> float | None:
    if value is not None and not (_is_number(value) and value >= 0):
        raise ConfigurationError("max_retry_after must be seconds, 0 or more, or None.")
    return value


def _checked_patience(value: float | None) -> float | None:
    if value is not None and not (_is_number(value) and value > 0):
        raise ConfigurationError("wait_for_app must be seconds, more than 0, or None.")
    return value


def _checked_retries(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigurationError("max_retries must be 0 or more; 0 switches repeats off.")
    return value


def _checked_on_unreadable(value: OnUnreadable) -> OnUnreadable:
    if value in ("warn", "raise") or callable(value):
        return value
    raise ConfigurationError(
        'on_unreadable must be "warn", "raise", or a function that takes an Unreadable.'
    )


def _checked_size(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError("max_decompressed must be bytes, 1 or more.")
    return value


def checked_token(token: str) -> str:
    """Refuse only what a header can't carry; which tokens are valid is for the app to say."""
    if not isinstance(token, str):
        raise ConfigurationError(f"The access token must be text, not {type(token).__name__}.")
    token = token.strip()
    if not re.fullmatch(r"[\x20-\x7e]+", token):
        raise ConfigurationError(
            "The access token holds a character that an HTTP header can't carry: a line break, a "
            "control character or one outside of ASCII."
        )
    return token


def checked_url(url: str) -> str:
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
    """Refuse what can't be sent. No value is shown: it may be a key."""
    if not isinstance(headers, Mapping):
        raise ConfigurationError("default_headers must be a dict of texts.")
    for name, value in headers.items():
        if not isinstance(name, str) or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise ConfigurationError(f"{name!r} can't be the name of a header.")
        if name.lower() in _SET_BY_TRANSPORT:
            raise ConfigurationError(f"The header {name} is set for each request.")
        # A lone surrogate, too, has no bytes.
        if not isinstance(value, str) or re.search(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]", value):
            raise ConfigurationError(f"The header {name} has a value that can't be sent.")
    return dict(headers)


_SET_BY_TRANSPORT: Final = frozenset({"content-length", "transfer-encoding"})


def _checked_query(query: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(query, Mapping):
        raise ConfigurationError("default_query must be a dict.")
    try:
        encode_pairs(query_pairs((name, str(name), value) for name, value in query.items()))
    except InvalidInputError as error:
        raise ConfigurationError(f"default_query: {error}") from None
    return dict(query)


def _checked_body(body: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(body, Mapping) or not all(isinstance(name, str) for name in body):
        raise ConfigurationError("extra_body must be a dict with texts as keys.")
    return dict(body)
