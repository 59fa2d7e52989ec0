"""MiniStack without its count of a table's items: after each write it looks at all of them, which takes seconds for a
transaction in a table of 100,000. Only DescribeTable has that count. This is loaded in MiniStack's own environment.
"""

from importlib import import_module
from typing import Any

_dynamodb: Any = import_module("ministack.services.dynamodb")
_dynamodb._update_counts = lambda _table: None

app = import_module("ministack.app").app
