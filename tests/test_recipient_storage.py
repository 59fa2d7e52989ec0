"""RecipientStorage in the whole system on the local cloud: what receipts hold, and that mail counts once anyway."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from ses_reputation.adapters import clients
from ses_reputation.adapters.recipient_key import read_key
from ses_reputation.adapters.secret_texts import SecretNotRead
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.recipients import RecipientStorage
from ses_reputation_cli.main import main
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.ses_mail import Bounce, Complaint, Format, Publication
from ses_reputation_local.ses_simulator import SesSimulator
from tests.test_whole_path import HARD, HOUR, MORNING, newsletter, publish, totals

# When every complaint has come, and feedback of the morning is not yet a month old.
LATER = MORNING + timedelta(days=29)
JANE, JOHN = "jane.roe@gmail.com", "john.doe@yahoo.com"
KEYED = [RecipientStorage.HASHED, RecipientStorage.NONE]
BOTH = frozenset({Format.IDENTITY, Format.CONFIGURATION_SET})


@pytest.fixture(params=KEYED)
def cloud(request: pytest.FixtureRequest) -> Iterator[LocalCloud]:
    """One that keeps no addresses. Whatever happens in it, nobody is told the key."""
    with LocalCloud({"RecipientStorage": request.param, "AutomaticSuppression": "true"}) as cloud:
        cloud.now = MORNING
        cloud.ses.configuration_sets.add("newsletter").suppression = {"SuppressedReasons": []}
        yield cloud
        for run in cloud.invocations:
            assert key_of(cloud) not in f"{run.logs} {run.error} {run.result}"


def key_of(cloud: LocalCloud) -> str:
    return str(
        cloud.client("secretsmanager").get_secret_value(SecretId=cloud.resources["RecipientKey"])["SecretString"]
    )


def told(*, after: int = 0) -> list[Publication]:
    """SES tells in both formats of two bounces at Jane's and a complaint of John's."""
    ses = SesSimulator(f"{after}")
    at = MORNING + after * HOUR
    bounced = [newsletter(number, recipients=(JANE,), formats=BOTH) for number in range(2)]
    published = [p for message in bounced for p in ses.send(at, message, Bounce((JANE,), *HARD))]
    return published + ses.send(at, newsletter(3, recipients=(JOHN,), formats=BOTH), Complaint(JOHN))


def items(cloud: LocalCloud) -> list[Any]:
    found: list[Any] = cloud.client("dynamodb").scan(TableName=cloud.resources["ReceiptsTable"])["Items"]
    return found


def names(cloud: LocalCloud, *options: str) -> list[str | None]:
    result = CliRunner().invoke(main, ("feedback", "--json", *options), obj=LATER)
    assert result.exit_code == 0, result.output
    return [row["recipient"] for row in json.loads(result.stdout)["feedback"]]


def test_mail_counts_once_in_whichever_format_and_however_often_it_is_told(cloud: LocalCloud) -> None:
    for _ in range(2):
        publish(cloud, told())
        cloud.deliver()
    assert {measure: totals(cloud, "account")[measure] for measure in (Measure.HARD_BOUNCED, Measure.COMPLAINED)} == {
        Measure.HARD_BOUNCED: 2,
        Measure.COMPLAINED: 1,
    }


def test_receipts_hold_no_address_and_all_of_a_person_has_an_end(cloud: LocalCloud) -> None:
    publish(cloud, told())
    cloud.deliver()
    found = items(cloud)
    assert not {name for name in ("jane", "john", "roe", "doe") if name in json.dumps(found)}
    assert {item["message_id"]["S"].partition("/")[0] for item in found} >= {"feedback", "suppression"}
    assert all("expires" in item for item in found)
    assert cloud.ses.suppressed, "the right address was suppressed"


def test_who_looks_sees_the_same_recipient_or_nobody() -> None:
    with LocalCloud({"RecipientStorage": "hashed"}) as cloud:
        publish(cloud, told())
        cloud.deliver()
        one, other = names(cloud, "--kind", "bounce")
        assert one == other
        assert one is not None
        assert one.startswith("recipient-")
        assert names(cloud, "--kind", "bounce", "--recipient", JANE.upper()) == [one, one]
        assert names(cloud, "--kind", "bounce", "--recipient", JOHN) == []
        page = cloud.invoke("ShowDashboard", {"scope": "account", "widgetContext": {}}).result
    with LocalCloud({"RecipientStorage": "none"}) as cloud:
        publish(cloud, told())
        cloud.deliver()
        assert names(cloud, "--kind", "bounce") == [None, None]
        asked = ("feedback", "--kind", "bounce", "--recipient", JANE)
        assert "2 may be about him: they name nobody" in CliRunner().invoke(main, asked, obj=LATER).stdout
        assert "(not kept)" in CliRunner().invoke(main, ("feedback", "--kind", "bounce"), obj=LATER).stdout
    assert "<html" not in str(page)


def test_receipts_from_before_the_setting_was_changed_are_read_beside_the_new_ones() -> None:
    with LocalCloud() as cloud:
        publish(cloud, told())
        cloud.deliver()
        before = items(cloud)
    with LocalCloud({"RecipientStorage": "hashed"}) as cloud:
        for item in before:
            cloud.client("dynamodb").put_item(TableName=cloud.resources["ReceiptsTable"], Item=item)
        publish(cloud, told(after=1))
        cloud.deliver()
        found = names(cloud, "--kind", "bounce")
        assert found.count(JANE) == 2
        assert len(found) == 4
        assert names(cloud, "--kind", "bounce", "--recipient", JANE) == found


@pytest.mark.parametrize("function", ["RecordFeedback", "SuppressRecipients"])
def test_without_the_key_nothing_is_counted_under_another_identity(cloud: LocalCloud, function: str) -> None:
    secret = cloud.resources["RecipientKey"]
    client = cloud.client("secretsmanager")
    value = key_of(cloud)
    client.delete_secret(SecretId=secret)
    (bounce,) = [p.message for p in told() if "Bounce" in p.message and "eventType" in p.message][:1]
    run = cloud.invoke(function, json.loads(bounce))
    assert isinstance(run.error, SecretNotRead)
    assert str(run.error) == (
        f"the key of recipients' identities could not be read from the secret {secret}: InvalidRequestException"
    )
    assert items(cloud) == []
    client.restore_secret(SecretId=secret)
    assert cloud.invoke(function, json.loads(bounce)).error is None, "and it is tried again"
    assert key_of(cloud) == value


def test_who_keeps_addresses_pays_for_no_key_and_waits_for_none() -> None:
    with LocalCloud({"AutomaticSuppression": "true"}) as cloud:
        asked: list[str] = []
        session = clients.session()
        session.register("creating-client-class.secretsmanager", lambda **_: asked.append("a client"))
        assert "RecipientKey" not in cloud.resources
        cloud.ses.configuration_sets.add("newsletter")
        publish(cloud, told())
        cloud.deliver()
        clients.session.cache_clear()
    assert asked == []


def test_a_key_that_somebody_shortened_is_refused(cloud: LocalCloud) -> None:
    client, secret = cloud.client("secretsmanager"), cloud.resources["RecipientKey"]
    assert len(read_key(client, secret)) == 64
    whole = key_of(cloud)
    client.put_secret_value(SecretId=secret, SecretString=whole[:31])
    with pytest.raises(SecretNotRead, match="32 characters or more") as refused:
        read_key(client, secret)
    assert whole[:31] not in str(refused.value)
    client.put_secret_value(SecretId=secret, SecretString=whole)
