"""The time zone of this machine."""

from datetime import UTC, datetime, timedelta, tzinfo


class MachineZone(tzinfo):
    """The zone that this machine shows times in, with its summer time; what Python gives has one offset only."""

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        """How far ahead of UTC it is then."""
        return dt.replace(tzinfo=None).astimezone().utcoffset() if dt else None

    def dst(self, dt: datetime | None) -> None:
        """Not known."""
        del dt

    def tzname(self, dt: datetime | None) -> str | None:
        """Its name then, as this machine calls it."""
        return dt.replace(tzinfo=None).astimezone().tzname() if dt else None

    def fromutc(self, dt: datetime) -> datetime:
        """The time there, of one in UTC that already says that it is of this zone."""
        here = dt.replace(tzinfo=UTC).astimezone()
        clock = here.replace(tzinfo=None)
        # When summer time ends, an hour of the clock comes twice.
        return clock.replace(tzinfo=self, fold=int(clock.astimezone() != here))
