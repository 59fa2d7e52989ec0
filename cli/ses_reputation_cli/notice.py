"""`ses-reputation notice`: what people would be told, with made-up data."""

from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

import click

from ses_reputation_cli.arguments import CATEGORIES, with_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ses_reputation.domain.categories import Category
    from ses_reputation.domain.lifecycle import Stage
    from ses_reputation.notices.alert import Alert
    from ses_reputation.notices.vocabulary import Vocabulary

_EXAMPLES = """\b
Examples:
  ses-reputation notice spamtrap
  ses-reputation notice bounce-rate --stage shutdown --vocabulary current
  ses-reputation notice internal-review --stage pending-decision --format chat
  ses-reputation notice mailbox-provider --stage suspected
  ses-reputation notice vulnerable-site --format page > notice.html
"""

E = TypeVar("E", bound=StrEnum)


def _named(members: type[E], value: str) -> E:
    """The member of this name, with hyphens or underscores; a usage error that says which there are."""
    try:
        return members(value.replace("-", "_"))
    except ValueError:
        raise click.BadParameter(f"{value!r} is none of {_names(members)}") from None


def _names(members: "Iterable[StrEnum]") -> str:
    return ", ".join(member.replace("_", "-") for member in members)


def _category(_context: click.Context, _parameter: click.Parameter, value: str) -> "Category":
    from ses_reputation.domain.categories import Category  # noqa: PLC0415 - help must not wait for it

    return _named(Category, value)


def _stage(_context: click.Context, _parameter: click.Parameter, value: str) -> "Stage":
    from ses_reputation.domain.lifecycle import Stage  # noqa: PLC0415 - help must not wait for it

    return _named(Stage, value)


def _email(alert: "Alert", vocabulary: "Vocabulary") -> str:
    from ses_reputation.notices.email import body, subject  # noqa: PLC0415 - help must not wait for it

    return f"Subject: {subject(alert, vocabulary)}\n\n{body(alert, vocabulary)}"


def _chat(alert: "Alert", vocabulary: "Vocabulary") -> str:
    import msgspec  # noqa: PLC0415 - help must not wait for it

    from ses_reputation.notices.chat import chat_message  # noqa: PLC0415

    return msgspec.json.format(chat_message(alert, vocabulary)) + "\n"


def _page(alert: "Alert", vocabulary: "Vocabulary") -> str:
    from ses_reputation.notices.page import page  # noqa: PLC0415 - help must not wait for it

    return page(alert, vocabulary)


# What `--format` takes.
_RENDERERS: "Mapping[str, Callable[[Alert, Vocabulary], str]]" = {"email": _email, "chat": _chat, "page": _page}


@click.command(epilog=_EXAMPLES)
@click.argument("category", callback=_category)
@click.option("--stage", default="probation", show_default=True, callback=_stage, help="The stage that is told of.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_RENDERERS)),
    default="email",
    show_default=True,
    help="For e-mail, for AWS's chat integration, or a fragment of a page.",
)
@click.option(
    "--vocabulary",
    type=click.Choice(["classic", "current"]),
    default="classic",
    show_default=True,
    help="Probation and Shutdown, or Under review and Sending paused.",
)
@with_words(categories=CATEGORIES)
def command(category: "Category", stage: "Stage", form: str, vocabulary: str) -> None:
    """Show what people are told when a finding comes to a stage. The data is made up, the rules and the texts are not.

    \b
    CATEGORY is one of
    {categories}.

    \b
    A stage is one of
      probation, pending-decision, pending-shutdown, shutdown, resolved,
      almost-healed (bounce-rate and complaint-rate only),
      suspected (all but bounce-rate and complaint-rate),
      permanent-shutdown (of a category whose repeats can lead to it).
    """  # noqa: D301 - click takes \b for: do not wrap what follows
    from ses_reputation.notices.vocabulary import Vocabulary  # noqa: PLC0415 - help must not wait for it

    click.echo(_RENDERERS[form](_example(category, stage), Vocabulary(vocabulary)), nl=False)


def _example(category: "Category", stage: "Stage") -> "Alert":
    from ses_reputation.domain.lifecycle import Stage, stages_of  # noqa: PLC0415 - help must not wait for it
    from ses_reputation.notices.alert import alert_of  # noqa: PLC0415
    from ses_reputation_cli.examples import ACCOUNT_ID, REGION, typical  # noqa: PLC0415

    stages = stages_of(category)
    if stage not in stages:
        has = _names([each for each in Stage if each in stages])
        raise click.UsageError(f"a finding about {_names([category])} is never at {_names([stage])}; its stages: {has}")
    example = typical(category, stage)
    return alert_of(example.news, example.policy, ACCOUNT_ID, REGION)
