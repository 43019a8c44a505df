"""Programs of clients and institutions in plain AMQP and HTTP. They import nothing of this project."""
