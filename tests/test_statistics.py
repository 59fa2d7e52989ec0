"""What SES's statistics say of an hour."""

from ses_reputation.domain.statistics import Reported


def test_parts_of_an_hour_add_up() -> None:
    """GetSendStatistics tells of every quarter of an hour, CloudWatch of each minute."""
    assert Reported(100, 3, 1).plus(Reported(20, 5, 7)) == Reported(sent=120, bounced=8, complained=8)
    assert Reported().plus(Reported(20, 5, 7)) == Reported(20, 5, 7)
