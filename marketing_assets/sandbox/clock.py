"""Two clocks: the wire's (signatures, tokens) and the world's (how much has happened)."""

import time
from datetime import UTC, date, datetime
from datetime import time as time_of_day


def end_of_day(day: date) -> datetime:
    """The last second of a date in UTC."""
    return datetime.combine(day, time_of_day(23, 59, 59), tzinfo=UTC)


class Clock:
    """The wire's clock is the wall clock plus an offset. The world's clock stands still where it was put
    (``as_of``), or follows the wire's when it was put nowhere."""

    def __init__(self, as_of: date | datetime | None = None) -> None:
        self.offset_seconds = 0.0
        self._fixed: datetime | None = None
        self.set_as_of(as_of)

    def now(self) -> float:
        """Unix seconds on the wire's clock."""
        return time.time() + self.offset_seconds

    @property
    def as_of(self) -> datetime:
        """The UTC instant up to which the world has happened, in whole seconds."""
        if self._fixed is not None:
            return self._fixed
        return datetime.fromtimestamp(int(self.now()), UTC)

    @property
    def as_of_seconds(self) -> int:
        """``as_of`` as Unix seconds."""
        return int(self.as_of.timestamp())

    @property
    def stands_still(self) -> bool:
        return self._fixed is not None

    def set_as_of(self, as_of: date | datetime | None) -> None:
        """A date means its end in UTC; a naive instant is UTC; None follows the wire's clock."""
        if as_of is None:
            self._fixed = None
        elif isinstance(as_of, datetime):
            aware = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
            self._fixed = aware.astimezone(UTC).replace(microsecond=0)
        else:
            self._fixed = end_of_day(as_of)
