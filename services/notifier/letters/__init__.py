"""Letters: words, form and page, their addressees, and the channels of each message."""
