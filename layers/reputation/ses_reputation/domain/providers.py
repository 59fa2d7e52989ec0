"""Who is behind an address: a mailbox provider, SES's simulator, or the sender itself.

The list of providers is bounded on purpose: a counter item holds a few numbers per provider, so it must not grow with
the domains that people send to. Everything else is OTHER. Who hosts a company's own domain (Google Workspace, say)
can't be told from the address alone.
"""

from collections.abc import Mapping

from msgspec import Struct, field

SIMULATOR_DOMAIN = "simulator.amazonses.com"

OTHER = "other"
"""Providers that are in no table."""

UNSPECIFIED = "unspecified"
"""Whoever it was: mail that SES's own statistics count, which name no recipients."""

SIMULATOR = "simulator"
"""The mailbox simulator, with or without a +label."""

OWN = "verified-identity"
"""The sender itself: a recipient at one of the account's verified identities."""

# One row per provider: its name, and the domains that its users have. A trailing dot and star stand for the country
# forms of a name (yahoo.co.uk, yahoo.com.br), which are many and change.
PROVIDERS: Mapping[str, str] = {
    "apple": "icloud.com me.com mac.com",
    "comcast": "comcast.net",
    "gmail": "gmail.com googlemail.com",
    "gmx": "gmx.* web.de mail.com",
    "laposte": "laposte.net",
    "libero": "libero.it virgilio.it inwind.it iol.it",
    "mail-ru": "mail.ru inbox.ru list.ru bk.ru internet.ru",
    "microsoft": "outlook.* hotmail.* live.* msn.com passport.com",
    "naver": "naver.com",
    "netease": "163.com 126.com yeah.net",
    "orange": "orange.fr wanadoo.fr",
    "proton": "proton.me protonmail.com protonmail.ch pm.me",
    "qq": "qq.com foxmail.com",
    "t-online": "t-online.de magenta.de",
    "uol": "uol.com.br bol.com.br",
    "yahoo": "yahoo.* ymail.com rocketmail.com aol.* aim.com verizon.net att.net sbcglobal.net bellsouth.net",
    "yandex": "yandex.* ya.ru",
    "zoho": "zoho.com zohomail.com",
}

_BY_DOMAIN = {d: name for name, row in PROVIDERS.items() for d in row.split() if not d.endswith(".*")}
_BY_FIRST_LABEL = {d[:-2]: name for name, row in PROVIDERS.items() for d in row.split() if d.endswith(".*")}

NOT_PROVIDERS = frozenset({OTHER, UNSPECIFIED, SIMULATOR, OWN})
"""What stands where a provider's name does, and is none."""

# What may follow the first label of a country form: "de", "co.uk", "com.br". Not "example.com", which anybody can own.
_SECOND_LEVEL = frozenset({"co", "com", "net", "org", "ne"})


class AddressBook(Struct, frozen=True):
    """Who is behind an address, in this account.

    `identities` are its verified domains and addresses, in lower case; `domains` are those that the deployment adds to
    the table of providers, or takes from it, with their provider's name. `spamtraps` are domains and addresses that
    nobody has ever given to a sender.
    """

    identities: frozenset[str] = frozenset()
    domains: Mapping[str, str] = field(default_factory=dict)
    spamtraps: frozenset[str] = frozenset()

    def provider_of(self, address: str) -> str:
        """The name of the mailbox provider behind an address in lower case, OTHER, SIMULATOR or OWN."""
        domain = domain_of(address)
        if domain == SIMULATOR_DOMAIN:
            return SIMULATOR
        if self.identities and self._is_own(address, domain):
            return OWN
        return self.domains.get(domain) or _BY_DOMAIN.get(domain) or _by_country_form(domain)

    def is_spamtrap(self, address: str) -> bool:
        """Whether an address in lower case is a spamtrap of this deployment's."""
        return bool(self.spamtraps) and not self.spamtraps.isdisjoint((address, domain_of(address)))

    def _is_own(self, address: str, domain: str) -> bool:
        """Whether mail to this address is mail to oneself.

        A verified domain stands for its subdomains, and a verified address for its +labels, as when sending.
        https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
        """
        local_part = address.rpartition("@")[0].partition("+")[0]
        if address in self.identities or f"{local_part}@{domain}" in self.identities:
            return True
        while domain:
            if domain in self.identities:
                return True
            domain = domain.partition(".")[2]
        return False


def domain_of(address: str) -> str:
    """What stands behind the last @, in lower case; all of it where there is none, as in a verified domain."""
    return address.rpartition("@")[2].lower()


def _by_country_form(domain: str) -> str:
    first, *rest = domain.split(".")
    country_form = len(rest) == 1 or (len(rest) == 2 and rest[0] in _SECOND_LEVEL and len(rest[1]) == 2)
    return _BY_FIRST_LABEL.get(first, OTHER) if country_form else OTHER
