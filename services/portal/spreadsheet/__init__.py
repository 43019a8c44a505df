"""Spreadsheets with declarations: reading, check of each row, storage while they are sent, result file."""
