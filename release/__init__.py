"""How a version is released: `make release VERSION=0.2.0`. docs/releases.md says what a version promises."""
