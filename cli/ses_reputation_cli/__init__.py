"""The command `ses-reputation`."""
