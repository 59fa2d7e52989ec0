"""Write what SES publishes in a story to a file, a line for each: `python -m tests.engine.tell STORY START FILE`.

It is a step of its own, so that nothing of the local cloud is in the process that tests on the second engine. The story
begins at START, whatever it says itself.
"""

import json
import sys
import tomllib
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ses_reputation_local.stories import read_story


def main(script: str, start: str, file: str) -> None:
    """Tell a story from another moment on."""
    text = Path(script).read_text(encoding="utf-8")
    written = tomllib.loads(text)["start"].isoformat().replace("+00:00", "Z")
    with TemporaryDirectory() as folder:
        # Its name is what it is made from: addresses, ids and chances.
        moved = Path(folder) / Path(script).name
        moved.write_text(text.replace(f"start = {written}", f"start = {start}"), encoding="utf-8")
        story = read_story(moved)
    if story.chapters[0].start != datetime.fromisoformat(start):
        sys.exit(f"{script} does not say when it starts in a way that can be replaced")
    with Path(file).open("w", encoding="utf-8") as lines:
        for published in story.publications():
            line = {"topic": published.topic, "time": published.time.isoformat(), "message": published.message}
            lines.write(f"{json.dumps(line)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
