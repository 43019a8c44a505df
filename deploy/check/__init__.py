"""The checks of `make check-deploy`: image, compose, chart and units, without a container engine."""
