"""Run the feed: `python -m services.feed`."""

from services.feed.service import service
from services.feed.settings import FeedSettings
from shared.runtime.service import run

if __name__ == "__main__":
    settings = FeedSettings.load()
    run(service(settings), settings)
