"""The texts that people read about a change."""
