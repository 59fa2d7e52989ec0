"""`python -m ses_reputation_cli` is the command, too."""

from ses_reputation_cli.installation import NAME
from ses_reputation_cli.main import main

main(prog_name=NAME)
