"""A tenant's cost files as lines of cells, and the error that lists every mistake in them."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from marketing_assets.platforms.failures import Failure, PlatformError
from marketing_assets.tenants import Problem

COGS_PREFIX = "cogs"
"""Files whose names begin so state unit costs; all others state costs."""


class CostFileError(PlatformError):
    """Cost files that cannot be used; lists each mistake with tenant, file, line, field, value, remedy."""

    def __init__(self, tenant: str, problems: Sequence[Problem]):
        self.problems = list(problems)
        super().__init__(
            Failure.CONFIG,
            connection=f"{tenant}/costs",
            message=f"{len(self.problems)} mistakes in cost files",
            remedy="mend the lines named and run it again; what was there before stays.",
        )

    def _sentence(self) -> str:
        listed = "\n".join(map(str, self.problems))
        return f"{self.connection}: {self.message}:\n{listed}. Remedy: {self.remedy}"


@dataclass(frozen=True)
class CostFile:
    """One file of a tenant: its name and its bytes, read once."""

    tenant: str
    name: str
    content: bytes = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def is_cogs(self) -> bool:
        return self.name.lower().startswith(COGS_PREFIX)

    def problem(self, line: int, field_name: str, message: str) -> Problem:
        """A mistake in a line, the header being line 1."""
        return Problem(f"{self.tenant}/costs/{self.name}:{line}", field_name, message)


@dataclass(frozen=True)
class Line:
    """One line of a file: its number, and its cells by column without the blanks around them."""

    file: CostFile
    number: int
    cells: dict[str, str]

    @property
    def where(self) -> str:
        return f"{self.file.name}:{self.number}"


def folder_of(tenants_dir: Path, tenant: str) -> Path:
    return tenants_dir / tenant / "costs"


def read_folder(tenants_dir: Path, tenant: str) -> list[CostFile]:
    """The cost files of a tenant by name; none where there is no folder. Raises `CostFileError`."""
    folder = folder_of(tenants_dir, tenant)
    if not folder.is_dir():
        return []
    files, problems = [], []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() != ".csv" or path.name.startswith("."):
            continue
        try:
            files.append(CostFile(tenant, path.name, path.read_bytes()))
        except FileNotFoundError:
            continue  # removed since it was listed
        except OSError as error:
            said = f"cannot be read: {error.strerror}; let the service read it, or take it out of the folder"
            problems.append(Problem(f"{tenant}/costs/{path.name}", "(file)", said))
    if problems:
        raise CostFileError(tenant, problems)
    return files


def lines_of(file: CostFile, columns: Sequence[str], problems: list[Problem]) -> list[Line]:
    """The lines of a file that have a cell for each column; mistakes of form are added to `problems`."""
    rows = _rows(file, problems)
    number, header = next(rows, (1, []))
    names = [name.strip() for name in header]
    mistakes = list(_header_mistakes(file, number, names, columns))
    if mistakes:
        problems += mistakes
        return []
    lines = []
    for number, cells in rows:
        if len(cells) != len(names):
            said = f"has {len(cells)} cells where the header has {len(names)}; put text with commas in quotes"
            problems.append(file.problem(number, "(line)", said))
            continue
        lines.append(Line(file, number, {n: c.strip() for n, c in zip(names, cells, strict=True)}))
    return lines


def _rows(file: CostFile, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file that are not blank, each with the number of its first line."""
    try:
        text = file.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.content.count(b"\n", 0, error.start) + 1
        problems.append(file.problem(line, "(file)", "is not UTF-8; save it as 'CSV UTF-8'"))
        return
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(file.problem(number, "(line)", f"is no CSV ({error}); mend its quotes"))
            return
        if any(cell.strip() for cell in cells):
            yield number, cells


def _header_mistakes(
    file: CostFile, line: int, names: Sequence[str], columns: Sequence[str]
) -> Iterator[Problem]:
    known = ",".join(columns)
    if not names:
        yield file.problem(line, "(header)", f"is missing; begin the file with {known}")
        return
    for name in dict.fromkeys(names):
        if name not in columns:
            yield file.problem(line, name or "(header)", f"is no known column; the columns are {known}")
        elif names.count(name) > 1:
            yield file.problem(line, name, "is a column twice; keep one")
    for name in columns:
        if name not in names:
            yield file.problem(line, name, f"is a missing column; the columns are {known}")
