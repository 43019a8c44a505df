"""A person corrects a period, declares anew, registers days, and declares workers without number."""

from __future__ import annotations

import re
from datetime import date

import pytest

from deploy.local.deployment import Endpoints
from shared.domain.calendar import quarter
from tests.integration.clients import unused
from tests.integration.portal.declaring import day, declared, fill, final_page, numbers, path_of
from tests.pages import Visitor

pytestmark = pytest.mark.stack

OTHER = "/declare/in/XXX/OTH"


def quarter_of(text: str) -> str:
    return quarter(date.fromisoformat(text))


def test_a_period_shows_the_corrections_that_it_allows(declarer: Visitor, served: Endpoints) -> None:
    number = declared(declarer, OTHER, ssin=served.data.people[-20].ssin, start_date=day(1))
    declarer.get(f"/periods/{number}")
    assert f"/periods/{number}/correct" in declarer.page.links
    declarer.get(f"/periods/{number}/correct")
    assert numbers(declarer, r"/declare/(\w+)/\d+(?= |$)") == ["out", "update", "anew", "cancel"]
    declarer.get(f"/declare/cancel/{number}")
    declarer.submit(f"/declare/cancel/{number}")
    assert "Accepted." in final_page(declarer)
    declarer.get(f"/periods/{number}/correct")
    assert "This period allows no correction" in declarer.page.text
    assert declarer.get(f"/declare/anew/{number}").status == 404
    assert declarer.get(f"/declare/anew/{number}/XXX/DWD").status == 404


def test_a_period_is_declared_anew_in_one_confirmed_step(declarer: Visitor, served: Endpoints) -> None:
    number = declared(declarer, OTHER, ssin=served.data.people[-21].ssin, start_date=day(1))
    path = f"/declare/anew/{number}/140/OTH"
    declarer.get(f"/declare/anew/{number}")
    assert path in declarer.page.links
    declarer.get(path)
    assert declarer.page.form(path).fields["start_date"] == day(1)
    declarer.submit(path)
    assert "One click sends these declarations" in declarer.page.text
    assert f"Cancel the period {number}." in declarer.page.text
    declarer.get(f"/periods/{number}")
    assert "cancelled" not in declarer.page.text, "a question sends nothing"
    declarer.get(path)
    declarer.submit(path)
    fields = declarer.page.form(path).fields
    declarer.submit(path)
    found = re.fullmatch(r"/corrections/(\d+)/(\d+)", path_of(declarer))
    assert found, declarer.page.text
    text = final_page(declarer)
    assert text.count("Accepted.") == 2
    assert all(each in text for each in found.groups()), "each declaration has its number"
    declarer.get(f"/periods/{number}")
    assert "cancelled" in declarer.page.text
    declarer.get(f"/periods/{found[2]}")
    assert "Transport and logistics (140)" in declarer.page.text
    declarer.post(path, fields)
    assert path_of(declarer) == found[0], "a form that is sent twice has one effect"


def test_a_refused_withdrawal_sends_no_new_declaration(declarer: Visitor, served: Endpoints) -> None:
    ssin = served.data.people[-22].ssin
    number = declared(declarer, OTHER, ssin=ssin, start_date=day(1))
    path = f"/declare/anew/{number}/140/OTH"
    declarer.get(path)
    declarer.submit(path)
    question = declarer.page.form(path).fields
    declarer.get(f"/declare/cancel/{number}")
    declarer.submit(f"/declare/cancel/{number}")
    assert "Accepted." in final_page(declarer)
    declarer.post(path, question)
    assert "The withdrawal was refused, so the new declaration was not sent" in declarer.page.text
    assert re.search(r"\b\d{5}-\d{3}\b", declarer.page.text), "with the anomaly"
    declarer.get("/personnel")
    declarer.submit("/personnel", ssin=ssin)
    assert numbers(declarer, r"/periods/(\d+)") == [number]


def test_a_flexi_job_with_a_warning_is_declared_otherwise(declarer: Visitor, served: Endpoints) -> None:
    """A W with 90017-510 leads to ordinary work of the sector."""
    number = declared(
        declarer, "/declare/in/XXX/FLX", ssin=served.data.beginners[-1].ssin,
        start_date=day(1), end_date=day(1), start_hour="17:00", end_hour="22:30",
    )  # fmt: skip
    assert "90017-510" in declarer.page.text
    path = f"/declare/anew/{number}/XXX/OTH"
    assert path in declarer.page.links
    assert f"/declare/update/{number}" in declarer.page.links
    declarer.get(path)
    assert declarer.page.form(path).fields["end_date"] == day(1)
    assert "start_hour" not in declarer.page.form(path).fields
    declarer.submit(path)
    declarer.submit(path)
    assert final_page(declarer).count("Accepted.") == 2


def test_days_of_a_flexi_job_are_registered_changed_and_withdrawn(
    declarer: Visitor, served: Endpoints
) -> None:
    first, last = next(
        (day(later), day(later + 1))
        for later in (1, 2)
        if quarter_of(day(later)) == quarter_of(day(later + 1))
    )
    number = declared(
        declarer, "/declare/in/XXX/FLX", ssin=unused(served, 1)[0].ssin, start_date=first, end_date=last
    )
    declarer.get(f"/periods/{number}/correct")
    path = f"/declare/day/{number}"
    assert path in declarer.page.links
    declarer.get(path)
    declarer.submit(path, start_date=first, end_date=first, end_hour="17:00")
    assert b'aria-describedby="start_hour-wrong"' in declarer.answer.body
    declarer.submit(path, start_hour="09:00")
    assert "Accepted." in final_page(declarer)
    (change,) = numbers(declarer, r"(/declare/day-change/\d+)")
    declarer.get(change)
    assert declarer.page.form(change).fields["start_hour"] == "09:00"
    declarer.submit(change, end_hour="18:00")
    assert "Accepted." in final_page(declarer)
    declarer.get(f"/periods/{number}")
    assert "Day registered" in declarer.page.text
    withdraw = change.replace("day-change", "day-cancel")
    assert withdraw in declarer.page.links
    declarer.get(withdraw)
    declarer.submit(withdraw)
    assert "Accepted." in final_page(declarer)


def test_a_worker_without_number_is_declared_by_identity_data(declarer: Visitor) -> None:
    path = f"{OTHER}/identity"
    declarer.get(OTHER)
    assert path in declarer.page.links
    identity = {
        "family_name": "Verschueren", "given_name": "Oona", "birth_date": "1991-11-11",
        "place_of_birth": "Lyon", "country_of_birth": "111", "nationality": "111", "gender": "2",
        "street": "Rue Haute", "house_number": "1", "post_code": "1000", "city": "Leuven", "country": "150",
        "start_date": day(1),
    }  # fmt: skip
    declarer.get(path)
    fill(declarer, path, identity)
    assert b'aria-describedby="city-wrong"' in declarer.answer.body
    declarer.submit(path, city="Bruxelles")
    assert re.fullmatch(r"/declarations/\d+", path_of(declarer)), declarer.page.text
    assert declarer.get("/declare/in/302/EXT/identity").status == 404, "an occasional worker needs a number"


@pytest.mark.parametrize(("code", "place"), [("IVT", -23), ("STG", -24), ("TRI", -25)])
def test_a_small_statute_is_declared_with_its_data(
    declarer: Visitor, served: Endpoints, code: str, place: int
) -> None:
    path = f"/declare/in/XXX/{code}"
    declarer.get(path)
    declarer.submit(path, ssin=served.data.people[place].ssin, start_date=day(1), end_date=day(3))
    assert b'aria-describedby="worker_status-wrong"' in declarer.answer.body
    declarer.submit(path, employment_nature="WORKER", worker_status="F1")
    assert "Accepted" in final_page(declarer)


def test_a_late_end_is_sent_after_a_warning_only(declarer: Visitor, served: Endpoints) -> None:
    declarer.get(OTHER)
    declarer.submit(OTHER, ssin=served.data.people[-32].ssin, start_date=day(-40))
    declarer.submit(OTHER)
    assert "Accepted" in final_page(declarer)
    (number,) = set(numbers(declarer, r"/periods/(\d+)"))
    path = f"/declare/out/{number}"
    declarer.get(path)
    declarer.submit(path, end_date=day(-20))
    assert "This declaration is late: it was due by" in declarer.page.text
    declarer.submit(path, end_date=day(-21))
    assert "This declaration is late" in declarer.page.text, "each late end has its warning"
    declarer.submit(path)
    assert "Accepted" in final_page(declarer)
    path = f"/declare/update/{number}"
    declarer.get(path)
    declarer.submit(path, end_date="")
    assert "This declaration is late" in declarer.page.text
    declarer.submit(path)
    assert "Accepted" in final_page(declarer)
    declarer.get(f"/periods/{number}")
    assert "Opened again" in declarer.page.text
