"""Handlers of phones: receive an SMS, answer a turn of a call, and send results."""
