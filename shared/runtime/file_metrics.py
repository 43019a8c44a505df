"""The metrics of files and of the SFTP server, each with its meaning and unit."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

SFTP_CONNECTIONS = Gauge("dimona_sftp_connections", "Open connections of the SFTP server.")
SFTP_REFUSED = Counter(
    "dimona_sftp_refused",
    "Requests and connections that the SFTP server refused or ended, by reason.",
    # key, full, source, expeditor, sessions, idle: connections; all others: requests
    ["reason"],
)
FILES = Counter(
    "dimona_files",
    "Files of expeditors, by what happened to them.",
    ["outcome"],  # received, repeated, limited, accepted, refused, canceled
)
FILE_START_OLDEST = Gauge(
    "dimona_file_start_oldest_seconds",
    "How long the oldest GO file has been waiting for the files that it starts; 0 if none.",
)
FILE_FOLDERS_READ = Gauge(
    "dimona_file_folders_read_timestamp_seconds",
    "When the folders of all expeditors were last searched for GO files, to the end.",
)
FILE_UNACKNOWLEDGED = Gauge(
    "dimona_file_unacknowledged_oldest_seconds",
    "How long the oldest received file has been waiting for its acknowledgement in the folder; 0 if none.",
)
FILE_FORMS = Counter(
    "dimona_file_forms",
    "Forms of accepted files: sent to intake, or refused because of their structure.",
    ["outcome"],  # submitted, refused
)
FILE_FORMS_OPEN = Gauge("dimona_file_forms_open", "Forms that were sent to intake and have no answer yet.")
FILE_FORMS_WAITING = Gauge("dimona_file_forms_waiting", "Forms of accepted files that are not sent yet.")
FILE_ANSWERS = Counter("dimona_file_answers", "Files written for expeditors.", ["kind"])  # ACRF, NOTI
FILE_EXPEDITORS_FULL = Gauge(
    "dimona_file_expeditors_full",
    "Expeditors that may upload no further file, by the limit that they have reached.",
    ["limit"],  # backlog, out
)
FILE_UPLOADS_DELETED = Counter(
    "dimona_file_uploads_deleted", "Unfinished uploads of expeditors that were deleted because of their age."
)
FILE_ANSWERS_DELETED = Counter(
    "dimona_file_answers_deleted", "Files for expeditors that were deleted because of their age."
)
FILE_FORMS_DELETED = Counter(
    "dimona_file_forms_deleted", "Forms of files that were deleted with their results because of their age."
)
FILE_QUERIES_WAITING = Gauge("dimona_file_queries_waiting", "Queries of expeditors that have no answer yet.")
FILE_QUERIES_GIVEN_UP = Counter(
    "dimona_file_queries_given_up", "Queries of expeditors that ended without result: a page did not come."
)
FILE_ANSWERS_WAITING = Gauge("dimona_file_answers_waiting", "Files for expeditors that are not written yet.")
