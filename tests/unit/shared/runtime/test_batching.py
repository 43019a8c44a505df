"""Several ready messages of one recipient as one batch of CloudEvents."""

from __future__ import annotations

import json
from uuid import UUID

from shared.runtime.batching import BATCH_TYPE, batches, gathered, joined
from shared.runtime.tables import Draft, Row
from shared.topology import BATCH_BYTES, BATCH_COMMANDS


def row(seq: int, size: int = 20) -> Row:
    body = json.dumps({"id": str(seq), "pad": "x" * size})
    return Row(seq, UUID(int=seq), "reply.client", "reply.client", "type", body)


def test_rows_are_divided_in_order_within_the_number_of_events() -> None:
    rows = [row(n) for n in range(2 * BATCH_COMMANDS + 1)]
    divided = list(batches(rows))
    assert [len(batch) for batch in divided] == [BATCH_COMMANDS, BATCH_COMMANDS, 1]
    assert [one for batch in divided for one in batch] == rows


def test_a_batch_stays_within_the_size_of_a_message() -> None:
    divided = list(batches([row(n, 300_000) for n in range(8)]))
    assert [len(batch) for batch in divided] == [3, 3, 2]
    assert all(len(joined(batch).body.encode()) <= BATCH_BYTES for batch in divided)


def test_a_batch_is_a_json_array_of_the_events_and_one_row_stays_an_event() -> None:
    rows = [row(1), row(2)]
    batch = joined(rows)
    assert json.loads(batch.body) == [json.loads(one.body) for one in rows]
    assert (batch.type, batch.lane, batch.routing_key) == (BATCH_TYPE, "reply.client", "reply.client")
    assert batch.id == joined(rows).id, "published again, it has its id"
    assert joined([rows[0]]) is rows[0]


def test_a_batch_is_never_part_of_another() -> None:
    before, ready, after = row(1), joined([row(2), row(3)]), row(4)
    assert list(batches([before, ready, after, row(5)])) == [[before], [ready], [after, row(5)]]


def test_only_lanes_with_the_setting_get_batches() -> None:
    drafts = [Draft(UUID(int=n), lane, lane, "type", "{}") for n, lane in enumerate("abab")]
    one, two, together = gathered(drafts, {"b"})
    assert [one, two] == [drafts[0], drafts[2]]
    assert (together.type, together.lane, together.body) == (BATCH_TYPE, "b", "[{}, {}]")
    assert gathered(drafts, ()) == drafts
