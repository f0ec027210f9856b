"""The `marketing` command inside this process."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest
from click.testing import Result
from typer.testing import CliRunner

from marketing_assets.cli import app
from marketing_assets_tests.installation import Installation

Marketing = Callable[..., Result]


@pytest.fixture
def marketing() -> Marketing:
    """`marketing(installation, "tenants", "check")`: exit code, output and errors of a command."""

    def run(at: Installation, *arguments: str) -> Result:
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            with at.entered():
                return CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        finally:
            # A command may change how its process ends; this one is the tests'.
            for number, handler in handlers.items():
                signal.signal(number, handler)

    return run
