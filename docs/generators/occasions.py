"""When somebody should set each parameter of template.yaml, in words: what its description has no room for.

CloudFormation shows a description beside the field that is filled in, where it has to say what the parameter is. When
to change it is read at leisure, so it stands here and on docs/configuration.md alone.
"""

from collections.abc import Mapping
from types import MappingProxyType

OCCASIONS: Mapping[str, str] = MappingProxyType(
    {
        # Who is told
        "NotificationEmail": (
            "At the first deployment. Let it be the address of a team: alerts come at night and in holidays, too. "
            "Leave it empty if people are told in chat alone, and a program or an on-call tool subscribes to the "
            "topics."
        ),
        "Vocabulary": (
            "If your people know SES from its console of today rather than from its first reputation dashboard."
        ),
        "PeriodReminderDays": (
            "Together with `ProbationDays`: for a shorter probation the first reminder has to come later. More "
            "numbers if senders need longer to act."
        ),
        "ReviewReminderDays": (
            "Lower if mail must not go on for long while a review waits; 0 if another tool reminds of open reviews."
        ),
        "WeeklySummary": "If people should hear in quiet weeks as well that all is well, and that this still runs.",
        "RelatedEventBuses": (
            "If you send from several accounts or regions: a shutdown of one is a reason to look at the others."
        ),
        "RelatedAccounts": "In each account that is to hear of the others. Those in its own account need no entry.",
        # How rates are measured
        "VolumeSource": (
            "Before the first mail is counted, by how your mail is connected: `delivery-events` if identities "
            "publish notifications and there is no configuration set, `statistics` if millions of Send events cost "
            "too much ([Scale](scale.md)). After a change, rates begin anew unless `ses-reputation backfill` fills "
            "the time before."
        ),
        "RepresentativeVolume": (
            "Lower for rates that answer faster to new mail, higher for calmer ones. 10,000 is about what SES itself"
            " takes; with another number the rates are no longer close to SES's."
        ),
        "MinimumVolume": (
            "Higher if small tenants or campaigns are judged on too little mail; lower to try things out with a "
            "handful of mails."
        ),
        "MinimumBounces": (
            "Higher if small senders are put on probation by a few bad addresses. It is a guard beside the limit, no"
            " limit itself."
        ),
        "MinimumComplaints": (
            "Higher if single complaints about small senders cause alarm. At 1 a small sender can be over the limit "
            "because of one person."
        ),
        "OldestMailDays": (
            "Lower if what was long ago says little about how you send today, and to keep fewer counters. Higher for"
            " senders that need years to fill a window. Counters are kept for a month longer than this."
        ),
        "FeedbackProviders": (
            "If you know that a provider sends complaints through SES which is not known to, such as one that told "
            "you so."
        ),
        "SilentProviders": (
            "If you know that a provider sends none: its mail then no longer makes the complaint rate look better "
            "than it is."
        ),
        "UnprovenProviders": (
            "`excluded` for the most careful complaint rate: one complaint from an unknown provider then changes "
            "nothing. `included` for a rate over nearly all mail, which looks better than SES's."
        ),
        "FeedbackShare": (
            "With `VolumeSource=statistics` if you know roughly which share of your recipients is at providers that "
            "send complaints, and the Virtual Deliverability Manager is off."
        ),
        "MailboxProviders": (
            "If much of your mail goes to a provider that the table does not know, so that it is a scope of its own."
        ),
        "TenantTag": "If you tag mail with your customer's name yourself, and do not use SES's tenants.",
        "ScopeTags": (
            "If you want to know which campaign, product or list spoils a rate, and tag mail with it. Not for tags "
            "with a value for each mail or recipient."
        ),
        "MaximumScopes": (
            "Higher if SES has raised your quota of tenants, configuration sets or identities; lower to bound what "
            "tags of strangers can cost."
        ),
        # What rates may be
        "Profile": "To `current` if you want to be warned at the limits at which SES reviews accounts today.",
        "CustomLimits": (
            "If your own rules for tenants or campaigns are stricter than SES's for the account, which is how the "
            "account stays out of trouble."
        ),
        # What is suspected
        "SuspicionMinimum": (
            "Higher if so much mail is sent that twenty servers are nothing; lower for small senders; 0 if nobody "
            "has time for suspicions."
        ),
        "HoldOutages": (
            "To `true` if people review suspected outages soon. The rates are then less like SES's until they have."
        ),
        "Spamtraps": "If you have traps of your own. Their addresses must be in no list that anybody is sent to.",
        # Which blocklists are asked
        "BlocklistZones": (
            "If you want to hear of a listing before bounces tell of it. Read first what each list demands of who "
            "asks it: [Blocklist look-ups](blocklist-look-ups.md)."
        ),
        "BlocklistKeysSecretArn": (
            "With a zone that gives keys to its users: [make a secret](blocklist-look-ups.md#keys-are-secret) that "
            "holds them."
        ),
        "BlocklistResolver": (
            "If a zone refuses to answer AWS's DNS servers, which the alarm about unusable blocklists tells of."
        ),
        "BlocklistSchedule": (
            "Less often with thousands of sending domains, or a list that allows few queries; more often if a "
            "listing costs you much."
        ),
        # How statuses change
        "EvaluationSchedule": (
            "Less often to pay for fewer runs, if a status may be an hour old. With long pauses raise "
            "`EvaluationLateHours`."
        ),
        "WatchSchedule": (
            "Together with `EvaluationSchedule`. SES's statistics come in intervals of 15 minutes: asking more often"
            " tells little more."
        ),
        "ProbationDays": "By how long your senders need to mend a list or a form. A probation that runs keeps its end.",
        "SteadyHours": (
            "Higher for senders that mail once a week: a day without mail proves nothing. 0 makes every dip under "
            "the limit Almost healed, and alerts flap."
        ),
        "HealingDays": "Longer if senders fall back into their old ways as soon as they are Healthy.",
        "HumanReviewScopes": (
            "For scopes whose shutdown costs somebody his business: tenants, or the account. A person then has to "
            "look every day."
        ),
        # What is done at SES
        "EnforceScopes": (
            "After some weeks of observing, when every alert that said *would be paused* was right. First tenants or"
            " configuration sets; the account only if no mail at all is better than bad mail."
        ),
        "PauseAtProbationScopes": (
            "If you do not want to deliver mail of senders on probation, such as new customers on trial."
        ),
        # Who gets no more mail
        "AutomaticSuppression": (
            "If configuration sets override the account's own setting, so that SES itself puts nobody on the list "
            "because of their mail: [Suppressing recipients](suppressing-recipients.md)."
        ),
        # How the system itself is watched
        "CloudWatchDashboard": (
            "To `false` if nobody looks at CloudWatch: `ses-reputation dashboard` shows the same pages."
        ),
        "EvaluationLateHours": "Whenever `EvaluationSchedule` is changed to pauses of more than an hour.",
        # What is kept and how it is written
        "RecipientStorage": (
            "Before the first mail is counted, and then not again: by what your privacy rules allow you to keep."
        ),
        "ReceiptRetentionDays": (
            "Longer if you want to look up single bounces and complaints for longer. What is there keeps the end "
            "that it has."
        ),
        "DeletionProtection": (
            "To `false` for a deployment that is for trying things out, and just before one is removed."
        ),
        "EncryptionKeyArn": (
            "If your rules demand a key of your own. AWS charges for the key and for each use of it: "
            "[Encryption](encryption.md)."
        ),
        "LogRetentionDays": (
            "By how long you want to be able to find out what went wrong. Logs hold no addresses of recipients."
        ),
        "MaximumConcurrency": (
            "Higher if queues grow old under the peak of your mail, lower if Lambda's concurrency is scarce in the "
            "account: [Scale](scale.md) has numbers."
        ),
        "EvaluationConcurrency": (
            "Higher with more than 100,000 scopes that have new mail in the same quarter of an hour."
        ),
    }
)
"""When to change each parameter. Every parameter of the template has an entry, and a test says so."""
