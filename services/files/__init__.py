"""Declarations that come as files: over SFTP and over HTTP, answered with files (ADR 28)."""
