"""Forms and files that tests of the XML formats start from."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.files.xml.parsing import Limits
from services.files.xml.reading import Form, read_forms

TODAY = date(2026, 2, 20)
HEAD = """<Identification>DIMONA</Identification><FormCreationDate>2026-02-19</FormCreationDate>
<FormCreationHour>14:35:00.000</FormCreationHour><AttestationStatus>0</AttestationStatus><TypeForm>SU</TypeForm>"""
REFERENCE = """<Reference><ReferenceType>1</ReferenceType><ReferenceOrigin>1</ReferenceOrigin>
<ReferenceNbr>mine</ReferenceNbr></Reference>"""
CANCEL = "<DimonaCancel><DimonaPeriodId>605114838201</DimonaPeriodId></DimonaCancel>"
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def file_of(*forms: str, root: str = "Dimona", attributes: str = "") -> bytes:
    joined = "".join(f"<Form>{form}</Form>" for form in forms)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {attributes}>{joined}</{root}>'.encode()


def read(content: bytes, **limits: Any) -> list[Form]:
    return list(read_forms([content], TODAY, Limits(**limits)))


def read_one(form: str) -> Form:
    (found,) = read(file_of(form))
    return found


IN = """<DimonaIn><StartingDate>2026-02-20</StartingDate><StartingHour>1000</StartingHour>
<EndingDate> 2026-02-21 </EndingDate><EndingHour>2000</EndingHour><PlannedHoursNbr>8</PlannedHoursNbr>
<EmployerId><NOSSRegistrationNbr>175110801</NOSSRegistrationNbr><CompanyID>0400767772</CompanyID></EmployerId>
<NaturalPerson><INSS>01410199955</INSS><WorkerName>Dûpont &amp; Fils</WorkerName><WorkerSex>2</WorkerSex>
<WorkerStreet>Rue Haute</WorkerStreet><WorkerZIPCode>1000</WorkerZIPCode><WorkerCity>Bruxelles</WorkerCity>
<WorkerCountry>00150</WorkerCountry></NaturalPerson>
<DimonaFeatures><JointCommissionNbr>322</JointCommissionNbr><WorkerType>EXT</WorkerType><UsingEmployer>
<UsingEmployerName>User</UsingEmployerName><Address><Street>S</Street><HouseNbr>1</HouseNbr><ZIPCode>1000</ZIPCode>
<City>B</City><Country>150</Country></Address></UsingEmployer></DimonaFeatures>
<ConstructionControlCards><FirstMonthC32ANbr>012345678901</FirstMonthC32ANbr>
<NextMonthC32ANbr>012345678902</NextMonthC32ANbr></ConstructionControlCards>
<StudentPlaceOfWork><Denomination>Shop</Denomination></StudentPlaceOfWork>
<SmallStatutesInformation><EmploymentNature>WORKER</EmploymentNature><ActivityWithRisk>3</ActivityWithRisk>
<WorkerStatus>F1</WorkerStatus></SmallStatutesInformation></DimonaIn>"""
