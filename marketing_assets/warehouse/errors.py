"""What can go wrong in a warehouse, each with the remedy in its text."""

from __future__ import annotations

from pathlib import Path

_NO_ROOM = ("no space left", "file too large", "disk quota exceeded", "max_temp_directory_size")
_NO_MEMORY = ("failed to pin block", "out of memory error", "could not allocate block")


class WarehouseError(Exception):
    """Base of all of them; nothing was changed unless the text says so."""


class WarehouseBusy(WarehouseError):
    """Another writer held the tenant's warehouse for longer than the caller would wait."""


class WarehouseFull(WarehouseError):
    """No room was left to write; the old content stands."""

    @classmethod
    def at(cls, path: Path, error: Exception) -> WarehouseFull:
        """The error for a file that could not be written."""
        return cls(
            f"no room left to write {path}: {error}. The old content stands; free space on that disk, or "
            "move MARKETING_HOME to a larger one, and run again"
        )


class SchemaConflict(WarehouseError):
    """A column exists with another type than the table's declaration gives it."""


class WrongRows(WarehouseError):
    """Rows that do not fit the table: a column, a type, a null, or a day outside the range."""


class NoSuchTable(WarehouseError):
    """A table was read that nobody has written yet."""


def says_no_room(error: Exception) -> bool:
    """Whether an error of an engine or a file says that the disk is full."""
    text = str(error).lower()
    return any(sign in text for sign in _NO_ROOM)


def says_no_memory(error: Exception) -> bool:
    """Whether an error of an engine says that its memory limit was too low."""
    text = str(error).lower()
    return any(sign in text for sign in _NO_MEMORY)
