"""What the services share: the words of the trade, the messages, the topology and the runtime."""
