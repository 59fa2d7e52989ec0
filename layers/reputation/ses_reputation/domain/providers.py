"""Mailbox providers: who runs the mailbox behind an address.

The list is bounded on purpose: a counter item holds a few numbers per provider, so it must not grow with the domains
that people send to. Everything else is OTHER. Who hosts a company's own domain (Google Workspace, say) can't be told
from the address alone.
"""

from collections.abc import Mapping

SIMULATOR_DOMAIN = "simulator.amazonses.com"
"""The mailbox simulator: in no rate. https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html"""

OTHER = "other"

# One row per provider: its name, and the domains that its users have. A trailing dot and star stand for the country
# forms of a name (yahoo.co.uk, yahoo.com.br), which are many and change.
_PROVIDERS: Mapping[str, str] = {
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

_BY_DOMAIN = {d: name for name, row in _PROVIDERS.items() for d in row.split() if not d.endswith(".*")}
_BY_FIRST_LABEL = {d[:-2]: name for name, row in _PROVIDERS.items() for d in row.split() if d.endswith(".*")}

PROVIDERS = (*_PROVIDERS, OTHER)

# What may follow the first label of a country form: "de", "co.uk", "com.br". Not "example.com", which anybody can own.
_SECOND_LEVEL = frozenset({"co", "com", "net", "org", "ne"})


def domain_of(address: str) -> str:
    """What stands behind the last @, in lower case; empty for an address without one."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def provider_of(address: str) -> str:
    """The name of the mailbox provider behind an address, or OTHER."""
    domain = domain_of(address)
    if known := _BY_DOMAIN.get(domain):
        return known
    first, *rest = domain.split(".")
    country_form = len(rest) == 1 or (len(rest) == 2 and rest[0] in _SECOND_LEVEL and len(rest[1]) == 2)
    return _BY_FIRST_LABEL.get(first, OTHER) if country_form else OTHER


def is_simulator(address: str) -> bool:
    """Whether an address is at the mailbox simulator, with or without a +label."""
    return domain_of(address) == SIMULATOR_DOMAIN
