"""The stored days of quota accounts, added up again from all periods."""

from __future__ import annotations

from typing import Final

#: Of each account, the days with work past midnight counted once, and the number of periods on each.
COUNTED: Final = """
SELECT p.quota_account AS account, p.start_date + n AS day, count(*)::int AS periods
FROM personnel_file.periods p
CROSS JOIN LATERAL generate_series(0, CASE
    WHEN p.end_hour IS NOT NULL AND p.end_date = p.start_date + 1 THEN 0
    ELSE coalesce(p.end_date, p.start_date) - p.start_date END) AS n
WHERE p.quota_account IS NOT NULL AND NOT p.canceled GROUP BY 1, 2"""
#: Days with a stored number of periods that differs from the counted one.
WRONG: Final = f"""
SELECT account, day, d.periods AS stored, c.periods AS counted
FROM personnel_file.account_days d FULL JOIN ({COUNTED}) c USING (account, day)
WHERE coalesce(d.periods, 0) <> coalesce(c.periods, 0)"""  # noqa: S608 - our own statement
