"""The suite against other versions of RabbitMQ, Python and PostgreSQL, in trees of Debian releases."""
