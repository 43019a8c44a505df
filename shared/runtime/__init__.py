"""All the I/O that services share: broker, database, consume loop, outbox, deliveries, supervision."""
