"""What replies of receiving servers mean at one provider: codes and sentences that only it has, in order.

Where a provider documents a code, the row follows that; where it does not, the row says what is known.
"""

from collections.abc import Iterator

from ses_reputation.domain.reply_rules import ReplyClass, ReplyRule


def _range(prefix: str, first: int, last: int) -> Iterator[str]:
    return (f"{prefix}.{detail}" for detail in range(first, last + 1))


_APPLE = "https://support.apple.com/en-us/102322"
_COMCAST = "https://www.xfinity.com/support/articles/email-errors"
_COX = "https://www.cox.com/residential/support/email-error-codes.html"
_EXCHANGE = (
    "https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/"
    "non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online"
)
_GMAIL = "https://support.google.com/a/answer/3726730"
_GMX = "https://postmaster.gmx.net/en/error-messages"
_MIMECAST = "https://community.mimecast.com/s/article/Mimecast-SMTP-Error-Codes-842605754"
_NETEASE = "https://mail.163.com/help/help_spam_16.htm"
_OUTLOOK = "https://sendersupport.olc.protection.outlook.com/pm/troubleshooting"
_QQ = "https://service.mail.qq.com/cgi-bin/help?id=20022"
_RFC_7372 = "https://www.rfc-editor.org/rfc/rfc7372"
_SES = "https://docs.aws.amazon.com/ses/latest/dg/sending-email-global-suppression-list.html"
_YAHOO = "https://senders.yahooinc.com/smtp-error-codes/"

CODES: tuple[ReplyRule, ...] = (
    ReplyRule(
        "Amazon SES",
        ReplyClass.USER_UNKNOWN,
        "On SES's global suppression list, as an address that bounced not long ago: SES did not try.",
        "recent history of bouncing as an invalid address",
        source=_SES,
    ),
    ReplyRule(
        "Amazon SES",
        ReplyClass.OTHER,
        "On a suppression list of yours or of the tenant: SES did not try, and no server replied.",
        "amazon ses did not send the message|amazon ses has suppressed sending",
        source="https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html",
    ),
    ReplyRule(
        "Gmail",
        ReplyClass.SPAM_BLOCK,
        "An unusual rate of *unsolicited* mail: it is the spam that is too much, not the mail.",
        "unusual rate of unsolicited|unusual amount of unsolicited",
        source=_GMAIL,
    ),
    ReplyRule(
        "Gmail",
        ReplyClass.RATE_LIMITED,
        "An unusual rate of mail, or too many with one Message-ID. Unsolicited mail is the row above.",
        "unusual rate of email|unusual rate of mail",
        ("4.7.28", "5.7.28"),
        _GMAIL,
    ),
    ReplyRule(
        "Gmail",
        ReplyClass.AUTHENTICATION_FAILURE,
        "SPF, DKIM, DMARC or its alignment, or the reverse DNS that Gmail asks of bulk senders.",
        "does not have a ptr record|guidelines regarding ptr records and authentication",
        (
            "4.7.27",
            "5.7.27",
            "4.7.30",
            "5.7.30",
            "4.7.32",
            "5.7.32",
            "4.7.40",
            "5.7.40",
        ),
        _GMAIL,
    ),
    ReplyRule(
        "any (RFC 7372)",
        ReplyClass.AUTHENTICATION_FAILURE,
        "DKIM (20 to 22), SPF (23, 24), reverse DNS (25) or several checks (26) failed.",
        "",
        (*_range("4.7", 20, 26), *_range("5.7", 20, 26)),
        _RFC_7372,
    ),
    ReplyRule(
        "Gmail",
        ReplyClass.POLICY_BLOCK,
        "TLS is asked for, headers are malformed, or a rule of the domain's administrator.",
        "not rfc 5322 compliant|to send email directly to our servers|- gcdp",
        ("4.7.29", "5.7.29"),
        _GMAIL,
    ),
    ReplyRule(
        "Gmail",
        ReplyClass.PROVIDER_OUTAGE,
        "Not now, whatever command it says that after.",
        "try again later, closing connection",
        source=_GMAIL,
    ),
    ReplyRule(
        "Gmail",
        ReplyClass.SPAM_BLOCK,
        "Content or links that look like spam.",
        "suspicious due to the nature of the content",
        source=_GMAIL,
    ),
    ReplyRule(
        "GMX, web.de, 1&1",
        ReplyClass.AUTHENTICATION_FAILURE,
        "The sender's domain takes no mail.",
        "sender address has null mx",
        source=_GMX,
    ),
    ReplyRule(
        "Yahoo, AOL",
        ReplyClass.SPAM_BLOCK,
        "Deferred for complaints, reputation, or traffic that looks like spam (TS codes).",
        "[tss|[ts0|(tss|user complaints|will be permanently deferred",
        source=_YAHOO,
    ),
    ReplyRule(
        "Yahoo, AOL",
        ReplyClass.POLICY_BLOCK,
        "Something in the content: malware, phishing, links to them (PH codes), or malformed headers.",
        "[ph0|not accepted for policy reasons|headers are not rfc compliant",
        source=_YAHOO,
    ),
    ReplyRule(
        "AOL (old)",
        ReplyClass.SPAM_BLOCK,
        "Blocked for complaints or volume that looks like spam.",
        "hvu:b|con:b|rtr:b|rly:b",
    ),
    ReplyRule(
        "Outlook.com",
        ReplyClass.SPAM_BLOCK,
        "Content with marks of spam, a bad reputation, complaints, or probing for addresses.",
        " sc-001| sc-002| sc-004| ou-001| ou-002|(s3140)|(s3150)|(as3140)|(as3150)",
        source=_OUTLOOK,
    ),
    ReplyRule(
        "Outlook.com",
        ReplyClass.POLICY_BLOCK,
        "A dynamic address, or an open proxy or relay.",
        " dy-001| dy-002| sc-003",
        source=_OUTLOOK,
    ),
    ReplyRule(
        "Outlook.com",
        ReplyClass.SPAM_BLOCK,
        "Slowed down, or on Microsoft's own block list, because of reputation.",
        " rp-001| rp-002| rp-003|rate limited due to ip reputation|part of their network is on our block list",
        ("4.7.650", "4.7.651", "4.7.652"),
        _OUTLOOK,
    ),
    ReplyRule(
        "Exchange Online",
        ReplyClass.AUTHENTICATION_FAILURE,
        "SPF, DKIM or DMARC failed, or the level of authentication that bulk senders need.",
        "required authentication level",
        ("5.7.509", "5.7.515", "5.7.512"),
        _EXCHANGE,
    ),
    ReplyRule(
        "Exchange Online",
        ReplyClass.SPAM_BLOCK,
        "Microsoft has banned the sender or its address, or restricts it on suspicion.",
        "banned sending ip|banned sender|access denied, please try again later|traffic not accepted from this",
        (*_range("5.7", 606, 649), "5.7.511", "5.7.708", *_range("4.7", 850, 899)),
        _EXCHANGE,
    ),
    ReplyRule(
        "Exchange Online",
        ReplyClass.POLICY_BLOCK,
        "The recipient's organisation blocks the sender, or the mailbox takes mail from some senders only.",
        (
            "customer block list|rejected by recipient|sendernotauthenticated|restrictedtorecipientspermission|"
            "resolver.rst"
        ),
        ("5.7.506", "5.7.507", "5.7.510", "5.7.513", "5.7.51", "5.7.57", *_range("5.7", 124, 136)),
        _EXCHANGE,
    ),
    ReplyRule(
        "Exchange Online",
        ReplyClass.RATE_LIMITED,
        "Too much mail at once, or more an hour than this recipient may get.",
        (
            "server busy. please try again later from|recipient thread limit|sender thread limit|"
            "hop count exceeded - recipient"
        ),
        ("4.7.500", "5.2.121", "5.2.122"),
        _EXCHANGE,
    ),
    ReplyRule(
        "Exchange Online",
        ReplyClass.USER_UNKNOWN,
        "No such recipient: with Directory-Based Edge Blocking it says *access denied*.",
        (
            "recipient address rejected: access denied|recipient addresses rejected : access denied|"
            "mail received as unauthenticated, incoming to a recipient domain|adr.recipnotfound|recipientnotfound"
        ),
        source=_EXCHANGE,
    ),
    ReplyRule(
        "Apple",
        ReplyClass.AUTHENTICATION_FAILURE,
        "SPF and DKIM both failed.",
        "[hme1]",
        source=_APPLE,
    ),
    ReplyRule(
        "Apple",
        ReplyClass.POLICY_BLOCK,
        "*Local policy*. Apple does not say which: content, links and reputation are all known to lead to it.",
        "[cs0|[hm0|[hme|due to local policy",
        source=_APPLE,
    ),
    ReplyRule(
        "Apple",
        ReplyClass.RATE_LIMITED,
        "Too much mail to one recipient.",
        "due to excessive volume",
        source=_APPLE,
    ),
    ReplyRule(
        "Comcast",
        ReplyClass.SPAM_BLOCK,
        "Mail from this address came in patterns of spam. Other BL codes name a blocklist.",
        "bl000000",
        source=_COMCAST,
    ),
    ReplyRule(
        "Comcast",
        ReplyClass.RATE_LIMITED,
        "Throttled: too many messages, recipients or connections (RL codes).",
        "rl0000|#rl00",
        source=_COMCAST,
    ),
    ReplyRule(
        "Comcast",
        ReplyClass.AUTHENTICATION_FAILURE,
        "The domain's DMARC policy.",
        "dm00000",
        source=_COMCAST,
    ),
    ReplyRule(
        "Comcast",
        ReplyClass.POLICY_BLOCK,
        "A dynamic address (ES), or phishing in the content (PH).",
        "es00000|es00001|ph00000",
        source=_COMCAST,
    ),
    ReplyRule(
        "Cox",
        ReplyClass.SPAM_BLOCK,
        "Blocked for behaviour like that of a spammer.",
        "cxbl|cdrbl|cxthrt",
        source=_COX,
    ),
    ReplyRule(
        "Cox",
        ReplyClass.RATE_LIMITED,
        "Too many connections or messages at once.",
        "cxcnct|cxmxrt",
        source=_COX,
    ),
    ReplyRule("Cox", ReplyClass.AUTHENTICATION_FAILURE, "No reverse DNS.", "cxdns", source=_COX),
    ReplyRule(
        "Charter, AOL (old)",
        ReplyClass.POLICY_BLOCK,
        "The acceptable use policy; the number behind it says more to the provider.",
        "aup#|due to aup",
    ),
    ReplyRule(
        "GMX, web.de, 1&1",
        ReplyClass.SPAM_BLOCK,
        "On the block list that these providers keep themselves.",
        "ip address is block listed|ip address is black listed",
        source=_GMX,
    ),
    ReplyRule(
        "GMX, web.de, 1&1",
        ReplyClass.AUTHENTICATION_FAILURE,
        "The reverse DNS of the sending address is missing or generic.",
        "bad dns ptr|invalid dns ptr",
        source=_GMX,
    ),
    ReplyRule(
        "QQ",
        ReplyClass.RATE_LIMITED,
        "Too much in a short time, from an address, domain or sender, or to this very recipient.",
        "frequency limited|mailbox unavailable or access denied|connection denied. http://service",
        source=_QQ,
    ),
    ReplyRule(
        "QQ",
        ReplyClass.SPAM_BLOCK,
        "Content that many users reported, or a sender or address suspected of spam.",
        "mail content denied|suspected spam|spam is embedded in the email",
        source=_QQ,
    ),
    ReplyRule(
        "QQ",
        ReplyClass.POLICY_BLOCK,
        "The recipient blocks the sender.",
        "mail is rejected by recipients",
        source=_QQ,
    ),
    ReplyRule(
        "NetEase",
        ReplyClass.SPAM_BLOCK,
        "The content, the address or the sender is taken for spam.",
        "dt:spm|dt:sum|hl:ipb|mi:spb|rp:cel",
        source=_NETEASE,
    ),
    ReplyRule(
        "NetEase",
        ReplyClass.AUTHENTICATION_FAILURE,
        "SPF or DMARC failed.",
        "mi:spf|mi:dmc",
        source=_NETEASE,
    ),
    ReplyRule(
        "NetEase",
        ReplyClass.RATE_LIMITED,
        "Too many connections, recipients or messages.",
        "hl:icc|hl:ifc|hl:rep|mi:sfq|rp:rcl|rp:qrc",
        source=_NETEASE,
    ),
    ReplyRule(
        "Mimecast",
        ReplyClass.RATE_LIMITED,
        "Greylisted: this sender is new to the recipient, and should come back.",
        "internal resource is temporarily unavailable|internal resources are temporarily unavailable",
        source=_MIMECAST,
    ),
    ReplyRule(
        "Mimecast",
        ReplyClass.SPAM_BLOCK,
        "The reputation of the sending address.",
        "local ct ip reputation|ip temporarily blacklisted",
        source=_MIMECAST,
    ),
    ReplyRule(
        "Mimecast",
        ReplyClass.POLICY_BLOCK,
        "A rule of the recipient's organisation: blocked senders, spoofing, content, country.",
        (
            "administrative prohibition|envelope blocked|envelope rejected - block policy|blocked senders|"
            "anti-spoofing policy|content examination policy|host network not allowed|"
            "email rejected due to security policies"
        ),
        source=_MIMECAST,
    ),
    ReplyRule(
        "Barracuda",
        ReplyClass.RATE_LIMITED,
        "Rate control of the recipient's gateway.",
        "rate control",
    ),
    ReplyRule(
        "Barracuda",
        ReplyClass.POLICY_BLOCK,
        "Blocked by a rule of the recipient's gateway, which does not say which.",
        ':blocked)|:blocked"|cuda_block',
    ),
    ReplyRule(
        "T-Online",
        ReplyClass.POLICY_BLOCK,
        "T-Online takes mail only from servers that it knows.",
        "ask your postmaster for help or to contact",
        source="https://postmaster.t-online.de/",
    ),
    ReplyRule(
        "Orange",
        ReplyClass.USER_UNKNOWN,
        "No such recipient (OFR 416), or a mailbox that is closed (OFR 515).",
        "ofr_416|ofr_515|ofr_117",
        source="https://postmaster.orange.fr/",
    ),
    ReplyRule(
        "Orange",
        ReplyClass.MAILBOX_FULL,
        "The mailbox is full (OFR 417).",
        "ofr_417",
        source="https://postmaster.orange.fr/",
    ),
    ReplyRule(
        "Orange",
        ReplyClass.RATE_LIMITED,
        "Too many connections or messages.",
        "ofr004_104|ofr_104|ofr_108|ofr_109|ofr_110|ofr005_105",
        source="https://postmaster.orange.fr/",
    ),
    ReplyRule(
        "Orange",
        ReplyClass.SPAM_BLOCK,
        "Refused as spam, or for a bad reputation (OFR 506, 511, 519, 007, 006_102).",
        "ofr_506|ofr_511|ofr_519|ofr_999|ofr006_102|ofr_102",
        source="https://postmaster.orange.fr/",
    ),
    ReplyRule(
        "Cisco",
        ReplyClass.RATE_LIMITED,
        "More recipients in an hour than this server takes from one host.",
        "too many recipients received this hour|too many recipients received from the sender",
    ),
    ReplyRule(
        "Cloudmark",
        ReplyClass.SPAM_BLOCK,
        "The content is known as spam (Cloudmark, in many providers' servers).",
        "cloudmark",
    ),
)
"""Codes and sentences that one provider has, and enhanced status codes that have one meaning."""
