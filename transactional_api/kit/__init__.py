"""What every domain stands on: money, time, errors, the change log, pages. Knows no domain."""
