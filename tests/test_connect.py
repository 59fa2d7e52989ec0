"""What connecting does about everything that can be there already, and what it leaves as it is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ses_reputation.connect import ChangeFailed, Choice, Chosen, NotAtSes, carry_out, find, read
from ses_reputation.domain.connections import (
    MAX_DESTINATIONS,
    Action,
    ConfigurationSet,
    Destination,
    EventType,
    Found,
    Identity,
    Note,
    Notification,
    Plan,
    Reason,
    Step,
    Stream,
    Wanted,
    plan_connection,
    plan_undoing,
)
from ses_reputation.domain.rates import VolumeSource

BOUNCES, COMPLAINTS, VOLUME, ELSEWHERE = (f"arn:aws:sns:eu-west-1:1:{name}" for name in ("b", "c", "v", "elsewhere"))
TOPICS = {Stream.BOUNCE: BOUNCES, Stream.COMPLAINT: COMPLAINTS, Stream.VOLUME: VOLUME}
BOUNCE, COMPLAINT, DELIVERY = Notification
# What SES is asked for on the topic of bounces.
WITH_BOUNCES = "BOUNCE DELIVERY_DELAY"
IN_PLACE = (
    Destination("ses-reputation-bounce", True, frozenset(WITH_BOUNCES.split()), BOUNCES),
    Destination("ses-reputation-complaint", True, frozenset({"COMPLAINT"}), COMPLAINTS),
    Destination("ses-reputation-volume", True, frozenset({"SEND"}), VOLUME),
)


def wanted(source: VolumeSource = VolumeSource.SEND_EVENTS, stack: str = "ses-reputation") -> Wanted:
    return Wanted(stack, TOPICS, source)


def ours(stream: str, events: str, topic: str | None, *, enabled: bool = True) -> Destination:
    return other(f"ses-reputation-{stream}", events, topic, enabled=enabled)


def other(name: str, events: str, topic: str | None, *, enabled: bool = True) -> Destination:
    return Destination(name, enabled, frozenset(events.split()), topic)


def newsletter(*destinations: Destination) -> ConfigurationSet:
    return ConfigurationSet("newsletter", destinations)


def shop(
    topics: Mapping[Notification, str] = {}, replaced: Mapping[Notification, str] = {}, *, forwarding: bool = True
) -> Identity:
    return Identity("shop.example", topics, forwarding, replaced)


def plan(*found: Found, source: VolumeSource = VolumeSource.SEND_EVENTS, replace: bool = False) -> Plan:
    names = [each.name for each in found if isinstance(each, Identity)]
    return plan_connection(found, wanted(source), names, replace=replace)


def told(plan: Plan) -> list[tuple[str, Action, Reason]]:
    return [(step.name.removeprefix("ses-reputation-"), step.action, step.reason) for step in plan.steps]


def step(plan: Plan, name: str) -> Step:
    (found,) = (step for step in plan.steps if step.name in {name, f"ses-reputation-{name}"})
    return found


class Account:
    """An account at SES, and the memory of a deployment. `failing` is asked before each change."""

    def __init__(self, *found: Found) -> None:
        self.sets = {
            each.name: {d.name: d for d in each.destinations} for each in found if hasattr(each, "destinations")
        }
        self.topics = {each.name: dict(each.topics) for each in found if isinstance(each, Identity)}
        self.forwarding = {each.name: each.forwarding for each in found if isinstance(each, Identity)}
        self.replaced: dict[str, dict[Notification, str]] = {}
        self.changes: list[str] = []
        self.failing: dict[str, ChangeFailed] = {}

    def configuration_sets(self) -> Sequence[str]:
        return list(self.sets)

    def identities(self) -> Sequence[str]:
        return list(self.topics)

    def destinations(self, configuration_set: str) -> Sequence[Destination]:
        return list(self.sets[configuration_set].values())

    def notifications(self, identities: Sequence[str]) -> Iterator[Identity]:
        for name in identities:
            yield Identity(name, dict(self.topics[name]), self.forwarding[name])

    def put_destination(self, configuration_set: str, destination: Destination, *, new: bool) -> None:
        self._change(f"{'create' if new else 'update'} {configuration_set} {destination.name}")
        assert (destination.name in self.sets[configuration_set]) is not new
        self.sets[configuration_set][destination.name] = destination
        assert len(self.sets[configuration_set]) <= MAX_DESTINATIONS

    def delete_destination(self, configuration_set: str, name: str) -> None:
        self._change(f"delete {configuration_set} {name}")
        del self.sets[configuration_set][name]

    def set_topic(self, identity: str, notification: Notification, topic: str | None) -> None:
        self._change(f"set {identity} {notification}")
        self.topics[identity].pop(notification, None)
        if topic:
            self.topics[identity][notification] = topic

    def read(self) -> Mapping[str, Mapping[Notification, str]]:
        return self.replaced

    def remember(self, identity: str, notification: Notification, topic: str) -> None:
        self._change(f"remember {identity} {notification}")
        self.replaced.setdefault(identity, {})[notification] = topic

    def forget(self, identity: str, notification: Notification) -> None:
        self._change(f"forget {identity} {notification}")
        del self.replaced[identity][notification]

    def _change(self, change: str) -> None:
        if problem := self.failing.get(change):
            raise problem
        self.changes.append(change)

    def state(self) -> object:
        return self.sets, self.topics

    def planned(self, source: VolumeSource = VolumeSource.SEND_EVENTS, *, replace: bool = False) -> Plan:
        return plan_connection(self._found(), wanted(source), self.topics, replace=replace)

    def undoing(self) -> Plan:
        return plan_undoing(self._found(), wanted())

    def _found(self) -> list[Found]:
        return list(read(find(Choice(None, None), self), self, self))

    def apply(self, plan: Plan) -> list[str | None]:
        return [outcome.problem for outcome in carry_out(plan, self, self)]


# -- Configuration sets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (VolumeSource.SEND_EVENTS, {"bounce": WITH_BOUNCES, "complaint": "COMPLAINT", "volume": "SEND"}),
        (
            VolumeSource.DELIVERY_EVENTS,
            {"bounce": WITH_BOUNCES, "complaint": "COMPLAINT", "volume": "DELIVERY"},
        ),
        (VolumeSource.STATISTICS, {"bounce": WITH_BOUNCES, "complaint": "COMPLAINT"}),
    ],
)
def test_a_set_publishes_what_the_deployment_counts_and_no_more(source: VolumeSource, expected: dict[str, str]) -> None:
    planned = plan(newsletter(), source=source)
    assert told(planned) == [(stream, Action.CREATE, Reason.MISSING) for stream in expected]
    assert {s.name: (" ".join(sorted(s.events)), s.topic) for s in planned.steps} == {
        f"ses-reputation-{stream}": (events, TOPICS[Stream(stream)]) for stream, events in expected.items()
    }


def test_the_docs_say_what_is_set_up() -> None:
    page = (Path(__file__).parents[1] / "docs/connecting.md").read_text()
    for stream in Stream:
        (row,) = (
            line for line in page.splitlines() if f"| event destination `{wanted().destination(stream)}` |" in line
        )
        events = {event for source in VolumeSource for event in wanted(source).events(stream)}
        assert events == {*EventType} & {*re.findall(r"`([A-Z_]+)`", row)}
        assert f"`{stream.title()}Topic`" in row


@pytest.mark.parametrize(
    ("there", "action", "reason", "events"),
    [
        pytest.param([ours("volume", "SEND", VOLUME)], "leave", "present", "SEND", id="ours, as it should be"),
        pytest.param(
            [ours("volume", "SEND", VOLUME, enabled=False)], "update", "disabled", "SEND", id="ours, disabled"
        ),
        pytest.param(
            [ours("volume", "DELIVERY", VOLUME)], "update", "other-events", "SEND", id="ours, for another source"
        ),
        pytest.param([ours("volume", "SEND OPEN", VOLUME)], "update", "other-events", "SEND", id="ours, with more"),
        pytest.param(
            [ours("volume", "SEND", ELSEWHERE)], "refuse", "other-topic", "SEND", id="our name, another topic"
        ),
        pytest.param([ours("volume", "SEND", BOUNCES)], "update", "other-topic", "SEND", id="ours, to another of ours"),
        pytest.param([ours("bounce", "SEND", VOLUME)], "create", "missing", "SEND", id="ours, for another stream"),
        pytest.param([ours("volume", "SEND", None)], "refuse", "name-taken", "SEND", id="our name, another kind"),
        pytest.param([other("x", "SEND OPEN", VOLUME)], "leave", "published-by-others", "SEND", id="another's does it"),
        pytest.param(
            [other("x", "SEND", VOLUME, enabled=False)], "create", "missing", "SEND", id="another's, disabled"
        ),
        pytest.param(
            [other("x", "SEND", BOUNCES)], "create", "missing", "SEND", id="another's, to a topic of another kind"
        ),
        pytest.param([other("x", "SEND", ELSEWHERE)], "create", "missing", "SEND", id="another's, elsewhere"),
        pytest.param([other("x", "SEND", None)], "create", "missing", "SEND", id="another's, not to SNS"),
        pytest.param([other("x", "OPEN", VOLUME)], "create", "missing", "SEND", id="another's, of other events"),
        pytest.param(
            [ours("volume", "SEND", VOLUME), other("x", "SEND", VOLUME)], "leave", "present", "SEND", id="both do it"
        ),
        pytest.param(
            [ours("volume", "OPEN", VOLUME), other("x", "SEND", VOLUME)],
            "remove",
            "not-needed",
            "",
            id="ours does else",
        ),
        pytest.param(
            [ours("volume", "SEND", ELSEWHERE), other("x", "SEND", VOLUME)],
            "leave",
            "published-by-others",
            "SEND",
            id="our name, another topic, but another's does it",
        ),
    ],
)
def test_what_is_there_decides_what_is_done(there: list[Destination], action: str, reason: str, events: str) -> None:
    found = step(plan(newsletter(*there)), "volume")
    assert (found.action, found.reason, " ".join(sorted(found.events))) == (action, reason, events)


def test_what_another_destination_publishes_already_is_not_published_twice() -> None:
    planned = plan(newsletter(other("x", "BOUNCE COMPLAINT", BOUNCES)))
    assert step(planned, "bounce").events == {*WITH_BOUNCES.split()} - {"BOUNCE"}
    assert step(planned, "complaint").events == {"COMPLAINT"}, "to its own topic, which others may read"
    rest = WITH_BOUNCES.removeprefix("BOUNCE ")
    theirs = [other("x", "BOUNCE", BOUNCES), other("y", rest, BOUNCES), other("z", "OPEN", BOUNCES)]
    planned = plan(newsletter(*theirs))
    assert step(planned, "bounce").others == ("x", "y")


def test_volume_that_is_no_longer_needed_is_removed_and_nobody_else_s() -> None:
    found = newsletter(*IN_PLACE, other("x", "SEND", VOLUME))
    planned = plan(found, source=VolumeSource.STATISTICS)
    assert told(planned)[0] == ("volume", Action.REMOVE, Reason.NOT_NEEDED)
    (removed,) = planned.changes
    assert (removed.name, removed.topic, removed.before) == ("ses-reputation-volume", None, VOLUME)
    assert not removed.events, "it publishes nothing any more"


def test_a_destination_of_an_earlier_deployment_is_taken_over_on_request_only() -> None:
    old = newsletter(ours("complaint", "COMPLAINT", ELSEWHERE))
    assert step(plan(old), "complaint").action is Action.REFUSE
    replaced = step(plan(old, replace=True), "complaint")
    assert (replaced.action, replaced.topic, replaced.before) == (Action.UPDATE, COMPLAINTS, ELSEWHERE)
    assert (
        step(plan(newsletter(ours("complaint", "COMPLAINT", None)), replace=True), "complaint").action is Action.REFUSE
    )


@pytest.mark.parametrize(("others", "created"), [(7, 3), (8, 2), (9, 1), (10, 0)])
def test_a_set_has_ten_destinations_at_most(others: int, created: int) -> None:
    planned = plan(newsletter(*(other(f"x{n}", "OPEN", ELSEWHERE) for n in range(others))))
    assert [s.action for s in planned.steps] == [Action.CREATE] * created + [Action.REFUSE] * (3 - created)
    assert [s.reason for s in planned.refused] == [Reason.NO_ROOM] * (3 - created)


def test_what_is_removed_makes_room() -> None:
    full = newsletter(ours("volume", "SEND", VOLUME), *(other(f"x{n}", "OPEN", ELSEWHERE) for n in range(9)))
    planned = plan(full, source=VolumeSource.STATISTICS)
    assert [(s.name, s.action) for s in planned.steps] == [
        ("ses-reputation-volume", Action.REMOVE),
        ("ses-reputation-bounce", Action.CREATE),
        ("ses-reputation-complaint", Action.REFUSE),
    ]


def test_several_deployments_can_be_connected_to_one_set() -> None:
    dev = Wanted("dev", {stream: f"{arn}-dev" for stream, arn in TOPICS.items()}, VolumeSource.SEND_EVENTS)
    planned = plan_connection([newsletter(*IN_PLACE)], dev, (), replace=False)
    assert [(s.name, s.action) for s in planned.steps] == [(f"dev-{stream}", Action.CREATE) for stream in Stream]


def test_the_name_of_a_destination_fits_however_long_the_stack_s_is() -> None:
    assert wanted(stack="s" * 128).destination(Stream.COMPLAINT) == f"{'s' * 54}-complaint"


# -- Identities --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (VolumeSource.SEND_EVENTS, [BOUNCE, COMPLAINT]),
        (VolumeSource.DELIVERY_EVENTS, [BOUNCE, COMPLAINT, DELIVERY]),
        (VolumeSource.STATISTICS, [BOUNCE, COMPLAINT]),
    ],
)
def test_an_identity_tells_of_deliveries_only_where_they_are_divided_by(
    source: VolumeSource, expected: list[Notification]
) -> None:
    planned = plan(shop(), source=source)
    assert told(planned) == [(notification, Action.CREATE, Reason.MISSING) for notification in expected]
    topics = {BOUNCE: BOUNCES, COMPLAINT: COMPLAINTS, DELIVERY: VOLUME}
    assert [s.topic for s in planned.steps] == [topics[notification] for notification in expected]


@pytest.mark.parametrize(
    ("present", "replace", "action", "reason", "remember"),
    [
        pytest.param(None, False, Action.CREATE, Reason.MISSING, None, id="none"),
        pytest.param(BOUNCES, False, Action.LEAVE, Reason.PRESENT, None, id="ours"),
        pytest.param(VOLUME, False, Action.UPDATE, Reason.OTHER_TOPIC, None, id="another of ours"),
        pytest.param(ELSEWHERE, False, Action.REFUSE, Reason.OTHER_TOPIC, None, id="another's"),
        pytest.param(ELSEWHERE, True, Action.UPDATE, Reason.OTHER_TOPIC, ELSEWHERE, id="another's, to be replaced"),
    ],
)
def test_the_topic_that_is_set_decides_what_is_done(
    present: str | None, replace: bool, action: Action, reason: Reason, remember: str | None
) -> None:
    found = step(plan(shop({BOUNCE: present} if present else {}), replace=replace), BOUNCE)
    assert (found.action, found.reason, found.remember) == (action, reason, remember)
    assert found.before == (None if present == BOUNCES else present)


def test_delivery_notifications_to_others_are_nobody_s_business() -> None:
    assert [s.name for s in plan(shop({DELIVERY: ELSEWHERE})).steps] == [BOUNCE, COMPLAINT]


def test_delivery_notifications_that_are_no_longer_needed_go_back_to_where_they_went() -> None:
    gone = step(plan(shop({DELIVERY: VOLUME})), DELIVERY)
    assert (gone.action, gone.reason, gone.topic, gone.before) == (Action.REMOVE, Reason.NOT_NEEDED, None, VOLUME)
    back = step(plan(shop({DELIVERY: VOLUME}, {DELIVERY: ELSEWHERE})), DELIVERY)
    assert (back.action, back.reason) == (Action.UPDATE, Reason.REPLACED_BEFORE)
    assert (back.topic, back.before) == (ELSEWHERE, VOLUME)


def test_somebody_who_connects_identities_is_told_what_to_know() -> None:
    every = [Note.TWO_FORMATS, Note.FORWARDING_STAYS]
    assert plan(newsletter()).notes == ()
    assert plan(shop()).notes == [*every, Note.NO_SEND_EVENTS]
    assert plan(shop(), newsletter()).notes == every
    assert plan(shop(), source=VolumeSource.DELIVERY_EVENTS).notes == every


def test_identities_that_are_verified_beside_their_domain_are_named() -> None:
    verified = [
        "shop.example",
        "news@Shop.example",
        "mail.shop.example",
        "a@mail.shop.example",
        "other.example",
        "workshop.example",
    ]
    planned = plan_connection([shop()], wanted(), verified, replace=False)
    assert planned.apart == ["a@mail.shop.example", "mail.shop.example", "news@Shop.example"]
    assert planned.notes[-1] is Note.VERIFIED_APART
    both = [shop(), *(Identity(name, {}, forwarding=True) for name in verified[1:4])]
    assert plan_connection(both, wanted(), verified, replace=False).apart == []


# -- Undoing -----------------------------------------------------------------------------------------------------------


def test_undoing_removes_our_destinations_and_leaves_those_of_others() -> None:
    found = newsletter(
        *IN_PLACE[:2],
        ours("volume", "SEND", BOUNCES),
        other("x", "SEND", VOLUME),
        other("y", "OPEN", ELSEWHERE),
        other("z", "OPEN", None),
    )
    planned = plan_undoing([found], wanted(VolumeSource.STATISTICS))
    assert [(s.name, s.action, s.reason) for s in planned.steps] == [
        *((f"ses-reputation-{stream}", Action.REMOVE, Reason.OURS) for stream in Stream),
        ("x", Action.LEAVE, Reason.NOT_OURS),
    ]
    assert [(s.before, s.topic, " ".join(s.events)) for s in planned.steps] == [
        *((topic, None, "") for topic in (BOUNCES, COMPLAINTS, BOUNCES)),
        (None, VOLUME, "SEND"),
    ]


@pytest.mark.parametrize(
    "destination",
    [ours("volume", "SEND", ELSEWHERE), ours("volume", "SEND", None)],
    ids=["another topic", "not to SNS"],
)
def test_what_only_has_our_name_is_not_removed(destination: Destination) -> None:
    assert plan_undoing([newsletter(destination)], wanted()).changes == []


def test_undoing_sets_the_topic_again_that_was_replaced() -> None:
    found = shop({BOUNCE: BOUNCES, COMPLAINT: COMPLAINTS, DELIVERY: ELSEWHERE}, {BOUNCE: ELSEWHERE})
    planned = plan_undoing([found], wanted())
    assert [(s.name, s.action, s.reason, s.topic) for s in planned.steps] == [
        (BOUNCE, Action.UPDATE, Reason.REPLACED_BEFORE, ELSEWHERE),
        (COMPLAINT, Action.REMOVE, Reason.OURS, None),
    ]


def test_without_forwarding_by_email_ses_keeps_a_topic_for_bounces_and_complaints() -> None:
    topics = {BOUNCE: BOUNCES, COMPLAINT: COMPLAINTS, DELIVERY: VOLUME}
    planned = plan_undoing([shop(topics, {BOUNCE: ELSEWHERE}, forwarding=False)], wanted())
    assert [(s.name, s.action) for s in planned.steps] == [
        (BOUNCE, Action.UPDATE),
        (COMPLAINT, Action.REFUSE),
        (DELIVERY, Action.REMOVE),
    ]
    assert step(planned, COMPLAINT).reason is Reason.FORWARDING_OFF


# -- Laws --------------------------------------------------------------------------------------------------------------

topics = st.sampled_from([BOUNCES, COMPLAINTS, VOLUME, ELSEWHERE, None])
destinations = st.builds(
    Destination,
    st.sampled_from([*(f"ses-reputation-{stream}" for stream in Stream), "x", "y"]),
    st.booleans(),
    st.frozensets(st.sampled_from(["BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY", "OPEN", "SEND"]), min_size=1),
    topics,
)
sets = st.builds(
    ConfigurationSet,
    st.just("newsletter"),
    st.lists(destinations, max_size=5, unique_by=lambda destination: destination.name),
)
identities = st.builds(
    Identity,
    st.just("shop.example"),
    st.dictionaries(st.sampled_from(Notification), topics.filter(bool)),
    st.booleans(),
)


@given(sets, identities, st.sampled_from(VolumeSource), st.booleans())
def test_what_was_done_once_is_not_done_again(
    found: ConfigurationSet, identity: Identity, source: VolumeSource, replace: bool
) -> None:
    account = Account(found, identity)
    account.apply(account.planned(source, replace=replace))
    again = account.planned(source, replace=replace)
    assert again.changes == []
    told = {s.name for s in again.steps if s.action is Action.LEAVE} | {s.name for s in again.refused}
    assert {f"ses-reputation-{stream}" for stream in Stream if wanted(source).events(stream)} <= told


@given(sets, identities, st.booleans())
def test_what_others_have_made_survives_connecting_and_undoing(
    found: ConfigurationSet, identity: Identity, replace: bool
) -> None:
    account = Account(found, identity)
    account.apply(account.planned(replace=replace))
    for destination in found.destinations:
        if not destination.name.startswith("ses-reputation-"):
            assert account.sets["newsletter"][destination.name] == destination
    account.apply(account.undoing())
    assert account.undoing().changes == []
    assert {d for d in found.destinations if not d.name.startswith("ses-")} <= {*account.sets["newsletter"].values()}
    theirs = {n: topic for n, topic in identity.topics.items() if topic == ELSEWHERE}
    assert theirs.items() <= account.topics["shop.example"].items()


def test_connecting_and_undoing_end_where_it_began() -> None:
    began: list[Found] = [newsletter(other("x", "OPEN", ELSEWHERE)), shop({COMPLAINT: ELSEWHERE})]
    account = Account(*began)
    account.apply(account.planned(VolumeSource.DELIVERY_EVENTS, replace=True))
    assert account.state() != Account(*began).state()
    account.apply(account.undoing())
    assert account.state() == Account(*began).state()


# -- Carrying it out ---------------------------------------------------------------------------------------------------


def test_a_topic_is_remembered_before_it_is_replaced() -> None:
    account = Account(shop({BOUNCE: ELSEWHERE}))
    account.apply(account.planned(replace=True))
    assert account.changes[:2] == ["remember shop.example Bounce", "set shop.example Bounce"]


def test_a_topic_that_is_no_longer_what_was_replaced_is_forgotten_before_ours_is_set() -> None:
    account = Account(shop())
    account.replaced = {"shop.example": {BOUNCE: ELSEWHERE}}
    account.apply(account.planned())
    assert account.changes[:2] == ["forget shop.example Bounce", "set shop.example Bounce"]
    account.apply(account.undoing())
    assert account.topics == {"shop.example": {}}


@pytest.mark.parametrize(
    "stopped", ["remember shop.example Bounce", "set shop.example Bounce", "set shop.example Complaint"]
)
def test_a_run_that_stops_anywhere_is_finished_by_another_and_undone_by_a_third(stopped: str) -> None:
    account = Account(shop({BOUNCE: ELSEWHERE}))
    account.failing = {stopped: ChangeFailed("denied", hopeless=True)}
    assert account.apply(account.planned(replace=True))[-1] == "denied"
    account.failing = {}
    account.apply(account.planned(replace=True))
    assert account.topics == {"shop.example": {BOUNCE: BOUNCES, COMPLAINT: COMPLAINTS}}
    account.apply(account.undoing())
    assert account.topics == {"shop.example": {BOUNCE: ELSEWHERE}}


def test_a_failure_does_not_hold_up_the_others() -> None:
    account = Account(newsletter(), shop())
    account.failing = {"create newsletter ses-reputation-bounce": ChangeFailed("no such topic", hopeless=False)}
    assert account.apply(account.planned()) == ["no such topic", None, None, None, None]


def test_after_a_failure_that_any_other_would_share_nothing_more_is_tried() -> None:
    account = Account(newsletter(), shop())
    account.failing = {"create newsletter ses-reputation-complaint": ChangeFailed("denied", hopeless=True)}
    assert account.apply(account.planned()) == [None, "denied"]
    assert account.changes == ["create newsletter ses-reputation-bounce"]


# -- Choosing ----------------------------------------------------------------------------------------------------------


def test_names_are_found_as_ses_spells_them_and_once() -> None:
    account = Account(newsletter(), ConfigurationSet("receipts", ()), shop(), Identity("Me@home.example", {}, True))
    assert find(Choice(("receipts", "receipts"), ("SHOP.example", "me@home.example")), account) == Chosen(
        ["receipts"], ["shop.example", "Me@home.example"], ["shop.example", "Me@home.example"]
    )
    assert find(Choice(None, None), account) == Chosen(
        ["newsletter", "receipts"], ["shop.example", "Me@home.example"], ["shop.example", "Me@home.example"]
    )


@pytest.mark.parametrize(
    ("choice", "named"),
    [(Choice(("Newsletter",)), "configuration set Newsletter"), (Choice((), ("a", "b")), "identity a, b")],
    ids=["a set's case matters", "several"],
)
def test_a_name_that_ses_does_not_know_changes_nothing(choice: Choice, named: str) -> None:
    with pytest.raises(NotAtSes, match=f"no {named} here"):
        find(choice, Account(newsletter(), shop()))


@pytest.mark.parametrize(("sets", "identities"), [*product([(), ("newsletter",)], [(), ("shop.example",)])])
def test_ses_is_asked_only_about_what_was_chosen(sets: tuple[str, ...], identities: tuple[str, ...]) -> None:
    class Silent(Account):
        def configuration_sets(self) -> Sequence[str]:
            assert sets
            return super().configuration_sets()

        def identities(self) -> Sequence[str]:
            assert identities
            return super().identities()

        def read(self) -> Mapping[str, Mapping[Notification, str]]:
            assert identities
            return super().read()

    account = Silent(newsletter(), shop())
    chosen = find(Choice(sets, identities), account)
    assert len(chosen) == len([*read(chosen, account, account)]) == len(sets) + len(identities)
