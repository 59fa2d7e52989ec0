"""What a blocklist says of a sending domain, in words: the evidence of a suspected finding, and why it is withdrawn."""

from ses_reputation.domain.blocklist_zones import Listing, name_of_list, removal_of
from ses_reputation.notices.structure import readable

# What a list says in its own words can be as long as it likes.
OWN_WORDS_LENGTH = 300


def listing_text(zone: str, domain: str, name: str, listing: Listing, own_words: str) -> str:
    """Which list has a domain, why, what the list itself says, and where one asks for removal.

    `name` is what is listed, if that is not the domain itself but one that it is part of.
    """
    codes = " and ".join(listing.codes)
    meaning = f"{codes}: {'; '.join(listing.meanings)}" if listing.meanings else codes
    part = f"{domain} is part of {name}, which" if name != domain else domain
    sentences = [f"{part} is on the blocklist {name_of_list(zone)}: it answers {meaning}."]
    if words := readable(own_words, OWN_WORDS_LENGTH):
        sentences.append(f'The list says: "{words}".')
    if link := removal_of(zone):
        sentences.append(f"To look it up, and to ask for removal once the cause is gone: {link}")
    return " ".join(sentences)


def removed_text(zone: str, domain: str) -> str:
    """That a list no longer has a domain."""
    return f"{domain} is no longer on the blocklist {name_of_list(zone)}."
