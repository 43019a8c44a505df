"""Letters: their words, form and page, their addressees, and the way on which every message leaves."""
