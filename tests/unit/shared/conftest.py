import pytest

from shared.messaging.lane import Lane


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lane does not rest between its tries; where it would rest for minutes it is told to leave."""

    async def wait(self: Lane, seconds: float) -> bool:
        return seconds < 100

    monkeypatch.setattr(Lane, "wait", wait)
