"""A deployed stack, as CloudFormation tells of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ses_reputation.diagnosis.readings import Part

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient


class DeploymentNotFound(LookupError):
    """There is no such stack in this region, or it is not a stack of this version; the text says which."""


class SettingsEncrypted(DeploymentNotFound):
    """The settings of a function are encrypted with a key that these credentials may not use."""


def variables(configuration: Any) -> Mapping[str, str]:
    """The environment variables of a function, as GetFunctionConfiguration tells them. Raises SettingsEncrypted.

    Without the key, the call itself does not fail: there are no variables then, but an error.
    https://docs.aws.amazon.com/lambda/latest/api/API_EnvironmentResponse.html
    """
    environment = configuration.get("Environment", {})
    if error := environment.get("Error"):
        raise SettingsEncrypted(
            f"the settings of {configuration['FunctionName']} can't be read "
            f"({error.get('Message', 'no reason given')}): they are encrypted with the key EncryptionKeyArn, "
            "for which these credentials need kms:Decrypt"
        )
    found: Mapping[str, str] = environment.get("Variables", {})
    return found


class Deployment:
    """The stack of this name, in the region of these clients."""

    def __init__(self, cloudformation: "CloudFormationClient", lambda_: "LambdaClient", stack_name: str) -> None:
        self._cloudformation = cloudformation
        self._lambda = lambda_
        self._stack_name = stack_name
        self._now: datetime | None = None
        self._environments: dict[str, Mapping[str, str]] = {}

    def resource(self, logical_id: str) -> str:
        """The physical id of a resource of template.yaml; DeploymentNotFound if there is none."""
        try:
            return self._resources[logical_id]
        except KeyError:
            raise DeploymentNotFound(
                f"the stack {self._stack_name} in {self.region} has no {logical_id}: "
                "it is another application's, or of an older version; deploy this version"
            ) from None

    def parts(self) -> Sequence[Part]:
        """All resources of the stack that were not deleted."""
        return [part for part in self._parts if not part.status.startswith("DELETE_") or part.status == "DELETE_FAILED"]

    def environment(self, logical_id: str) -> Mapping[str, str]:
        """The environment variables of a function; DeploymentNotFound if there is none."""
        if logical_id not in self._environments:
            # https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
            answer = self._lambda.get_function_configuration(FunctionName=self.resource(logical_id))
            self._environments[logical_id] = variables(answer)
        return self._environments[logical_id]

    def output(self, name: str) -> str | None:
        """An output of the stack; None if it has no such output."""
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
        (stack,) = self._cloudformation.describe_stacks(StackName=self._stack_name)["Stacks"]
        return next((each["OutputValue"] for each in stack.get("Outputs", ()) if each["OutputKey"] == name), None)

    @property
    def now(self) -> datetime | None:
        """The time that it was there when the stack was last looked at, None if AWS did not say.

        A machine's own clock may be wrong, and a local cloud has a time of its own.
        """
        _ = self._parts
        return self._now

    @cached_property
    def _resources(self) -> Mapping[str, str]:
        return {part.logical_id: part.name for part in self._parts if part.name}

    @cached_property
    def _parts(self) -> Sequence[Part]:
        # A resource whose creation failed has no physical id.
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=self._stack_name)
        parts: list[Part] = []
        try:
            for page in pages:
                if date := page["ResponseMetadata"]["HTTPHeaders"].get("date"):
                    self._now = parsedate_to_datetime(date).astimezone(UTC)
                parts += [
                    Part(
                        resource["LogicalResourceId"],
                        resource["ResourceType"],
                        resource.get("PhysicalResourceId"),
                        resource["ResourceStatus"],
                    )
                    for resource in page["StackResourceSummaries"]
                ]
        except ClientError as error:
            # CloudFormation has no code of its own for a stack that does not exist.
            if "does not exist" not in error.response.get("Error", {}).get("Message", ""):
                raise
            raise DeploymentNotFound(
                f"there is no stack {self._stack_name} in {self.region}: "
                "--stack-name and --region (or AWS_REGION) choose another"
            ) from error
        return parts

    @property
    def region(self) -> str:
        """The region that it is in."""
        return self._cloudformation.meta.region_name
