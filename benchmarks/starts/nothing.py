"""Nothing: what Python and Lambda's runtime client take by themselves."""


def lambda_handler(_event: object, _context: object) -> None:
    """Do nothing."""
