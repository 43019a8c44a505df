"""A person manages technical clients on the pages: keys, password, scopes and phones."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.integration.portal.enterprises import confirm, form_with
from tests.pages import Visitor

pytestmark = pytest.mark.stack


def test_a_client_gets_a_key_and_a_password_and_the_key_ends(owner: Visitor) -> None:
    owner.get("/access/clients")
    owner.submit("/access/clients", queue="yes")
    path = owner.url.removeprefix(owner.base)
    key = ECKey.generate_key("P-256")
    private = json.dumps(key.as_dict(private=True))
    owner.submit(f"{path}/keys", key=private)
    assert owner.answer.status == 400
    assert "This is a private key" in owner.page.text
    assert key.as_dict(private=True)["d"] not in owner.answer.body.decode()  # type: ignore[operator]
    owner.submit(f"{path}/keys", key="no key")
    assert 'aria-describedby="key-wrong"' in owner.answer.body.decode()
    owner.submit(f"{path}/keys", key=json.dumps(key.as_dict(private=False)), valid_until="2027-12-31")
    assert key.thumbprint() in owner.page.text
    owner.submit(f"{path}/password")
    confirm(owner, f"{path}/password")
    assert "shown only now" in owner.page.text
    owner.get(path)
    form = form_with(owner, "/keys/end")
    owner.post(form.action, form.fields | {"key": key.thumbprint()})
    confirm(owner, f"{path}/keys/end")
    assert key.thumbprint() not in owner.page.text
    owner.submit(f"{path}/queue")
    confirm(owner, f"{path}/queue")
    owner.submit(f"{path}/keys", key=json.dumps(key.as_dict(private=False)))
    assert "had this key before" in owner.page.text


def test_a_client_gets_scopes_after_a_confirmation(owner: Visitor) -> None:
    owner.get("/access/clients")
    owner.submit("/access/clients", queue="no")
    path = owner.url.removeprefix(owner.base)
    owner.get(f"{path}/scopes")
    owner.submit(f"{path}/scopes", scope_ebox="yes")
    assert "given: e-Box: read messages, and label them" in owner.page.text
    confirm(owner, f"{path}/scopes")
    assert owner.url.endswith(path)
    assert "e-Box: read messages" in owner.page.text
    owner.get(f"{path}/scopes")
    form = owner.page.form(f"{path}/scopes")
    assert form.fields["scope_ebox"] == "yes"
    owner.post(form.action, {name: form.fields[name] for name in form.fields if name != "scope_ebox"})
    assert "taken back: e-Box: read messages, and label them" in owner.page.text
    confirm(owner, f"{path}/scopes")
    assert "e-Box: read messages" not in owner.page.text


def test_a_phone_gets_a_pin_once_and_ends(owner: Visitor) -> None:
    owner.get("/access/clients")
    owner.submit("/access/clients", queue="no")
    path = f"{owner.url.removeprefix(owner.base)}/phones"
    label = "Desk <b>1</b>"
    owner.get(path)
    owner.submit(path, phone_number="0470", phone_label=label, language="fr")
    assert owner.answer.status == 400
    assert 'aria-describedby="phone_number-hint phone_number-wrong"' in owner.answer.body.decode()
    typed: dict[str, Any] = {"phone_number": "+32 470 55 66 77", "phone_label": label, "language": "fr"}
    owner.submit(path, **typed)
    (pin,) = re.findall(r"\b\d{6}\b", owner.page.text)
    assert "shown only now" in owner.page.text
    owner.get(path)
    assert label in owner.page.text
    assert b"<b>" not in owner.answer.body
    assert pin not in owner.page.text
    assert "470556677" not in owner.page.text.replace(" ", ""), "the number is not shown"
    owner.submit(path, **typed)
    assert owner.answer.status == 400
    assert "has this phone already" in owner.page.text
    form = form_with(owner, "/end")
    owner.post(form.action, form.fields)
    confirm(owner, form.action)
    assert owner.url.endswith(path)
    assert [form for form in owner.page.forms if form.action.endswith("/end")] == []
