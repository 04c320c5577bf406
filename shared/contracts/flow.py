"""The flow as a picture in text, made from the contracts, so that it cannot be out of date."""

from shared.contracts.topics import GROUPS, WRITERS, Topic


def picture() -> str:
    """One line a topic: who writes it, and which groups read it.

    >>> picture().splitlines()[0].split()[:3]
    ['sms_intake', '-->', 'sms.received.v1']
    """
    lines = []
    for topic in Topic:
        readers = [group for group, topics in GROUPS.items() if topic in topics]
        lines.append(f"{', '.join(WRITERS[topic]):13} --> {topic.value:29} --> {', '.join(readers)}")
    return "\n".join(lines)
