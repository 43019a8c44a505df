"""The documentation for integrators as static pages: contracts, error catalogue, code lists, guides."""
