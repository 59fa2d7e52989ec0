"""Blocklists in the DNS, asked through a resolver. This module alone imports dnspython, and nothing else imports it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

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
    (dns.exception.FormError, Unanswered(Failure.UNUSABLE_ANSWER, "the answer can't be read")),
    (dns.name.NameTooLong, Unanswered(Failure.IMPOSSIBLE_NAME, "the name is too long to be asked for")),
    (dns.name.LabelTooLong, Unanswered(Failure.IMPOSSIBLE_NAME, "a part of the name is too long to be asked for")),
    (dns.name.EmptyLabel, Unanswered(Failure.IMPOSSIBLE_NAME, "a part of the name is empty")),
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
            return dict(zip(names, threads.map(lambda name: self._records(zone, name, "A"), names), strict=True))

    def own_words(self, zone: str, name: str) -> str:
        """What a zone says of a name in its own words; empty if it says nothing, or can't be asked."""
        texts = self._records(zone, name, "TXT")
        return "" if isinstance(texts, Unanswered) else " ".join(texts)

    def _records(self, zone: str, name: str, kind: str) -> tuple[str, ...] | Unanswered:
        asked = ".".join(filter(None, (name, self._keys.get(zone), zone)))
        try:
            # Absolute, so that no search list of the machine's is tried, and nothing but this name is asked for.
            answer = self._resolver.resolve(dns.name.from_text(asked), kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return ()
        except (dns.exception.DNSException, OSError) as error:
            return next((told for kind_, told in _FAILURES if isinstance(error, kind_)), _OTHER)
        return tuple(_text(record) for record in answer)


def _text(record: "dns.rdata.Rdata") -> str:
    """An address, or the strings of a TXT record put together; what is no text is shown as such."""
    if record.rdtype == dns.rdatatype.TXT:
        return b"".join(record.strings).decode("utf-8", "replace")
    return record.to_text()
