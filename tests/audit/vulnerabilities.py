"""Ask what is known against the packages that are deployed: vulnerabilities, by pip-audit, and withdrawn releases.

Both take the network. Exit code 1 means that something is known; 3 that nobody could be asked, and so nothing is known.
"""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable

import click
from msgspec import Struct

from tests.audit.pinned import DEPLOYED, FILES, ROOT, Requirement, requirements

PIP_AUDIT = ROOT / ".venv-audit/bin/pip-audit"
SERVICES = ("pypi", "osv")  # What one of them has not, or where it can't be reached, the other may have.
INDEX = "https://pypi.org/simple"
TIMEOUT = 15  # Seconds.
FOUND, NOT_ASKED = 1, 3


class Answer(Struct, frozen=True):
    """What is known against a package, and why nothing could be asked, if so."""

    package: str
    known: tuple[str, ...] = ()
    not_asked: str | None = None


def vulnerabilities(path: str, service: str) -> list[Answer]:
    """What a service knows against the packages of a requirement file; nothing of a service that does not answer."""
    command = [str(PIP_AUDIT), "--disable-pip", "--require-hashes", "--requirement", path, "--format", "json"]
    options = ["--vulnerability-service", service, "--progress-spinner", "off", "--timeout", str(TIMEOUT)]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, check=False)  # noqa: S603 - pip-audit
    try:
        told = json.loads(ran.stdout)["dependencies"]
    except ValueError:
        reason = (ran.stderr.strip().splitlines() or ["no answer"])[-1]
        return [Answer("all", not_asked=f"{service}: {reason}")]
    return [
        Answer(
            f"{each['name']} {each.get('version', '')}".strip(),
            tuple(f"{v['id']}: {v.get('description', '')[:200]}" for v in each.get("vulns", ())),
            f"{service}: {each['skip_reason']}" if "skip_reason" in each else None,
        )
        for each in told
    ]


def withdrawn(requirement: Requirement) -> Answer:
    """Whether all files of a release were withdrawn ("yanked").

    https://packaging.python.org/en/latest/specifications/simple-repository-api/
    """
    package = f"{requirement.name} {requirement.version}"
    request = urllib.request.Request(  # noqa: S310 - https
        f"{INDEX}/{requirement.name}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310 - https
            files = json.load(response)["files"]
    except (OSError, ValueError, KeyError) as error:
        return Answer(package, not_asked=f"index: {error}")
    pinned = {each.removeprefix("sha256:") for each in requirement.hashes}
    reasons = [file.get("yanked", False) for file in files if file["hashes"].get("sha256") in pinned]
    if not reasons:
        return Answer(package, not_asked="index: it does not know these files")
    return Answer(package, (f"withdrawn: {reasons[0]}",) if all(reasons) else ())


def report(what: str, answers: Iterable[Answer]) -> int:
    """Say what is known, and of which packages nothing is."""
    told = list(answers)
    known = [f"  {answer.package}: {each}" for answer in told for each in answer.known]
    not_asked = [f"  {answer.package}: {answer.not_asked}" for answer in told if answer.not_asked]
    if known:
        click.echo("\n".join([f"{what}: FOUND", *known]))
        return FOUND
    if not_asked:
        click.echo("\n".join([f"{what}: NOT ASKED, so nothing is known of", *not_asked]))
        return NOT_ASKED
    click.echo(f"{what}: nothing is known against {len(told)} packages.")
    return 0


@click.command(help=__doc__)
@click.option("--all-sets", is_flag=True, help="Also of the packages that only tests and tools use.")
def main(*, all_sets: bool) -> None:
    """Ask one service after the other, until one knows all packages."""
    codes = []
    for path in FILES if all_sets else (DEPLOYED,):
        name = str(path.relative_to(ROOT))
        for service in SERVICES:
            answers = vulnerabilities(str(path), service)
            if any(answer.known for answer in answers) or not any(answer.not_asked for answer in answers):
                break
        codes.append(report(f"Vulnerabilities, {name}", answers))
    codes.append(report("Withdrawn releases", map(withdrawn, requirements(DEPLOYED))))
    sys.exit(FOUND if FOUND in codes else max(codes))


if __name__ == "__main__":
    main()
