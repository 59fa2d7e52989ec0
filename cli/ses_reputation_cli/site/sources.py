"""Where the site's pages come from: a deployment in AWS, or a replay in this process."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from ses_reputation.dashboard.frame import whose
from ses_reputation.dashboard.pages import Page
from ses_reputation.dashboard.views import View
from ses_reputation.notices.vocabulary import Vocabulary
from ses_reputation.show import gather
from ses_reputation_cli.deployment import Stack, aws_errors_for_people, deployed

if TYPE_CHECKING:
    from ses_reputation_cli.deployed_stack import DeployedStack
    from ses_reputation_local.cloud import Email
    from ses_reputation_local.replay import Playback

_STACK = "ses-reputation"
_USER = "operator"


class Deployed:
    """A deployed stack, looked at and operated with the user's AWS credentials.

    It is asked anew each time what it consists of and which time it is: it may be deployed again meanwhile, and
    credentials that expire may be replaced.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        # boto3 makes clients for one thread at a time.
        # https://docs.aws.amazon.com/boto3/latest/guide/clients.html#general-information-about-clients
        self._one_at_a_time = threading.Lock()

    def pages(self, zone: tzinfo) -> Callable[[Page], View]:
        """What each page shows at this moment."""
        with self._deployed() as stack:
            now, sources = stack.now(), stack.sources()

        def view(page: Page) -> View:
            with aws_errors_for_people():
                return gather(page, now, zone, sources)

        return view

    def operate(self, command: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        """Have Operate carry out a command, by a request that proves whose it is."""
        with self._deployed() as stack:
            return stack.operate(command)

    def whose(self) -> str:
        """The account and region of the stack."""
        with self._deployed() as stack:
            return _whose(stack)

    def vocabulary(self) -> Vocabulary:
        """The words that people read."""
        with self._deployed() as stack:
            return stack.vocabulary()

    @contextmanager
    def _deployed(self) -> "Iterator[DeployedStack]":
        """The stack, for one request. Others wait while its clients are made, and not for what AWS answers."""
        with ExitStack() as block:
            with self._one_at_a_time:
                stack = block.enter_context(deployed(self._stack))
            yield stack


class Replayed:
    """What was played through a local cloud. Its time stands still, but for the minutes that a decision takes.

    `on_email` is told of the e-mails that follow from decisions.
    """

    def __init__(self, playback: "Playback", on_email: "Callable[[Email], None]" = lambda _: None) -> None:
        self._playback = playback
        self._on_email = on_email
        # A run of a function has the process's environment and output for itself.
        self._one_at_a_time = threading.Lock()

    def pages(self, zone: tzinfo) -> Callable[[Page], View]:
        """What each page shows after what was played, and decided since."""

        def view(page: Page) -> View:
            with self._deployed() as stack:
                return gather(page, self._playback.now, zone, stack.sources())

        return view

    def operate(self, command: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        """Have Operate carry out a command, and let everything happen that follows from it."""
        with self._one_at_a_time:
            answer, emails = self._playback.operate(command, _USER)
        for email in emails:
            self._on_email(email)
        return answer.status, answer.body if isinstance(answer.body, dict) else {}

    def whose(self) -> str:
        """The account and region of the local cloud."""
        with self._deployed() as stack:
            return _whose(stack)

    def vocabulary(self) -> Vocabulary:
        """The words that people read."""
        with self._deployed() as stack:
            return stack.vocabulary()

    @contextmanager
    def _deployed(self) -> "Iterator[DeployedStack]":
        """The stack in the local cloud, while nothing else happens there."""
        with self._one_at_a_time, deployed(Stack(_STACK, self._playback.region)) as stack:
            yield stack


def _whose(stack: "DeployedStack") -> str:
    with aws_errors_for_people():
        sources = stack.sources()
    return whose(sources.account, sources.region)
