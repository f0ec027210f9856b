"""What every platform's authorisation needs: send a person to the consent page and get the code back.

The code comes back to a small server on 127.0.0.1, or is pasted: where the browser runs on another machine,
the person copies the address that the browser ended at.
"""

from __future__ import annotations

import hmac
import html
import time
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from marketing_assets.redaction import redact, register_secret

CALLBACK_PORT = 8765
CALLBACK_PATH = "/callback"


class AuthorizationError(Exception):
    """An authorisation that did not come about, with what to do about it; never holds a secret."""

    def __init__(self, connection: str, message: str, remedy: str):
        super().__init__(redact(f"{connection}: {message}. Remedy: {remedy}."))


@dataclass(frozen=True)
class Consent:
    """What the platform sent along when the person agreed. `state` is as it came, unchecked."""

    code: str = field(repr=False)
    state: str = ""
    error: str = ""
    given: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_consent(address: str) -> Consent:
    """The consent in an address that a browser was sent to, or a bare code."""
    if "?" not in address:
        return Consent(register_secret(address.strip()))
    given = {name: values[0] for name, values in parse_qs(urlsplit(address.strip()).query).items()}
    error = given.get("error_description") or given.get("error_message") or given.get("error", "")
    return Consent(register_secret(given.get("code", "")), given.get("state", ""), error, given)


class CallbackServer:
    """Waits on 127.0.0.1 for the one request that brings the code.

    Requests that are no answer to this authorisation (a favicon, another state) are refused and it waits on.
    """

    def __init__(self, connection: str, state: str, port: int = CALLBACK_PORT):
        self._connection, self._state = connection, state
        self._consent: Consent | None = None
        try:
            self._server = HTTPServer(("127.0.0.1", port), self._handler())
        except OSError as error:
            remedy = "end what uses the port, or pass the code with --code"
            message = f"port {port} cannot be listened on ({error.strerror})"
            raise AuthorizationError(connection, message, remedy) from None
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}{CALLBACK_PATH}"

    def wait(self, seconds: float) -> Consent:
        """The consent; raises `AuthorizationError` where none comes in time or it was refused."""
        end = time.monotonic() + seconds
        try:
            while self._consent is None and (left := end - time.monotonic()) > 0:
                self._server.timeout = left
                self._server.handle_request()
        finally:
            self._server.server_close()
        if self._consent is None:
            message = f"nobody agreed within {seconds:g} s"
            remedy = "run it again and agree in the browser, or pass the code with --code"
            raise AuthorizationError(self._connection, message, remedy)
        return self._consent

    def _take(self, path: str) -> tuple[int, str]:
        consent = read_consent(path)
        if urlsplit(path).path != CALLBACK_PATH:
            return 404, "Nothing here."
        if not hmac.compare_digest(consent.state.encode(), self._state.encode()):
            return 400, "This is no answer to the authorisation that is under way. Start it again."
        self._consent = consent
        if consent.error or not consent.code:
            return 200, "The platform refused. You can close this window; the terminal says more."
        return 200, "Done. You can close this window."

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            # A browser may open a connection ahead and say nothing; that must not hold up the real one.
            timeout = 2

            def do_GET(self) -> None:
                status, text = take(self.path)
                page = (
                    f"<!doctype html><meta charset=utf-8><title>marketing</title><p>{html.escape(text)}</p>"
                )
                self.send_response_only(status)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("connection", "close")
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name upstream
                """Nothing: the request line holds the code."""

        return Handler


def obtain_code(
    connection: str,
    *,
    consent_url: Callable[[str], str],
    state: str,
    redirect_url: str | None,
    port: int,
    open_browser: bool,
    echo: Callable[[str], None],
    timeout_seconds: float,
) -> tuple[Consent, str]:
    """Send a person to the consent page and wait; the consent and the redirect address it was given for.

    `redirect_url` is the address registered with the platform where that is not the local one; it must then
    lead to the local one (a tunnel or a redirect).
    """
    server = CallbackServer(connection, state, port)
    redirect = redirect_url or server.address
    address = consent_url(redirect)
    echo(f"Open this address, sign in and agree:\n\n  {address}\n")
    if open_browser:
        webbrowser.open(address)
    echo(f"Waiting on {server.address} for {timeout_seconds:g} s ...")
    return checked(connection, server.wait(timeout_seconds)), redirect


def checked(connection: str, consent: Consent) -> Consent:
    """A consent that holds a code; raises `AuthorizationError` otherwise."""
    if consent.error or not consent.code:
        message = f"the platform gave no code ({consent.error or 'no reason given'})"
        raise AuthorizationError(connection, message, "run it again and agree to everything asked")
    return consent
