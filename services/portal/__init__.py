"""The portal: pages for people, made from the APIs of the other services (ADR 33)."""
