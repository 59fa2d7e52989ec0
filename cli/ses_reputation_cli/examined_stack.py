"""A deployed stack, as `ses-reputation doctor` reads it."""

from datetime import datetime
from functools import cached_property

from ses_reputation.adapters.deployed_parts import DeployedParts
from ses_reputation.diagnosis.readings import Connections, Outbox, Versions
from ses_reputation.domain.connections import ConfigurationSet
from ses_reputation.domain.scopes import ACCOUNT
from ses_reputation.watch import AccountFacts
from ses_reputation_cli.deployed_stack import DeployedStack
from ses_reputation_cli.installation import installed_version


class ExaminedStack:
    """What checks want to know of a deployed stack. Each thing is read when it is first asked for, and once."""

    def __init__(self, stack: DeployedStack) -> None:
        self._stack = stack

    def versions(self) -> Versions:
        """Which version it is of, and which one this command."""
        return Versions(installed_version(), self._stack.version())

    def now(self) -> datetime:
        """The time that it is there."""
        return self._stack.now()

    def aws_time(self) -> datetime | None:
        """What AWS's clock shows; None if it does not say."""
        return self._stack.aws_time()

    def parts(self) -> DeployedParts:
        """The resources of its stack."""
        return self._parts

    def held_schema(self) -> int | None:
        """Which schema its tables hold; None before the first evaluation."""
        return self._stack.held_schema()

    def last_run(self, function: str) -> datetime | None:
        """The newest time for which a function ended well."""
        return self._stack.runs().last(function)

    def known_identities(self) -> int:
        """How many verified identities are known."""
        return len(self._stack.identities().read())

    def outbox(self) -> Outbox:
        """The alerts that are still to be sent."""
        times = [outgoing.alert.time for outgoing in self._stack.standings().outgoing()]
        return Outbox(len(times), min(times, default=None))

    def account(self) -> AccountFacts:
        """How the account stands with SES."""
        return self._account

    def connections(self) -> Connections:
        """What publishes in the account. SES takes about a second for each configuration set."""
        return self._connections

    def newest_hour(self, now: datetime) -> datetime | None:
        """The newest hour of which an event was counted."""
        return self._stack.counters().newest_event(ACCOUNT, now)

    @cached_property
    def _parts(self) -> DeployedParts:
        return self._stack.parts()

    @cached_property
    def _account(self) -> AccountFacts:
        return self._stack.ses().account()

    @cached_property
    def _connections(self) -> Connections:
        ses = self._stack.connections()
        sets = [ConfigurationSet(name, ses.destinations(name)) for name in ses.configuration_sets()]
        return Connections(sets, list(ses.notifications(ses.identities())))
