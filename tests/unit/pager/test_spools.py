"""What an intake's receipts tell."""

from datetime import timedelta
from uuid import UUID, uuid4

from services.pager.rules.spools import PATIENT, Receipt, Spool
from tests.support.pager import PATIENCE, START


def a_receipt(seq: int, *, published: bool = False, aside: bool = False, ahead: float = 0) -> Receipt:
    accepted_at = START + timedelta(minutes=ahead)
    return Receipt(seq, UUID(int=seq), UUID(int=seq), accepted_at, published, aside)


def late(spool: Spool, minutes: float) -> object:
    return spool.late(START + timedelta(minutes=minutes), PATIENCE, uuid4)


def test_rows_that_kafka_does_not_have_for_three_minutes_are_late() -> None:
    spool = Spool("sms_intake")
    spool.read([a_receipt(1), a_receipt(2), a_receipt(3, published=True)], START)
    assert late(spool, 2.9) is None
    found = spool.late(START + PATIENCE, PATIENCE, uuid4)
    assert found and (found.first, found.last) == (UUID(int=1), UUID(int=2))


def test_a_row_that_kafka_has_by_now_is_not() -> None:
    spool = Spool("sms_intake")
    spool.read([a_receipt(1)], START)
    spool.read([Receipt(5, UUID(int=1), UUID(int=1), START, True, False)], START)
    assert late(spool, 60) is None
    assert spool.after == 5


def test_an_intake_whose_clock_runs_ahead_is_not_waited_for() -> None:
    spool = Spool("sms_intake")
    spool.read([a_receipt(1, ahead=60)], START)
    assert late(spool, 3) is not None


def test_what_was_set_aside_is_told() -> None:
    spool = Spool("sms_intake")
    assert [one.seq for one in spool.read([a_receipt(1), a_receipt(2, aside=True)], START)] == [2]
    assert list(spool.waiting) == [UUID(int=1)]


def test_a_spool_that_began_anew_is_read_from_the_start() -> None:
    spool = Spool("sms_intake")
    spool.read([a_receipt(400, published=True)], START)
    for _ in range(PATIENT - 1):
        spool.compare(3, quiet=True)
    assert spool.after == 400
    spool.compare(3, quiet=True)
    assert spool.after == 0


def test_a_busy_spool_is_not_read_from_the_start() -> None:
    spool = Spool("sms_intake")
    spool.read([a_receipt(400, published=True)], START)
    for _ in range(9):
        spool.compare(3, quiet=False)
    spool.compare(None, quiet=True)
    assert spool.after == 400


def test_what_was_published_and_never_heard_of_is_told() -> None:
    spool = Spool("sms_intake")
    spool.read([a_receipt(1, published=True), a_receipt(2, published=True)], START)
    assert spool.unsure(START + PATIENCE / 2, PATIENCE) == []
    asked = spool.unsure(START + PATIENCE, PATIENCE)
    spool.heard([UUID(int=1)])
    found = spool.unheard(asked, START + PATIENCE, uuid4)
    assert found and (found.cause, found.first, found.last) == ("not_heard", UUID(int=2), UUID(int=2))
    spool.heard([UUID(int=2)])
    assert spool.unheard(asked, START + PATIENCE, uuid4) is None


def test_a_month_of_receipts_is_not_asked_after() -> None:
    spool = Spool("sms_intake")
    spool.read([a_receipt(1, published=True, ahead=-60 * 24 * 2)], START)
    assert spool.unsure(START + PATIENCE, PATIENCE) == []
