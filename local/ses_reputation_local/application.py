"""Where the application is that a local cloud runs: template.yaml, its functions, and events to play."""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parent

# A wheel brings the application in this package (see pyproject.toml); a checkout has it two folders up. Installers
# unpack wheels into files, which functions need: they are loaded by their paths.
_IN_WHEEL: Final = _PACKAGE / "application"

APPLICATION: Final = _IN_WHEEL if _IN_WHEEL.is_dir() else _PACKAGE.parents[1]
TEMPLATE: Final = APPLICATION / "template.yaml"
STORIES: Final = APPLICATION / "events" / "stories"


def sample(path: Path) -> Path:
    """The file or folder at this path; if there is none, and the application has one such as
    events/stories/complaint-wave.toml, that one: so what help and docs name is found wherever a command is run.
    """
    ours = APPLICATION / path
    if path.parts[:1] == ("events",) and not path.exists() and ours.exists():
        return ours
    return path
