"""The sandbox beside a production deployment, on the real servers."""
