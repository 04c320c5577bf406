"""A record as aiokafka gives it: key and value as bytes, either of which may be null."""

from aiokafka import ConsumerRecord

Record = ConsumerRecord[bytes | None, bytes | None]
