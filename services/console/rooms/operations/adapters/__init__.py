"""How the room asks: health ports, receipts, Kafka."""
