"""The use case of suppress_recipients: put recipients on the account's suppression list, and take them off again."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from ses_reputation.domain.events import Mail
from ses_reputation.domain.suppression import (
    Action,
    Claim,
    Entry,
    History,
    ListScope,
    Preferences,
    Reason,
    Step,
    claims,
    names_several_suspects,
    next_step,
    preferences_of_mail,
)
from ses_reputation.record import DeadLetters
from ses_reputation.ses_events import Message

MAX_ATTEMPTS = 5

NOTHING_SET = Preferences()


class NotNow(RuntimeError):
    """It did not work, and may work later. The text says why, and names no recipient."""


class Refused(RuntimeError):
    """SES refuses it, and would again. The text says why, and names no recipient."""


class SuppressionList(Protocol):
    """The account's suppression list. Any call may raise NotNow or Refused."""

    def entry(self, address: str) -> Entry | None:
        """The entry of an address; None if it has none."""

    def put(self, address: str, reason: Reason) -> None:
        """Put an address on the list, or change the reason of its entry."""

    def remove(self, address: str) -> None:
        """Take an address off the list. One that is not on it is no error."""


class SesPreferences(Protocol):
    """What SES lists by itself. Any call may raise NotNow or Refused."""

    def account(self) -> Preferences:
        """What is set for the account."""

    def configuration_set(self, name: str) -> Preferences:
        """What is set for a configuration set: nothing if there is none of this name."""

    def tenant(self, name: str) -> Preferences:
        """What is set for a tenant: nothing if there is none of this name."""


class Versioned(Struct, frozen=True):
    """A history as it was read: `version` is what it has to be still when it is written again, 0 for a new one."""

    history: History = History()
    version: int = 0


class Histories(Protocol):
    """What is known of recipients."""

    def read(self, address: str) -> Versioned:
        """What is known of an address."""

    def write(self, address: str, history: History, version: int) -> bool:
        """Keep a history that was read at this version as the next one; False if somebody else wrote meanwhile."""


class Outcome(StrEnum):
    """What became of a recipient, or of a message that has nobody to act on."""

    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    SKIPPED_BY_SES = "skipped_by_ses"
    LEFT_TO_TENANT = "left_to_tenant"
    UNCHANGED = "unchanged"
    REPEATED = "repeated"
    SEVERAL_SUSPECTS = "several_suspects"
    NOT_CONCERNED = "not_concerned"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    FAILED = "failed"


class Suppressed(Struct, frozen=True):
    """What became of a batch: how many recipients ended how, the messages that have to come again, those that were put
    with the dead letters, and why something has to come again, and how often.

    `without_effect` is how many entries have a reason that the account's own settings ignore: SES then honours them
    only for mail of configuration sets whose settings have it.
    """

    outcomes: Mapping[Outcome, int]
    failed: Sequence[Message] = ()
    set_apart: Sequence[Message] = ()
    delays: Mapping[str, int] = field(default_factory=dict)
    without_effect: int = 0


def suppress_recipients(
    messages: Sequence[Message],
    preferences: SesPreferences,
    suppression_list: SuppressionList,
    histories: Histories,
    dead_letters: DeadLetters,
    has_time: Callable[[], bool],
) -> Suppressed:
    """Make the account's suppression list agree with what a batch of messages says.

    Messages that can't be read, or that SES refuses, go to the dead letters with the problem. What is left when
    `has_time` says no has to come again. An error of the histories is not caught: the batch then comes again, and what
    was done by then is known.
    """
    work = _Work(preferences, suppression_list, histories, has_time)
    failed: list[Message] = []
    dead: list[Message] = []
    for message in messages:
        delayed, problem = work.do(message)
        if delayed:
            failed.append(message)
        elif problem:
            dead.append(replace(message, problem=problem))
    lost = dead_letters.put(dead) if dead else set[str | None]()
    failed += [message for message in dead if message.id in lost]
    set_apart = [message for message in dead if message.id not in lost]
    return Suppressed(work.outcomes, failed, set_apart, work.delays, work.without_effect)


class _Work:
    """One batch, and what has become of it so far."""

    def __init__(
        self,
        preferences: SesPreferences,
        suppression_list: SuppressionList,
        histories: Histories,
        has_time: Callable[[], bool],
    ) -> None:
        self._preferences = preferences
        self._list = suppression_list
        self._histories = histories
        self._has_time = has_time
        self.outcomes: Counter[Outcome] = Counter()
        self.delays: Counter[str] = Counter()
        self.without_effect = 0

    def do(self, message: Message) -> tuple[bool, str | None]:
        """Act on every recipient of a message that can be acted on now: whether it has to come again, and what is wrong
        with it that will not change.
        """
        event, problem, delayed = message.event, message.problem, False
        if event is None:
            self.outcomes[Outcome.UNREADABLE] += 1
            return delayed, problem
        found = list(claims(event))
        if not found:
            several = names_several_suspects(event)
            self.outcomes[Outcome.SEVERAL_SUSPECTS if several else Outcome.NOT_CONCERNED] += 1
        for claim in found:
            try:
                outcome = self._carry_out(claim)
            except NotNow as delay:
                self.delays[str(delay)] += 1
                outcome, delayed = Outcome.FAILED, True
            except Refused as refusal:
                outcome, problem = Outcome.REFUSED, str(refusal)
            self.outcomes[outcome] += 1
        return delayed, problem

    def _carry_out(self, claim: Claim) -> Outcome:
        if not self._has_time():
            raise NotNow("there was no time left")
        if claim.reason is None:
            # Never left to SES: the entry may be ours, whoever would make it now.
            return self._settle(claim)
        account = self._preferences.account()
        of_mail = self._preferences_of(claim.mail, account)
        if claim.reason in (of_mail.reasons or ()):
            return Outcome.SKIPPED_BY_SES
        if of_mail.scope is ListScope.TENANT:
            return Outcome.LEFT_TO_TENANT
        outcome = self._settle(claim)
        # https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
        self.without_effect += outcome is Outcome.SUPPRESSED and claim.reason not in (account.reasons or ())
        return outcome

    def _preferences_of(self, mail: Mail, account: Preferences) -> Preferences:
        """What SES does with this mail. An identity notification names neither configuration set nor tenant."""
        of_set = self._preferences.configuration_set(mail.configuration_set) if mail.configuration_set else NOTHING_SET
        # A set that uses the account's list does so whatever the tenant uses.
        has_list = mail.tenant and of_set.scope is not ListScope.ACCOUNT
        of_tenant = self._preferences.tenant(mail.tenant) if mail.tenant and has_list else NOTHING_SET
        return preferences_of_mail(account, of_set, of_tenant)

    def _settle(self, claim: Claim) -> Outcome:
        """Make the entry of a recipient agree with his history and this claim.

        Before the list is changed, it is written that it will be: after a call that was not answered it is known whose
        the entry is. And somebody else may do the same at this moment. Whoever has changed the list, and then finds
        that another was about to as well, looks again, so that the last one leaves it right.
        """
        did: Action | None = None
        outcome = Outcome.UNCHANGED
        for _ in range(MAX_ATTEMPTS):
            read = self._histories.read(claim.address)
            known, version = read.history, read.version
            history = known.after(claim)
            if history == known and history.settled and not did:
                return Outcome.REPEATED
            entry = self._list.entry(claim.address) if did or history.concerns_the_list else None
            if did is Action.PUT and entry:
                # Ours, whatever another copy has noted since. It may have put it over ours, or we over its.
                history = replace(history, put=entry.reason, settled=False)
            step = next_step(history, entry, claim, taken_off=did is Action.REMOVE)
            if step.action in {Action.PUT, Action.REMOVE}:
                # Also if it is written already, by another: he has to hear of this one.
                if not self._histories.write(claim.address, step.before, version):
                    continue
                known, version = step.before, version + 1
                self._change(claim.address, step)
                did = step.action
            outcome = _OUTCOMES.get(step.action, outcome)
            if step.after == known or self._histories.write(claim.address, step.after, version):
                return outcome
        raise NotNow("others kept changing what is known of the recipient")

    def _change(self, address: str, step: Step) -> None:
        match step:
            case Step(Action.PUT, History(put=Reason() as reason)):
                self._list.put(address, reason)
            case Step(Action.REMOVE):
                self._list.remove(address)
            case _:
                pass  # There is nothing to change.


_OUTCOMES: Mapping[Action, Outcome] = {
    Action.PUT: Outcome.SUPPRESSED,
    Action.CONFIRM: Outcome.SUPPRESSED,
    Action.REMOVE: Outcome.UNSUPPRESSED,
}
