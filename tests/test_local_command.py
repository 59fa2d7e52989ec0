"""`ses-reputation local` as a person starts, uses and ends it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from ses_reputation_cli.main import main
from ses_reputation_local.server import listening

ROOT = Path(__file__).parents[1]
EVENTS = ROOT / "events"

LAST_LINE = "Ctrl-C ends it.\n"


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and what it printed until it was ready. It is given a minute at most."""
    # Even if these tests run in the background of a shell, where Ctrl-C is ignored.
    interruptible = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{interruptible}; from ses_reputation_cli.main import main; main()"
    process = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-c", code, "local", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # An endpoint of the shell must not lead the cloud to itself, or to anything else.
        env={**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_PROFILE": "nobody"},
    )
    timer = threading.Timer(60, process.kill)
    timer.start()
    try:
        assert process.stdout is not None
        yield process, read_until(process, LAST_LINE)
    finally:
        timer.cancel()
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], last: str) -> str:
    """What the process prints up to a line."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == last:
            return "".join(lines)
    raise AssertionError(f"it ended after: {''.join(lines)}")


def exports(shown: str) -> dict[str, str]:
    return dict(re.findall(r"export (\w+)=(\S+)", shown))


def client(service: str, shown: str) -> Any:
    told = exports(shown)
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=told["AWS_ENDPOINT_URL"],
        aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
        region_name=told["AWS_DEFAULT_REGION"],
    )


def test_it_serves_until_it_is_interrupted() -> None:
    with running("--evaluate-every", "0.2") as (process, shown):
        for table in client("dynamodb", shown).list_tables()["TableNames"]:
            assert f"  {table}\n" in shown
        (topic,) = re.findall(r"arn:aws:sns:\S+StatusTopic\S+", shown)
        client("sns", shown).publish(TopicArn=topic, Message="Mind your mail.", Subject="Probation")
        read_until(process, f"│ {'Mind your mail.':<76} │\n")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert process.stdout is not None
        assert process.stdout.read().split("\n")[-2:] == ["The local cloud is gone.", ""]


def test_what_is_played_first_is_there_and_its_time_goes_on() -> None:
    bounce = json.loads((EVENTS / "configuration-set/bounce.json").read_text())
    hour = bounce["bounce"]["timestamp"][:13]
    with running(str(EVENTS / "configuration-set/bounce.json"), "--evaluate-every", "60") as (_, shown):
        evaluated = f"{hour[:10]} {int(hour[11:]) + 1:02}:00 UTC"
        assert f"where it is {evaluated}" in shown
        (table,) = re.findall(r"\S+CountersTable\S+", shown)
        items = client("dynamodb", shown).scan(TableName=table)["Items"]
        assert {"account", "configuration-set/newsletter"} & {item["scope"]["S"] for item in items}
        sets = client("sesv2", shown).list_configuration_sets()["ConfigurationSets"]
        assert sets == [bounce["mail"]["tags"]["ses:configuration-set"][0]]


def test_an_operator_works_with_it_from_another_terminal() -> None:
    with running("--evaluate-every", "60") as (_, shown):

        def command(*arguments: str) -> str:
            """What the command prints, in a process that knows nothing but what it was told to export."""
            script = "from ses_reputation_cli.main import main; main()"
            done = subprocess.run(  # noqa: S603 - our own words
                [sys.executable, "-c", script, *arguments],
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
                env={"PATH": os.environ["PATH"], **exports(shown)},
            )
            return done.stdout

        report = ("report", "spamtrap", "--scope", "tenant/acme", "--evidence", "14 hits", "--json")
        finding = json.loads(command(*report))["finding"]["id"]
        command("changes-made", finding[:6], "--note", "took out the bought list", "--since", "1h")
        assert "took out the bought list" in command("reviews")
        command("decide", finding, "lift", "--note", "checked")
        assert "tenant/acme: Healthy" in command("status", "tenant/acme")
        # The same table, as any other client sees it.
        (table,) = re.findall(r"\S+StandingsTable\S+", shown)
        history = client("dynamodb", shown).query(
            TableName=table,
            KeyConditionExpression="#collection = :news",
            ExpressionAttributeNames={"#collection": "collection"},
            ExpressionAttributeValues={":news": {"S": "news/tenant/acme"}},
        )["Items"]
        acts = [json.loads(item["document"]["S"])["act"] for item in history]
        assert [act["by"]["name"].rsplit("/", 1)[1] for act in acts] == ["operator"] * 3


def test_a_port_that_is_taken_is_told() -> None:
    with listening("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        result = CliRunner().invoke(main, ["local", "--port", str(port)])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: nothing can listen on port {port} of 127.0.0.1 (Address already in use)")


@pytest.mark.parametrize("option", ["--pace", "--evaluate-every"])
@pytest.mark.parametrize("number", ["nan", "inf", "1e300"])
def test_a_speed_that_no_clock_goes_at_is_refused(option: str, number: str) -> None:
    result = CliRunner().invoke(main, ["local", "--port", "0", option, number, "nothing.jsonl"])
    assert result.exit_code == 2
    assert f"Invalid value for '{option}': " in result.stderr


def test_a_wrong_path_is_told() -> None:
    result = CliRunner().invoke(main, ["local", "--port", "0", "nothing.jsonl"])
    assert result.exit_code == 2
    assert "nothing.jsonl: there is no such file" in result.stderr
