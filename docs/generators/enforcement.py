"""The tables of docs/automatic-reaction.md, from the tables of the code."""

from collections.abc import Mapping
from types import MappingProxyType

from docs.generators import parameters
from docs.generators.tables import table
from ses_reputation.domain.enforcement import Action, State
from ses_reputation.notices.enforcement import ACTIONS, STATES

_STATES: Mapping[State, str] = MappingProxyType(
    {
        State.RELEASED: "The status asks for nothing, or no longer does. So it is before anything happens, too.",
        State.OBSERVED: "It would be paused, and people were told so.",
        State.PAUSING: (
            "SES is about to be asked to pause it. A crash or a time-out leaves it here, and the next attempt goes on."
        ),
        State.PAUSED: "SES Reputation paused it, and will resume it.",
        State.FOUND_PAUSED: "Somebody else had paused it before. SES Reputation will not resume it.",
        State.LEFT_RUNNING: (
            "Somebody else resumed it though the status asks for a pause. It is left so until a new shutdown."
        ),
        State.RESUMING: "SES is about to be asked to resume it.",
    }
)


def states() -> str:
    """How far it can have come with a scope."""
    return table(
        ("state", "what it means", "`ses-reputation status` says"),
        ((f"`{state}`", _STATES[state], f"*{STATES[state]}*" if state in STATES else "-") for state in State),
    )


def actions() -> str:
    """What people can be told."""
    return table(
        ("`action`", "subject of the e-mail", "what was done", "what happens next"),
        (
            (
                f"`{action}`",
                f"SES sending of SCOPE: {texts.news}",
                texts.done,
                texts.next.format(kind="its kind", shutdown="shutdown"),
            )
            for action in Action
            for texts in (ACTIONS[action],)
        ),
    )


def settings() -> str:
    """The parameters that decide what is paused."""
    return parameters.of_group("What is done at SES")
