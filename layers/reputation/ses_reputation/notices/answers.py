"""What a command to Operate has led to, in words: for who gave it."""

from collections.abc import Mapping
from typing import Any

from ses_reputation.domain.lifecycle import Status
from ses_reputation.notices.categories import CATEGORY_TEXTS
from ses_reputation.notices.structure import readable
from ses_reputation.notices.vocabulary import STATUS_NAMES, Vocabulary, name_of_finding


def outcome(answer: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[str, ...]:
    """What was done, by the document that Operate answers, in a sentence or two."""
    names = STATUS_NAMES[vocabulary]
    finding, outage = answer["finding"], answer.get("outage")
    scope = f"{readable(answer['scope'])} is {names[Status(answer['scope_status'])]}"
    if answer["nothing_new"] and finding is None:
        return (f"Nothing was done: a suspicion of this kind was dismissed a short while ago. {scope}.",)
    if outage:
        return (f"Outage {outage['id']} of {outage['provider']}: {outage['stage']}. {scope}.", *_unsent(answer))
    if finding is None:
        return (f"This was done before. {scope}.",)
    about = f"Finding {finding['id']} ({CATEGORY_TEXTS[finding['category']].name})"
    if answer["nothing_new"]:
        return (f"{about} is open already, and this was said of it today. {scope}.",)
    if not answer["changed"]:
        return (f"{about} is open already: this is report {finding['reports']:,} of it. {scope}.",)
    name = name_of_finding(Status(finding["status"]), vocabulary, suspected=finding["suspected"])
    return (f"{about}: {name}{' for good' if finding['permanent'] else ''}. {scope}.", *_unsent(answer))


def _unsent(answer: Mapping[str, Any]) -> tuple[str, ...]:
    return ("The alert could not be sent yet; the next evaluation sends it.",) if answer["unsent"] else ()
