"""Scopes: which texts are one, of what kind, by which name, and with which others it is counted together."""

import pytest

from ses_reputation.domain.scopes import (
    ACCOUNT,
    Scope,
    ScopeKind,
    group_of,
    is_other,
    kind_of,
    name_of,
    other_of,
    parse_scope,
    scope,
)

NAMED = [
    pytest.param(ScopeKind.CONFIGURATION_SET, "newsletter", id="a configuration set"),
    pytest.param(ScopeKind.IDENTITY, "shop.example", id="a domain"),
    pytest.param(ScopeKind.TENANT, "lucky-deals", id="a tenant"),
    pytest.param(ScopeKind.TENANT, "a/b", id="a name with a slash"),
    pytest.param(ScopeKind.TENANT, "(other)", id="the tenants that are counted together"),
    pytest.param(ScopeKind.PROVIDER, "gmail", id="a mailbox provider"),
    pytest.param(ScopeKind.TAG, "campaign=spring", id="a tag"),
    pytest.param(ScopeKind.TAG, "campaign=a=b", id="a value with an equals sign"),
    pytest.param(ScopeKind.TAG, "campaign==", id="a value of an equals sign"),
    pytest.param(ScopeKind.TAG, "page=a/b=c", id="a value with a slash"),
    pytest.param(ScopeKind.TAG, "campaign=(other)", id="the values that are counted together"),
]


@pytest.mark.parametrize(("kind", "name"), NAMED)
def test_a_kind_and_a_name_are_a_scope(kind: ScopeKind, name: str) -> None:
    text = f"{kind}/{name}"
    assert parse_scope(text) == scope(kind, name) == text
    assert (kind_of(Scope(text)), name_of(Scope(text))) == (kind, name)


def test_the_account_is_one_without_a_name() -> None:
    assert parse_scope("account") == ACCOUNT
    assert (kind_of(ACCOUNT), name_of(ACCOUNT)) == (ScopeKind.ACCOUNT, "")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("gmail", id="a name alone"),
        pytest.param("tenant", id="a kind alone"),
        pytest.param("tenant/", id="a kind without a name"),
        pytest.param("/acme", id="a name without a kind"),
        pytest.param("account/acme", id="an account with a name"),
        pytest.param("customer/acme", id="a kind that is none"),
        pytest.param("customer/tenant/acme", id="a kind that is none, before one"),
        pytest.param("TENANT/acme", id="a kind in capitals"),
        pytest.param("provider/(other)", id="mailbox providers that are counted together"),
        pytest.param("tag/campaign", id="a tag without a sign"),
        pytest.param("tag/campaign=", id="a tag without a value"),
        pytest.param("tag/=spring", id="a value without a tag"),
        pytest.param("tag/=a=b", id="a value with an equals sign without a tag"),
    ],
)
def test_what_is_none_is_refused_with_what_a_scope_looks_like(text: str) -> None:
    with pytest.raises(ValueError, match="is no scope") as refused:
        parse_scope(text)
    assert str(refused.value) == (
        f"{text!r} is no scope; a scope is account, configuration-set/NAME, identity/DOMAIN, tenant/NAME, "
        "provider/NAME or tag/NAME=VALUE"
    )


def test_a_text_of_no_known_kind_is_of_none() -> None:
    with pytest.raises(ValueError, match=r"^'customer/acme' is of no kind of scope$"):
        kind_of(Scope("customer/acme"))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("configuration-set/newsletter", "configuration-set/(other)"),
        ("identity/shop.example", "identity/(other)"),
        ("tenant/lucky-deals", "tenant/(other)"),
        ("tenant/a/b", "tenant/(other)"),
        ("tenant/a=b", "tenant/(other)"),
        ("tag/campaign=spring", "tag/campaign=(other)"),
        ("tag/campaign=a=b", "tag/campaign=(other)"),
        ("tag/campaign=a/b", "tag/campaign=(other)"),
    ],
)
def test_each_kind_and_each_name_of_a_tag_has_one_scope_for_all_others(text: str, other: str) -> None:
    assert other_of(group_of(Scope(text))) == other
    assert is_other(Scope(other))
    assert not is_other(Scope(text))
    assert group_of(Scope(other)) == group_of(Scope(text))


def test_the_account_stands_for_itself() -> None:
    assert not is_other(ACCOUNT)
