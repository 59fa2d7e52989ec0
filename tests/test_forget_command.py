"""`ses-reputation forget` against a deployed stack: what goes, what stays, and that it may be run again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.stub import Stubber
from click.testing import CliRunner
from msgspec.structs import replace

from ses_reputation.adapters.personal_items import DynamoDbPersonalItems
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.recipients import KeptRecipient, Person
from ses_reputation.forget import ATTEMPTS, PARTS, Named, NotForgotten, Part, carry_out, look_for
from ses_reputation_cli.main import main
from ses_reputation_local.cloud import LocalCloud
from ses_reputation_local.ses_mail import Bounce, Complaint
from ses_reputation_local.ses_simulator import SesSimulator
from tests.command import Command
from tests.noted_calls import noted
from tests.privileges import refused, unused
from tests.test_recipient_storage import LATER, items, names
from tests.test_whole_path import HARD, MORNING, newsletter, publish, totals

JANE, JOHN = "jane.roe@gmail.com", "john.doe@gmail.com"


@contextmanager
def deployed(storage: str) -> Iterator[LocalCloud]:
    """One that Jane's mail bounced in, and a complaint suspects her and John."""
    with LocalCloud({"RecipientStorage": storage, "AutomaticSuppression": "true"}) as cloud:
        cloud.now = MORNING
        cloud.ses.configuration_sets.add("newsletter").suppression = {"SuppressedReasons": []}
        tell(cloud)
        yield cloud


@pytest.fixture(params=["full", "hashed"])
def cloud(request: pytest.FixtureRequest) -> Iterator[LocalCloud]:
    with deployed(request.param) as cloud:
        yield cloud


def tell(cloud: LocalCloud) -> None:
    ses = SesSimulator("jane")
    publish(cloud, ses.send(MORNING, newsletter(1, recipients=(JANE,)), Bounce((JANE,), *HARD)))
    publish(cloud, ses.send(MORNING, newsletter(2, recipients=(JANE, JOHN)), Complaint(JANE)))
    cloud.deliver()


run = Command(LATER, ("forget",)).run


def told(*arguments: str, said: str = "") -> Any:
    document = json.loads(run(*arguments, "--json", said=said).stdout)
    document.pop("elsewhere")
    return document


def histories(cloud: LocalCloud) -> list[Any]:
    return [item for item in items(cloud) if item["message_id"]["S"].startswith("suppression/")]


def test_without_being_told_to_apply_it_changes_nothing(cloud: LocalCloud) -> None:
    before = items(cloud)
    result = run(JANE)
    assert "Nothing was changed: this was a dry run. --apply takes the recipient out of 2 receipts and" in result.stdout
    assert "SES's own suppression list" in result.stdout
    assert items(cloud) == before


def test_a_recipient_is_forgotten_and_others_and_all_counts_stay(cloud: LocalCloud) -> None:
    counted, before = totals(cloud, "account"), len(items(cloud))
    both = {*names(cloud, "--kind", "complaint")}
    document, keys = told("Jane.Roe@GMAIL.com", "--apply"), int(JANE not in both)
    assert document == {
        "dry_run": False,
        "items_looked_at": before,
        "receipts": 2,
        "suppression_histories": 1,
        "others_with_pseudonyms": 0,
        "keys": keys,
    }
    assert JANE not in json.dumps(items(cloud))
    assert names(cloud, "--kind", "bounce") == [None]
    (johns,) = {*names(cloud, "--kind", "complaint")} - {None}
    assert johns in both
    assert names(cloud, "--kind", "complaint", "--recipient", JOHN) == [johns]
    assert histories(cloud) == []
    assert totals(cloud, "account") == counted
    assert told(JANE, "--apply") == {
        **document,
        "receipts": 0,
        "suppression_histories": 0,
        "items_looked_at": before - 1,
        "others_with_pseudonyms": keys,  # That of John is none of hers.
    }


def test_a_copy_of_an_event_that_comes_after_it_counts_nothing_and_names_nobody(cloud: LocalCloud) -> None:
    counted = totals(cloud, "account")
    run(JANE, "--apply")
    tell(cloud)
    assert totals(cloud, "account") == counted
    assert counted[Measure.HARD_BOUNCED] == 1
    assert names(cloud, "--kind", "bounce") == [None]


def test_its_policy_allows_what_it_does_and_no_more() -> None:
    with deployed("hashed"), noted() as notes:
        run(JANE, "--apply")
    assert refused(notes) == unused(notes, "ForgetPolicy") == []


def test_an_address_can_stay_out_of_the_history_of_the_shell() -> None:
    with deployed("none"):
        result = run("-", said=f"{JANE}\n")
    assert "takes the recipient out of the history of his suppression." in result.stdout
    assert JANE not in result.output


def test_what_is_no_address_is_wrong_usage_and_not_repeated() -> None:
    assert "jane roe" not in run("jane roe", code=2).output


def test_where_no_key_tells_whose_a_pseudonym_is_nothing_is_called_unknown() -> None:
    with deployed("hashed") as cloud:
        before = items(cloud)
    with LocalCloud() as cloud:
        for item in before:
            cloud.client("dynamodb").put_item(TableName=cloud.resources["ReceiptsTable"], Item=item)
        assert "2 receipts hold pseudonyms, and there is no key to tell whether one is his" in run(JANE).stdout
        asked = ("feedback", "--kind", "bounce", "--recipient", JANE)
        shown = CliRunner().invoke(main, asked, obj=LATER).stdout.replace("\n", " ")
        assert "No bounce of account that names this recipient is known since" in shown
        assert "Of the others, 1 may be about him: they hold pseudonyms, and the stack has no key" in shown
        result = CliRunner().invoke(main, (*asked, "--json"), obj=LATER)
        assert json.loads(result.stdout) == {"feedback": []}
        assert "Of the others, 1 may be about him" in result.stderr


def test_a_secret_without_a_name_is_wrong_usage() -> None:
    assert "a secret has a name" in run(JANE, "--key-secret", "", code=2).output


def test_pseudonyms_from_under_another_key_are_found_with_that_key() -> None:
    with deployed("hashed") as cloud:
        client, secret = cloud.client("secretsmanager"), cloud.resources["RecipientKey"]
        earlier = client.get_secret_value(SecretId=secret)["SecretString"]
        client.create_secret(Name="earlier", SecretString=earlier)
        client.put_secret_value(SecretId=secret, SecretString="n" * 64)
        assert told(JANE)["receipts"] == 0
        assert "2 receipts hold pseudonyms of others, or his from under an earlier key" in run(JANE).stdout
        assert told(JANE, "--key-secret", "earlier")["receipts"] == 2
        result = run(JANE, "--key-secret", "missing", code=1)
        assert "could not be read from the secret missing: ResourceNotFoundException" in result.output


def test_a_receipt_is_not_written_over_what_somebody_else_has_forgotten(cloud: LocalCloud) -> None:
    items = DynamoDbPersonalItems(cloud.client("dynamodb"), table=cloud.resources["ReceiptsTable"])
    (complaint,) = (named for part in items.parts(4) for named in part.named if len(named.recipients) == 2)
    assert items.rewrite(complaint, complaint.recipients[:1])
    assert not items.rewrite(complaint, complaint.recipients[1:])
    assert items.read(complaint) == replace(complaint, recipients=complaint.recipients[:1])
    assert items.read(replace(complaint, entry="gone")) is None


def test_a_receipt_that_a_transaction_has_in_its_hands_is_read_and_written_again(cloud: LocalCloud) -> None:
    client = cloud.client("dynamodb")
    items = DynamoDbPersonalItems(client, table=cloud.resources["ReceiptsTable"])
    with Stubber(client) as stubber:
        stubber.add_client_error("update_item", "TransactionConflictException")
        assert not items.rewrite(Named("m-1", "complained#1", ()), ())


class FakeItems:
    """Receipts that somebody else changes so many times while they are written."""

    def __init__(self, *receipts: Named, changing: int = 0) -> None:
        self.receipts = {receipt.message_id: receipt for receipt in receipts}
        self.changing = changing

    def parts(self, number: int) -> Iterator[Part]:
        for part in range(number):
            named = [*self.receipts.values()] if part == 0 else []
            yield Part(len(named), named)

    def read(self, receipt: Named) -> Named | None:
        return self.receipts.get(receipt.message_id)

    def rewrite(self, receipt: Named, recipients: Any) -> bool:
        if self.changing:
            self.changing -= 1
            return False
        self.receipts[receipt.message_id] = Named(receipt.message_id, receipt.entry, tuple(recipients))
        return True

    def has_history(self, _digest: str) -> bool:
        return False

    def delete_history(self, digest: str) -> None:
        raise AssertionError(digest)


RECEIPT = Named("m-1", "complained#1", (KeptRecipient(JANE), KeptRecipient(JOHN)))


def forgotten(items: FakeItems) -> list[int]:
    receipts = [receipt for sighting in look_for(Person(JANE), items) for receipt in sighting.receipts]
    return list(carry_out(Person(JANE), receipts, [], items))


def test_a_receipt_that_changes_meanwhile_is_read_again() -> None:
    items = FakeItems(RECEIPT, changing=ATTEMPTS - 1)
    assert forgotten(items) == [1]
    assert items.receipts["m-1"].recipients == (KeptRecipient(provider="gmail"), KeptRecipient(JOHN))
    assert len(list(look_for(Person(JANE), items))) == PARTS


def test_one_that_keeps_changing_is_told_of_and_one_that_expired_is_done() -> None:
    items = FakeItems(RECEIPT, changing=ATTEMPTS)
    with pytest.raises(NotForgotten):
        forgotten(items)
    found = next(look_for(Person(JANE), items)).receipts
    items.receipts.clear()
    items.changing = 1
    assert list(carry_out(Person(JANE), found, [], items)) == [1]
