"""The figures of charts, and that every word in them can be read."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from marketing_assets.alerts.chart import draw
from marketing_assets.alerts.figures import NoFigures, figures
from marketing_assets.alerts.message import ChartSpec
from marketing_assets.drawing import short
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets_tests.alerts import mart
from marketing_assets_tests.installation import shipped

TENANT = Tenant.model_validate(shipped("siam"))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = Settings(home=tmp_path_factory.mktemp("home"))
    mart.fill(made)
    return made


@pytest.mark.parametrize(
    ("metric", "only", "lines"),
    [
        ("", {}, [("revenue", "THB", 28), ("ad spend", "THB", 28)]),
        ("daily_performance.roas", {}, [("ROAS", "", 28)]),
        ("campaign_performance.spend", {"campaign_id": "2"}, [("spend", "THB", 28)]),
        ("campaign_performance.roas", {}, [("revenue", "THB", 28), ("ad spend", "THB", 28)]),
        ("daily_performance.nothing", {}, [("revenue", "THB", 28), ("ad spend", "THB", 28)]),
        ("x; drop table y.z", {}, [("revenue", "THB", 28), ("ad spend", "THB", 28)]),
    ],
    ids=["default", "ratio", "one campaign", "ratios do not add up", "no such column", "no name"],
)
def test_a_metric_is_read_by_day_with_its_unit(
    settings: Settings, metric: str, only: dict[str, str], lines: list[tuple[str, str, int]]
) -> None:
    found = figures(settings, TENANT, ChartSpec("2026-11-11", metric, only))
    assert [(line.name, line.unit, len(line.values)) for line in found] == lines
    if only:
        assert set(found[0].values.values()) == {200}


def test_a_tenant_that_was_never_filled_has_no_chart_and_gets_no_file(tmp_path: Path) -> None:
    empty = Settings(home=tmp_path)
    with pytest.raises(NoFigures, match="the mart was not computed yet"):
        figures(empty, TENANT, ChartSpec("2026-11-11"))
    assert not list(tmp_path.iterdir())


def test_thai_and_latin_words_are_drawn_without_a_missing_glyph(settings: Settings) -> None:
    lines = figures(settings, TENANT, ChartSpec("2026-11-11"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        thai, latin = draw("สยามโฮม แอนด์ ลิฟวิ่ง – ROAS ฿", lines), draw("Siam", lines)
    assert thai != latin


@pytest.mark.parametrize(
    ("value", "shown"), [(1_250_000, "1.25M"), (31_240, "31.2k"), (4.05, "4.05"), (-2_000, "-2k"), (0, "0")]
)
def test_figures_are_short(value: float, shown: str) -> None:
    assert short(value) == shown
