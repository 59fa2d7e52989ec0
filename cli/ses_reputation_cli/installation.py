"""The command as it is installed here: its version, and how to install more of it."""

import json
from importlib.metadata import distribution, version
from urllib.parse import urlsplit
from urllib.request import url2pathname

NAME = "ses-reputation"


def installed_version() -> str:
    """The version of the command."""
    return version(NAME)


def requirement(extra: str) -> str:
    """What pip or pipx is to be given to install the command once more, with this extra: the file or folder that it was
    installed from, or else its name, which an index would look up.

    https://packaging.python.org/en/latest/specifications/direct-url/
    """
    origin = distribution(NAME).read_text("direct_url.json")
    source = urlsplit(json.loads(origin)["url"]) if origin else None
    return f"{url2pathname(source.path) if source and source.scheme == 'file' else NAME}[{extra}]"
