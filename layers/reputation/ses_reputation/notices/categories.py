"""What the notices say about each category, as data.

The facts are those of SES's page about the messages of its reputation dashboard, in its first form.
https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from ses_reputation.domain.categories import Category


class CategoryTexts(Struct, frozen=True):
    """The words of one category.

    `happened` is what was measured or reported, `about` what it is and why it matters, `advice` what to do now.
    `unless` goes on after "if": what the end of a probation must not find. `said` is what a person wants to know who
    decides on changes.
    """

    name: str
    happened: str
    about: str
    advice: tuple[str, ...]
    unless: str
    said: str


class SuspicionTexts(Struct, frozen=True):
    """The words of one category as long as it is only suspected.

    `seen` is what it looks like, `doubt` why that may be wrong, `checks` how to find out.
    """

    seen: str
    doubt: str
    checks: tuple[str, str]


_ASKED_FOR = "From now on add only addresses that were confirmed by a double opt-in, and mail no others."
_SILENT = (
    "Take out everybody who has not opened or clicked anything for months. SES's open and click tracking tells who has."
)
_HOLD_BACK = "Hold back campaigns until you know which mail it is. Receipts and password resets can go on."
_LOOK_UP = (
    "List every domain that your mail mentions, in links, images and addresses, and look up each of them at "
    "https://www.spamhaus.org/lookup/."
)

CATEGORY_TEXTS: Mapping[Category, CategoryTexts] = MappingProxyType(
    {
        Category.BOUNCE_RATE: CategoryTexts(
            name="bounce rate",
            happened="The {metric} is {over_limit}.",
            about=(
                "A hard bounce is mail to an address that does not exist, or that SES knows to be dead. Full mailboxes "
                "and other passing troubles are not in this rate, nor is mail to your own verified identities. To a "
                "mailbox provider many dead addresses look like a list that was bought or never cleaned, and SES "
                "judges your whole account by it."
            ),
            advice=(
                (
                    "Stop mailing the addresses that bounced, today: ses-reputation feedback lists them. Let the "
                    "account's suppression list of SES catch the rest. SES requires that something acts on every "
                    "bounce and complaint."
                ),
                (
                    "Find where they came from: an import, an old list, a form that takes any address. Hold back that "
                    "source."
                ),
                "Confirm new addresses with a double opt-in, and leave out recipients who have been silent for long.",
                "For now write only to people who answer: mail that arrives brings the rate down, silence does not.",
            ),
            unless="the {metric} is {over_shutdown}",
            said="where the addresses came from, and what keeps such ones out",
        ),
        Category.COMPLAINT_RATE: CategoryTexts(
            name="complaint rate",
            happened="The {metric} is {over_limit}.",
            about=(
                "A complaint is a recipient who pressed the spam button at a provider that reports it back; only mail "
                "to such providers is in this rate. A few are enough to send all your mail to the spam folder, and SES "
                "judges your whole account by it."
            ),
            advice=(
                (
                    "Stop mailing the people who complained, today: ses-reputation feedback lists them. SES requires "
                    "that something acts on every bounce and complaint."
                ),
                (
                    "Find the campaign or message that they complain about, and hold it back. Those who complained are "
                    "the few who said so: what annoyed them annoys others."
                ),
                "Look at it as they see it: did they ask for it, do they recognise you, is it too frequent?",
                "Put an unsubscribe link that works with one click where it is seen first.",
            ),
            unless="the {metric} is {over_shutdown}",
            said="which mail they complained about, and what is different now",
        ),
        Category.ANTI_SPAM_ORGANIZATION: CategoryTexts(
            name="anti-spam organization",
            happened="An anti-spam organization that providers trust has flagged this mail.",
            about=(
                "Providers ask anti-spam organizations whose mail to refuse, so this can stop mail to people who "
                "want it. They weigh what recipients say and do, mail to addresses that don't exist, hits in "
                "spamtraps, and what content filters find. Neither the organization's name nor the messages are passed "
                "on."
            ),
            advice=(
                _HOLD_BACK,
                "Look for what changed shortly before: a new list, a new sender or template, more mail than usual.",
                (
                    "Compare your streams by bounces and complaints (ses-reputation explain): the one that is flagged "
                    "is often the one that stands out."
                ),
                _ASKED_FOR,
                _SILENT,
            ),
            unless="this mail is still flagged",
            said="which part of your sending it was, and what you changed about it",
        ),
        Category.DIRECT_FEEDBACK: CategoryTexts(
            name="direct feedback",
            happened="A considerable number of people have written to SES itself about this mail.",
            about=(
                "These people took the trouble to find out through whom you send, and to complain there. That is in "
                "no complaint rate, so the rates can look fine. Who they are is not disclosed, to protect them. "
                "Usual reasons: they never signed up, they expected something else, they don't recognise the sender, "
                "it is no use to them, or there is too much of it."
            ),
            advice=(
                _HOLD_BACK,
                _ASKED_FOR,
                _SILENT,
                (
                    "Say in each message who you are, and why the reader gets it. Offer fewer messages, and a "
                    "one-click way out."
                ),
            ),
            unless="many people still write to SES about it",
            said="how people get on your lists now, and whom you have taken off",
        ),
        Category.DOMAIN_BLOCKLIST: CategoryTexts(
            name="domain blocklist",
            happened="This mail mentions domains that are on a respected blocklist.",
            about=(
                "Domains get listed for abuse: spam, fraud, malware. It need not be the domain that you send from: a "
                "link is enough, or an image that is loaded from there. Filters refuse such mail wherever it comes "
                "from. Neither the domains nor the messages are passed on."
            ),
            advice=(
                f"{_LOOK_UP} There may be more than one.",
                "Don't forget link shorteners, tracking and image hosts, and what your users write into messages.",
                "Take the listed ones out of every template and automatic mail.",
                (
                    "If one is your own, find out how it was abused, repair that, then ask the list to remove it. SES "
                    "has no hand in these lists, and can't do it for you."
                ),
            ),
            unless="much of this mail still mentions such domains",
            said="which domains they were, and that they no longer occur",
        ),
        Category.INTERNAL_REVIEW: CategoryTexts(
            name="internal review",
            happened="A thorough review of this mail found traits that make it look like spam.",
            about=(
                "Recipients and providers could take such mail for spam, whatever was meant. What exactly was found is "
                "not disclosed, so that nobody learns to slip past. Common traits: spam filters flag it, it reads as "
                "if nobody had asked for it, the sender and the brand don't match or can't be told, or the subject, "
                "the layout or the domains in it are those of spammers."
            ),
            advice=(
                "Write only to people who have asked you to. Never use a list that was bought, rented or borrowed.",
                "Let sender, subject and first lines say who you are and what you want. Hide neither.",
                _LOOK_UP,
                "Read your templates as a stranger would, and send them through a spam checker.",
            ),
            unless="the same is found again",
            said="what you changed in the content, the sender and the lists",
        ),
        Category.MAILBOX_PROVIDER: CategoryTexts(
            name="mailbox provider",
            happened="A large mailbox provider reports that unsolicited or malicious mail comes from here.",
            about=(
                "A provider can turn away all your mail to its users. It judges by what its users say and whether they "
                "read it, by mail to addresses that don't exist, and by its spam filters. Which provider it is, and "
                "what it was about, is not passed on."
            ),
            advice=(
                "Rule out abuse first: look for mail that you did not mean to send, and for leaked SES credentials.",
                "Look at the rates by provider (ses-reputation explain provider/NAME): one may stand out.",
                _HOLD_BACK,
                _ASKED_FOR,
                _SILENT,
            ),
            unless="the provider still reports this mail",
            said="which mail it was, and why it no longer goes out",
        ),
        Category.RECIPIENT_FEEDBACK: CategoryTexts(
            name="recipient feedback",
            happened="A large mailbox provider reports that great numbers of its users mark this mail as spam.",
            about=(
                "This comes besides the complaints that providers send back one by one, so it is in no complaint rate. "
                "So many complaints hurt everybody who sends through SES, so SES acts at once. Neither the "
                "provider's name nor the recipients' addresses are passed on."
            ),
            advice=(
                _HOLD_BACK,
                "Find what puts people off: mail that they did not ask for, don't recognise, or get too often.",
                _ASKED_FOR,
                _SILENT,
                "Put an unsubscribe link that works with one click where it is seen first.",
            ),
            unless="the provider still reports many complaints",
            said="what people complained about, and whom you no longer write to",
        ),
        Category.RELATED_ACCOUNT: CategoryTexts(
            name="related account",
            happened="Another account, which seems to belong with this one, has serious problems with its mail.",
            about=(
                "Senders who are stopped in one account tend to go on in the next. This was done so that the same does "
                "not happen here; it says nothing about mail that was sent from here."
            ),
            advice=(
                "Solve the other account's problem first: whoever runs it was told what it is.",
                "Do not move its mail here.",
                (
                    "Then say what was done there, and why it won't happen here. If the two have nothing to do with "
                    "each other, say so, and how one can tell."
                ),
            ),
            unless="the other account's problem remains",
            said="what was done in the other account, and what keeps it from happening here",
        ),
        Category.SPAMTRAP: CategoryTexts(
            name="spamtrap",
            happened="An anti-spam organization reports that its spamtraps have received this mail.",
            about=(
                "A spamtrap is an address that nobody uses and nobody signs up with: only a list that was bought, "
                "scraped or never cleaned has it. Enough hits hurt everybody who sends through SES, so SES "
                "acts at once. Nobody will tell you the addresses: a trap that is known is useless."
            ),
            advice=(
                "Stop mailing every list that was bought, rented or scraped. AWS's terms forbid them.",
                "Do not search for the traps: find how such addresses get on your lists, and close that way.",
                _ASKED_FOR,
                _SILENT,
            ),
            unless="spamtraps still receive this mail",
            said="which source of addresses it was, and what became of it",
        ),
        Category.VULNERABLE_SITE: CategoryTexts(
            name="vulnerable site",
            happened="A thorough review found mail from here that you probably never meant to send.",
            about=(
                "Usually strangers use a form of your site, such as contact, invite or tell a friend, to mail what "
                "they like to whom they like, in your name. Recipients and providers will take it for spam."
            ),
            advice=(
                (
                    "Find every form and every API call that makes your application send mail. Switch off what you can "
                    "spare for now."
                ),
                "Ask whoever reported it for a sample of these messages: it shows which form it is.",
                "Require a login or a CAPTCHA, and limit how much one user, and one address, can send.",
                "Let nobody write the text, and let one action cause one message, to one person.",
            ),
            unless="such messages are found again",
            said="which feature was abused, and what stops that now",
        ),
        Category.OTHER: CategoryTexts(
            name="other problem",
            happened="A review, by a person or a machine, found a problem of a kind that has no name here.",
            about=(
                "What it is stands under What was reported, and in the message from AWS or from your provider, if "
                "there was one."
            ),
            advice=(
                "Read both, and ask back if you don't understand them.",
                "Hold back the mail that it is about until it is mended.",
                "Mend it, and answer with the steps that you have taken.",
            ),
            unless="the problem remains",
            said="what you did about each point of the report",
        ),
    }
)
"""The words of every category."""

SUSPICIONS: Mapping[Category, SuspicionTexts] = MappingProxyType(
    {
        Category.ANTI_SPAM_ORGANIZATION: SuspicionTexts(
            seen="It looks as if an anti-spam organization has flagged this mail.",
            doubt=(
                "What a list names can be a server of SES that others use as well, and some lists are asked by hardly "
                "anybody."
            ),
            checks=(
                "Look up at the organization itself whether it names your domain, or an address that only you use.",
                "See whether one receiver refuses this mail, or many: ses-reputation feedback has their replies.",
            ),
        ),
        Category.DIRECT_FEEDBACK: SuspicionTexts(
            seen="It looks as if people write to SES itself to complain about this mail.",
            doubt="One person who writes often looks like many.",
            checks=(
                "Count the people, not the letters.",
                "Ask whoever received them which messages they are about.",
            ),
        ),
        Category.DOMAIN_BLOCKLIST: SuspicionTexts(
            seen="It looks as if this mail mentions domains that are on a blocklist.",
            doubt=(
                "A domain can be listed by mistake, or for an hour. Some lists are asked by hardly anybody, and an "
                "error code of a list is easily taken for a listing."
            ),
            checks=(
                _LOOK_UP,
                "See whether receivers name the list when they refuse this mail: ses-reputation feedback shows it.",
            ),
        ),
        Category.INTERNAL_REVIEW: SuspicionTexts(
            seen="It looks as if this mail has traits of spam.",
            doubt="Filters err, and a new template or a new brand can look strange without being so.",
            checks=(
                "Read some of the messages as a stranger would, and send them through a spam checker.",
                "Compare them with what this sender wrote before.",
            ),
        ),
        Category.MAILBOX_PROVIDER: SuspicionTexts(
            seen="It looks as if a large mailbox provider takes this mail for unsolicited or malicious.",
            doubt=(
                "A provider also refuses mail while it has troubles of its own, when more of it comes than usual, or "
                "because SPF, DKIM or DMARC fail. That does not make it unwanted."
            ),
            checks=(
                "Read what the provider replies, and whether it still does: ses-reputation feedback shows it.",
                "Check SPF, DKIM and DMARC of the sending domain, and whether volumes have jumped.",
            ),
        ),
        Category.RECIPIENT_FEEDBACK: SuspicionTexts(
            seen="It looks as if great numbers of a mailbox provider's users mark this mail as spam.",
            doubt="Mail lands in the spam folder for other reasons, too, and one campaign is not all mail.",
            checks=(
                "Look at the complaint rate there: ses-reputation explain provider/NAME.",
                "Look at the provider's own pages for senders, if it has any.",
            ),
        ),
        Category.RELATED_ACCOUNT: SuspicionTexts(
            seen="It looks as if another account, with serious problems with its mail, belongs with this one.",
            doubt="A common name, address or agency does not make one sender of two.",
            checks=(
                "Find out who runs the other account.",
                "Compare the domains, the templates and the lists, and look for mail that was moved here.",
            ),
        ),
        Category.SPAMTRAP: SuspicionTexts(
            seen="It looks as if this mail reaches spamtraps.",
            doubt=(
                "Nobody says which addresses are traps, so this is a guess: an address that was mistyped, or given up "
                "long ago, looks the same."
            ),
            checks=(
                "Find out where these addresses came from, and when anybody there last opened anything.",
                "See whether it is one mistyped domain or one import, or all over the list.",
            ),
        ),
        Category.VULNERABLE_SITE: SuspicionTexts(
            seen="It looks as if strangers send mail through a site or an application of this sender.",
            doubt="A campaign that nobody has announced, or a new feature, can look the same.",
            checks=(
                "Ask whoever runs the application whether they meant to send this mail.",
                "Look for a form or an API call that is used far more than before.",
            ),
        ),
        Category.OTHER: SuspicionTexts(
            seen="It looks as if something is wrong with this mail that has no name here.",
            doubt="Nobody has looked into it yet.",
            checks=(
                "Read what was seen, and ask back whoever saw it.",
                "Look at the mail that it is about.",
            ),
        ),
    }
)
"""The words of every category that can be suspected."""
