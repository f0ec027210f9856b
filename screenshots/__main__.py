"""`python -m screenshots [FOLDER]`: take the pictures of the documentation anew, into `docs/images`.

FOLDER keeps the installation that they show; without it there is none left afterwards.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

from marketing_assets.commands.shared import end_in_order
from marketing_assets_tests.commands.ports import consecutive_ports
from marketing_assets_tests.installation import REPOSITORY
from screenshots.browser import Page, browsing, chromium
from screenshots.mail import chart_of, page_of
from screenshots.pictures import PICTURES, save
from screenshots.scene import played

FAILED_CHECK = "roas_under_target"
IMAGES = REPOSITORY / "docs" / "images"


def main(arguments: Sequence[str]) -> None:
    end_in_order()
    chromium()  # before minutes are spent on what it would show
    with tempfile.TemporaryDirectory(prefix="screenshots-") as temporary:
        folder = Path(arguments[0]) if arguments else Path(temporary)
        with played(folder, consecutive_ports(1)) as scene, browsing() as page:
            for picture in PICTURES:
                _keep(picture.name, picture.take(page, scene.ui, day=f"{scene.yesterday}"))
            _keep_mail(page, scene.mails, folder)


def _keep_mail(page: Page, mails: Sequence[EmailMessage], folder: Path) -> None:
    """The mail that tells of the failed check: as a page, and the chart in it as it was sent."""
    mail = next(m for m in mails if FAILED_CHECK in page_of(m))
    _keep("alert_chart", chart_of(mail))
    html = folder / "mail.html"
    html.write_text(page_of(mail), encoding="utf-8")
    page.resize(900, 800)
    page.open(html.as_uri())
    page.wait_for("Next step")
    _keep("alert_mail", page.picture())


def _keep(name: str, png: bytes) -> None:
    size = save(png, IMAGES / f"{name}.png")
    print(f"docs/images/{name}.png  {size:,} bytes", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
