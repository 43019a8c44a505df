"""Measures the pipeline against a plain one of the same stages, in the same run."""
