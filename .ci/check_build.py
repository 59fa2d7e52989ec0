"""Check that Lambda can import what `sam build` left in .aws-sam/build.

Native modules are built for Lambda's processor and seldom load on this one. So a handler is imported from the built
function and the built ses_reputation, but with this environment's third-party packages: the same pins, and only those
that the built layer or Lambda's runtime holds.
"""

import importlib.metadata
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parent.parent
BUILT = PROJECT / ".aws-sam" / "build"
DEPENDENCIES = BUILT / "DependenciesLayer" / "python"
REPUTATION = BUILT / "ReputationLayer" / "python"

ELF_MACHINE_ARM64 = 183
# https://peps.python.org/pep-0552/#specification
UNCHECKED_HASH = (1).to_bytes(4, "little")
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
RUNTIME_PACKAGES = {"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}

# Run with -I, -S and -B: no working folder, no editable install, no compiled files left among what is deployed.
IMPORT_HANDLER = """
import sys
sys.path[:0] = sys.argv[1:]
import handler
assert callable(handler.lambda_handler)
"""


def main() -> None:
    """Exit with a message for each problem, if there is one."""
    problems = [*layer_problems(), *import_problems()]
    if problems:
        sys.exit("\n".join(problems))
    sys.stdout.write("Lambda can import what was built.\n")
    if not any(REPUTATION.rglob("*.pyc")):
        sys.stdout.write("There was no python3.13 to compile it with, so functions will start more slowly.\n")


def functions() -> list[Path]:
    """Return the folders of the built functions."""
    return [folder for folder in sorted(BUILT.iterdir()) if folder.is_dir() and not (folder / "python").exists()]


def layer_problems() -> Iterator[str]:
    """Compare the layers with the pins and with the source that they were built from."""
    pinned = (PROJECT / "layers" / "dependencies" / "requirements.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", pinned, re.MULTILINE))
    built = {
        package.name.lower().replace("_", "-"): package.version
        for package in importlib.metadata.distributions(path=[str(DEPENDENCIES)])
    }
    if built != pins:
        yield f"DependenciesLayer holds {built}, pinned are {pins}"
    for module in DEPENDENCIES.rglob("*.so"):
        machine = int.from_bytes(module.read_bytes()[18:20], "little")
        if machine != ELF_MACHINE_ARM64:
            yield f"{module} is built for ELF machine {machine}, not for arm64"
    source = PROJECT / "layers" / "reputation"
    sources = {path for path in (source / "ses_reputation").rglob("*") if path.is_file() and path.suffix != ".pyc"}
    missing = {path.relative_to(source) for path in sources} - {
        path.relative_to(REPUTATION) for path in REPUTATION.rglob("*")
    }
    if missing:
        yield f"ReputationLayer lacks {', '.join(map(str, sorted(missing)))}"
    for module in BUILT.rglob("*.pyc"):
        if module.read_bytes()[4:8] != UNCHECKED_HASH:
            yield f"{module} would be compiled anew at every cold start"


def import_problems() -> Iterator[str]:
    """Import each handler with the packages that it finds in Lambda, and no others."""
    available = {path.name.partition(".")[0] for path in DEPENDENCIES.iterdir()} | RUNTIME_PACKAGES
    with tempfile.TemporaryDirectory() as packages:
        for path in Path(sysconfig.get_path("platlib")).iterdir():
            if path.name.partition(".")[0] in available:
                (Path(packages) / path.name).symlink_to(path)
        for function in functions():
            command = [sys.executable, "-I", "-S", "-B", "-c", IMPORT_HANDLER, str(function), str(REPUTATION), packages]
            ran = subprocess.run(command, capture_output=True, text=True, check=False, env={})  # noqa: S603 -- our own
            if ran.returncode:
                yield f"{function.name}: {ran.stderr.strip()}"


main()
