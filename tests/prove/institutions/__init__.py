"""The proof of the feed at full size: inscriptions, foreign numbers, snapshot with tail, digest and log."""
