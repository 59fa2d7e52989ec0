"""What the commands need of a deployed stack."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import click
from msgspec import Struct

from ses_reputation import wiring
from ses_reputation.adapters import clients
from ses_reputation.adapters.books import DynamoDbBooks
from ses_reputation.adapters.caller import caller_arn
from ses_reputation.adapters.connections import SesConnections
from ses_reputation.adapters.counters import DynamoDbCounters
from ses_reputation.adapters.dead_letter_queues import DeadLetterQueues
from ses_reputation.adapters.deployed_parts import DeployedParts
from ses_reputation.adapters.deployment import Deployment
from ses_reputation.adapters.due import DynamoDbDue
from ses_reputation.adapters.enforcements import DynamoDbEnforcements
from ses_reputation.adapters.feedback import DynamoDbFeedback
from ses_reputation.adapters.function_url import FunctionUrl
from ses_reputation.adapters.held_schema import DynamoDbHeldSchema
from ses_reputation.adapters.identities import DynamoDbIdentities
from ses_reputation.adapters.mailer import SesMailer
from ses_reputation.adapters.personal_items import DynamoDbPersonalItems
from ses_reputation.adapters.receipts import DynamoDbReceipts
from ses_reputation.adapters.recipient_key import read_key
from ses_reputation.adapters.replaced_topics import DynamoDbReplacedTopics
from ses_reputation.adapters.restored_tables import DynamoDbRestoredTables
from ses_reputation.adapters.runs import DynamoDbRuns
from ses_reputation.adapters.scans import PARTS
from ses_reputation.adapters.ses import SesApi
from ses_reputation.adapters.standings import DynamoDbStandings
from ses_reputation.adapters.statistics import DynamoDbStatistics
from ses_reputation.adapters.verdicts import DynamoDbVerdicts
from ses_reputation.domain.connections import Stream, Wanted
from ses_reputation.domain.explanation import Explanation
from ses_reputation.domain.outages import Outage
from ses_reputation.domain.policy import Policy
from ses_reputation.domain.recipients import Person
from ses_reputation.domain.scopes import Scope, ScopeKind, scope
from ses_reputation.domain.standing import Finding, Standing
from ses_reputation.domain.verdict import Verdict
from ses_reputation.explain import explain_scope
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.record_wiring import back_off
from ses_reputation.redrive import Origin
from ses_reputation.restore import Table
from ses_reputation.settings import ChannelSettings, KeepingSettings, RecordSettings, ShowSettings, read_policy
from ses_reputation.show import Sources

_TOPICS: Mapping[Stream, str] = {
    Stream.BOUNCE: "BounceTopic",
    Stream.COMPLAINT: "ComplaintTopic",
    Stream.VOLUME: "VolumeTopic",
}

# What record_feedback reads it treats alike, whichever queue it comes by. Reports of findings have no queue.
_DEAD_LETTERS: Mapping[Origin, tuple[str, str]] = {
    Origin.FEEDBACK: ("FeedbackDeadLetterQueue", "BounceQueue"),
    Origin.FINDING: ("FindingDeadLetterQueue", "ReceiveFinding"),
    Origin.ENFORCEMENT: ("EnforcementDeadLetterQueue", "EnforcementQueue"),
    Origin.SUPPRESSION: ("SuppressionDeadLetterQueue", "SuppressionQueue"),
    Origin.EVALUATION: ("EvaluationDeadLetterQueue", "EvaluationQueue"),
}


class FindingNotFound(LookupError):
    """There is no such open finding, or there are several; the text says which."""


class Found(Struct, frozen=True):
    """An open finding, and the standing that it is part of."""

    finding: Finding
    standing: Standing


class Subject(Struct, frozen=True):
    """What somebody decides about: an open finding of a scope, or an outage of a mailbox provider."""

    scope: Scope
    id: str
    revision: int


class DeployedStack:
    """The stack of this name, in this region. AWS is asked nothing before it is needed."""

    def __init__(self, name: str, region: str | None) -> None:
        self._name = name
        self._region = region
        self._dynamodb = clients.dynamodb(region)
        self._lambda = clients.lambda_(region)
        self._deployment = Deployment(clients.cloudformation(region), self._lambda, name)

    def now(self) -> datetime:
        """The time that it is there, in UTC; or the one that is the object of click's context: a test has its own."""
        context = click.get_current_context(silent=True)  # there is none in the threads of a site
        own = context.find_object(datetime) if context else None
        return own or self._deployment.now or datetime.now(UTC)

    def aws_time(self) -> datetime | None:
        """What AWS's clock showed when the stack was looked at; None if AWS did not say."""
        return self._deployment.now

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def region(self) -> str:
        """Its region, also if that of the user's profile was taken."""
        return self._deployment.region

    def version(self) -> str | None:
        """The version that it says it is of."""
        return self._deployment.output("Version")

    def policy(self) -> Policy:
        """The numbers that scopes are judged by."""
        return read_policy(self._deployment.environment("EvaluateReputation"))

    def vocabulary(self) -> Vocabulary:
        """The words that people read."""
        return ChannelSettings.from_environment(self._deployment.environment("EvaluateReputation")).vocabulary

    def findings(self) -> list[Found]:
        """All open findings, by scope."""
        return [Found(f, standing) for standing in self.standings().with_findings() for f in standing.findings.values()]

    def finding(self, identifier: str) -> Found:
        """The open finding with this id, or the only one whose id begins so; FindingNotFound."""
        found = {found.finding.id: found for found in self.findings()}
        return found[_only(identifier, found)]

    def outages(self) -> list[Outage]:
        """The outages of all mailbox providers."""
        return list(self.standings().outages())

    def subject(self, identifier: str) -> Subject:
        """The open finding or outage with this id, or the only one whose id begins so; FindingNotFound."""
        subjects = {
            **{f.finding.id: Subject(f.standing.scope, f.finding.id, f.finding.revision) for f in self.findings()},
            **{o.id: Subject(scope(ScopeKind.PROVIDER, o.provider), o.id, o.revision) for o in self.outages()},
        }
        return subjects[_only(identifier, subjects)]

    def operate(self, command: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Have the function Operate carry out a command: the HTTP status, and what it answers."""
        return FunctionUrl(self._lambda, self._deployment.resource("Operate")).post(command)

    def feedback(self) -> DynamoDbFeedback:
        """The single bounces, delays and complaints."""
        return DynamoDbFeedback(self._dynamodb, table=self._deployment.resource("ReceiptsTable"))

    def counters(self) -> DynamoDbCounters:
        """What was counted."""
        return DynamoDbCounters(self._dynamodb, table=self._counters_table)

    def standings(self) -> DynamoDbStandings:
        """What was decided."""
        return DynamoDbStandings(self._dynamodb, table=self._standings_table)

    def enforcements(self) -> DynamoDbEnforcements:
        """What was done at SES because of statuses."""
        return DynamoDbEnforcements(self._dynamodb, table=self._standings_table)

    def identities(self) -> DynamoDbIdentities:
        """The verified identities that it knows."""
        return DynamoDbIdentities(self._dynamodb, table=self._standings_table)

    def verdicts(self) -> DynamoDbVerdicts:
        """What SES said last."""
        return DynamoDbVerdicts(self._dynamodb, table=self._standings_table)

    def statistics(self) -> DynamoDbStatistics:
        """The counters that are written from SES's own statistics."""
        return DynamoDbStatistics(
            self._dynamodb,
            counters_table=self._counters_table,
            retention=self._record_settings().counter_retention,
        )

    def due(self) -> DynamoDbDue:
        """The scopes that the next run evaluates."""
        return DynamoDbDue(
            self._dynamodb, standings_table=self._standings_table, new_token=lambda: uuid4().hex, pause=back_off
        )

    def books(self) -> DynamoDbBooks:
        """Its receipts and counters as wholes."""
        return DynamoDbBooks(
            self._dynamodb,
            receipts_table=self._deployment.resource("ReceiptsTable"),
            counters_table=self._counters_table,
            counter_retention=self._record_settings().counter_retention,
            due=self.due(),
        )

    def table_names(self) -> Mapping[Table, str]:
        """The names of its tables."""
        return {table: self._deployment.resource(f"{table.title()}Table") for table in Table}

    def restored_tables(self) -> tuple[DynamoDbRestoredTables, int]:
        """Its tables with those that were restored beside them, and in how many parts all of them are read."""
        tables = DynamoDbRestoredTables(self._dynamodb, tables=self.table_names(), due=self.due(), now=self.now())
        return tables, PARTS * len(Table) + 1

    def dead_letter_queues(self) -> DeadLetterQueues:
        """Its dead-letter queues, those that it has, and where what is on them came from."""
        there = {part.logical_id for part in self._deployment.parts()}
        has = {origin: names for origin, names in _DEAD_LETTERS.items() if names[0] in there}
        return DeadLetterQueues(
            clients.sqs(self._region),
            self._lambda,
            self._dynamodb,
            dead={origin: self._deployment.resource(dead) for origin, (dead, _) in has.items()},
            sources={origin: self._deployment.resource(source) for origin, (_, source) in has.items()},
            ses_rule=self._deployment.resource("SesStatusRule"),
            standings_table=self._standings_table,
            pause=back_off,
        )

    def receipt_retention(self) -> timedelta:
        """How long it keeps the receipts that it writes now."""
        return self._record_settings().receipt_retention

    def caller(self) -> str:
        """The user or role whose credentials these are, as IAM names it."""
        return caller_arn(self._region)

    def ses(self) -> SesApi:
        """SES and CloudWatch, in the stack's account and region."""
        region = self._region
        return SesApi(clients.sesv2(region), clients.ses(region), clients.cloudwatch(region))

    def connections(self) -> SesConnections:
        """Where SES publishes what happens to mail, in the stack's account and region."""
        return SesConnections(clients.sesv2(self._region), clients.ses(self._region))

    def parts(self) -> DeployedParts:
        """Its resources, as AWS tells of them from now on."""
        region = self._region
        return DeployedParts(
            self._deployment.parts,
            cloudwatch=clients.cloudwatch(region),
            lambda_=self._lambda,
            scheduler=clients.scheduler(region),
            sns=clients.sns(region),
            sqs=clients.sqs(region),
        )

    def held_schema(self) -> int | None:
        """Which schema its tables hold; None before the first evaluation."""
        return DynamoDbHeldSchema(self._dynamodb, table=self._standings_table).read()

    def refuse_newer_tables(self) -> None:
        """For a command that writes into the tables itself: TablesAreNewer if newer code has written there."""
        DynamoDbHeldSchema(self._dynamodb, table=self._standings_table).refuse_newer()

    def runs(self) -> DynamoDbRuns:
        """When the functions that schedules run last ended well."""
        return DynamoDbRuns(self._dynamodb, table=self._standings_table)

    def receipts(self) -> DynamoDbReceipts:
        """What was counted of single messages."""
        return DynamoDbReceipts(self._dynamodb, table=self._deployment.resource("ReceiptsTable"))

    def person(self, address: str, secrets: Iterable[str] = ()) -> Person:
        """Whoever has this address: with the deployment's key, if it has one, and those in these secrets."""
        key = KeepingSettings.from_environment(self._deployment.environment("RecordFeedback")).key
        names = dict.fromkeys((*((key,) if key else ()), *secrets))
        client = clients.secretsmanager(self._region) if names else None
        return Person(address, tuple(read_key(client, name) for name in names))

    def personal_items(self) -> DynamoDbPersonalItems:
        """What is kept of persons."""
        return DynamoDbPersonalItems(self._dynamodb, table=self._deployment.resource("ReceiptsTable"))

    def mailer(self) -> SesMailer:
        """SES in the stack's account and region, as it takes mail."""
        return SesMailer(clients.sesv2(self._region))

    def replaced_topics(self) -> DynamoDbReplacedTopics:
        """The topics whose place those of the stack took."""
        return DynamoDbReplacedTopics(self._dynamodb, table=self._standings_table)

    def wanted(self) -> Wanted:
        """What the stack wants SES to tell it."""
        topics = {stream: self._deployment.resource(name) for stream, name in _TOPICS.items()}
        return Wanted(self._name, topics, self.policy().volume_source)

    def explain(self, scope: Scope) -> tuple[Explanation, Verdict | None]:
        """The arithmetic of a scope's rates now, and SES's own verdict on it; NothingCounted if there is nothing."""
        explanation = explain_scope(scope, self.now(), self.policy(), self.counters(), self.standings())
        return explanation, self.verdicts().verdict(scope).verdict

    def sources(self) -> Sources:
        """What its dashboard's pages are made of."""
        settings = ShowSettings.from_environment(self._deployment.environment("ShowDashboard"))
        return wiring.shown(settings, self._dynamodb)

    def _record_settings(self) -> RecordSettings:
        return RecordSettings.from_environment(self._deployment.environment("RecordFeedback"))

    @property
    def _counters_table(self) -> str:
        return self._deployment.resource("CountersTable")

    @property
    def _standings_table(self) -> str:
        return self._deployment.resource("StandingsTable")


def _only(identifier: str, known: Iterable[str]) -> str:
    """The id that is meant: this one, or the only one that begins so."""
    matching = [each for each in known if each.startswith(identifier)]
    if identifier in matching or len(matching) == 1:
        return identifier if identifier in matching else matching[0]
    if matching:
        raise FindingNotFound(f"{identifier} could be any of {', '.join(matching)}")
    raise FindingNotFound(f"there is no open finding {identifier}: ses-reputation findings lists those that there are")
