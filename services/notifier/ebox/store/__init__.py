"""The tables of the e-Box: messages, readings, labels, attention, paper and the events feed.

`letters.store` deposits each message once, in the transaction that makes it. A message never changes. Its
text is a letter in the language of the addressee (`letter`); its form for programs is JSON (`data`).
Readings, labels and attention are rows in other tables. The functions that load messages, labels and events
for a reader return only data of the types of message that the reader has a right to (`access.rights`, read
in the same transaction). Overviews, messages and labels also leave out expired messages; the events feed
does not.

`announce` writes due events to the feed: `newDocument` at once, `newDocumentReminder` after 15 days without a
reading, `documentExpirationAlert` 30 days before the message expires. It holds one lock, so that a reader of
the feed never misses an event below a sequence number that the reader has read.
"""
