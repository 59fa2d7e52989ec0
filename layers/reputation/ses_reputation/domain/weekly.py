"""When in the week people are told how everything stands."""

from datetime import datetime, timedelta

from msgspec import Struct


class Weekly(Struct, frozen=True):
    """When in the week a summary is sent: the day as `datetime.weekday` counts, and the hour, in UTC."""

    weekday: int
    hour: int = 8

    def latest(self, now: datetime) -> datetime:
        """The newest such moment that is not after now."""
        today = now.replace(hour=self.hour, minute=0, second=0, microsecond=0)
        moment = today - timedelta(days=(now.weekday() - self.weekday) % 7)
        return moment if moment <= now else moment - timedelta(days=7)
