"""Every environment variable that the functions read, once. template.yaml sets them and checks their values."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from ipaddress import IPv4Address
from typing import Self, TypeVar

from msgspec import Struct, structs

from ses_reputation.domain.blocklist_zones import lists_addresses
from ses_reputation.domain.enforcement import PAUSABLE, EnforcementPolicy
from ses_reputation.domain.feedback_loops import FeedbackLoops, UnprovenProviders
from ses_reputation.domain.limits import Profile, limits_by_kind, parse_custom_limits
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.providers import NOT_PROVIDERS, OTHER, AddressBook
from ses_reputation.domain.rates import VolumeSource
from ses_reputation.domain.recipients import RecipientStorage
from ses_reputation.domain.scopes import ScopeKind
from ses_reputation.domain.weekly import Weekly
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.ses_events import TagNames

T = TypeVar("T")


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class SettingsError(ValueError):
    """An environment variable is missing or makes no sense; the text names it."""


class KeepingSettings(Struct, frozen=True):
    """What is kept of recipients, and the secret whose value is the key; None if it takes none."""

    storage: RecipientStorage
    key: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; SettingsError for the first that is wrong."""
        storage = _read(environment, "RECIPIENT_STORAGE", RecipientStorage)
        key = _read(environment, "RECIPIENT_KEY_SECRET", str)
        if storage is RecipientStorage.FULL:
            return cls(storage, None)
        if not key:
            raise SettingsError(f"RECIPIENT_STORAGE={storage} takes a key, and RECIPIENT_KEY_SECRET names none")
        return cls(storage, key)


class RecordSettings(Struct, frozen=True):
    """What record_feedback is told."""

    receipts_table: str
    counters_table: str
    standings_table: str
    dead_letter_queue_url: str
    receipt_retention: timedelta
    counter_retention: timedelta
    maximum_scopes: int
    provider_domains: Mapping[str, str]
    spamtraps: frozenset[str]
    tags: TagNames
    keeping: KeepingSettings

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; SettingsError for the first that is wrong."""
        return cls(
            receipts_table=_read(environment, "RECEIPTS_TABLE", str),
            counters_table=_read(environment, "COUNTERS_TABLE", str),
            standings_table=_read(environment, "STANDINGS_TABLE", str),
            dead_letter_queue_url=_read(environment, "DEAD_LETTER_QUEUE_URL", str),
            receipt_retention=_read(environment, "RECEIPT_RETENTION_DAYS", _days),
            counter_retention=_read(environment, "OLDEST_MAIL_DAYS", _counter_retention),
            maximum_scopes=_read(environment, "MAXIMUM_SCOPES", _whole),
            provider_domains=_read_providers(environment).domains,
            spamtraps=frozenset(_read(environment, "SPAMTRAPS", _provider_names)),
            tags=TagNames(
                tenant=_read(environment, "TENANT_TAG", str),
                scopes=_read(environment, "SCOPE_TAGS", _names),
            ),
            keeping=KeepingSettings.from_environment(environment),
        )


class ChannelSettings(Struct, frozen=True):
    """Where alerts go, and in which words. Related accounts hear of decisions, and of nothing else."""

    status_topic_arn: str
    chat_topic_arn: str
    vocabulary: Vocabulary
    related_event_buses: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; SettingsError for the first that is wrong."""
        return structs.replace(
            cls.within_account(environment), related_event_buses=_read(environment, "RELATED_EVENT_BUSES", _names)
        )

    @classmethod
    def within_account(cls, environment: Mapping[str, str]) -> Self:
        """The same without the related accounts."""
        return cls(
            status_topic_arn=_read(environment, "STATUS_TOPIC_ARN", str),
            chat_topic_arn=_read(environment, "CHAT_TOPIC_ARN", str),
            vocabulary=_read(environment, "VOCABULARY", Vocabulary),
        )


class EvaluateSettings(Struct, frozen=True):
    """What evaluate_reputation is told."""

    receipts_table: str
    counters_table: str
    standings_table: str
    evaluation_queue_url: str
    dead_letter_queue_url: str
    channels: ChannelSettings
    policy: Policy
    counter_retention: timedelta
    weekly_summary: Weekly | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; SettingsError for the first that is wrong."""
        return cls(
            receipts_table=_read(environment, "RECEIPTS_TABLE", str),
            counters_table=_read(environment, "COUNTERS_TABLE", str),
            standings_table=_read(environment, "STANDINGS_TABLE", str),
            evaluation_queue_url=_read(environment, "EVALUATION_QUEUE_URL", str),
            dead_letter_queue_url=_read(environment, "DEAD_LETTER_QUEUE_URL", str),
            channels=ChannelSettings.from_environment(environment),
            policy=read_policy(environment),
            counter_retention=_read(environment, "OLDEST_MAIL_DAYS", _counter_retention),
            weekly_summary=_read(environment, "WEEKLY_SUMMARY", _weekly),
        )


class OperateSettings(Struct, frozen=True):
    """What operate is told."""

    standings_table: str
    channels: ChannelSettings
    policy: Policy

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; SettingsError for the first that is wrong."""
        return cls(
            standings_table=_read(environment, "STANDINGS_TABLE", str),
            channels=ChannelSettings.from_environment(environment),
            policy=read_policy(environment),
        )


class ShowSettings(Struct, frozen=True):
    """What show_dashboard is told."""

    receipts_table: str
    counters_table: str
    standings_table: str
    operate_arn: str
    policy: Policy
    vocabulary: Vocabulary

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; SettingsError for the first that is wrong."""
        return cls(
            receipts_table=_read(environment, "RECEIPTS_TABLE", str),
            counters_table=_read(environment, "COUNTERS_TABLE", str),
            standings_table=_read(environment, "STANDINGS_TABLE", str),
            operate_arn=_read(environment, "OPERATE_ARN", str),
            policy=read_policy(environment),
            vocabulary=_read(environment, "VOCABULARY", Vocabulary),
        )


class ReceiveSettings(Struct, frozen=True):
    """What receive_finding is told."""

    operate: OperateSettings
    dead_letter_queue_url: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; SettingsError for the first that is wrong."""
        return cls(
            operate=OperateSettings.from_environment(environment),
            dead_letter_queue_url=_read(environment, "DEAD_LETTER_QUEUE_URL", str),
        )


class EnforceSettings(Struct, frozen=True):
    """What enforce_status is told."""

    standings_table: str
    dead_letter_queue_url: str
    channels: ChannelSettings
    policy: EnforcementPolicy

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; SettingsError for the first that is wrong."""
        return cls(
            standings_table=_read(environment, "STANDINGS_TABLE", str),
            dead_letter_queue_url=_read(environment, "DEAD_LETTER_QUEUE_URL", str),
            channels=ChannelSettings.within_account(environment),
            policy=EnforcementPolicy(
                enforced=_read(environment, "ENFORCE_SCOPES", _pausable_kinds),
                paused_at_probation=_read(environment, "PAUSE_AT_PROBATION_SCOPES", _pausable_kinds),
            ),
        )


class WatchSettings(Struct, frozen=True):
    """What watch_ses is told."""

    counters_table: str
    standings_table: str
    status_topic_arn: str
    volume_source: VolumeSource
    counter_retention: timedelta

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; SettingsError for the first that is wrong."""
        return cls(
            counters_table=_read(environment, "COUNTERS_TABLE", str),
            standings_table=_read(environment, "STANDINGS_TABLE", str),
            status_topic_arn=_read(environment, "STATUS_TOPIC_ARN", str),
            volume_source=_read(environment, "VOLUME_SOURCE", VolumeSource),
            counter_retention=_read(environment, "OLDEST_MAIL_DAYS", _counter_retention),
        )


class SuppressSettings(Struct, frozen=True):
    """What suppress_recipients is told."""

    receipts_table: str
    dead_letter_queue_url: str
    receipt_retention: timedelta
    keeping: KeepingSettings

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; SettingsError for the first that is wrong."""
        return cls(
            receipts_table=_read(environment, "RECEIPTS_TABLE", str),
            dead_letter_queue_url=_read(environment, "DEAD_LETTER_QUEUE_URL", str),
            receipt_retention=_read(environment, "RECEIPT_RETENTION_DAYS", _days),
            keeping=KeepingSettings.from_environment(environment),
        )


class LookSettings(Struct, frozen=True):
    """What look_up_blocklists is told.

    `keys` is the secret that holds those of zones, None if there is none. `server` is the address and port of the DNS
    server to ask, None for the machine's own.
    """

    operate: OperateSettings
    zones: tuple[str, ...]
    keys: str | None
    server: tuple[str, int] | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables; SettingsError for the first that is wrong."""
        return cls(
            operate=OperateSettings.from_environment(environment),
            zones=_read(environment, "BLOCKLIST_ZONES", _zones),
            keys=_read(environment, "BLOCKLIST_KEYS_SECRET", str) or None,
            server=_read(environment, "BLOCKLIST_RESOLVER", _server),
        )


def read_policy(environment: Mapping[str, str]) -> Policy:
    """The numbers that scopes are judged by; SettingsError for the first that is wrong."""
    providers = _read_providers(environment)
    profile = _read(environment, "PROFILE", Profile)
    loops = FeedbackLoops(
        unproven=_read(environment, "UNPROVEN_PROVIDERS", UnprovenProviders),
        feedback_share=_read(environment, "FEEDBACK_SHARE", _whole),
    )
    return Policy(
        profile=profile,
        limits=limits_by_kind(profile, _read(environment, "CUSTOM_LIMITS", parse_custom_limits)),
        volume_source=_read(environment, "VOLUME_SOURCE", VolumeSource),
        feedback_loops=loops.configured(sending=providers.sending, silent=providers.silent),
        representative_volume=_read(environment, "REPRESENTATIVE_VOLUME", _whole),
        minimum_volume=_read(environment, "MINIMUM_VOLUME", _whole),
        minimum_bounces=_read(environment, "MINIMUM_BOUNCES", _whole),
        minimum_complaints=_read(environment, "MINIMUM_COMPLAINTS", _whole),
        oldest_mail=_read(environment, "OLDEST_MAIL_DAYS", _days),
        probation=_read(environment, "PROBATION_DAYS", _days),
        steady=_read(environment, "STEADY_HOURS", _hours),
        healing=_read(environment, "HEALING_DAYS", _days),
        human_review=_read(environment, "HUMAN_REVIEW_SCOPES", _scope_kinds),
        period_reminders=_read(environment, "PERIOD_REMINDER_DAYS", _whole_numbers),
        review_reminder=_read(environment, "REVIEW_REMINDER_DAYS", _days),
        suspicion_minimum=_read(environment, "SUSPICION_MINIMUM", _whole),
        hold_outages=_read(environment, "HOLD_OUTAGES", _flag),
    )


class _Providers(Struct, frozen=True):
    """What a deployment adds to the table of mailbox providers, and which of them send complaints back, or do not."""

    domains: Mapping[str, str]
    sending: frozenset[str]
    silent: frozenset[str]


def _read_providers(environment: Mapping[str, str]) -> _Providers:
    """A domain stands for its provider; one that is in no table becomes a provider of that name."""
    domains = _read(environment, "MAILBOX_PROVIDERS", _provider_domains)
    sending = _read(environment, "FEEDBACK_PROVIDERS", _provider_names)
    silent = _read(environment, "SILENT_PROVIDERS", _provider_names)
    known = AddressBook(domains=domains)
    own = {name: name for name in (*sending, *silent) if "." in name and known.provider_of(f"@{name}") == OTHER}
    book = AddressBook(domains={**domains, **own})

    def provider(name: str) -> str:
        return book.provider_of(f"@{name}") if "." in name else name

    return _Providers(book.domains, frozenset(map(provider, sending)), frozenset(map(provider, silent)))


def _read(environment: Mapping[str, str], name: str, parse: Callable[[str], T]) -> T:
    text = environment.get(name)
    if text is None:
        raise SettingsError(f"the environment variable {name} is missing")
    try:
        return parse(text)
    except ValueError as error:
        raise SettingsError(f"the environment variable {name} is {text!r}: {error}") from error


def _zones(text: str) -> tuple[str, ...]:
    zones = tuple(dict.fromkeys(_names(text)))
    if wrong := next((zone for zone in zones if lists_addresses(zone)), None):
        raise ValueError(f"{wrong} lists IP addresses, and would never list a domain")
    return zones


def _server(text: str) -> tuple[str, int] | None:
    """`192.0.2.53`, or with a port `192.0.2.53:5353`; nothing for the machine's own."""
    if not text:
        return None
    address, _, port = text.partition(":")
    return str(IPv4Address(address)), int(port or DNS_PORT)


DNS_PORT = 53


def _whole(text: str) -> int:
    """A number of CloudFormation's, which may have a fraction, as a whole one."""
    try:
        return int(Decimal(text).to_integral_value(ROUND_HALF_UP))
    except InvalidOperation:
        raise ValueError("not a number") from None


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError("neither true nor false")
    return text == "true"


def _whole_numbers(text: str) -> tuple[int, ...]:
    return tuple(_whole(number) for number in _names(text))


def _weekly(text: str) -> Weekly | None:
    """When the weekly summary is sent: the name of a day, or `off`."""
    if text == "off":
        return None
    if text not in WEEKDAYS:
        raise ValueError(f"neither off nor one of {', '.join(WEEKDAYS)}")
    return Weekly(WEEKDAYS.index(text))


def _days(text: str) -> timedelta:
    return timedelta(days=_whole(text))


def _counter_retention(oldest_mail: str) -> timedelta:
    """A month longer than any rate reaches back, so that no count vanishes from one that is shown."""
    return _days(oldest_mail) + timedelta(days=31)


def _hours(text: str) -> timedelta:
    return timedelta(hours=_whole(text))


def _scope_kinds(text: str) -> frozenset[ScopeKind]:
    return frozenset(ScopeKind(kind.strip()) for kind in text.split(",") if kind.strip())


def _pausable_kinds(text: str) -> frozenset[ScopeKind]:
    kinds = _scope_kinds(text)
    if others := sorted(kinds - PAUSABLE):
        raise ValueError(f"SES can't pause {', '.join(others)}")
    return kinds


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _provider_names(text: str) -> tuple[str, ...]:
    return _names(text.lower())


def _provider_domains(text: str) -> Mapping[str, str]:
    """`acme.example=acme,acme.test=acme`: the domains of mailbox providers that are in no table, or in another row."""
    pairs = [pair.partition("=") for pair in _names(text.lower())]
    for domain, _, provider in pairs:
        if not (domain and provider):
            raise ValueError(f"{domain!r} has no provider; a list looks like acme.example=acme,acme.test=acme")
        if provider in NOT_PROVIDERS:
            raise ValueError(f"{provider!r} stands for something else here, and can't be the name of a provider")
    return {domain: provider for domain, _, provider in pairs}
