"""The local cloud, with its functions in processes of their own, under Lambda's own runtime client."""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from werkzeug.wrappers import Response

from ses_reputation_local.cloud import Invocation, LocalCloud
from ses_reputation_local.server import Clock, Server, address_of, listening, serving
from ses_reputation_local.template import read_template
from tests.runtime.execution_environment import BUILT, Deployed, Ended, ExecutionEnvironment, variables_of

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE: Final = BUILT / "template.yaml"

FUNCTION = "AWS::Lambda::Function"


class FunctionFailed(RuntimeError):
    """What Lambda has instead of a response: the error's document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(f"{document.get('errorType')}: {document.get('errorMessage')}")
        self.document = document


@dataclass(frozen=True)
class Call:
    """A request to AWS. `action` is the last word of its target, such as PutItem; empty where it has none."""

    action: str
    body: bytes


Proceed = Callable[[], Response]
Fault = Callable[[Call, Proceed], Response]


def no_fault(_call: Call, proceed: Proceed) -> Response:
    """AWS as it should be."""
    return proceed()


class Endpoint(Server):
    """AWS at an address, for the processes of functions. Nothing is delivered when a call has been answered.

    Every call goes through `fault`, which may let it proceed, before or after something else, or answer in its stead.
    """

    def __init__(self, cloud: LocalCloud, clock: Clock) -> None:
        super().__init__(cloud, clock)
        self.fault: Fault = no_fault
        self._alone = threading.Lock()

    @contextmanager
    def _turn(self) -> "Iterator[None]":
        yield

    def _call_aws(self, environ: dict[str, Any]) -> Response:
        def proceed() -> Response:
            with self._alone:
                return super(Endpoint, self)._call_aws(environ)

        action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        return self.fault(Call(action, environ["wsgi.input"].getvalue()), proceed)


class RuntimeCloud(LocalCloud):
    """A context manager as LocalCloud is, of what `sam build` made. A process is started when it is first needed, and
    anew when it has ended.

    `ended` is how each invocation ended, in their order, and `latest` the last event of each function. `seconds` is
    the Timeout of functions where it is not the template's.
    """

    def __init__(self, parameters: Mapping[str, str], **others: Any) -> None:
        super().__init__(parameters, template=TEMPLATE, **others)
        self.ended: list[tuple[str, Ended]] = []
        self.latest: dict[str, bytes] = {}
        self.seconds: dict[str, float] = {}
        self.endpoint = Endpoint(self, Clock())
        self.url = ""
        self.body = read_template(TEMPLATE, parameters, self.region).body
        self._environments: dict[str, ExecutionEnvironment] = {}
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        super().__enter__()
        listener = self._opened.enter_context(listening("127.0.0.1", 0))
        self.url = address_of(listener)
        self._opened.enter_context(serving(self.endpoint, listener))
        self._opened.callback(self.restart)
        return self

    def __exit__(self, *error: object) -> None:
        self._opened.close()
        super().__exit__(*error)

    def deployed(self, function: str) -> Deployed:
        """What Lambda knows of the function with this logical id."""
        model = self._functions.model(function)
        code = read_template(TEMPLATE, self._parameters, self.region).functions[function]
        return Deployed(
            name=model.function_name,
            arn=model.function_arn,
            folder=code.folder,
            handler=code.handler,
            variables={name: str(value) for name, value in model.environment_vars.items()},
            seconds=float(model.timeout),
            megabytes=int(model.memory_size),
            log_format=self.body["Resources"][function]["Properties"]["LoggingConfig"]["LogFormat"],
        )

    def start(self, function: str, endpoint: str | None = None, **changes: str | None) -> ExecutionEnvironment:
        """A process of its own, which is the caller's to close. A variable that is changed to None is missing."""
        deployed = self.deployed(function)
        variables = {**variables_of(deployed, self.region, endpoint or self.url), **changes}
        return ExecutionEnvironment(deployed, {n: value for n, value in variables.items() if value is not None})

    def environment(self, function: str) -> ExecutionEnvironment:
        """The function's process."""
        running = self._environments.get(function)
        if running is None or not running.is_alive:
            if running is not None:
                running.close()
            self._environments[function] = self.start(function)
        return self._environments[function]

    def restart(self, *functions: str) -> None:
        """End the processes of these functions, or of all."""
        for function in functions or tuple(self._environments):
            if function in self._environments:
                self._environments.pop(function).close()

    def run(self, function: str, event: bytes, request_id: str | None = None) -> Ended:
        """Hand a function its event, whatever that is."""
        ended = self.environment(function).invoke(event, request_id=request_id, seconds=self.seconds.get(function))
        self.ended.append((function, ended))
        return ended

    def _invoke(self, function: str, event: object, request_id: str | None = None) -> Invocation:
        self.latest[function] = json.dumps(event).encode()
        ended = self.run(function, self.latest[function], request_id)
        error = FunctionFailed(ended.error) if ended.error is not None else None
        invocation = Invocation(function, ended.response, error, ended.lines, request_id or "")
        self.invocations.append(invocation)
        return invocation


def functions_of(body: Mapping[str, Any]) -> list[str]:
    """The logical ids of a template's functions."""
    return [name for name, resource in body["Resources"].items() if resource["Type"] == FUNCTION]
