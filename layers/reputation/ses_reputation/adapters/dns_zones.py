"""Blocklists in the DNS, asked through a resolver. This module alone imports dnspython, and nothing else imports it."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any

import dns.exception
import dns.name
import dns.resolver
from dns.rdatatype import RdataType

from ses_reputation.domain.blocklist_zones import Failure, Unanswered

# How many queries are under way at a time.
AT_ONCE = 16

# UDP loses packets: each query is sent a second and a third time before it is given up.
ATTEMPT_SECONDS = 2.0
GIVE_UP_SECONDS = 5.0

# An exception's own text has the whole name that was asked for, and with it the key: none of them is ever passed on.
_FAILURES: tuple[tuple[type[BaseException], Unanswered], ...] = (
    (dns.exception.Timeout, Unanswered(Failure.TIMED_OUT, "it did not answer in time")),
    (dns.resolver.NoNameservers, Unanswered(Failure.SERVER_FAILED, "the DNS server says that it failed")),
    (dns.name.NameTooLong, Unanswered(Failure.IMPOSSIBLE_NAME, "the name is too long to be asked for")),
    (dns.name.LabelTooLong, Unanswered(Failure.IMPOSSIBLE_NAME, "a part of the name is too long to be asked for")),
    (dns.name.EmptyLabel, Unanswered(Failure.IMPOSSIBLE_NAME, "a part of the name is empty")),
    (dns.exception.FormError, Unanswered(Failure.UNUSABLE_ANSWER, "the answer can't be read")),
)
_OTHER = Unanswered(Failure.SERVER_FAILED, "the DNS server can't be reached")


class DnsZones:
    """Zones of blocklists, as one DNS server sees them, or the machine's own if `server` is None.

    `keys` has the key of each zone that needs one: it goes in front of the zone's name, into the query and nowhere
    else. A query is sent again if no answer comes within `attempt` seconds, and given up after `give_up` seconds.
    """

    def __init__(
        self,
        *,
        keys: Mapping[str, str] = MappingProxyType({}),
        server: tuple[str, int] | None = None,
        attempt: float = ATTEMPT_SECONDS,
        give_up: float = GIVE_UP_SECONDS,
    ) -> None:
        self._keys = keys
        # It goes on by TCP by itself where an answer does not fit into UDP, and keeps no answers.
        self._resolver = dns.resolver.Resolver(configure=server is None)
        if server:
            host, port = server
            self._resolver.nameservers = [host]
            self._resolver.port = port
        self._resolver.timeout = attempt
        self._resolver.lifetime = give_up

    def ask(self, zone: str, names: Sequence[str]) -> Mapping[str, tuple[str, ...] | Unanswered]:
        """The addresses that a zone has for each name: none if there is no such name in it."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            answers = threads.map(lambda name: self._resolve(zone, name, RdataType.A), names)
            return {
                name: answer if isinstance(answer, Unanswered) else tuple(record.to_text() for record in answer)
                for name, answer in zip(names, answers, strict=True)
            }

    def own_words(self, zone: str, name: str) -> str:
        """What a zone says of a name in its own words; empty if it says nothing, or can't be asked."""
        answer = self._resolve(zone, name, RdataType.TXT)
        records = () if isinstance(answer, Unanswered) else answer
        words = " ".join(b"".join(record.strings).decode("utf-8", "replace") for record in records)
        # Some lists quote what they were asked.
        return re.sub(re.escape(key), "KEY", words, flags=re.IGNORECASE) if (key := self._keys.get(zone)) else words

    def _resolve(self, zone: str, name: str, kind: RdataType) -> tuple[Any, ...] | Unanswered:
        """The records of a name in a zone; none if there is no such name."""
        asked = ".".join(filter(None, (name, self._keys.get(zone), zone)))
        try:
            # Absolute: the machine may have domains of its own to search in.
            answer = self._resolver.resolve(dns.name.from_text(asked), kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return ()
        except (dns.exception.DNSException, OSError) as error:
            return next((told for failure, told in _FAILURES if isinstance(error, failure)), _OTHER)
        return tuple(answer)
