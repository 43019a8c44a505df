"""The record of each look at data about persons: for every operation a table, or the reason why none is due.

A look is recorded in the transaction that shows the data: without a row, no data are shown. An operation that
is in none of these tables fails `test_looks.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_TABLE: Final = re.compile(r"[a-z_]+\.[a-z_]+")

#: Reasons why an operation shows no data about a person that are new to its caller.
_OWN: Final = "it returns only values of this request"
_NUMBERS: Final = "it returns numbers, states and instants, no data about a person"
_ENTERPRISES: Final = "it returns data about enterprises and their programs"
_INSTITUTIONS: Final = "it returns terms of institutions, with ids of agents and no name"
_PUBLIC: Final = "it returns public texts or keys"
_PERSON_ITSELF: Final = "it returns a token or a page to the person that logs in"

#: Contract → operation → table with a row for each look.
RECORDED: Final[Mapping[str, Mapping[str, str]]] = {
    "access": {
        "listUsers": "platform.looks",
        "readUser": "platform.looks",
        "addUser": "platform.looks",
        "listChanges": "platform.looks",
        "listLooks": "platform.looks",
        "listRegistrations": "platform.looks",
        "readRegistration": "platform.looks",
        "decideRegistration": "platform.looks",
    },
    "consultation": {
        "searchPeriods": "personnel_file.consultations",
        "searchRelations": "personnel_file.consultations",
        "getPeriod": "personnel_file.consultations",
        "getPeriodChanges": "personnel_file.consultations",
        "getDailyRegistration": "personnel_file.consultations",
        "createExport": "personnel_file.consultations",
        "getExportContent": "personnel_file.consultations",
    },
    "contact": {
        "getContestations": "platform.looks",
        "getContestation": "platform.looks",
        "getCases": "contact.readings",
        "searchCases": "contact.readings",
        "getCase": "contact.readings",
        "getLetters": "contact.readings",
    },
    "declarations": {
        "searchDeclarations": "intake.readings",
        "getDeclaration": "intake.readings",
        "getDeclarationResults": "intake.readings",
    },
    "ebox": {
        "getMessage": "platform.looks",
        "getAttachment": "platform.looks",
    },
    "events": {
        "listEvents": "feed.disclosures",
        "readSnapshot": "feed.disclosures",
        "listDisclosures": "feed.disclosures",
        "searchDisclosures": "feed.disclosures",
    },
    "files": {"getFileAnswer": "platform.looks"},
    "identifications": dict.fromkeys(
        ("listIdentifications", "readIdentification", "decideIdentification"), "identification.readings"
    ),
    "oauth": {
        "createToken": "platform.security_log",
        "endLogin": "platform.security_log",
        "revokeToken": "platform.security_log",
        "proceedLogin": "platform.security_log",
    },
    "locks": {"getLocks": "personnel_file.consultations"},
    "omissions": {
        "getOmissions": "personnel_file.omission_readings",
        "getOmission": "personnel_file.omission_readings",
    },
    "person": {
        **dict.fromkeys(
            (
                "readMyData",
                "readMyStatement",
                "readMyLooks",
                "exportMyData",
                "readDataOfPerson",
                "readStatementOfPerson",
                "readLooksAtPerson",
                "reportErrorOfPerson",
            ),
            "contact.person_looks",
        ),
        "readOpenReports": "contact.readings",
        "searchLooks": "contact.readings",
        "findUnusualLooks": "contact.readings",
        "readReport": "contact.readings",
        "claimReport": "platform.looks",
        "answerReport": "platform.looks",
    },
    "phones": {},
    "reference": {},
    "deliveries": {},
}

#: Contract → operation → reason.
HARMLESS: Final[Mapping[str, Mapping[str, str]]] = {
    "access": {
        "registerEmployer": _OWN,
        "listOwnRegistrations": "it returns to a person the registrations that this person made",
        "readEmployer": _ENTERPRISES,
        "changeEmployer": _ENTERPRISES,
        "designatePrincipalAccessManager": _OWN,
        "changeRights": _OWN,
        "readSelf": "it returns to a person the own name and rights",
        "listClients": _ENTERPRISES,
        "addClient": _ENTERPRISES,
        "changeClient": _ENTERPRISES,
        "renewPassword": _ENTERPRISES,
        "listClientKeys": _ENTERPRISES,
        "addClientKey": _ENTERPRISES,
        "endClientKey": _ENTERPRISES,
        "listClientPhones": _ENTERPRISES,
        "addClientPhone": _OWN,
        "endClientPhone": _OWN,
        "resetSandbox": _NUMBERS,
        "readSandboxClock": _NUMBERS,
        "moveSandboxClock": _NUMBERS,
        "previewMandate": _ENTERPRISES,
        "previewAffiliation": _ENTERPRISES,
        "proposeMandate": _ENTERPRISES,
        "listMandates": _ENTERPRISES,
        "readMandate": _ENTERPRISES,
        "validateMandate": _ENTERPRISES,
        "refuseMandate": _ENTERPRISES,
        "revokeMandate": _ENTERPRISES,
        "shortenMandate": _ENTERPRISES,
        "affiliate": _ENTERPRISES,
        "listAffiliations": _ENTERPRISES,
        "endAffiliation": _ENTERPRISES,
        "listAuthorizations": _INSTITUTIONS,
        "proposeAuthorization": _INSTITUTIONS,
        "confirmAuthorization": _INSTITUTIONS,
        "endAuthorization": _INSTITUTIONS,
        "listEvents": "it returns ids of users and their rights, no name and no NISS",
    },
    "consultation": {
        "getQuotas": "it returns numbers of days of an enterprise, no data about a person",
        "getExport": _NUMBERS,
        "deleteExport": _NUMBERS,
        "getSavedSearches": "a saved search holds no NISS and no name of a worker",
        "getSavedSearch": "a saved search holds no NISS and no name of a worker",
        "putSavedSearch": _OWN,
        "deleteSavedSearch": _NUMBERS,
    },
    "contact": {
        "createContestation": _OWN,
        "withdrawContestation": "it returns the contestation that the caller itself wrote",
        "createComplaint": _OWN,
        "confirmAddress": _NUMBERS,
        "claimCase": _NUMBERS,
        "answerCase": _NUMBERS,
        "createSending": _NUMBERS,
        "getProcessing": "it returns the names of columns, and their purposes",
    },
    "declarations": {
        "createDeclaration": "it returns the number and the result of the declaration of this request",
        "createDeclarationBatch": "it returns the numbers and results of the declarations of this request",
    },
    "deliveries": {
        "getDeliveryChannels": _ENTERPRISES,
        "registerWebhook": _ENTERPRISES,
        "addWebhookSecret": _ENTERPRISES,
        "sendWebhookSamples": "a sample is about an invented worker",
        "registerNotificationFile": _ENTERPRISES,
        "endDeliveryChannel": _ENTERPRISES,
        "getDeliveries": _NUMBERS,
        "retryDelivery": _NUMBERS,
    },
    "ebox": {
        "getMessages": "a subject has the number of a declaration; no NISS and no name",
        "getEvents": _NUMBERS,
        "getLabels": "it returns labels that the readers of the e-Box wrote, with counts",
        "putLabel": _NUMBERS,
        "takeLabel": _NUMBERS,
        "callAttention": _NUMBERS,
        "endAttention": _NUMBERS,
        "getPreferences": _ENTERPRISES,
        "putPreferences": _ENTERPRISES,
        "getPrintJobs": _NUMBERS,
        "putSending": _NUMBERS,
    },
    "events": {
        "readDay": _NUMBERS,
        "listInscriptions": "it returns the files that the institution has named itself",
        "saveInscriptions": _NUMBERS,
        "putInscription": _NUMBERS,
        "deleteInscription": _NUMBERS,
    },
    "files": {"uploadFile": _NUMBERS, "getFile": _NUMBERS},
    "identifications": {},
    "oauth": {"getKeys": _PUBLIC, "getConfiguration": _PUBLIC, "beginLogin": _PERSON_ITSELF},
    "locks": {"createLock": _NUMBERS},
    "omissions": {"createHearing": _NUMBERS, "createDecision": _NUMBERS},
    "person": {
        "reportError": _OWN,
        "readMyReports": "it returns to a person the reports that this person wrote, with their answers",
        "readMyReport": "it returns to a person a report that this person wrote, with its answer",
    },
    "phones": {
        "receiveSms": "it answers the phone that sent the declaration, with its number",
        "startCall": _PUBLIC,
        "answerTurn": "it repeats to the caller the values of this call",
    },
    "reference": dict.fromkeys(
        (
            "listJointCommissions", "listWorkerTypes", "listPairings", "listCountries", "listPostCodes",
            "listActivitiesWithRisk", "listQuotas", "listNumbers", "listAnomalies", "getAnomaly",
        ),
        _PUBLIC,
    ),
}  # fmt: skip

#: Operation of contracts/asyncapi.yaml → table with a row for each look, or the reason.
QUEUES: Final[Mapping[str, str]] = {
    "declare": "the reply has the result of the declaration that its sender sent",
    "contest": "the reply has the contestation that its sender sent",
    "search": "personnel_file.consultations",
    "readNotifications": "notifier.notifications",
    "followPeriods": "feed.disclosures",
}

#: Command of `dimona` → table with a row for each look, or the reason.
COMMANDS: Final[Mapping[str, str]] = {
    "parked show": "platform.looks",
    "late list": "personnel_file.late_readings",
    "period search": "personnel_file.consultations",
    "query": "personnel_file.consultations",
    "omission list": "personnel_file.omission_readings",
    "omission show": "personnel_file.omission_readings",
    **dict.fromkeys(
        (
            "case list", "case show", "client key list", "file show", "file expeditor list", "parked list",
            "disclosures show", "disclosures verify", "omission files", "period overlapping",
            "backup take", "backup verify", "reconcile", "restore finish", "restore missing",
            "period show", "retention show", "status", "topology diff", "trace",
        ),
        _NUMBERS,
    ),
    **dict.fromkeys(
        (
            "case resolve", "client block", "client unblock", "client key add", "client key revoke",
            "enterprise add", "institution confirm", "institution end", "institution grant",
            "omission decide", "omission hear", "omission import",
            "file expeditor add", "file expeditor block", "migrate", "parked discard",
            "parked replay", "period lock", "period unlock", "prune", "retention hold",
            "retention release", "retention term", "register add", "topology apply",
            "topology export", "user password", "user totp",
        ),
        "it changes something, and shows values of this command only",
    ),
    "institution show": _INSTITUTIONS,
    **dict.fromkeys(("send", "tail", "doctor", "env"), "it shows what the program of an integrator gets"),
    **dict.fromkeys(
        ("gen niss", "gen bis", "gen enterprise", "gen employer"), "it invents numbers"
    ),
}  # fmt: skip


def tables() -> frozenset[str]:
    """Return the tables in which looks are recorded."""
    said = [*QUEUES.values(), *COMMANDS.values(), *(t for row in RECORDED.values() for t in row.values())]
    return frozenset(text for text in said if _TABLE.fullmatch(text))
