"""Whose AWS credentials these are."""

from ses_reputation.adapters import clients


def caller_arn(region: str | None = None) -> str:
    """The user or role, as IAM names it. Everybody may ask, whatever his policies say.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """
    return str(clients.sts(region).get_caller_identity()["Arn"])
