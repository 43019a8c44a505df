"""The commands of `dimona` for developers of payroll software."""
