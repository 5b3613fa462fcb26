"""Who may ask: whoever was told the address, from the page itself, and little at once."""

import asyncio
import hmac
import secrets

#: Bytes of a request: a photograph, a camera's picture, and anything else.
PHOTO_BYTES, LIVE_BYTES, OTHER_BYTES = 64 << 20, 4 << 20, 64 << 10
#: Only these paths take more than the rest.
LIMITS = {"/api/photo": PHOTO_BYTES, "/api/live": LIVE_BYTES}

#: Seconds to wait for the next part of what is sent.
PATIENCE = 30

#: Scripts, styles and pictures of the page itself and of nobody else; no inline code.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


def new_token():
    """A key that cannot be guessed, as the first folder of every address."""
    return secrets.token_urlsafe(24)


#: For a person who opens an old address, in the page's languages.
NO_KEY = (
    "The key is missing or old: open the whole address that the command printed.\n"
    "密钥缺失或已失效：请打开命令给出的完整地址。"
)


class TooLarge(Exception):
    """More was sent than a request may hold."""


class TooSlow(Exception):
    """The next part of what was announced did not come."""


class Guard:
    """Refuses what does not come from the page, before anything else sees it.

    The token is part of the path, so that pictures and scripts carry it too and no cookie
    is needed, which other ports of this machine would be sent. A foreign name in the
    header Host is a foreign site whose address was turned to this machine.

    Parameters
    ----------
    app : ASGI application
        It sees paths without the token; it answers TooLarge with 413, TooSlow with 408.
    token : str
    port : int
    """

    def __init__(self, app, token, port):
        self.app = app
        self.token = token
        self.hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}

    async def __call__(self, scope, receive, send):
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            return  # no websockets
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        _, token, path = (scope["path"].split("/", 2) + ["", ""])[:3]
        path = f"/{path}"
        if reason := self._refusal(scope["method"], headers, token, path):
            await _answer(send, *reason)
            return
        limit = LIMITS.get(path, OTHER_BYTES)
        if int(headers.get("content-length") or 0) > limit:
            await _answer(send, 413, f"at most {limit >> 10} KiB are taken")
            return
        inner = {**scope, "path": path, "raw_path": path.encode(), "root_path": ""}
        await self.app(inner, _limited(receive, limit), _with_headers(send))

    def _refusal(self, method, headers, token, path):
        if headers.get("host") not in self.hosts:
            return 403, "this address is not the page's"
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return 403, NO_KEY
        if method not in ("GET", "HEAD", "POST"):
            return 405, "only GET and POST are answered"
        if not headers.get("content-length", "0").isdecimal():
            return 400, "the length is no number"
        origin = headers.get("origin")
        if origin is not None and origin.removeprefix("http://") not in self.hosts:
            return 403, "another site asked"
        site = headers.get("sec-fetch-site", "same-origin")
        typed = path == "/" and method == "GET"  # opened from a terminal or a mail
        if site not in ("same-origin", "none") and not typed:
            return 403, "another site asked"
        return None


def _limited(receive, limit):
    """Counts what is sent without a stated length, or with a wrong one, or too slowly."""
    seen, whole = 0, False

    async def counted():
        nonlocal seen, whole
        try:
            message = await asyncio.wait_for(receive(), None if whole else PATIENCE)
        except asyncio.TimeoutError:
            raise TooSlow("the rest of the request did not come") from None
        whole = not message.get("more_body", False)
        seen += len(message.get("body", b""))
        if seen > limit:
            raise TooLarge(f"at most {limit >> 10} KiB are taken")
        return message

    return counted


def _with_headers(send):
    async def sent(message):
        if message["type"] == "http.response.start":
            known = {name for name, _ in message["headers"]}
            more = [
                (name.encode(), value.encode())
                for name, value in HEADERS.items()
                if name.encode() not in known
            ]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return sent


async def _answer(send, status, text):
    send = _with_headers(send)
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{text}\n".encode()})
