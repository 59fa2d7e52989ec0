"""What is read as far as it is asked for, and kept for whoever goes through it again."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class Rereadable(Generic[T]):
    """Something that is read once, as far as it is asked for, and can be gone through again and again.

    What could not be read cannot be read the next time either: a part of it would look like the whole.
    """

    def __init__(self, source: Iterable[T]) -> None:
        self._source = iter(source)
        self._read: list[T] = []
        self._error: Exception | None = None

    @property
    def is_begun(self) -> bool:
        """Whether somebody asked for some of it."""
        return bool(self._read)

    def __iter__(self) -> Iterator[T]:
        for number in count():
            if number == len(self._read):
                if self._error:
                    raise self._error
                try:
                    self._read.append(next(self._source))
                except StopIteration:
                    return
                except Exception as error:
                    self._error = error
                    raise
            yield self._read[number]
