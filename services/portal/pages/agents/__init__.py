"""Work lists of agents of the authority: lists, single cases, and acts with a page to confirm them."""

from services.portal.pages.agents.access import is_agent
from services.portal.pages.agents.periods import PAGES as PERIODS
from services.portal.pages.agents.subjects import LABELS, shown
from services.portal.pages.agents.work import PAGES as WORK

__all__ = ["LABELS", "PAGES", "is_agent", "shown"]

PAGES = (*WORK, *PERIODS)
