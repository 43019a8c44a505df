"""All dated rows of the rules in one form, for `make rules` and for the comparison with the reviewed ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product

from services.personnel_file.omission.rules.contribution import MINIMUMS
from services.personnel_file.omission.rules.finding import EXEMPTIONS
from shared.domain.anomalies import ANOMALIES
from shared.domain.dated import GLOSSARY, Confidence
from shared.domain.features import (
    CARD_CHECKS,
    JOINT_COMMISSIONS,
    OPENINGS,
    PAIRINGS,
    REFUSALS,
    WORKER_TYPES,
    Pairing,
    Refusal,
)
from shared.domain.flexi import FLEXI_CONDITIONS, FLEXI_SECTORS
from shared.domain.places import MERGERS
from shared.domain.quotas import DAY_AS_HOURS, QUOTAS, STUDENT_HOURS_NOT_COUNTED, Quota
from shared.domain.starter_job import STARTER_JOBS


@dataclass(frozen=True, slots=True)
class DatedRow:
    """A row of any dated table, in one form for lists and comparisons."""

    table: str
    row: str
    value: str
    valid_from: date | None
    valid_until: date | None
    source: str
    confidence: Confidence


def day_or_none(day: date) -> date | None:
    """Return the day, or None for `date.min` and `date.max`, which stand for "no limit"."""
    return None if day in (date.min, date.max) else day


def dated_rows() -> Iterator[DatedRow]:
    """Yield every dated row with validity, source and confidence."""
    yield from _feature_rows()
    yield from _quota_rows()
    for flexi in (*FLEXI_CONDITIONS, *FLEXI_SECTORS):
        yield DatedRow(
            "flexi-jobs", flexi.subject, flexi.value, day_or_none(flexi.valid_from),
            day_or_none(flexi.valid_until), flexi.source, flexi.confidence,
        )  # fmt: skip
    for starter in STARTER_JOBS:
        yield DatedRow(
            "starter jobs", f"age {starter.min_age} to {starter.max_age}", "off by default",
            day_or_none(starter.valid_from), day_or_none(starter.valid_until), starter.source,
            starter.confidence,
        )  # fmt: skip
    for merger in MERGERS:
        yield DatedRow(
            "municipalities", f"{merger.nis_code} {merger.name_nl}", "from " + " ".join(map(str, merger.old)),
            merger.valid_from, None, merger.source, Confidence.HIGH,
        )  # fmt: skip
    yield from _omission_rows()
    yield from _anomaly_rows()


def _omission_rows() -> Iterator[DatedRow]:
    for minimum in MINIMUMS.values():
        yield DatedRow(
            "solidarity contributions", "minimum", f"{minimum.euros} euros", date(minimum.year, 1, 1),
            date(minimum.year, 12, 31), minimum.source, minimum.confidence,
        )  # fmt: skip
    for exemption in EXEMPTIONS:
        yield DatedRow(
            "exemptions", exemption.status or "every worker", "partly" if exemption.partly else "", None,
            day_or_none(exemption.valid_until), exemption.source, Confidence.HIGH,
        )  # fmt: skip


def _anomaly_rows() -> Iterator[DatedRow]:
    """Yield the anomalies that concern only periods of some time."""
    for row in ANOMALIES.values():
        if row.valid_from is not None or row.valid_until is not None:
            yield DatedRow(
                "anomalies", row.code, row.status, row.valid_from, row.valid_until, GLOSSARY, Confidence.HIGH
            )  # fmt: skip


def _feature_rows() -> Iterator[DatedRow]:
    for row in WORKER_TYPES.values():
        yield DatedRow(
            "worker types", row.code, "", row.starts_from, row.starts_until, row.source, row.confidence
        )
    for pairing in PAIRINGS:
        yield DatedRow(
            "pairings", pairing.joint_commission or "none", " ".join(sorted(pairing.worker_types)),
            day_or_none(pairing.valid_from), day_or_none(pairing.valid_until), pairing.source,
            pairing.confidence,
        )  # fmt: skip
    for refusal in REFUSALS:
        yield DatedRow(
            f"refused pairings: {refusal.evidence}", refusal.joint_commission or "none",
            " ".join(sorted(refusal.worker_types)), day_or_none(refusal.valid_from),
            day_or_none(refusal.valid_until), refusal.source, refusal.confidence,
        )  # fmt: skip
    for opening in OPENINGS:
        yield DatedRow(
            "openings", "local authorities" if opening.provincial_or_local else "other employers",
            " ".join(sorted(opening.worker_types)), day_or_none(opening.valid_from),
            day_or_none(opening.valid_until), opening.source, opening.confidence,
        )  # fmt: skip
    for check in CARD_CHECKS:
        yield DatedRow(
            "C3.2A cards", "reception", "required" if check.required else "optional",
            day_or_none(check.valid_from), day_or_none(check.valid_until), check.source, check.confidence,
        )  # fmt: skip


def _quota_rows() -> Iterator[DatedRow]:
    for quota in QUOTAS:
        names = " ".join(f"{code}:{name}" if name else code for code, name in quota.names.items())
        yield DatedRow(
            "quotas", f"{names} {quota.sector or ''}".rstrip(), _value(quota),
            day_or_none(quota.valid_from), day_or_none(quota.valid_until), quota.source, quota.confidence,
        )  # fmt: skip
    for gap in STUDENT_HOURS_NOT_COUNTED:
        yield DatedRow(
            "student hours not counted", gap.sectors, "applied" if gap.applied else "not applied",
            gap.first, gap.last, gap.source, gap.confidence,
        )  # fmt: skip


def _value(quota: Quota) -> str:
    """Return the limit of a quota, and the days of other types that it counts as hours."""
    parts = [f"{quota.limit} {quota.unit} per {quota.per}"]
    parts += [f"{quota.third_quarter} in the third"] if quota.third_quarter is not None else []
    parts += [f"beside {quota.beside}"] if quota.beside is not None else []
    parts += [f"a day of {other} counts {DAY_AS_HOURS[other]}" for other in sorted(quota.also_counted)]
    return ", ".join(parts)


def inferred_pairs() -> tuple[tuple[str | None, str], ...]:
    """Return the pairs of joint commission and worker type without any evidence (rule R52)."""
    rows: tuple[Pairing | Refusal, ...] = (*PAIRINGS, *REFUSALS)
    known = {(row.joint_commission, code) for row in rows for code in row.worker_types}
    pairs = product((*sorted(JOINT_COMMISSIONS), None), WORKER_TYPES)
    return tuple(pair for pair in pairs if pair not in known)
