"""What the archive says of what it keeps."""

from typing import Final

from services.archive.adapters import Entry, Shelved
from services.archive.rules import Told
from shared.contracts.events import ContributionArchived, ContributionRead, ContributionReceived
from shared.contracts.ids import output_of
from shared.contracts.parts import Waiting
from shared.contracts.values import Provider, Step

STAGE: Final = "archive"


def archived(told: Told, entry: Entry, shelved: Shelved) -> ContributionArchived:
    """The event for one step; a master is a version by itself, the rest of a batch is the version after it.

    A master with a part is the original of what waited at a provider: the reader brought it.
    """
    event, number = told.by.event, entry.record.number
    assert number is not None
    received = told.step is Step.MASTER and told.part is None
    version = min(shelved.inventories) if received else max(shelved.inventories)
    return ContributionArchived(
        event_id=output_of(f"{STAGE}.{told.step.value}", event.event_id, told.part or 0),
        contribution_id=entry.record.contribution_id,
        accession=number,
        step=told.step,
        part=told.part,
        source=event.event_id,
        object_key=shelved.object_key,
        version=version,
        inventory_sha512=shelved.inventories[version],
        at=shelved.at,
        provider_copies=_provider_copies(told),
    )


def _provider_copies(told: Told) -> tuple[Waiting, ...]:
    """What the provider need not keep any longer: a text, once every word of it is here and was opened; media, once
    the archive has the original.
    """
    event = told.by.event
    if isinstance(event, ContributionRead) and told.step is Step.MASTER:
        return (event.fetched_from,) if event.fetched_from and told.part not in told.by.unopened else ()
    if not isinstance(event, ContributionReceived) or event.provider is not Provider.TWILIO:
        return ()
    if told.by.unopened or not all(part.words for part in event.parts):
        return ()
    if not event.account or not event.provider_id:
        return ()
    return (Waiting(account=event.account, sid=event.provider_id),)
