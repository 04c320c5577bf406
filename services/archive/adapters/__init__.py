"""The archive's outside: its tables, the shelf of OCFL objects, and the keys that seal them."""

from services.archive.adapters.catalogue import Catalogue, Entry, Pending
from services.archive.adapters.keys import ContentKey, Epochs
from services.archive.adapters.media import Media, Reference
from services.archive.adapters.shelf import Layer, Shelf, Shelved, Wanted
from services.archive.adapters.tables import BOOK, metadata

__all__ = [
    "BOOK",
    "Catalogue",
    "ContentKey",
    "Entry",
    "Epochs",
    "Layer",
    "Media",
    "Pending",
    "Reference",
    "Shelf",
    "Shelved",
    "Wanted",
    "metadata",
]
