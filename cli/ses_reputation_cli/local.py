"""`ses-reputation local`: a local cloud on a port."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from ses_reputation_cli.arguments import Number, Whole
from ses_reputation_cli.options import errors_for_people, local_cloud, setting_options
from ses_reputation_cli.port import listening_at

if TYPE_CHECKING:
    import socket
    from datetime import datetime

    from ses_reputation_local.cloud import Invocation, LocalCloud

# Moto takes any key, and a function URL takes it for the user's name.
_KEY = "operator"

_SHOWN = {
    "Topics": "AWS::SNS::Topic",
    "Tables": "AWS::DynamoDB::Table",
    "Event buses": "AWS::Events::EventBus",
    "Function URLs": "AWS::Lambda::Url",
}

_EXAMPLES = """\b
Examples:
  ses-reputation local
  ses-reputation local events/stories/purchased-list.toml
  ses-reputation local captured.jsonl --pace 3600 --profile current
  ses-reputation local --port 0 --evaluate-every 2
"""


@click.command(epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="[PATH]...")
@click.option("--port", type=Whole(0, 65535), default=4588, show_default=True, help="0 takes any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--pace",
    type=Number(min=0, max=1_000_000),
    metavar="N",
    default=1,
    show_default=True,
    help="How many times as fast as the real time the cloud's time goes.",
)
@click.option(
    "--evaluate-every",
    type=Number(min=0.1, max=86_400),
    metavar="SECONDS",
    default=10,
    show_default=True,
    help="How often the schedules run, in real time.",
)
@setting_options
def command(
    paths: tuple[Path, ...],
    parameters: dict[str, str],
    identities: tuple[str, ...],
    *,
    port: int,
    host: str,
    pace: float,
    evaluate_every: float,
) -> None:
    """Keep a local cloud running on a port, until Ctrl-C.

    It is what SAM would deploy, on this machine alone: publish to its topics, put events on its buses, call its
    functions and look at its tables with the aws command, boto3 or any other client of AWS, as you would in your
    account. Each e-mail that it sends is shown here. Every key is taken, and nothing is kept.

    What is at a PATH (all that replay takes) is played first, in its own time, which then goes on from there. Without
    one, the cloud is empty, and its time is the real one.
    """
    console = Console(highlight=False, soft_wrap=True)
    with errors_for_people(), listening_at(host, port) as listener:
        try:
            _run(console, listener, paths, parameters, identities, pace=pace, evaluate_every=evaluate_every)
        except KeyboardInterrupt:
            console.print("\nThe local cloud is gone.")


def _run(
    console: Console,
    listener: "socket.socket",
    paths: tuple[Path, ...],
    parameters: dict[str, str],
    identities: tuple[str, ...],
    *,
    pace: float,
    evaluate_every: float,
) -> None:
    from ses_reputation.domain.scopes import ScopeKind, kind_of, name_of  # noqa: PLC0415 - help must not wait for it
    from ses_reputation_cli.demo import letter  # noqa: PLC0415
    from ses_reputation_cli.replay import play, read_events  # noqa: PLC0415
    from ses_reputation_local.replay import Playback  # noqa: PLC0415
    from ses_reputation_local.server import Clock, Server, address_of, serving  # noqa: PLC0415

    address = address_of(listener)
    events = read_events(paths)
    with local_cloud(parameters, address) as cloud:
        for identity in identities:
            cloud.ses.verify(identity)
        playback = Playback(cloud, identities)
        play(playback, events)
        # What mail was sent with is there, so that it can be connected, paused or looked at.
        for scope in (standing.scope for standing in playback.standings()):
            if kind_of(scope) is ScopeKind.CONFIGURATION_SET:
                cloud.ses.configuration_sets.add(name_of(scope))
        clock = Clock(cloud.now, pace)
        server = Server(
            cloud,
            clock,
            on_email=lambda email: console.print(letter(email)),
            on_failure=lambda run: console.print(_failure(run), style="red", markup=False),
        )
        _greet(console, cloud, address, clock.start)
        with serving(server, listener):
            while True:
                server.tick()
                time.sleep(evaluate_every)


def _greet(console: Console, cloud: "LocalCloud", address: str, now: "datetime") -> None:
    console.print(f"A local cloud is at {address}, where it is {now:%Y-%m-%d %H:%M} UTC. In another terminal:\n")
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": _KEY,
        "AWS_SECRET_ACCESS_KEY": _KEY,
        "AWS_DEFAULT_REGION": cloud.region,
    }.items():
        console.print(f"  export {name}={value}")
    # Through the stack, as anybody would find them.
    stack = cloud.client("cloudformation").describe_stack_resources(StackName="ses-reputation")["StackResources"]
    for title, kind in _SHOWN.items():
        names = [resource["PhysicalResourceId"] for resource in stack if resource["ResourceType"] == kind]
        if kind == "AWS::Lambda::Url":
            get_url = cloud.client("lambda").get_function_url_config
            names = [get_url(FunctionName=name)["FunctionUrl"] for name in names]
        if names:
            console.print(f"\n{title}")
            for name in names:
                console.print(f"  {name}")
    console.print("\nCtrl-C ends it.\n")


def _failure(run: "Invocation") -> str:
    return f"{run.function} failed: {run.error!r}"
