"""OAuth 2.0 for public clients: authorization code with PKCE, S256 alone."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterable
from typing import Any, TypeGuard, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from ..server.authorization import Consent
from ..server.refusals import RefusalError
from ..server.routing import Route, RoutedRequest, RouteResponse
from ..server.versions import INFO_AND_REACTIONS
from .consent_page import consent_page, problem_page

_SCOPES = ("read", "write")
_NO_STORE = {"Cache-Control": "no-store"}


def metadata(request: RoutedRequest) -> RouteResponse:
    """Where everything is (RFC 8414)."""
    base = request.base_url
    return RouteResponse(
        {
            "issuer": base,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "userinfo_endpoint": f"{base}/oauth/userinfo",
            "registration_endpoint": f"{base}/oauth/register",
            "grant_types_supported": ["authorization_code"],
            "token_endpoint_auth_methods_supported": ["none"],
            "response_types_supported": ["code"],
            "scopes_supported": list(_SCOPES),
            "code_challenge_methods_supported": ["S256"],
            "service_documentation": f"{base}/v1/spec",
        }
    )


def register(request: RoutedRequest) -> RouteResponse:
    """Register a program (RFC 7591)."""
    given = _json_object(request)
    name, uris = given.get("client_name"), given.get("redirect_uris")
    if not isinstance(name, str) or not name:
        return _error("invalid_client_metadata", "client_name is required")
    if not _are_redirect_uris(uris):
        return _error("invalid_client_metadata", "redirect_uris must be loopback or private-use")
    client = request.oauth.register(name, uris, str(given.get("scope") or "read write"))
    return RouteResponse(
        {
            "client_id": client.client_id,
            "client_name": client.name,
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "redirect_uris": list(client.redirect_uris),
            "scope": client.scope,
            "token_endpoint_auth_method": "none",
            "client_id_issued_at": int(time.time()),
            "authorization_endpoint": f"{request.base_url}/oauth/authorize",
            "token_endpoint": f"{request.base_url}/oauth/token",
        },
        status=201,
    )


def authorize(request: RoutedRequest) -> RouteResponse:
    """The consent page, or a page that says what is wrong with the request."""
    given = dict(request.query.pairs())
    client = request.oauth.client(given.get("client_id", ""))
    if client is None:
        return _page(problem_page("Unknown client_id"), 400)
    if given.get("redirect_uri") not in client.redirect_uris:
        return _page(problem_page("redirect_uri is not registered"), 400)
    if given.get("response_type") != "code":
        return _page(problem_page("response_type must be code"), 400)
    if given.get("code_challenge_method") != "S256" or not given.get("code_challenge"):
        return _page(problem_page("PKCE with S256 is required"), 400)
    scopes = tuple(dict.fromkeys(given.get("scope", "read write").split()))
    if not scopes or not {*scopes} <= {*_SCOPES}:
        return _page(problem_page("Unknown scope"), 400)
    consent = Consent(
        client, given["redirect_uri"], given["code_challenge"], given.get("state", ""), scopes
    )
    action = f"{request.base_url}/oauth/authorize/callback"
    return _page(consent_page(client.name, scopes, action, request.oauth.ask(consent)))


def decide(request: RoutedRequest) -> RouteResponse:
    """Take the button that was pressed, and send the browser back to the program."""
    given = _form(request)
    consent = request.oauth.answered(dict(given).get("consent", ""))
    if consent is None:
        return _page(problem_page("This page was answered already"), 400)
    if dict(given).get("decision") != "approve":
        return _back(consent, error="access_denied", error_description="The user said no")
    # Without a choice, what may change things is left out.
    chosen = ("read", *(value for name, value in given if name == "scope"))
    granted = tuple(scope for scope in consent.scopes if scope in chosen)
    allowed = Consent(
        consent.client, consent.redirect_uri, consent.challenge, consent.state, granted
    )
    return _back(consent, code=request.oauth.grant(allowed))


def token(request: RoutedRequest) -> RouteResponse:
    """Exchange a code for an access token."""
    given = _fields(request)
    if given.get("grant_type") != "authorization_code":
        return _error("unsupported_grant_type", "grant_type must be authorization_code")
    consent = request.oauth.redeem(given.get("code", ""))
    if consent is None:
        return _error("invalid_grant", "authorization code is invalid or expired")
    digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if (
        challenge != consent.challenge
        or given.get("client_id", consent.client.client_id) != consent.client.client_id
        or given.get("redirect_uri", consent.redirect_uri) != consent.redirect_uri
    ):
        return _error("invalid_grant", "code_verifier, client_id or redirect_uri do not match")
    tokens = request.oauth.tokens
    text = tokens.issue(
        consent.scopes,
        expires_in=tokens.lifetime,
        client_id=consent.client.client_id,
        client_name=consent.client.name,
    )
    answer = {
        "access_token": text,
        "token_type": "Bearer",
        "expires_in": tokens.lifetime,
        "scope": " ".join(consent.scopes),
    }
    return RouteResponse(answer, headers=_NO_STORE)


def introspect(request: RoutedRequest) -> RouteResponse:
    """Describe a token; of one that is not valid, nothing but that (RFC 7662)."""
    text = _fields(request).get("token")
    if not text:
        return _error("invalid_request", "token is required")
    found = request.find_token(text)
    if found is None or found.is_expired:
        return RouteResponse({"active": False})
    described: dict[str, Any] = {
        "active": True,
        "scope": " ".join(found.scopes),
        "token_type": "Bearer",
        "iat": found.issued_at,
        "nbf": found.issued_at,
        "sub": f"tok_{found.number}",
        "iss": request.base_url,
        "app": dict(request.app),
    }
    if found.expires_at is not None:
        described["exp"] = int(found.expires_at)
    if found.client_id is not None:
        described |= {"aud": found.client_id, "client_id": found.client_id}
        described["client"] = {"id": found.client_id, "name": found.client_name}
    return RouteResponse(described)


def revoke(request: RoutedRequest) -> RouteResponse:
    """Revoke a token. The response is the same for one that was never valid (RFC 7009)."""
    request.oauth.tokens.revoke(_fields(request).get("token", ""))
    return RouteResponse()


def userinfo(request: RoutedRequest) -> RouteResponse:
    """Describe the token that the request carries."""
    found = request.find_token(request.headers["Authorization"].partition(" ")[2].strip())
    if found is None:  # revoked between the check and here
        raise RefusalError(401)
    described: dict[str, Any] = {
        "sub": f"tok_{found.number}",
        "scope": " ".join(found.scopes),
        "iat": found.issued_at,
        "token_use": "access",
    }
    if found.expires_at is not None:
        described["exp"] = int(found.expires_at)
    if found.client_id is not None:
        described |= {"aud": found.client_id, "client_id": found.client_id}
    return RouteResponse(described)


def _may_be_redirected_to(uri: object) -> bool:
    if not isinstance(uri, str):
        return False
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https"):
        return parts.hostname in ("127.0.0.1", "::1", "localhost")
    return "." in parts.scheme or parts.scheme not in ("", "javascript", "data", "file")


def _are_redirect_uris(uris: Any) -> TypeGuard[list[str]]:
    if not isinstance(uris, list) or not uris:
        return False
    return all(map(_may_be_redirected_to, cast("Iterable[object]", uris)))


def _json_object(request: RoutedRequest) -> dict[str, Any]:
    try:
        given: Any = orjson.loads(request.raw_body)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", given) if isinstance(given, dict) else {}


def _form(request: RoutedRequest) -> list[tuple[str, str]]:
    return parse_qsl(request.raw_body.decode("utf-8", "replace"), keep_blank_values=True)


def _fields(request: RoutedRequest) -> dict[str, str]:
    """The fields of a body, which is a form; the app also takes JSON."""
    if request.headers.get("Content-Type", "").startswith("application/json"):
        return {name: str(value) for name, value in _json_object(request).items()}
    return dict(_form(request))


def _back(consent: Consent, **answer: str) -> RouteResponse:
    mark = "&" if "?" in consent.redirect_uri else "?"
    query = urlencode({**answer, "state": consent.state})
    location = f"{consent.redirect_uri}{mark}{query}"
    return RouteResponse(status=302, headers={"Location": location, **_NO_STORE})


def _page(html: str, status: int = 200) -> RouteResponse:
    return RouteResponse(html=html, status=status, headers=_NO_STORE)


def _error(code: str, description: str) -> RouteResponse:
    return RouteResponse({"error": code, "error_description": description}, status=400)


def _public(method: str, path: str, handler: Any) -> Route:
    return Route(method=method, path=path, handler=handler, since=INFO_AND_REACTIONS, public=True)


ROUTES = [
    _public("GET", "/.well-known/oauth-authorization-server", metadata),
    _public("POST", "/oauth/register", register),
    _public("GET", "/oauth/authorize", authorize),
    _public("POST", "/oauth/authorize/callback", decide),
    _public("POST", "/oauth/token", token),
    _public("POST", "/oauth/introspect", introspect),
    _public("POST", "/oauth/revoke", revoke),
    Route(method="GET", path="/oauth/userinfo", handler=userinfo, since=INFO_AND_REACTIONS),
]
