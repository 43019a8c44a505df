"""The private stack for demo and tests: PostgreSQL and RabbitMQ without Docker and without root."""
