"""Events of the feed: the rows that the personnel file wrote, and the part that an institution may see."""
