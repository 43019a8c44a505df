"""The canary: declares in the sandbox every minute, over its public API, and measures the times (ADR 44)."""
