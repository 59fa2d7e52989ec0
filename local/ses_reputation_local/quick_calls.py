"""Quicker calls: what boto3 and moto do at each call, and nobody in the local cloud needs, they do once or not at all.

Nothing that a caller can see is different, but for signatures and request ids, which nobody here checks.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from typing import Any, Final
from unittest.mock import patch

from botocore.auth import SigV4Auth
from botocore.parsers import BaseJSONParser as AnswerParser
from botocore.useragent import UserAgentString
from moto.core import models, responses
from moto.core.parse import BaseJSONParser as RequestParser
from moto.core.serialize import BaseJSONSerializer as AnswerSerializer
from moto.core.utils import method_names_from_class

# Of the ten kinds of attribute values these are the same in DynamoDB's JSON as in Python.
_AS_THEY_ARE: Final = frozenset({"S", "N"})


@contextmanager
def quick_calls() -> Iterator[None]:
    """Until the block ends, calls of boto3's clients, which moto answers, do less of what nobody here needs."""
    with ExitStack() as stack:
        for owner, name, quick in (
            # Who calls: written anew for each call, and then once more with what the call uses.
            (UserAgentString, "to_string", lambda _: "local"),
            (UserAgentString, "rebuild_and_replace_user_agent_handler", lambda *_, **__: None),
            # moto reads key, region and service of the signature, and does not check it.
            (SigV4Auth, "canonical_request", lambda *_: ""),
            (SigV4Auth, "headers_to_sign", lambda *_: {}),
            # Moto draws 52 random letters, one after the other.
            (responses, "gen_amzn_requestid_long", _numbered_request()),
            # The operations of a service, looked up each time.
            (responses, "method_names_from_class", cache(method_names_from_class)),
            # moto answers the library requests, too, by 1,288 rules.
            (models, "RESPONSES_METHODS", []),
            # Each of the ten members that an attribute value might have is asked for, in both directions.
            (RequestParser, "_parse_structure", _plain_values(RequestParser._parse_structure)),
            (AnswerSerializer, "_serialize_type_structure", _plain_answers(AnswerSerializer._serialize_type_structure)),
            (AnswerParser, "_handle_structure", _plain_values(vars(AnswerParser)["_handle_structure"])),
        ):
            stack.enter_context(patch.object(owner, name, quick))
        yield


def _numbered_request() -> Callable[[dict[str, Any]], str]:
    numbers = count()

    def identify(headers: dict[str, Any]) -> str:
        headers["x-amzn-requestid"] = f"{next(numbers):052d}"
        return str(headers["x-amzn-requestid"])

    return identify


def _plain_values(parse: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    def parsed(parser: Any, shape: Any, value: Any) -> Any:
        return value if _is_plain(shape, value) else parse(parser, shape, value)

    return parsed


def _plain_answers(serialize: Callable[..., None]) -> Callable[..., None]:
    def serialized_as_it_is(serializer: Any, serialized: dict[str, Any], value: Any, shape: Any, key: str) -> None:
        if _is_plain(shape, value):
            serialized[serializer.get_serialized_name(shape, key)] = value
        else:
            serialize(serializer, serialized, value, shape, key)

    return serialized_as_it_is


def _is_plain(shape: Any, value: Any) -> bool:
    return shape.name == "AttributeValue" and isinstance(value, dict) and value.keys() <= _AS_THEY_ARE
