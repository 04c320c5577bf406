"""Where sealed objects are kept: a small port, its adapters, and fixity."""

from shared.storage.folder import FolderObjects
from shared.storage.objects import Differs, Missing, Objects, checked
from shared.storage.place import objects_of

__all__ = ["Differs", "FolderObjects", "Missing", "Objects", "checked", "objects_of"]
