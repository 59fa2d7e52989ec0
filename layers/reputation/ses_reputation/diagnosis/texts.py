"""What each check looks at, and of all that is found wrong: what it means, and how it is mended.

One table for the command and for docs/checking-a-deployment.md.
"""

from collections.abc import Mapping
from shlex import quote
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.diagnosis.faults import Check, Fault, Found, Severity


class CheckText(Struct, frozen=True):
    """What a check looks at, and the IAM actions that it needs besides those of all commands."""

    looks_at: str
    actions: tuple[str, ...] = ()


class FaultText(Struct, frozen=True):
    """What is told of a fault: {NAMES} stand for details of the case, {stack} and {region} for the deployment's."""

    check: Check
    severity: Severity
    says: str
    means: str
    mend: str
    command: str | None = None


class Told(Struct, frozen=True):
    """A fault that was found, in words."""

    fault: Fault
    severity: Severity
    says: str
    means: str
    mend: str
    command: str | None


def tell(case: Found, *, stack: str, region: str) -> Told:
    """A fault in words, and with a command that can be copied into a shell."""
    text, details = FAULTS[case.fault], {**case.details, "stack": stack, "region": region}
    quoted = {name: quote(value) for name, value in details.items()}
    return Told(
        case.fault,
        text.severity,
        text.says.format_map(details),
        text.means.format_map(details),
        text.mend.format_map(details),
        text.command and text.command.format_map(quoted),
    )


CHECKS: Mapping[Check, CheckText] = MappingProxyType(
    {
        Check.STACK: CheckText("Every part of the stack is there, and CloudFormation has finished with it."),
        Check.VERSION: CheckText(
            "The stack and this command are of one version; the last number may differ.",
            ("cloudformation:DescribeStacks",),
        ),
        Check.CLOCK: CheckText("The clock of this machine agrees with that of AWS."),
        Check.FUNCTIONS: CheckText(
            "Every function can be run, has the settings of this version, and did not fail in the last day.",
            ("lambda:GetFunctionConfiguration", "cloudwatch:GetMetricData"),
        ),
        Check.TABLES: CheckText("The tables hold a schema that this version can read."),
        Check.TOPICS: CheckText(
            "SES may publish to the three topics on behalf of this account, and no outsider to any topic.",
            ("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"),
        ),
        Check.SUBSCRIPTIONS: CheckText(
            "The queues are subscribed to their topics, and take messages from them and from nobody else.",
            ("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sqs:GetQueueAttributes"),
        ),
        Check.SOURCES: CheckText("The functions read their queues.", ("lambda:GetEventSourceMapping",)),
        Check.QUEUES: CheckText(
            "No message waits long on a queue.", ("sqs:GetQueueAttributes", "cloudwatch:GetMetricData")
        ),
        Check.DEAD_LETTERS: CheckText(
            "The dead-letter queues are empty. If not, the reasons of the first messages are shown.",
            ("sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
        ),
        Check.SCHEDULES: CheckText("The schedules are on.", ("scheduler:GetSchedule",)),
        Check.EVALUATION: CheckText(
            "evaluate_reputation ended well not long ago, for its schedule.",
            ("scheduler:GetSchedule", "lambda:GetFunctionConfiguration"),
        ),
        Check.WATCH: CheckText(
            "watch_ses ended well not long ago, for its schedule, and found verified identities.",
            ("scheduler:GetSchedule", "lambda:GetFunctionConfiguration"),
        ),
        Check.ALERTS: CheckText(
            "Somebody gets the alerts: a subscription of the status or the chat topic is confirmed, and no alert "
            "waits.",
            ("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"),
        ),
        Check.ALARMS: CheckText(
            "No alarm is raised, and somebody hears of one that is.",
            ("cloudwatch:DescribeAlarms", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"),
        ),
        Check.ACCOUNT: CheckText(
            "The account is out of SES's sandbox, may send, and is not under review.", ("ses:GetAccount",)
        ),
        Check.CONNECTIONS: CheckText(
            "Configuration sets and identities publish here what is counted (VolumeSource).",
            (
                "ses:ListConfigurationSets",
                "ses:GetConfigurationSetEventDestinations",
                "ses:ListEmailIdentities",
                "ses:GetIdentityNotificationAttributes",
            ),
        ),
        Check.EVENTS: CheckText("If mail was sent in the last day, events of it were counted.", ("ses:GetAccount",)),
        Check.MAIL: CheckText(
            "With --send: one mail to SES's mailbox simulator bounces, and the bounce becomes a receipt.",
            ("ses:SendEmail",),
        ),
    }
)

_WARNING, _PROBLEM = Severity.WARNING, Severity.PROBLEM

_DEPLOY = "Deploy this version again: make build, then sam deploy."

# To copy a schedule as it is but for its state: the call that updates one replaces all of it.
# https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
_SWITCH_ON = (
    'aws scheduler update-schedule --region {region} --cli-input-json "$(aws scheduler get-schedule --region {region} '
    "--name {name} --output json --query '{{Name:Name,GroupName:GroupName,Description:Description,"
    "ScheduleExpression:ScheduleExpression,ScheduleExpressionTimezone:ScheduleExpressionTimezone,"
    'FlexibleTimeWindow:FlexibleTimeWindow,Target:Target,State:`"ENABLED"`}}\')"'
)
_SET_TOPIC_POLICY = (
    "aws sns set-topic-attributes --region {region} --topic-arn {topic_arn} --attribute-name Policy "
    "--attribute-value {policy}"
)
_SET_QUEUE_POLICY = "aws sqs set-queue-attributes --region {region} --queue-url {url} --attributes {attributes}"
_LOGS = "aws logs tail --region {region} --since 1d --filter-pattern ERROR {log_group}"
_CONNECT_SET = "ses-reputation connect --stack-name {stack} --region {region} --configuration-set {name}"

FAULTS: Mapping[Fault, FaultText] = MappingProxyType(
    {
        Fault.PART_MISSING: FaultText(
            Check.STACK,
            _PROBLEM,
            "{part} is missing.",
            "The stack is of an older version than this command, or the part was never created.",
            _DEPLOY,
        ),
        Fault.PART_NOT_COMPLETE: FaultText(
            Check.STACK,
            _PROBLEM,
            "{part} is in the state {status}.",
            "CloudFormation is still at work, or has failed at it.",
            "If the stack is not being deployed just now, look at its events for the reason, and deploy again.",
            "aws cloudformation describe-stack-events --region {region} --stack-name {stack} --max-items 20",
        ),
        Fault.PART_GONE: FaultText(
            Check.STACK,
            _PROBLEM,
            "A part is in the stack, but not in AWS: {reason}.",
            "Somebody deleted it behind CloudFormation's back. The rest of this check was left out.",
            "Let CloudFormation say what differs, take that part out of the template, deploy, put it back, deploy.",
            "aws cloudformation detect-stack-drift --region {region} --stack-name {stack}",
        ),
        Fault.STACK_OLDER: FaultText(
            Check.VERSION,
            _WARNING,
            "The stack is of {version}, older than this command, which is of version {command}.",
            "What this command asks for, or shows, may not be there yet.",
            "Deploy the version of this command: docs/upgrading.md says how.",
        ),
        Fault.COMMAND_OLDER: FaultText(
            Check.VERSION,
            _WARNING,
            "This command is of version {command}, older than the stack, which is of {version}.",
            "It may misread, or leave out, what a newer stack keeps.",
            "Install the command of the version that is deployed.",
        ),
        Fault.CLOCK_DIFFERS: FaultText(
            Check.CLOCK,
            _WARNING,
            "The clock of this machine is {difference} {direction} that of AWS.",
            "Nothing that runs in AWS goes by it, but AWS refuses requests that are signed five minutes off. A local "
            "cloud has a time of its own.",
            "Have the machine set its clock by the network (NTP).",
        ),
        Fault.VERSION_DIFFERS: FaultText(
            Check.FUNCTIONS,
            _PROBLEM,
            "The settings of {function} are not those of this version: {reason}.",
            "The stack is of another version than this command, which may misread what it finds.",
            "Deploy this version (make build, then sam deploy), or use the command of the version that is deployed.",
        ),
        Fault.FUNCTION_BROKEN: FaultText(
            Check.FUNCTIONS,
            _PROBLEM,
            "{function} can't be run as it is: state {state}, last update {last_update}.",
            "Lambda could not set it up. What it does is not done, or the version before still does it.",
            f"Look at the reason that Lambda gives. {_DEPLOY}",
            "aws lambda get-function-configuration --region {region} --function-name {name}",
        ),
        Fault.FUNCTION_FAILED: FaultText(
            Check.FUNCTIONS,
            _WARNING,
            "{function} failed {errors} of {runs} times in the last day, last in the hour of {time}.",
            "What failed is tried again: by the queue, by the schedule, by the next run. What fails too often becomes "
            "a dead letter.",
            "If it goes on, its log says why.",
            _LOGS,
        ),
        Fault.TABLES_NEWER: FaultText(
            Check.TABLES,
            _PROBLEM,
            "The tables hold schema {held}, and this version knows none above {known}.",
            "A newer version has written there, and an older one was deployed after it, or this command is older than "
            "the stack. Functions of the older version count on, but judge nothing: they would misread it.",
            "Deploy the version that wrote them, or a newer one (make build, then sam deploy), and use its command. "
            "Nothing is lost meanwhile.",
        ),
        Fault.TOPIC_CLOSED: FaultText(
            Check.TOPICS,
            _PROBLEM,
            "SES may not publish to {topic}.",
            "SES drops these events: what happens to your mail is not counted.",
            "Set the policy of the topic as template.yaml has it.",
            _SET_TOPIC_POLICY,
        ),
        Fault.TOPIC_OPEN: FaultText(
            Check.TOPICS,
            _PROBLEM,
            "{topic} takes messages from outside of this account: {who}.",
            "Others can forge what is counted, or what people are told.",
            "Set the policy of the topic as it was when it was deployed. If somebody outside has to publish there, "
            "bind the statement to that account.",
            _SET_TOPIC_POLICY,
        ),
        Fault.QUEUE_OPEN: FaultText(
            Check.SUBSCRIPTIONS,
            _PROBLEM,
            "{queue} takes messages from outside of this account: {who}.",
            "Others can forge what is counted.",
            "Take that statement out of the queue's policy; template.yaml has it as it should be.",
            "aws sqs get-queue-attributes --region {region} --queue-url {url} --attribute-names Policy",
        ),
        Fault.NOT_SUBSCRIBED: FaultText(
            Check.SUBSCRIPTIONS,
            _PROBLEM,
            "{endpoint} is not subscribed to {topic}.",
            "What is published to the topic does not get there, and is lost.",
            "Subscribe it again.",
            "aws sns subscribe --region {region} --topic-arn {topic_arn} --protocol {protocol} "
            "--notification-endpoint {endpoint_arn} --attributes RawMessageDelivery=true",
        ),
        Fault.QUEUE_CLOSED: FaultText(
            Check.SUBSCRIPTIONS,
            _PROBLEM,
            "{queue} takes no messages from {topic}.",
            "SNS can't deliver, and puts what it can't deliver on the dead-letter queue.",
            "Set the policy of the queue as template.yaml has it.",
            _SET_QUEUE_POLICY,
        ),
        Fault.SOURCE_OFF: FaultText(
            Check.SOURCES,
            _PROBLEM,
            "{source} is {state}: no function reads the queue.",
            "Messages pile up. The queue keeps them for 14 days, then they are lost.",
            "Switch it on. What has piled up is then worked off.",
            "aws lambda update-event-source-mapping --region {region} --uuid {uuid} --enabled",
        ),
        Fault.SOURCE_CHANGING: FaultText(
            Check.SOURCES,
            _WARNING,
            "{source} is {state}.",
            "Lambda is just changing it.",
            "Look again in a minute.",
        ),
        Fault.QUEUE_STUCK: FaultText(
            Check.QUEUES,
            _PROBLEM,
            "{queue} holds {messages}, the oldest for {age}.",
            "Mail is counted late, or the function fails on these messages again and again. The queue keeps a message "
            "for 14 days; one that fails five times becomes a dead letter.",
            "If sources and functions are in order above, look at the log of the function, and whether "
            "MaximumConcurrency is too small for what you send.",
            "aws logs tail --region {region} --since 1h {log_group}",
        ),
        Fault.QUEUE_SLOW: FaultText(
            Check.QUEUES,
            _WARNING,
            "{queue} holds {messages}, the oldest for {age}.",
            "Its function works at the pace that SES, or its concurrency, allows, which takes long after a storm; or "
            "it fails again and again.",
            "If the number does not go down, the function's log says why.",
        ),
        Fault.DEAD_LETTERS: FaultText(
            Check.DEAD_LETTERS,
            _PROBLEM,
            "{queue} holds {messages}. Why: {reasons}.",
            "Nobody works on them any more. They are lost after 14 days.",
            "Look at them and mend what the reasons name. Then send them back with --retry, and discard what can never "
            "be read. RepairPolicyArn allows it; docs/operators-guide.md says more.",
            "ses-reputation redrive --region {region} --stack-name {stack}",
        ),
        Fault.SCHEDULE_OFF: FaultText(
            Check.SCHEDULES,
            _PROBLEM,
            "{schedule} is off ({expression}).",
            "What it runs does not run: without the evaluation no status changes and nobody is told; without the watch "
            "nobody hears what SES itself says.",
            "Switch it on.",
            _SWITCH_ON,
        ),
        Fault.NEVER_RAN: FaultText(
            Check.EVALUATION,
            _PROBLEM,
            "{function} has never ended well, though it was deployed {age} ago and its schedule says {expression}.",
            "No status has changed since then, or what SES says is not known.",
            "If its schedule is on, its log says why.",
            "aws logs tail --region {region} --since 1h {log_group}",
        ),
        Fault.NOT_RUN_YET: FaultText(
            Check.EVALUATION,
            _WARNING,
            "{function} has not run yet since it was deployed {age} ago; its schedule says {expression}.",
            "Its first run is still to come.",
            "Look again after it.",
        ),
        Fault.RUN_LATE: FaultText(
            Check.EVALUATION,
            _PROBLEM,
            "{function} last ended well for {time}, {age} ago; its schedule says {expression}.",
            "No status has changed since then, or what SES says is not known. A run that fails in part does not count "
            "as ended well: it did the rest.",
            "If its schedule is on, its log says why.",
            "aws logs tail --region {region} --since 1d {log_group}",
        ),
        Fault.NO_IDENTITIES: FaultText(
            Check.WATCH,
            _WARNING,
            "No verified identity is known.",
            "Mail to yourself counts as mail to anybody, which SES does not do. Without a verified identity nothing "
            "can be sent, so this may be another region than the one that you send from.",
            "Choose the region with --region, or verify an identity in SES and wait for the next run of watch_ses.",
            "aws sesv2 list-email-identities --region {region}",
        ),
        Fault.NOBODY_TOLD: FaultText(
            Check.ALERTS,
            _PROBLEM,
            "Nobody gets the alerts: neither the status topic nor the chat topic has a confirmed subscription.",
            "Statuses change, and nobody hears of it.",
            "Subscribe an address (and follow the link in the mail that AWS sends), or deploy with NotificationEmail.",
            "aws sns subscribe --region {region} --topic-arn {topic_arn} --protocol email --notification-endpoint "
            "YOU@YOUR.EXAMPLE",
        ),
        Fault.NOT_CONFIRMED: FaultText(
            Check.ALERTS,
            _WARNING,
            "{endpoint} has not confirmed its subscription to {topic}.",
            "Nothing is sent to it. SNS deletes a subscription that is not confirmed within two days.",
            "Follow the link in the mail from AWS Notifications. To have it sent again, subscribe again.",
            "aws sns subscribe --region {region} --topic-arn {topic_arn} --protocol {protocol} --notification-endpoint "
            "{endpoint}",
        ),
        Fault.ALERTS_WAITING: FaultText(
            Check.ALERTS,
            _PROBLEM,
            "{alerts} to be sent, the oldest for {age}.",
            "evaluate_reputation sends what waits at each run: it does not run, or a channel refuses.",
            "If the evaluation is in order above, the function's log says which channel refuses, and why.",
            _LOGS,
        ),
        Fault.ALARM_RAISED: FaultText(
            Check.ALARMS,
            _PROBLEM,
            "{alarm} is raised: {reason}.",
            "What it watches needs a person. Its description says what that is.",
            "See what is told of it above. It goes back by itself when that is mended.",
            "aws cloudwatch describe-alarms --region {region} --alarm-names {name}",
        ),
        Fault.ALARM_MUTE: FaultText(
            Check.ALARMS,
            _WARNING,
            "{alarm} tells nobody when it is raised.",
            "Its actions were switched off, or taken away.",
            "Switch them on; if it has none, deploy this version again.",
            "aws cloudwatch enable-alarm-actions --region {region} --alarm-names {name}",
        ),
        Fault.NOBODY_ALARMED: FaultText(
            Check.ALARMS,
            _WARNING,
            "Nobody hears of alarms: the operations topic has no confirmed subscription.",
            "Dead letters and other trouble of this system itself stay unseen until somebody looks.",
            "Subscribe an address (and follow the link in the mail that AWS sends), or deploy with NotificationEmail.",
            "aws sns subscribe --region {region} --topic-arn {topic_arn} --protocol email --notification-endpoint "
            "YOU@YOUR.EXAMPLE",
        ),
        Fault.SANDBOX: FaultText(
            Check.ACCOUNT,
            _WARNING,
            "The account is in SES's sandbox in {region}.",
            "SES takes mail to verified addresses and to its mailbox simulator only, 200 a day. There is little to "
            "count.",
            "Ask for production access in the SES console (Account dashboard), unless this account is for tests.",
        ),
        Fault.SENDING_OFF: FaultText(
            Check.ACCOUNT,
            _PROBLEM,
            "Sending is off for the whole account in {region}.",
            "SES refuses all mail: it was paused by SES, or by somebody, or something, in this account.",
            "ses-reputation status says what is known of it. If it was you, switch it on again.",
            "aws sesv2 put-account-sending-attributes --region {region} --sending-enabled",
        ),
        Fault.UNDER_REVIEW: FaultText(
            Check.ACCOUNT,
            _WARNING,
            "SES has the account under review in {region}.",
            "SES pauses sending if the problem is not solved by the end of the period that it gave you.",
            "The case that SES opened in the AWS Support Center says why and until when; ses-reputation verdict shows "
            "the rates.",
        ),
        Fault.SHUT_DOWN: FaultText(
            Check.ACCOUNT,
            _PROBLEM,
            "SES has shut the account down in {region}: {enforcement}.",
            "SES refuses all mail.",
            "Answer the case that SES opened in the AWS Support Center: what was wrong, and what you have changed.",
        ),
        Fault.NOTHING_CONNECTED: FaultText(
            Check.CONNECTIONS,
            _PROBLEM,
            "No configuration set and no identity publishes to this deployment.",
            "Nothing is counted, so nothing is judged.",
            "Connect what you send through. Without --apply the command only shows what it would do.",
            "ses-reputation connect --stack-name {stack} --region {region} --all-configuration-sets",
        ),
        Fault.SET_NOT_CONNECTED: FaultText(
            Check.CONNECTIONS,
            _WARNING,
            "The configuration set {name} publishes nothing here.",
            "Mail that is sent through it is in no rate, unless its identities publish here.",
            "Connect it. Without --apply the command only shows what it would do.",
            _CONNECT_SET,
        ),
        Fault.DESTINATION_OFF: FaultText(
            Check.CONNECTIONS,
            _PROBLEM,
            "The event destination {destination} of the configuration set {name} is off.",
            "It points here, but SES publishes nothing through it.",
            "Switch it on.",
            "aws sesv2 update-configuration-set-event-destination --region {region} --configuration-set-name {name} "
            "--event-destination-name {destination} --event-destination {update}",
        ),
        Fault.SET_INCOMPLETE: FaultText(
            Check.CONNECTIONS,
            _PROBLEM,
            "The configuration set {name} publishes no {types} events here.",
            "With VolumeSource={source} its rates need them: without mail sent there is no rate, without bounces or "
            "complaints there is a false one.",
            "Connect it anew: what is there already is left. Without --apply the command only shows what it would do.",
            _CONNECT_SET,
        ),
        Fault.IDENTITY_INCOMPLETE: FaultText(
            Check.CONNECTIONS,
            _WARNING,
            "The identity {name} sends no {types} notifications here.",
            "With VolumeSource={source} the rates of its mail need them, unless that is sent through configuration "
            "sets that publish here.",
            "Connect it. Without --apply the command only shows what it would do.",
            "ses-reputation connect --stack-name {stack} --region {region} --identity {name}",
        ),
        Fault.EVENTS_MISSING: FaultText(
            Check.EVENTS,
            _PROBLEM,
            "SES says that {sent} were sent in the last day, but {newest}.",
            "Events get lost on their way, or the mail goes through what is not connected.",
            "Mend what is told of topics, subscriptions, sources and connections above; then follow a mail all the "
            "way.",
            "ses-reputation doctor --stack-name {stack} --region {region} --send YOU@YOUR.EXAMPLE --configuration-set "
            "NAME",
        ),
        Fault.EVENTS_MAY_MISS: FaultText(
            Check.EVENTS,
            _WARNING,
            "SES says that {sent} were sent in the last day, but {newest}.",
            "{why} Or events get lost on their way.",
            "Follow a mail all the way.",
            "ses-reputation doctor --stack-name {stack} --region {region} --send YOU@YOUR.EXAMPLE --configuration-set "
            "NAME",
        ),
        Fault.NO_EVENTS_YET: FaultText(
            Check.EVENTS,
            _WARNING,
            "Nothing has been counted yet.",
            "No event has arrived so far.",
            "Send some mail, or follow one to the mailbox simulator all the way.",
            "ses-reputation doctor --stack-name {stack} --region {region} --send YOU@YOUR.EXAMPLE --configuration-set "
            "NAME",
        ),
        Fault.MAIL_REFUSED: FaultText(
            Check.MAIL,
            _PROBLEM,
            "SES did not take the mail from {sender}: {reason}.",
            "Nothing was sent.",
            "The sender must be a verified identity of this account and region, its domain or the address itself, and "
            "sending must be on.",
            "aws sesv2 list-email-identities --region {region}",
        ),
        Fault.BOUNCE_LOST: FaultText(
            Check.MAIL,
            _PROBLEM,
            "SES took the mail ({message_id}), but no receipt of its bounce was written within {seconds} seconds.",
            "It was lost on its way, or is late: {where}",
            "Mend what is told above, or give it longer with --timeout.",
        ),
        Fault.SEND_LOST: FaultText(
            Check.MAIL,
            _PROBLEM,
            "The bounce of the mail ({message_id}) has its receipt, but that it was sent was not counted within "
            "{seconds} seconds.",
            "With VolumeSource=send-events rates need the Send events of the configuration set: {where}",
            "Connect the configuration set anew: what is there already is left. Without --apply the command only shows "
            "what it would do.",
            _CONNECT_SET,
        ),
    }
)
