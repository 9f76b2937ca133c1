"""The website: leaderboards, receipts and dataset cards rendered into Markdown for MkDocs."""
