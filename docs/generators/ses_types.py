"""The table of what SES finds: each type of its findings, and what it is here."""

from docs.generators.tables import table
from ses_reputation.domain.statements import SUSPICIONS
from ses_reputation.notices.statements import TYPES


def types() -> str:
    """SES's types of findings, in its word and in ours, and the category that one is suspected of."""
    return table(
        ("SES's type", "in alerts", "what it is", "here"),
        (
            (
                f"`{name}`",
                f"{texts.name} problem",
                texts.about,
                f"a suspected finding, `{SUSPICIONS[name]}`" if name in SUSPICIONS else "kept as SES's verdict",
            )
            for name, texts in TYPES.items()
        ),
    )
