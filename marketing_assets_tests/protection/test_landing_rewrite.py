"""Whatever records a fetch holds: a rewrite changes the person's values and not one byte more."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from marketing_assets.ingest.landing import Landing, LandingWriter, Manifest, new_fetch
from marketing_assets.ingest.privacy import Masker
from marketing_assets.ingest.pseudonyms import Pseudonyms
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.platform import Page
from marketing_assets.platforms.shopee.tables import ORDERS
from marketing_assets.protection.changing import Erasure
from marketing_assets.protection.landing_rewrite import rewrite

NOW = datetime(2026, 11, 3, tzinfo=UTC)
DAYS = DayRange(date(2026, 11, 1), date(2026, 11, 2))
NAMES = Pseudonyms((b"k" * 32,), erasure_key=b"e" * 32)
GONE = 77
ERASED = Pseudonyms(
    (b"k" * 32,),
    frozenset(
        {NAMES.tombstone(NAMES.digest(str(GONE)))},
    ),
    b"e" * 32,
)

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.fixed_dictionaries(
    {"order_sn": st.text(max_size=5), "buyer_user_id": st.sampled_from([GONE, 1, 2, None, str(GONE)])},
    optional={
        "buyer_username": st.text(max_size=4),
        "recipient_address": st.fixed_dictionaries(
            {}, optional={"name": st.text(max_size=5), "state": ANYTHING}
        ),
        "total_amount": st.floats(allow_nan=False, allow_infinity=False) | st.integers(),
        "something": ANYTHING,
        "buyer_secret": ANYTHING,
    },
)


def landed(landing: Landing, pages: list[list[dict[str, Any]]]) -> Manifest:
    """One fetch, each page being a part of its own."""
    fetch = new_fetch("siam", "shopee", "shopee_orders", "9", DAYS, NOW)
    masker = Masker(ORDERS, NAMES)
    with LandingWriter(landing, fetch) as writer:
        for number, records in enumerate(pages):
            masked = masker.mask([_wire(r) for r in records])
            writer.page(Page({"page": str(number)}, []), masked.lines, Counter())
            writer._close_part()
        return writer.finish("UTC", NOW, {})


def _wire(record: dict[str, Any]) -> bytes:
    import json

    return json.dumps(record).encode()


def lines(landing: Landing, manifest: Manifest) -> list[bytes]:
    found: list[bytes] = []
    for file in manifest.files:
        content = Path(landing.path(file.place)).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.bytes, file.sha256)
        text = zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress(content)
        assert len(text) == file.raw_bytes and text.count(b"\n") == file.records
        assert list(landing.lines(file, 50)) is not None
        found += text.split(b"\n")[:-1]
    return found


@settings(max_examples=25)
@given(st.lists(st.lists(RECORDS, min_size=1, max_size=4), min_size=1, max_size=3))
def test_only_the_persons_values_change(pages: list[list[dict[str, Any]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        landing = Landing(folder)
        before = landed(landing, pages)
        [(place, _, _)] = landing.fetches("siam", "shopee", "shopee_orders")
        old = lines(landing, before)
        change = Erasure(ORDERS, ERASED)
        done = rewrite(landing, place, change.suspect, change.line, "act", NOW)
        after = landing.manifest(place)
        assert after is not None
        new = lines(landing, after)
        hers = [
            str(GONE) in {str(r["buyer_user_id"]), r.get("buyer_username")} for page in pages for r in page
        ]
        assert done.records == sum(hers)
        assert [a == b for a, b in zip(old, new, strict=True)] == [not h for h in hers]
        for line, was, is_hers in zip(new, old, hers, strict=True):
            if is_hers:
                _differs_in_personal_values(orjson.loads(was), orjson.loads(line))
        assert [f.path for f in after.files] == [f.path for f in before.files]
        assert (after.pages, after.controls, after.drift) == (before.pages, before.controls, before.drift)
        assert [r.records for r in after.redactions] == ([sum(hers)] if any(hers) else [])
        files = {p.name for p in Path(landing.path(place)).iterdir()}
        assert files == {f.place.rsplit("/", 1)[1] for f in after.files} | {"manifest.json"}
        again = rewrite(landing, place, change.suspect, change.line, "act", NOW)
        assert (again.files, again.records, landing.manifest(place)) == (0, 0, after)


def _differs_in_personal_values(was: Any, now: Any) -> None:
    """A masked value became null; everything else is as it was, in the same order."""
    if isinstance(was, dict):
        assert list(was) == list(now)
        for name in was:
            _differs_in_personal_values(was[name], now[name])
    elif isinstance(was, list):
        for one, other in zip(was, now, strict=True):
            _differs_in_personal_values(one, other)
    elif was != now:
        assert now is None and isinstance(was, str) and len(was) == 32
