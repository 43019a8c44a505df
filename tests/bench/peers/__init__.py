"""The job of the pipeline written with other libraries, in the usual way of each."""
