"""Where sealed objects are kept: a small port, its adapters, and fixity."""

from shared.storage.folder import FolderObjects
from shared.storage.objects import Missing, Objects, checked

__all__ = ["FolderObjects", "Missing", "Objects", "checked"]
