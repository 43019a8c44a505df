"""Attacks on every API and on the queue: fuzzed requests, hostile bodies, strangers, and ids of others."""
