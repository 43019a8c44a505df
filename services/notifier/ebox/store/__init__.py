"""The tables of the e-Box: messages, readings, labels, attention, paper and the events feed.

`letters.store` deposits a message once, in the transaction that makes it; it never changes. Its text is a
letter in the language of the addressee (`letter`); its form for programs is JSON (`data`). Readings, labels
and attention are rows beside it. Every function for readers filters by the types of message that the reader
has a right to (`access.rights`, read in the same transaction) and leaves out expired messages.

`announce` writes due events to the feed under one lock, so that a reader of the feed never misses an event
below a sequence number that it has read: `newDocument` at once, `newDocumentReminder` after 15 days without a
reading, `documentExpirationAlert` 30 days before the message expires.
"""
