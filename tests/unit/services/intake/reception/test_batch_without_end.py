"""A batch that is nested too deeply and never ends costs no more than its length (threats T13, T27)."""

from __future__ import annotations

import time

import pytest

from services.intake.reception.channels import queue
from shared.runtime.incoming import Incoming
from shared.runtime.step import Item
from shared.topology import BATCH_BYTES

_DEEP = b"[" + b"[" * 5000


@pytest.mark.parametrize("filler", [b'\\"', b'"', b"\\", b"{", b'"\n', b'"\\\n'])
def test_a_batch_without_end_is_refused_at_once(filler: bytes) -> None:
    body = (_DEEP + b'"' + filler * BATCH_BYTES)[:BATCH_BYTES]
    began = time.thread_time()
    (item,) = queue.read(Incoming("q", body, "", "id", "client", 0, None, 1, 0))
    assert time.thread_time() - began < 1.0
    assert isinstance(item, Item)
    assert item.value.problem is not None
    assert item.value.problem["status"] == 400
