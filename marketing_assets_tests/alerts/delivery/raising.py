"""An incident raised, and what its picture must show."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from marketing_assets_tests.alerts.house import House, Wish
from marketing_assets_tests.alerts.receivers import Server

HARD = Wish(
    passed=False,
    text='ยอดขายลดลง <b>41 %</b> & "half" of *all* https://evil.example/',
    metadata={"money_at_stake": "18250.50", "currency": "THB", "next_step": "Look at campaign <12>."},
)


def raise_one(house: House, wish: Wish = HARD) -> None:
    house.run(mart=wish)
    house.look()


def assert_a_chart(png: bytes) -> None:
    """A picture of the right size that shows something: a line of its colour, and dark text."""
    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.size) == ("PNG", (960, 432))
        pixels = np.asarray(image.convert("RGB")).astype(int)
    blue = (abs(pixels - (11, 87, 208)).sum(axis=2) < 60).sum()
    dark = (pixels.sum(axis=2) < 150).sum()
    white = (pixels.sum(axis=2) == 765).mean()
    assert blue > 1000, "the line"
    assert dark > 500, "title and labels"
    assert 0.8 < white < 0.99


def hooked(house: House, server: Server, *more: Server) -> None:
    """A webhook channel a server, first `hook`."""
    house.configure(
        {
            "channels": {
                name: {"type": "webhook", "url": f"{at.url}/", "secret": house.secret("hook", "key")}
                for name, at in zip(("hook", "spare", "third"), (server, *more), strict=False)
            },
            "routes": [{"channels": ["hook"]}],
        }
    )
