"""What botocore knows of the services, read quickly: a client of DynamoDB is made in 40 % of the CPU time.

It is what a cold start spends most on. botocore looks for a service by looking through the folders of all 430, three
times until there is a client with a paginator (27 of 80 ms), and reads its files with Python's own JSON (20 ms).
https://docs.aws.amazon.com/botocore/latest/reference/loaders.html
"""

import gzip
import os
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from botocore.loaders import JSONFileLoader, Loader


class _QuickFiles(JSONFileLoader):
    def load_file(self, file_path: str) -> Any:
        """What is in the file, whose name goes on with .json, or is packed as well; None if there is none."""
        packed = Path(f"{file_path}.json.gz")
        if packed.is_file():
            return msgspec.json.decode(gzip.decompress(packed.read_bytes()))
        plain = Path(f"{file_path}.json")
        if plain.is_file():
            return msgspec.json.decode(plain.read_bytes())
        return super().load_file(file_path)


class QuickLoader(Loader):
    """botocore's loader, but that takes for a service whatever has a folder."""

    FILE_LOADER_CLASS = _QuickFiles

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - as botocore calls it
        """The names of services, of which one may have no file of this type: then that is told when it is read."""
        return self._services

    @cached_property
    def _services(self) -> list[str]:
        folders = filter(os.path.isdir, self.search_paths)
        return sorted({entry.name for folder in folders for entry in os.scandir(folder)})
