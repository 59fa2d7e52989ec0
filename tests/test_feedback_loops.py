"""Which mail is in the denominator of the complaint rate: that to providers that send complaints back."""

import pytest

from ses_reputation.domain.feedback_loops import (
    SENDING,
    SILENT,
    Feedback,
    FeedbackLoops,
    UnprovenProviders,
    can_be_learned,
)
from ses_reputation.domain.providers import OTHER, PROVIDERS, UNSPECIFIED

LEARNED = FeedbackLoops(learned=frozenset({"laposte", "gmail"}))


def unproven(what: UnprovenProviders) -> FeedbackLoops:
    return FeedbackLoops(learned=frozenset({"laposte"}), unproven=what)


@pytest.mark.parametrize(
    ("loops", "provider", "feedback", "percent"),
    [
        pytest.param(FeedbackLoops(), "yahoo", Feedback.KNOWN, 100, id="known to send"),
        pytest.param(FeedbackLoops(), "gmail", Feedback.SILENT, 0, id="known to send none"),
        pytest.param(LEARNED, "gmail", Feedback.SILENT, 0, id="known to send none, though one seemed to come"),
        pytest.param(LEARNED, "laposte", Feedback.LEARNED, 100, id="one came before"),
        pytest.param(LEARNED, "orange", Feedback.UNPROVEN_EXCLUDED, 0, id="none came so far"),
        pytest.param(
            unproven(UnprovenProviders.INCLUDED), "orange", Feedback.UNPROVEN_INCLUDED, 100, id="included: none came"
        ),
        pytest.param(
            unproven(UnprovenProviders.INCLUDED), "gmail", Feedback.SILENT, 0, id="included: known to send none"
        ),
        pytest.param(
            unproven(UnprovenProviders.EXCLUDED), "orange", Feedback.UNPROVEN_EXCLUDED, 0, id="excluded: none came"
        ),
        pytest.param(
            unproven(UnprovenProviders.EXCLUDED), "laposte", Feedback.UNPROVEN_EXCLUDED, 0, id="excluded: one came"
        ),
        pytest.param(unproven(UnprovenProviders.EXCLUDED), "yahoo", Feedback.KNOWN, 100, id="excluded: known to send"),
        pytest.param(FeedbackLoops(), OTHER, Feedback.UNPROVEN_EXCLUDED, 0, id="in no table"),
        pytest.param(FeedbackLoops(), UNSPECIFIED, Feedback.SHARE, 100, id="not reported, and no share is known"),
        pytest.param(FeedbackLoops(feedback_share=40), UNSPECIFIED, Feedback.SHARE, 40, id="at a share"),
        pytest.param(FeedbackLoops(feedback_share=40), "yahoo", Feedback.KNOWN, 100, id="reported: no share"),
    ],
)
def test_mail_to_a_provider_counts_by_what_is_known_of_it(
    loops: FeedbackLoops, provider: str, feedback: Feedback, percent: int
) -> None:
    assert (loops.feedback(provider), loops.percent(provider)) == (feedback, percent)


@pytest.mark.parametrize(
    ("sending", "silent", "provider", "feedback"),
    [
        pytest.param(["gmail"], [], "gmail", Feedback.KNOWN, id="a silent one that sends"),
        pytest.param([], ["yahoo"], "yahoo", Feedback.SILENT, id="a sending one that is silent"),
        pytest.param(["orange"], ["orange"], "orange", Feedback.KNOWN, id="named in both, it sends"),
        pytest.param(["yahoo"], ["yahoo"], "yahoo", Feedback.KNOWN, id="named in both and known, it sends"),
        pytest.param([], ["laposte"], "laposte", Feedback.SILENT, id="a learned one that is silent"),
        pytest.param(["company.example"], [], "company.example", Feedback.KNOWN, id="one of the deployment's own"),
        pytest.param(["orange"], ["naver"], "yahoo", Feedback.KNOWN, id="what is not named stays as it is"),
        pytest.param(["orange"], ["naver"], "gmail", Feedback.SILENT, id="and so does a silent one"),
    ],
)
def test_what_a_deployment_knows_goes_before_what_is_known(
    sending: list[str], silent: list[str], provider: str, feedback: Feedback
) -> None:
    assert LEARNED.configured(sending=sending, silent=silent).feedback(provider) is feedback


@pytest.mark.parametrize(
    ("provider", "can"),
    [
        pytest.param("laposte", True, id="one of which nothing is known"),
        pytest.param("company.example", True, id="one of the deployment's own"),
        pytest.param("yahoo", False, id="one that is known to send"),
        pytest.param("gmail", False, id="one that is known to be silent"),
        pytest.param(UNSPECIFIED, False, id="one that is not reported"),
    ],
)
def test_a_complaint_teaches_what_was_not_known(provider: str, *, can: bool) -> None:
    assert can_be_learned(provider) == can


def test_who_is_known_to_send_or_to_be_silent_is_in_the_table_of_providers_once() -> None:
    assert PROVIDERS.keys() >= SENDING | SILENT
    assert not SENDING & SILENT
