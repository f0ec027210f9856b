"""The pictures: where each is found, what it must show before it is taken, and how large it is."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from screenshots.browser import Page

COLOURS = 256
LARGEST_BYTES = 300_000


@dataclass(frozen=True)
class Picture:
    """A page of the UI at `path`, taken when it shows the texts `shows`."""

    name: str
    path: str
    shows: tuple[str, ...]
    width: int = 1440
    height: int = 900

    def take(self, page: Page, ui: str, **names: str) -> bytes:
        """The picture; `names` are those that its path leaves open."""
        page.resize(self.width, self.height)
        page.open(f"{ui}{self.path.format(**names)}")
        page.wait_for(*self.shows)
        return page.picture()


GRAPH = "/asset-groups~"
CHECK = "/assets/siam/mart/daily_performance?view=checks&checkDetail="

PICTURES = (
    Picture("asset_graph", GRAPH + "key%3A%22siam%2F*%22", ("siam_raw", "siam_mart"), height=640),
    Picture("mart_graph", GRAPH + "group%3A%22siam_mart%22", ("daily_profit", "partitions"), height=960),
    Picture(
        "partitioned_asset",
        "/assets/siam/raw/shopee_orders?view=partitions&partition={day}",
        ("Materialized", "rows_by_day"),
    ),
    Picture("asset_checks", CHECK + "totals_agree", ("figures of",), height=760),
    Picture("failed_check", CHECK + "roas_under_target", ("Next step", "money_at_stake")),
    Picture("automation", "/automation", ("siam_refresh_every_6_hours",), height=1200),
)


def save(png: bytes, path: Path) -> int:
    """Write the picture with a palette of `COLOURS`; its size in bytes. Raises SystemExit for a large one."""
    packed = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        packed, "PNG", optimize=True
    )
    size = len(packed.getvalue())
    if size > LARGEST_BYTES:
        raise SystemExit(
            f"{path.name} would take {size:,} bytes, more than {LARGEST_BYTES:,}: make it smaller"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed.getvalue())
    return size
