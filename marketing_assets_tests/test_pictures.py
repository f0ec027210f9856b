"""The pictures of the documentation: shown somewhere, told in words, small, and each by a script."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from marketing_assets_tests.installation import REPOSITORY
from screenshots.pictures import LARGEST_BYTES, PICTURES, save

IMAGES = REPOSITORY / "docs" / "images"
SHOWN = re.compile(r"!?\[([^\]]*)\]\(([^)\s]*images/[\w.]+)\)")


def test_every_picture_is_shown_with_words_and_small() -> None:
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")]
    shown = [
        (page.parent / to, words) for page in pages for words, to in SHOWN.findall(page.read_text("utf-8"))
    ]
    assert {path.resolve() for path, _ in shown} == set(IMAGES.glob("*.png"))
    assert all(words for _, words in shown)
    assert max(path.stat().st_size for path in IMAGES.glob("*.png")) <= LARGEST_BYTES
    assert {p.name for p in PICTURES} <= {path.stem for path in IMAGES.glob("*.png")}


def test_a_picture_too_large_for_the_documentation_is_refused(tmp_path: Path) -> None:
    noise = io.BytesIO()
    Image.effect_noise((1200, 900), 120).save(noise, "PNG")
    with pytest.raises(SystemExit, match=r"noise\.png would take"):
        save(noise.getvalue(), tmp_path / "noise.png")
    assert not list(tmp_path.iterdir())
