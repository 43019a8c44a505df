"""Compare observations with the promises of the pipeline. Each returned line is a broken promise.

It does not judge decisions. It checks that each declaration was decided once and answered once, and that the
registers agree with each other. tests/chaos/test_checker.py shows that it can fail.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Final

from tests.foreign.events import INTERMEDIATE, PROBLEM, RECEIVED, REPLY, Event
from tests.histories import event_from_json, fold
from tests.prove.observe import Observations, Row
from tests.prove.world import letter


def check(seen: Observations) -> list[str]:
    """Return all broken promises."""
    return [f"{promise.__name__}: {breach}" for promise in PROMISES for breach in promise(seen)]


def received_once(seen: Observations) -> Iterator[str]:
    """Check that each sent message is one declaration with one number, or a problem."""
    rows = Counter((row["client_id"], row["message_id"]) for row in seen.tables["declarations"])
    yield from (f"{key[1]} was received {times} times" for key, times in rows.items() if times > 1)
    for client, sent in seen.sent.items():
        for id_ in sent:
            problems = [e for e in seen.answers[client].get(id_, ()) if e.type == PROBLEM]
            if (client, id_) not in rows and not problems:
                yield f"{id_} was lost"
    if seen.complete:
        by_queue = {
            (r["client_id"], r["message_id"]) for r in seen.tables["declarations"] if not _is_requested(r)
        }
        yield from (
            f"{id_} was never sent" for client, id_ in by_queue if id_ not in seen.sent.get(client, ())
        )
        kept = {
            (row["client_id"], row["number"]) for row in seen.tables["declarations"] if _is_requested(row)
        }
        told = {(client, number) for client, numbers in seen.posted.items() for number in numbers}
        yield from (f"{number} was told to a client and not kept" for _, number in told - kept)
        yield from (f"{number} was kept and told to nobody" for _, number in kept - told)


def answered_once(seen: Observations) -> Iterator[str]:
    """Check that each sender gets one reception, at most one S and one final reply per message."""
    numbers = {(row["client_id"], row["message_id"]): row["number"] for row in seen.tables["declarations"]}
    results = {row["number"]: row["result"] for row in seen.tables["results"] if row["final"]}
    for client, sent in seen.sent.items():
        for id_ in sent:
            number = numbers.get((client, id_))
            if number is None:
                continue
            events = seen.answers[client].get(id_, ())
            times = Counter(event.type for event in events)
            if times[RECEIVED] != 1 or times[REPLY] != 1 or times[INTERMEDIATE] > 1 or times[PROBLEM]:
                yield f"{number} was answered with {dict(times)}"
            for event in events:
                if event.type == RECEIVED and event.data["declarationId"] != number:
                    yield f"{number} was confirmed under another number"
                if event.type == REPLY and letter(event) != results.get(number):
                    yield f"{number} was answered {letter(event)}, stored {results.get(number)}"
        if seen.complete:
            replied = (id_ for id_, events in seen.answers[client].items() if any(map(_is_reply, events)))
            yield from (f"{id_} is replied to in the queue, and was not sent" for id_ in set(replied) - sent)


def final_once(seen: Observations) -> Iterator[str]:
    """Check that each declaration has one final, one notification and one settlement or refusal."""
    wanted = {row["number"] for row in seen.tables["declarations"]}
    finals = [row["number"] for row in seen.tables["results"] if row["final"]]
    notified = [row["declaration_id"] for row in seen.tables["notifications"] if not row["provisional"]]
    settled = [row["declaration_id"] for row in seen.tables["settlements"]]
    refused = [row["number"] for row in seen.tables["declarations"] if row["order_key"] is None]
    for what, found in (("result", finals), ("notification", notified), ("end", settled + refused)):
        yield from _differences(what, wanted, found)
    letters = {row["number"]: row["result"] for row in seen.tables["results"] if row["final"]}
    for row in seen.tables["notifications"]:
        if not row["provisional"] and row["result"] != letters.get(row["declaration_id"]):
            yield f"{row['declaration_id']} was notified as {row['result']}"
    for row in seen.tables["settlements"]:
        if row["result"] != letters.get(row["declaration_id"]):
            yield f"{row['declaration_id']} was settled as {row['result']}"


def told_its_notification(seen: Observations) -> Iterator[str]:
    """Check that the final reply names the only notification."""
    ids = {row["declaration_id"]: row["id"] for row in seen.tables["notifications"] if not row["provisional"]}
    for event in _finals(seen):
        status = event["declarationStatus"]
        if status.get("notificationId") != ids.get(status["declarationId"]):
            yield f"{status['declarationId']} names another notification"


def effects_once(seen: Observations) -> Iterator[str]:
    """Check that an accepted declaration changed its relation once and a refused one nothing."""
    accepted = {row["declaration_id"] for row in seen.tables["settlements"] if row["result"] != "B"}
    caused = [row["declaration_id"] for row in seen.tables["history"] if row["declaration_id"] is not None]
    yield from _differences("effect", accepted, caused)


def relations_fold(seen: Observations) -> Iterator[str]:
    """Check that the history of each relation has versions 1 to n and folds to the stored state."""
    histories: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in seen.tables["history"]:
        histories[row["employer"], row["ssin"]].append(row)
    stored = {(row["employer"], row["ssin"]): row for row in seen.tables["relations"]}
    periods: defaultdict[tuple[str, str], dict[int, Row]] = defaultdict(dict)
    for row in seen.tables["periods"]:
        periods[row["employer"], row["ssin"]][row["period_id"]] = row
    days: defaultdict[int, list[Row]] = defaultdict(list)
    for row in seen.tables["days"]:
        days[row["period_id"]].append(row)
    for key in histories.keys() | stored.keys():
        rows = sorted(histories[key], key=lambda row: row["version"])
        if [row["version"] for row in rows] != list(range(1, len(rows) + 1)):
            yield f"relation {stored.get(key, {}).get('relation_id')} has gaps in its versions"
            continue
        relation = fold(key[0], key[1], (event_from_json(row["event"]) for row in rows))
        row = stored.get(key, {})
        told = (relation.start, relation.end, relation.version) if relation else None
        if told != (row.get("start_date"), row.get("end_date"), row.get("version")):
            yield f"relation {row.get('relation_id')} is not what its history tells"
        folded = {
            one.id: (one.span.start, one.span.end, one.span.start_hour, one.span.end_hour,
                     one.planned_hours, one.canceled)
            for one in (relation.periods.values() if relation else ())
        }  # fmt: skip
        names = ("start_date", "end_date", "start_hour", "end_hour", "planned_hours", "canceled")
        if folded != {id_: tuple(row[name] for name in names) for id_, row in periods[key].items()}:
            yield f"periods of relation {row.get('relation_id')} are not what its history tells"
        told_days = {
            one.id: (one.period_id, one.span.start, one.span.end, one.span.start_hour, one.span.end_hour,
                     one.canceled)
            for one in (relation.days.values() if relation else ())
        }  # fmt: skip
        names = ("period_id", "start_date", "end_date", "start_hour", "end_hour", "canceled")
        kept = [row for id_ in periods[key] for row in days[id_]]
        if told_days != {row["registration_id"]: tuple(row[name] for name in names) for row in kept}:
            yield f"days of relation {row.get('relation_id')} are not what its history tells"


def periods_apart(seen: Observations) -> Iterator[str]:
    """Check that no periods with equal features overlap (rule R33), except agents' cases."""
    groups: defaultdict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in seen.tables["periods"]:
        if not row["canceled"] and not row["overlapping"]:
            groups[row["employer"], row["ssin"], row["features_key"]].append(row)
    for rows in groups.values():
        rows.sort(key=lambda row: row["span"].lower)
        for one, other in pairwise(rows):
            if one["span"].upper is None or other["span"].lower < one["span"].upper:
                yield f"{one['period_id']} and {other['period_id']} overlap"


def fed_once(seen: Observations) -> Iterator[str]:
    """Check that the feed has each change once and each institution got its own events only."""
    rows = {(row["employer"], row["ssin"]): row["relation_id"] for row in seen.tables["relations"]}
    changes = {(rows.get((row["employer"], row["ssin"])), row["version"]) for row in seen.tables["history"]}
    events = [json.loads(row["data"]) for row in seen.tables["feed"]]
    told = Counter((event["relation"]["id"], event["version"], event.get("periodId")) for event in events)
    yield from (f"{one} was fed {times} times" for one, times in told.items() if times > 1)
    yield from _differences("event of the feed", changes, {(relation, n) for relation, n, _ in told})
    fields = {row["institution_id"]: row["fields"] for row in seen.tables["institutions"]}
    for institution, got in seen.pushed.items():
        days = "dailyRegistration" in fields[institution]
        ids = {row["id"] for row in seen.tables["feed"] if days or ".dailyRegistrations." not in row["type"]}
        if missing := len(ids - got):
            yield f"{institution} was not pushed {missing} of {len(ids)} events"
        if more := len(got - ids):
            yield f"{institution} was pushed {more} events that it may not hear of"


def chained(seen: Observations) -> Iterator[str]:
    """Check that each declaration is final after the previous one of its order key."""
    at = {row["declaration_id"]: row["settled_at"] for row in seen.tables["settlements"]}
    heads: Counter[str] = Counter()
    followed: Counter[int] = Counter()
    for row in seen.tables["declarations"]:
        if row["order_key"] is None:
            continue
        previous = row["previous"]
        heads[row["order_key"]] += previous is None
        if previous is not None:
            followed[previous] += 1
            if previous in at and row["number"] in at and at[row["number"]] < at[previous]:
                yield f"{row['number']} was final before {previous}"
    yield from (f"a chain begins {times} times" for times in heads.values() if times != 1)
    yield from (f"{number} is followed by {times}" for number, times in followed.items() if times > 1)


def nothing_left(seen: Observations) -> Iterator[str]:
    """Check that nothing waits, nothing was parked, and intake has nothing open."""
    yield from (f"{count} in {place}" for place, count in seen.left.items())
    yield from (f"{row['number']} is still open" for row in seen.tables["open"])


PROMISES: Final[tuple[Callable[[Observations], Iterable[str]], ...]] = (
    received_once, answered_once, final_once, told_its_notification, effects_once, relations_fold,
    periods_apart, fed_once, chained, nothing_left,
)  # fmt: skip


def lost(seen: Observations) -> int:
    """Return the number of declarations that were sent and have no final reply."""
    return sum(
        not any(event.type in (REPLY, PROBLEM) for event in seen.answers[client].get(id_, ()))
        for client, sent in seen.sent.items()
        for id_ in sent
    )


def doubled(seen: Observations) -> int:
    """Return the number of surplus final replies, notifications and effects."""
    finals = Counter(event["declarationStatus"]["declarationId"] for event in _finals(seen))
    notified = Counter(
        row["declaration_id"] for row in seen.tables["notifications"] if not row["provisional"]
    )
    caused = (row["declaration_id"] for row in seen.tables["history"])
    effects = Counter(number for number in caused if number is not None)
    return sum(times - 1 for counted in (finals, notified, effects) for times in counted.values())


def _is_requested(declaration: Row) -> bool:
    """Return whether the number comes over REST, by phone or in a file, and not in the queue."""
    return declaration["channel"] in ("rest", "web", "sms", "voice", "sftp")


def _is_reply(event: Event) -> bool:
    return event.type in (RECEIVED, INTERMEDIATE, REPLY)


def _finals(seen: Observations) -> Iterator[Row]:
    for client, sent in seen.sent.items():
        for id_ in sent:
            for event in seen.answers[client].get(id_, ()):
                if event.type == REPLY:
                    yield event.data


def _differences(what: str, wanted: AbstractSet[Hashable], found: Iterable[Hashable]) -> Iterator[str]:
    times = Counter(found)
    yield from (f"{one} has no {what}" for one in wanted if one not in times)
    yield from (f"{one} has {n} times a {what}" for one, n in times.items() if n > 1)
    yield from (f"{one} has a {what} too many" for one in times if one not in wanted)
