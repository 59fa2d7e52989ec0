"""SES Reputation: counts what Amazon SES reports about your mail, judges it, and tells people."""
