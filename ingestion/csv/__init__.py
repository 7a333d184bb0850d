"""From the drop folder to the lake: recognise, read exactly, quarantine what breaks its contract, give a
receipt.
"""

from ingestion.csv.drop import copy_into_drop, scan_drop
from ingestion.csv.receipt import Receipt
from ingestion.csv.shown import shown

__all__ = ["Receipt", "copy_into_drop", "scan_drop", "shown"]
