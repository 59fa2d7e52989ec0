"""What counts, how it is measured, and what follows: pure functions over frozen values, no AWS and no clock."""
