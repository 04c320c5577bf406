"""A helpline that we tell people of is never taken for somebody's own number."""

from services.anonymiser.rules import redact
from services.anonymiser.rules.helplines import HELPLINES
from shared.helplines import helplines


def test_every_helpline_that_we_name_stays_readable() -> None:
    for line in helplines().lines.values():
        assert line.number.replace(" ", "") in HELPLINES
        assert line.number in redact(f"i rang {line.number} and they were kind").words
