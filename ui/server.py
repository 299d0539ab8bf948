"""Who may reach the page: Host and Origin are checked, nothing from outside is loaded, and no one listens in."""

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine import evaluate_name, rundir, showcase
from engine.schema import UserError
from engine.text import LANGUAGES

LOCAL = ("127.0.0.1", "localhost", "::1")
UPLOAD_LIMIT = "64mb"
# Gradio compiles its own templates (eval) and writes styles inline; nothing is fetched from anywhere else.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors {ancestors}"
)


@dataclass(frozen=True)
class Place:
    """Where the page is served: a Space has its own login and its own names for itself."""

    host: str
    port: int
    password: str = ""
    space: str = ""
    showcase: bool = False

    @property
    def local(self) -> bool:
        return self.host in LOCAL


def place(host: str, port: int, environ: dict[str, str]) -> Place:
    """Where to serve, and whether only to show. Raises UserError where others could train without a password.

    A Space may be public, and cannot tell: without a password it only shows, until KURABE_SHOWCASE=0 says that its own
    login is enough.
    """
    space = environ.get("SPACE_HOST") or ("*" if environ.get("SPACE_ID") else "")
    if space and host in LOCAL:
        host = "0.0.0.0"  # noqa: S104  a Space is reached through its own proxy and login
    password, asked = environ.get("KURABE_PASSWORD", ""), environ.get(showcase.VARIABLE, "")
    shows = asked not in ("", "0") or bool(space and not password and not asked)
    found = Place(host, port, password, space, shows)
    if not found.local and not space and not found.password and not shows:
        raise UserError(
            f"Serving on {host} lets everyone on the network train and read your data. Set KURABE_PASSWORD to a "
            "password of your choice (the user name is kurabe), or start with --showcase to show finished runs and "
            "nothing else, or leave HOST at 127.0.0.1."
        )
    return found


def expect_free(place: Place) -> None:
    """Raises UserError where another program listens on the port already."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((place.host, place.port))
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise UserError(
                f"Port {place.port} on {place.host} cannot be used ({why}). Perhaps "
                f"Kurabe is already running at http://{place.host}:{place.port}; else choose another port: "
                f"PORT={place.port + 1} make run"
            ) from None


class Guard:
    """Turns away a Host that is not ours (DNS rebinding) and an Origin of another site; sets the page's policy."""

    def __init__(self, app: ASGIApp, *, place: Place) -> None:
        self.app, self.place = app, place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" and scope["type"] != "websocket":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        refusal = refuse(self.place, headers.get("host", ""), headers.get("origin"))
        if self.place.showcase and scope.get("path", "").rstrip("/").endswith("/upload"):
            refusal = refusal or "This is a showcase: nothing is uploaded here."
        if refusal:
            return await PlainTextResponse(refusal, status_code=403)(scope, receive, send)
        await self.app(scope, receive, _with_policy(send, self.place))


def refuse(place: Place, host: str, origin: str | None) -> str:
    """Why a request is turned away, or an empty string.

    A local page answers to its local names only; any page answers only to forms and scripts of its own origin.
    """
    name = hostname(host)
    if place.local and name not in LOCAL:
        return f"This page answers to {', '.join(LOCAL)} only, not to the host name '{name[:80]}'."
    if origin and origin != "null" and not _same(origin, host, place):
        return "A page of another site may not call this one."
    if origin == "null":
        return "A page without an origin may not call this one."
    return ""


def _same(origin: str, host: str, place: Place) -> bool:
    parts = urlsplit(origin)
    if parts.netloc.lower() == host.lower():
        return True
    return bool(place.space) and parts.scheme == "https" and parts.hostname in {place.space, hostname(host)}


def hostname(host: str) -> str:
    """The name in a Host header, without its port.

    >>> hostname("LOCALHOST:7860"), hostname("[::1]:80")
    ('localhost', '::1')
    """
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _with_policy(send: Send, place: Place) -> Send:
    ancestors = "'self' https://huggingface.co https://*.hf.space" if place.space else "'none'"
    extra = {
        b"content-security-policy": POLICY.format(ancestors=ancestors).encode(),
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"same-origin",
    }

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message["headers"] if name.lower() not in extra]
            message = {**message, "headers": [*kept, *extra.items()]}
        await send(message)

    return sent


class Language:
    """Sends a reader of Japanese from / to /ja: by ?lang, else the choice made before, else the browser's languages."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].strip("/") in ("", *LANGUAGES):
            headers, query = Headers(scope=scope), scope["query_string"].decode("latin-1")
            here = scope["path"].strip("/") or "en"
            asked = parse_qs(query).get("lang", [""])[0]
            lang = asked if asked in LANGUAGES else preferred(headers)
            if lang != here and (asked in LANGUAGES or here == "en"):
                return await _sent_to(lang, scope["path"], query)(scope, receive, send)
            if here != "en" and scope["path"].endswith("/"):  # Gradio's own redirect would lose the query
                return await _sent_to(here, scope["path"], query)(scope, receive, send)
        await self.app(scope, receive, send)


def _sent_to(lang: str, path: str, query: str) -> RedirectResponse:
    """To the page of that language, relative to `path`, since a proxy may have put it into a folder of its own."""
    beside = "../" if path.strip("/") and path.endswith("/") else "./"
    return RedirectResponse(beside + ("" if lang == "en" else lang) + (f"?{query}" if query else ""), status_code=307)


def preferred(headers: Headers) -> str:
    """The language of a reader who did not ask for one in the address.

    >>> preferred(Headers({"accept-language": "fr,ja;q=0.8,en;q=0.5"}))
    'ja'
    """
    for part in headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == "kurabe_lang" and value in LANGUAGES:
            return value
    return first_language(headers.get("accept-language", "").split(","))


def first_language(wishes: Iterable[str]) -> str:
    weighed = []
    for wish in wishes:
        tag, _, quality = wish.strip().partition(";q=")
        try:
            weighed.append((-float(quality or 1), tag.split("-")[0].lower()))
        except ValueError:
            continue
    return next((tag for _, tag in sorted(weighed, key=lambda pair: pair[0]) if tag in LANGUAGES), "en")


def launch_options(place: Place) -> dict[str, Any]:
    """What `Blocks.launch` is told: no share link, no history, no API link, no served folders, a cap on uploads."""
    options: dict[str, Any] = {
        "server_name": place.host,
        "server_port": place.port,
        "share": False,
        "quiet": True,
        "footer_links": [],
        "run_history": False,
        "allowed_paths": [],
        "max_file_size": UPLOAD_LIMIT,
        "enable_monitoring": False,
        "ssr_mode": False,
        "pwa": False,
        "mcp_server": False,
        "show_error": True,
        # Gradio would otherwise give up where its first page takes longer than 3 s, as beside a training run it may.
        "_frontend": False,
        "app_kwargs": {"middleware": [Middleware(Guard, place=place), Middleware(Language)]},
    }
    if place.password:
        options["auth"] = ("kurabe", place.password)
    return options


def quiet_environment() -> None:
    """Say before gradio is imported that nothing is reported to anyone, and where uploads pass through."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["GRADIO_SHARE"] = "False"
    os.environ["GRADIO_MCP_SERVER"] = "False"
    os.environ.setdefault(evaluate_name.ALLOW, "0")  # no code named over HTTP runs unless whoever started it said so
    # What is uploaded passes through here: the user's own folder, not a shared one.
    os.environ.setdefault("GRADIO_TEMP_DIR", str(rundir.home() / "cache" / "gradio"))
