"""What every web page of ours shares: the design system's files, and how they and the pages are served."""

from shared.pages.serving import DESIGN, Quiet, Static, templates

__all__ = ["DESIGN", "Quiet", "Static", "templates"]
