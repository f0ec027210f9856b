"""Local services that take messages as strictly as the real ones: what breaks their format is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = tuple[int, Any]
Service = Callable[["Request"], Answer]


@dataclass
class Server:
    """A running service: what it took, what it refused, and answers to give first instead of its own."""

    url: str = ""
    taken: list[Request] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    instead: list[Answer] = field(default_factory=list)


@contextmanager
def serving(service: Service) -> Iterator[Server]:
    """Run a service on a free port. A format that is not right raises in `service` and is a 400."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {k.lower(): v for k, v in self.headers.items()}
            request = Request("POST", self.path, headers, body)
            if server.instead:
                status, answer = server.instead.pop(0)
            else:
                try:
                    status, answer = service(request)
                    server.taken.append(request)
                except Exception as error:
                    status, answer = 400, f"{type(error).__name__}: {error}"
                    server.refused.append(answer)
            data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def need(condition: object, why: str) -> None:
    if not condition:
        raise ValueError(why)


def only(given: Any, required: set[str], optional: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    need(isinstance(given, dict), f"no object: {given!r}")
    need(required <= given.keys(), f"lacks {required - given.keys()}")
    need(given.keys() <= required | optional, f"unknown: {given.keys() - required - optional}")


def is_json(request: Request) -> None:
    need(request.headers["content-type"].startswith("application/json"), "content type")


# Slack: https://docs.slack.dev/reference/block-kit/blocks


def slack_blocks(blocks: Any) -> None:
    need(isinstance(blocks, list) and 1 <= len(blocks) <= 50, "1 to 50 blocks")
    for block in blocks:
        kind = block["type"]
        if kind == "header":
            only(block, {"type", "text"})
            only(block["text"], {"type", "text"}, {"emoji"})
            need(block["text"]["type"] == "plain_text" and 1 <= len(block["text"]["text"]) <= 150, "header")
        elif kind == "section":
            only(block, {"type", "text"})
            only(block["text"], {"type", "text"})
            text = block["text"]["text"]
            need(block["text"]["type"] == "mrkdwn" and 1 <= len(text) <= 3000, "section")
            stray = re.sub(r"<(https?://[^<>|]+)\|[^<>|]+>", "", text)
            need("<" not in stray and ">" not in stray, f"unescaped: {stray}")
        elif kind == "image":
            only(block, {"type", "image_url", "alt_text"})
            need(block["image_url"].startswith("https://") and 1 <= len(block["alt_text"]) <= 2000, "image")
        else:
            raise ValueError(f"block {kind}")


def slack_webhook(request: Request) -> Answer:
    is_json(request)
    only(request.json, {"text", "blocks"})
    slack_blocks(request.json["blocks"])
    return 200, "ok"


class SlackApi:
    """A workspace with one bot token: messages, and the three steps of an upload."""

    def __init__(self, token: str, channel: str):
        self.token, self.channel = token, channel
        self.base = ""
        self.messages: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.shared: list[dict[str, Any]] = []
        self._promised: dict[str, int] = {}

    def __call__(self, request: Request) -> Answer:
        path = urlsplit(request.path).path
        if path.startswith("/upload/"):
            file_id = path.rpartition("/")[2]
            need(len(request.body) == self._promised[file_id], "length is not what was announced")
            self.files[file_id] = request.body
            return 200, "OK - 1"
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return 200, {"ok": False, "error": "invalid_auth"}
        method = path.rpartition("/")[2]
        if method == "chat.postMessage":
            is_json(request)
            only(request.json, {"channel", "text", "blocks", "client_msg_id", "unfurl_links"})
            uuid.UUID(request.json["client_msg_id"])
            if request.json["channel"] != self.channel:
                return 200, {"ok": False, "error": "channel_not_found"}
            slack_blocks(request.json["blocks"])
            self.messages.append(request.json)
            return 200, {"ok": True, "channel": self.channel, "ts": "1700000000.000100"}
        if method == "files.getUploadURLExternal":
            form = {k: v[0] for k, v in parse_qs(request.body.decode()).items()}
            only(form, {"filename", "length"}, {"alt_txt"})
            self._promised["F1"] = int(form["length"])
            return 200, {"ok": True, "upload_url": f"{self.base}/upload/v1/F1", "file_id": "F1"}
        if method == "files.completeUploadExternal":
            is_json(request)
            only(request.json, {"files"}, {"channel_id", "thread_ts", "initial_comment"})
            for file in request.json["files"]:
                only(file, {"id"}, {"title"})
                need(file["id"] in self.files, "no bytes were sent")
            self.shared.append(request.json)
            return 200, {"ok": True, "files": [{"id": "F1"}]}
        return 200, {"ok": False, "error": "unknown_method"}


class LineApi:
    """LINE's push endpoint: https://developers.line.biz/en/reference/messaging-api/#send-push-message"""

    def __init__(self, token: str, to: str):
        self.token, self.to = token, to
        self.pushed: dict[str, dict[str, Any]] = {}

    def __call__(self, request: Request) -> Answer:
        need(request.path == "/v2/bot/message/push", "path")
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {"message": "Authentication failed"}
        is_json(request)
        key = request.headers["x-line-retry-key"]
        uuid.UUID(key)
        if key in self.pushed:
            return 409, {"message": "The retry key is already accepted"}
        body = request.json
        only(body, {"to", "messages"}, {"notificationDisabled"})
        need(body["to"] == self.to, "to")
        need(1 <= len(body["messages"]) <= 5, "1 to 5 messages")
        for message in body["messages"]:
            if message["type"] == "text":
                only(message, {"type", "text"})
                need(1 <= len(message["text"]) <= 5000, "text")
            else:
                only(message, {"type", "originalContentUrl", "previewImageUrl"})
                need(message["type"] == "image", "type")
                for name in ("originalContentUrl", "previewImageUrl"):
                    need(message[name].startswith("https://") and len(message[name]) <= 2000, name)
        self.pushed[key] = body
        return 200, {"sentMessages": [{"id": "1"}]}


def teams(request: Request) -> Answer:
    """A Workflows webhook: https://adaptivecards.io/explorer/ 1.4, at most 28 kB."""
    is_json(request)
    need(len(request.body) <= 28 * 1024, "too large")
    only(request.json, {"type", "attachments"})
    need(request.json["type"] == "message" and len(request.json["attachments"]) == 1, "message")
    attachment = request.json["attachments"][0]
    only(attachment, {"contentType", "content"}, {"contentUrl"})
    need(attachment["contentType"] == "application/vnd.microsoft.card.adaptive", "content type")
    card = attachment["content"]
    only(card, {"$schema", "type", "version", "body"}, {"actions", "msteams"})
    need(card["type"] == "AdaptiveCard" and card["version"] == "1.4" and card["body"], "card")
    for item in card["body"]:
        if item["type"] == "TextBlock":
            only(item, {"type", "text"}, {"wrap", "size", "weight", "color", "separator"})
            need(item.get("color", "default") in {"default", "good", "warning", "attention"}, "color")
        elif item["type"] == "FactSet":
            only(item, {"type", "facts"})
            for fact in item["facts"]:
                only(fact, {"title", "value"})
                need(isinstance(fact["title"], str) and isinstance(fact["value"], str), "fact")
        else:
            only(item, {"type", "url", "altText", "size"})
            need(item["type"] == "Image" and item["url"].startswith("https://"), "image")
    for action in card.get("actions", []):
        only(action, {"type", "title", "url"})
        need(action["type"] == "Action.OpenUrl", "action")
    return 202, ""


def signed_webhook(secret: bytes) -> Service:
    """A receiver by https://www.standardwebhooks.com: id, timestamp, signature over all three."""

    def take(request: Request) -> Answer:
        message_id, at = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        signed = f"{message_id}.{at}.".encode() + request.body
        wanted = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        given = [s.removeprefix("v1,") for s in request.headers["webhook-signature"].split(" ")]
        need(wanted in given, "signature")
        need(request.json["id"] == message_id, "id")
        return 200, {}

    return take
