"""Events of every source reach the functions as AWS hands them on, and each answer is one that its caller takes."""

import json
from datetime import timedelta
from typing import Any

from ses_reputation.adapters.identities import DynamoDbIdentities
from ses_reputation.domain.eligibility import Measure
from ses_reputation.domain.lifecycle import Status
from ses_reputation_local.function_urls import Caller, Request
from ses_reputation_local.ses_mail import Bounce, Topic
from ses_reputation_local.ses_simulator import SesSimulator
from tests.blocklist_server import BlocklistServer
from tests.runtime.runtime_cloud import RuntimeCloud
from tests.runtime.triggers import START, WIDGET_CONTEXT, ZONE, sample, unique
from tests.test_finding_path import standing
from tests.test_whole_path import HARD, HOUR, mail, newsletter, publish, status, totals

MINUTE = timedelta(minutes=1)
ANN = Caller("arn:aws:iam::123456789012:user/ann")


def errors(cloud: RuntimeCloud) -> list[str]:
    return [f"{run.function}: {run.error}" for run in cloud.invocations if run.error]


def test_mail_becomes_counts_a_status_and_an_alert(cloud: RuntimeCloud) -> None:
    name = unique()
    published = mail(200, bad=21, at=START + 4 * MINUTE, configuration_set=name)
    publish(cloud, [each for each in published if each.topic is Topic.VOLUME])
    # Past the topic: SuppressRecipients would put one after the other on its list, a second each.
    cloud.enqueue("BounceQueue", [each.message for each in published if each.topic is Topic.BOUNCE])
    cloud.deliver()
    counted = totals(cloud, f"configuration-set/{name}")
    assert (counted[Measure.SENT], counted[Measure.HARD_BOUNCED]) == (200, 21)
    cloud.emails()
    cloud.tick(START + HOUR, ["EvaluateReputation"])
    assert status(cloud, f"configuration-set/{name}") is Status.PROBATION
    assert any(name in email.subject for email in cloud.emails())
    assert errors(cloud) == []


def test_a_complaint_is_counted(cloud: RuntimeCloud) -> None:
    name, event = unique(), sample("configuration-set/complaint")
    mail_of_it = event["mail"] | {"messageId": name, "tags": {"ses:configuration-set": [name]}}
    cloud.enqueue("ComplaintQueue", [json.dumps(event | {"mail": mail_of_it})])
    cloud.deliver()
    assert totals(cloud, f"configuration-set/{name}")[Measure.COMPLAINED] == 1
    assert errors(cloud) == []


def test_a_shutdown_that_is_commanded_through_the_url_pauses_the_tenant(cloud: RuntimeCloud) -> None:
    name = unique()
    cloud.ses.add_tenant(name)
    reported = {"category": "spamtrap", "severity": "shutdown", "evidence": "3 hits"}
    answer = cloud.call("Operate", {"command": "report", "scope": f"tenant/{name}", **reported}, ANN.arn)
    cloud.deliver()
    assert answer.status == 200
    assert standing(cloud, f"tenant/{name}").status is Status.SHUTDOWN
    assert cloud.ses.tenants[name].status == "DISABLED"
    assert errors(cloud) == []


def test_the_url_takes_a_body_in_base64_and_says_what_is_wrong_with_it(cloud: RuntimeCloud) -> None:
    headers = {"content-type": "application/octet-stream"}
    response = cloud.request("Operate", Request(headers=headers, body=b'{"command": "no such"}'), ANN)
    assert response.status == 400
    assert "no such" in response.answer().body["error"]  # type: ignore[index]
    (run,) = cloud.invocations
    assert isinstance(run.result, dict)
    assert {type(run.result[part]) for part in ("statusCode", "headers", "body")} == {int, dict, str}


def test_a_hard_bounce_puts_the_recipient_on_the_suppression_list(cloud: RuntimeCloud) -> None:
    name = unique()
    cloud.ses.configuration_sets.add(name).suppression = {"SuppressedReasons": []}
    gone = f"{name}@mailbox.example"
    message = newsletter(1, recipients=(gone,), configuration_set=name)
    publish(cloud, SesSimulator(name).send(START, message, Bounce((gone,), *HARD)))
    cloud.deliver()
    assert gone in [entry.address for entry in cloud.ses.suppressed.values()]
    assert errors(cloud) == []


def test_what_a_program_reports_and_what_ses_finds_come_through_the_rules(cloud: RuntimeCloud) -> None:
    scope = f"tenant/{unique()}"
    found = {"version": 1, "scope": scope, "category": "spamtrap", "evidence": "3 hits"}
    entry = {
        "EventBusName": cloud.resources["FindingBus"],
        "Source": "trap-monitor",
        "DetailType": "SES Reputation Finding Reported",
        "Detail": json.dumps(found),
    }
    cloud.client("events").put_events(Entries=[entry])
    from_ses = sample("eventbridge/sending-disabled-by-ses") | {"account": cloud.account, "region": cloud.region}
    cloud.receive_event("default", from_ses)
    cloud.deliver()
    runs = [run.result for run in cloud.invocations if run.function == "ReceiveFinding"]
    assert len(runs) == 2
    assert all(isinstance(result, dict) and result["outcome"] != "set_apart" for result in runs), runs
    assert len(standing(cloud, scope).findings) == 1


def test_the_widget_gets_pages_as_text_and_its_documentation(cloud: RuntimeCloud) -> None:
    fields: dict[str, Any]
    for fields in ({}, {"page": "reviews"}, {"page": "scope", "scope": "account"}):
        run = cloud.invoke("ShowDashboard", {**fields, "widgetContext": WIDGET_CONTEXT})
        assert isinstance(run.result, str)
        assert run.result.startswith("<div")
    described = cloud.invoke("ShowDashboard", {"describe": True}).result
    assert isinstance(described, dict)
    assert described.keys() == {"markdown"}


def test_a_listed_domain_is_suspected_on_schedule(cloud: RuntimeCloud, blocklists: BlocklistServer) -> None:
    domain = f"{unique()}.example"
    blocklists.put(ZONE, "test", domain)
    DynamoDbIdentities(cloud.client("dynamodb"), table=cloud.resources["StandingsTable"]).write(frozenset({domain}))
    (run,) = cloud.tick(START + HOUR, ["LookUpBlocklists"])
    assert isinstance(run.result, dict)
    assert (run.result["domains"], run.result["listed"]) == (1, 1)
